// A filter field above a table narrows it while one types; Enter asks the server for all of it.
document.addEventListener("input", (event) => {
  const field = event.target;
  if (!(field instanceof HTMLInputElement) || !field.dataset.filter) return;
  const table = document.getElementById(field.dataset.filter);
  const count = field.form?.querySelector("[data-filter-count]");
  const part = field.value.trim().toLowerCase();
  let shown = 0;
  const rows = table?.querySelectorAll("tbody tr[data-text]") ?? [];
  for (const row of rows) {
    row.hidden = !(row.dataset.text ?? "").includes(part);
    if (!row.hidden) shown += 1;
  }
  if (count) count.textContent = `${shown} of ${rows.length}`;
});
