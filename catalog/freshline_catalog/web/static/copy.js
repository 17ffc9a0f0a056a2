// Buttons that copy: they appear where there is a clipboard to copy to.
import { say } from "./say.js";

function reveal() {
  if (!navigator.clipboard) return;
  for (const button of document.querySelectorAll("button[data-copy][hidden]")) button.hidden = false;
}

document.addEventListener("click", async (event) => {
  const button = event.target instanceof Element ? event.target.closest("button[data-copy]") : null;
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy ?? "");
  say("Copied");
  button.classList.add("is-fresh");
  setTimeout(() => button.classList.remove("is-fresh"), 1200);
});
document.addEventListener("freshline:shown", reveal);
reveal();
