// Times stay true while a page stands open, and say the viewer's own zone beside UTC.
const NARROW = "\u202f";
/** @type {[number, string][]} */
const UNITS = [[31536000, "y"], [2592000, "mo"], [86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];

/** @param {number} at @param {number} now @returns {string} in seconds, as the server says it */
export function relative(at, now) {
  const distance = Math.abs(now - at);
  if (distance < 5) return "just now";
  const [length, unit] = UNITS.find(([size]) => distance >= size) ?? [1, "s"];
  const words = `${Math.floor(distance / length)}${NARROW}${unit}`;
  return at < now ? `${words} ago` : `in ${words}`;
}

const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });

function refresh() {
  const now = Date.now() / 1000;
  for (const element of document.querySelectorAll("time[datetime]")) {
    const at = Date.parse(element.getAttribute("datetime") ?? "") / 1000;
    if (Number.isNaN(at)) continue;
    if (!element.hasAttribute("data-exact")) {
      const words = relative(at, now);
      if (element.textContent !== words) element.textContent = words;
    }
    if (!element.title.includes("\n")) element.title += `\n${local.format(at * 1000)}`;
  }
}

setInterval(refresh, 20000);
document.addEventListener("freshline:shown", refresh);
refresh();
