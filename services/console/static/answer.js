// One answer: claims light their regions, a chosen claim shows its chain and marks its spans.
import { onKey, step, tell, waitOnSubmit } from "./page.js";
import { Viewer, zoomKey } from "./viewer.js";

const viewer = new Viewer(document.querySelector("[data-viewer]"));
const pane = document.getElementById("chain");
const trace = document.getElementById("trace");
const claims = [...document.querySelectorAll("a.claim")];
let chosen = document.querySelector("a.claim[aria-current]")?.dataset.claim ?? "";

const has = (words, word) => words.split(" ").includes(word);
const regionsOf = (claim) => viewer.regions((region) => has(region.dataset.claims, claim));

function light(claim) { viewer.light(claim ? regionsOf(claim) : []); }

for (const link of claims) {
  const id = link.dataset.claim;
  for (const name of ["pointerenter", "focus"]) link.addEventListener(name, () => light(id));
  for (const name of ["pointerleave", "blur"]) link.addEventListener(name, () => light(""));
  link.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return; // a new tab is the browser's affair
    event.preventDefault();
    choose(id);
  });
}

for (const region of viewer.regions(() => true)) {
  const citing = claims.filter((link) => has(region.dataset.claims, link.dataset.claim));
  region.addEventListener("pointerenter", () => citing.forEach((link) => link.classList.add("lit")));
  region.addEventListener("pointerleave", () => citing.forEach((link) => link.classList.remove("lit")));
  region.addEventListener("click", () => citing.length && choose(citing[0].dataset.claim));
}

pane.addEventListener("pointerover", (event) => {
  const finding = event.target.closest("[data-light]");
  if (finding) viewer.light(viewer.regions((region) => region.dataset.region === finding.dataset.light));
});
pane.addEventListener("pointerleave", () => light(""));

async function choose(id) {
  chosen = id;
  for (const link of claims) {
    if (link.dataset.claim === id) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  mark();
  const url = new URL(location.href);
  url.searchParams.set("claim", id);
  history.replaceState(null, "", url);
  const path = `/answers/${encodeURIComponent(pane.dataset.answer)}/claims/${encodeURIComponent(id)}`;
  const response = await fetch(path).catch(() => null);
  if (chosen !== id) return;
  if (response?.ok) pane.innerHTML = await response.text(); // rendered and escaped by the console
  else tell(response ? `The chain of ${id} could not be read (${response.status})` : "The console cannot be reached");
}

/** Which spans belong to the chosen claim. */
function mark() {
  for (const span of trace.querySelectorAll(".span")) {
    span.classList.toggle("own", has(span.dataset.own, chosen));
    span.classList.toggle("linked", has(span.dataset.linked, chosen));
  }
}

/** Spans arrive seconds after the answer. Asked for a few times, then no more. */
async function awaitTrace(tries) {
  if (!document.getElementById("trace-missing") || !tries) return;
  await new Promise((wake) => setTimeout(wake, 1500));
  const response = await fetch(`/answers/${encodeURIComponent(trace.dataset.answer)}/trace`).catch(() => null);
  if (response?.ok) {
    trace.innerHTML = await response.text(); // rendered and escaped by the console
    mark();
  }
  await awaitTrace(tries - 1);
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    const command = button.dataset.copy + (chosen ? ` ${chosen}` : "");
    try {
      await navigator.clipboard.writeText(command);
      tell(`Copied: ${command}`);
    } catch {
      tell(command);
    }
  });
}

onKey((key) => {
  if (zoomKey(viewer, key)) return true;
  if (key === "j") step(claims, 1);
  else if (key === "k") step(claims, -1);
  else if (key === "z") viewer.zoomTo(regionsOf(chosen));
  else if (key === "u") location.assign("/");
  else return false;
  return true;
});

for (const form of document.querySelectorAll("form[data-busy]")) waitOnSubmit(form);
awaitTrace(8);
