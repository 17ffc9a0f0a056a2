// One polite line for those who hear the page: at most one sentence every five seconds.
const line = document.getElementById("said");
let last = 0;
let waiting = 0;

/** @param {string} text */
export function say(text) {
  if (!line) return;
  clearTimeout(waiting);
  const wait = Math.max(0, last + 5000 - Date.now());
  waiting = setTimeout(() => {
    last = Date.now();
    line.textContent = text;
  }, wait);
}
