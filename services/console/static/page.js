// What every page needs: keys that do not get into the way of typing, a short message, forms that wait.

/** Call `act(key)` for plain keys that nobody is typing with; it returns whether it took the key. */
export function onKey(act) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.closest("input, textarea, select, [contenteditable]") && event.key !== "Escape") return;
    if (act(event.key, event)) event.preventDefault();
  });
}

export function tell(message) {
  const toast = document.getElementById("toast");
  toast.textContent = message;
  toast.classList.add("shown");
  clearTimeout(tell.timer);
  tell.timer = setTimeout(() => toast.classList.remove("shown"), 2500);
}

/** Move the focus by `by` among `links`, which are in the order of the page. */
export function step(links, by) {
  const now = links.indexOf(document.activeElement);
  const next = links[now < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, now + by))];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

export function waitOnSubmit(form) {
  form.addEventListener("submit", () => {
    const button = form.querySelector("[type=submit]");
    button.disabled = true;
    button.textContent = form.dataset.busy;
  });
}
