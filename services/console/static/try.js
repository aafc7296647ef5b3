// Asks, and shows the answer as it comes about: one JSON object a line.
import { onKey } from "./page.js";
import { Viewer, zoomKey } from "./viewer.js";

const form = document.getElementById("ask");
const drop = document.getElementById("drop");
const picture = document.getElementById("picture");
const stage = document.getElementById("stage");
const events = document.getElementById("events");
const problem = document.getElementById("problem");
const stop = document.getElementById("stop");
const button = form.querySelector("[type=submit]");
const viewer = new Viewer(stage);
const image = stage.querySelector("image");
const regions = stage.querySelector(".regions");
let shown = "";
let asking;

/** Show the picture that was chosen, before it is sent. */
function preview() {
  regions.replaceChildren();
  events.replaceChildren();
  const file = picture.files[0];
  if (file) place(URL.createObjectURL(file));
}

/** Put a picture on the stage, at its own size as soon as that is known. */
function place(url) {
  const probe = new Image();
  probe.addEventListener("load", () => {
    stage.hidden = false;
    show(url, probe.naturalWidth, probe.naturalHeight);
  });
  probe.addEventListener("error", () => { stage.hidden = true; });
  probe.src = url;
}

function show(url, width, height) {
  if (shown.startsWith("blob:") && shown !== url) URL.revokeObjectURL(shown);
  shown = url;
  image.setAttribute("width", width);
  image.setAttribute("height", height);
  image.setAttribute("href", url);
  viewer.resize(width, height);
}

async function ask() {
  asking?.abort();
  asking = new AbortController();
  events.replaceChildren();
  regions.replaceChildren();
  problem.replaceChildren();
  busy(true);
  try {
    const response = await fetch("/try/stream", { method: "POST", body: new FormData(form), signal: asking.signal });
    await read(response.body.pipeThrough(new TextDecoderStream()).getReader());
  } catch (error) {
    if (error.name !== "AbortError") problem.textContent = "The console cannot be reached.";
  } finally {
    busy(false);
  }
}

async function read(reader) {
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    lines.filter(Boolean).forEach((line) => take(JSON.parse(line)));
  }
}

// The markup of an event was rendered and escaped by the console.
function take(event) {
  if (event.kind === "error") {
    problem.innerHTML = event.html;
    return;
  }
  events.insertAdjacentHTML("beforeend", event.html);
  if (event.kind === "admitted") {
    stage.hidden = false;
    show(`/images/${event.digest}`, event.width, event.height);
  }
  if (event.kind === "answer") {
    regions.innerHTML = event.svg;
    events.querySelector(".open")?.focus({ preventScroll: true });
  } else if (event.svg) regions.insertAdjacentHTML("beforeend", event.svg);
}

function busy(is) {
  button.disabled = is;
  button.textContent = is ? form.dataset.busy : "Ask";
  stop.hidden = !is;
}

function give(files) {
  const wanted = [...files].find((file) => file.type.startsWith("image/")) ?? files[0];
  if (!wanted) return;
  const carrier = new DataTransfer();
  carrier.items.add(wanted);
  picture.files = carrier.files;
  preview();
}

form.addEventListener("submit", (event) => { event.preventDefault(); ask(); });
stop.addEventListener("click", () => asking?.abort());
picture.addEventListener("change", preview);
for (const name of ["dragenter", "dragover"]) {
  document.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); });
}
for (const name of ["dragleave", "drop"]) document.addEventListener(name, () => drop.classList.remove("over"));
document.addEventListener("drop", (event) => { event.preventDefault(); give(event.dataTransfer.files); });
document.addEventListener("paste", (event) => { if (event.clipboardData.files.length) give(event.clipboardData.files); });
onKey((key) => zoomKey(viewer, key));
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});

const held = image.getAttribute("href");
if (held) place(held);
else if (picture.files.length) preview();
