// One answer: claims light their regions, a chosen claim shows its chain and marks its spans.
import { onKey, step, tell, waitOnSubmit } from "./page.js";
import { Viewer, zoomKey } from "./viewer.js";

const viewer = new Viewer(document.querySelector("[data-viewer]"));
const pane = document.getElementById("chain");
const trace = document.getElementById("trace");
const claims = [...document.querySelectorAll("a.claim")];
const marks = [...document.querySelectorAll("mark[data-cited]")];
const areas = [...viewer.svg.querySelectorAll(".searched")];
const maps = [...document.querySelectorAll("button[data-map]")];
let chosen = document.querySelector("a.claim[aria-current]")?.dataset.claim ?? "";

const has = (words, word) => words.split(" ").includes(word);
const regionsOf = (claim) => viewer.regions((region) => has(region.dataset.claims, claim));

/** Light what a claim rests on: regions, passages of documents, and what an absence searched. */
function light(claim) {
  viewer.light(claim ? regionsOf(claim) : []);
  showSearched(claim);
  for (const mark of marks) mark.classList.toggle("lit", Boolean(claim) && has(mark.dataset.cited, claim));
}

/** The areas that were searched for a claim or an abstention; for none, those of what was asked to stay. */
function showSearched(key) {
  const kept = document.querySelector("[data-searched][aria-pressed=true]")?.dataset.searched;
  for (const area of areas) area.classList.toggle("shown", area.dataset.key === (key || kept || chosen));
}

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
  showSearched("");
  const url = new URL(location.href);
  url.searchParams.set("claim", id);
  history.replaceState(null, "", url);
  const path = `/answers/${encodeURIComponent(pane.dataset.answer)}/claims/${encodeURIComponent(id)}`;
  const response = await fetch(path).catch(() => null);
  if (chosen !== id) return;
  if (response?.ok) {
    pane.innerHTML = await response.text(); // rendered and escaped by the console
    nameReviewer();
  }
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

/** One map of responses at a time, or none. */
function showMap(wanted) {
  for (const button of maps) button.setAttribute("aria-pressed", String(button === wanted));
  for (const map of viewer.svg.querySelectorAll(".relevance")) {
    map.toggleAttribute("hidden", map.dataset.map !== wanted?.dataset.map);
  }
}

function nextMap() {
  const shown = maps.findIndex((button) => button.getAttribute("aria-pressed") === "true");
  showMap(maps[shown + 1]);
  tell(maps[shown + 1] ? `Responses to “${maps[shown + 1].textContent}”: an explanation, no evidence` : "No map");
}

for (const button of maps) {
  button.addEventListener("click", () => showMap(button.getAttribute("aria-pressed") === "true" ? undefined : button));
}

for (const button of document.querySelectorAll("[data-searched]")) {
  button.addEventListener("click", () => {
    const pressed = button.getAttribute("aria-pressed") !== "true";
    for (const other of document.querySelectorAll("[data-searched]")) other.setAttribute("aria-pressed", "false");
    button.setAttribute("aria-pressed", String(pressed));
    showSearched("");
  });
}

/** Whoever judges is the same person for a while. */
function nameReviewer() {
  const field = pane.querySelector("[name=reviewer]");
  if (field && !field.value) field.value = sessionStorage.getItem("reviewer") ?? "";
}

pane.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-review]");
  if (!form) return;
  event.preventDefault();
  const said = new URLSearchParams(new FormData(form, event.submitter));
  const id = form.dataset.review;
  const response = await fetch(form.action, { method: "POST", body: said, redirect: "manual" }).catch(() => null);
  // A redirection says that it is kept; where to is for a page without scripts.
  if (response?.type !== "opaqueredirect") {
    tell(response ? `The judgement was not kept (${response.status})` : "The console cannot be reached");
    return;
  }
  sessionStorage.setItem("reviewer", said.get("reviewer"));
  await choose(id);
  const word = said.get("judgement");
  const told = claims.find((link) => link.dataset.claim === id).querySelector(".reviewed");
  told.hidden = false;
  told.textContent = `reviewed: ${word}`;
  told.className = `reviewed mark ${[...event.submitter.classList].find((name) => name.startsWith("tone-"))}`;
  tell(`Kept: ${id} is ${word}`);
  pane.querySelector(`[name=judgement][value="${word}"]`)?.focus();
});

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
  else if (key === "r" && maps.length) nextMap();
  else if (key === "u") location.assign("/");
  else return false;
  return true;
});

for (const form of document.querySelectorAll("form[data-busy]")) waitOnSubmit(form);
/** The list of claims is scrolled to the chosen one; the page stays where it is. */
function reveal() {
  const list = document.querySelector(".claims");
  const current = list.querySelector("[aria-current]");
  if (current) list.scrollTop = current.offsetTop - list.offsetTop - 8;
}

nameReviewer();
reveal();
showSearched("");
awaitTrace(8);
