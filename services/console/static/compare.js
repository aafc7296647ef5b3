// Two pictures: keys zoom the one that has the focus, or both.
import { onKey } from "./page.js";
import { Viewer, zoomKey } from "./viewer.js";

const viewers = [...document.querySelectorAll("[data-viewer]")].map((root) => new Viewer(root));
const focused = () => viewers.find((viewer) => viewer.root.contains(document.activeElement));

onKey((key) => {
  const turned = focused() ? [focused()] : viewers;
  return turned.map((viewer) => zoomKey(viewer, key)).some(Boolean);
});
