// The theme changes at once, without the way through the server; the cookie is the same.
const form = document.querySelector("form.theme");

/** @param {string} theme light, dark or auto */
function show(theme) {
  const root = document.documentElement;
  if (theme === "auto") delete root.dataset.theme;
  else root.dataset.theme = theme;
  for (const button of form?.querySelectorAll("button") ?? []) {
    button.setAttribute("aria-pressed", String(button.value === theme));
  }
}

form?.addEventListener("submit", (event) => {
  const theme = /** @type {HTMLButtonElement | null} */ (event.submitter)?.value;
  if (!theme) return;
  event.preventDefault();
  const path = document.body.dataset.path || "/";
  const age = theme === "auto" ? 0 : 31536000;
  document.cookie = `theme=${theme}; Path=${path}; Max-Age=${age}; SameSite=Lax`;
  show(theme);
});
