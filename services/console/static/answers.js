// The list: keeps itself fresh, and is used from the keyboard.
import { onKey, step, tell } from "./page.js";

const EVERY_MS = 3000;
const list = document.getElementById("answers");
const live = document.getElementById("live");
const said = live.textContent;
let tag = "";

const links = () => [...list.querySelectorAll(".question")];
const row = () => document.activeElement?.closest(".row");

async function refresh() {
  if (document.hidden) return;
  try {
    const response = await fetch(`/answers/rows${location.search}`, { headers: tag ? { "if-none-match": tag } : {} });
    if (response.ok) {
      const first = !tag;
      tag = response.headers.get("etag");
      replace(await response.text(), first);
    }
    live.textContent = response.ok || response.status === 304 ? `${said} · live` : `${said} · not live: ${response.status}`;
  } catch {
    live.textContent = `${said} · not live: the console cannot be reached`;
  }
}

/** New rows; what was chosen stays chosen, and what had the focus keeps it. */
function replace(html, first) {
  const known = new Set([...list.querySelectorAll(".row")].map((each) => each.dataset.id));
  const chosen = new Set([...list.querySelectorAll("input:checked")].map((each) => each.value));
  const focused = list.contains(document.activeElement) ? row()?.dataset.id : undefined;
  const onBox = document.activeElement?.matches("input");
  list.innerHTML = html; // rendered and escaped by the console
  for (const each of list.querySelectorAll(".row")) {
    each.querySelector("input").checked = chosen.has(each.dataset.id);
    each.classList.toggle("fresh", !first && !known.has(each.dataset.id));
    if (each.dataset.id === focused) each.querySelector(onBox ? "input" : ".question").focus({ preventScroll: true });
  }
  watchPictures();
}

/** A picture that is no longer held leaves its place empty. */
function watchPictures() {
  for (const picture of list.querySelectorAll("img")) picture.addEventListener("error", () => picture.remove());
}

function compare() {
  if (list.querySelectorAll("input:checked").length === 2) list.requestSubmit();
  else tell("Choose two answers to compare: x chooses");
}

onKey((key) => {
  if (key === "j" || key === "ArrowDown") step(links(), 1);
  else if (key === "k" || key === "ArrowUp") step(links(), -1);
  else if (key === "x") row()?.querySelector("input").click();
  else if (key === "c") compare();
  else if (key === "/") document.querySelector("input[type=search]").focus();
  else return false;
  return true;
});

document.querySelector("input[type=search]").addEventListener("keydown", (event) => {
  if (event.key === "Escape") event.target.blur();
});
list.addEventListener("submit", (event) => {
  if (list.querySelectorAll("input:checked").length !== 2) {
    event.preventDefault();
    compare();
  }
});
for (const select of document.querySelectorAll(".filters select")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}
document.addEventListener("visibilitychange", refresh);
watchPictures();
refresh();
setInterval(refresh, EVERY_MS);
