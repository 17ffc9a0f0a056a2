// On a page that was opened from disk: the list of assets narrows while one types.
const field = document.querySelector("[data-still-filter]");

function narrow() {
  if (!(field instanceof HTMLInputElement)) return;
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  const rows = [...document.querySelectorAll("main tbody tr")];
  let shown = 0;
  for (const row of rows) {
    const text = (row.textContent ?? "").toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
    if (!row.hidden) shown += 1;
  }
  const count = document.querySelector("[data-still-count]");
  if (count) count.textContent = `${shown} of ${rows.length}`;
}

if (field instanceof HTMLInputElement) {
  const row = field.closest("[hidden]");
  if (row instanceof HTMLElement) row.hidden = false;
  field.addEventListener("input", narrow);
  if (field.value) narrow();
}
