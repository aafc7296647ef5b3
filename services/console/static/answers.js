// The list: takes in answers as they are recorded, and is used from the keyboard.
import { onKey, step, tell } from "./page.js";

const MOST_ROWS = 500;
const list = document.getElementById("answers");
const rows = document.getElementById("rows");
const count = document.getElementById("count");
const live = document.getElementById("live");
const said = live.textContent;

const links = () => [...rows.querySelectorAll(".question")];
const row = () => document.activeElement?.closest(".row");
const state = (words) => { live.textContent = `${said} · ${words}`; };

/** Listen for answers that the filter takes. The browser connects again by itself, and says what it has seen. */
function listen() {
  const source = new EventSource(list.dataset.live);
  source.addEventListener("open", () => state("live"));
  source.addEventListener("answer", (event) => arrive(JSON.parse(event.data)));
  source.addEventListener("trouble", (event) => state(`not live: ${JSON.parse(event.data)}`));
  source.addEventListener("error", () => {
    if (!live.textContent.includes("not live")) state("not live: connecting again");
  });
  // A page that is kept for going back must not keep its connection.
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
}

/** One more row on top. What is chosen and what has the focus stay as they are. */
function arrive(html) {
  state("live");
  if (!html) return;
  const holder = document.createElement("ol");
  holder.innerHTML = html; // rendered and escaped by the console
  const fresh = holder.firstElementChild;
  if (rows.querySelector(`[data-id="${CSS.escape(fresh.dataset.id)}"]`)) return;
  fresh.classList.add("fresh");
  rows.hidden = false;
  document.getElementById("empty")?.remove();
  const focused = row();
  const before = focused?.getBoundingClientRect().top;
  rows.prepend(fresh);
  if (focused) scrollBy(0, focused.getBoundingClientRect().top - before);
  if (rows.children.length > MOST_ROWS) rows.lastElementChild.remove();
  count.textContent = rows.children.length;
  watchPictures(fresh);
}

/** A picture that is no longer held leaves its place empty. */
function watchPictures(within) {
  for (const picture of within.querySelectorAll("img")) picture.addEventListener("error", () => picture.remove());
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

const filters = document.querySelector(".filters");
filters.addEventListener("keydown", (event) => {
  if (event.key === "Escape") event.target.blur();
});
/** An address is to name what is asked for, and nothing else. */
filters.addEventListener("formdata", (event) => {
  for (const [name, value] of [...event.formData]) if (!value) event.formData.delete(name);
});
for (const select of filters.querySelectorAll("select")) {
  select.addEventListener("change", () => filters.requestSubmit());
}
list.addEventListener("submit", (event) => {
  if (list.querySelectorAll("input:checked").length !== 2) {
    event.preventDefault();
    compare();
  }
});
watchPictures(rows);
if (list.dataset.live) listen();
