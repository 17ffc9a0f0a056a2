// Shortcuts: single keys, never while somebody types, and they can be turned off.
const STORE = "freshline.keys";
const GO = { h: "/", a: "/assets", l: "/lineage", r: "/runs", c: "/checks", e: "/events", t: "/automation", w: "/reconciler" };
/** @type {[string, string][]} */
const HELP = [
  ["/", "Search"],
  ["g h", "Go home"],
  ["g a", "Go to assets"],
  ["g l", "Go to lineage"],
  ["g r", "Go to runs"],
  ["g c", "Go to checks"],
  ["g e", "Go to events"],
  ["g t", "Go to automation"],
  ["g w", "Go to the reconciler"],
  ["j / k", "Next or previous row"],
  ["Enter", "Open the row"],
  ["1 … 9", "Pages of an asset"],
  ["?", "This list"],
  ["Esc", "Close"],
];
let leader = 0;

function off() {
  try {
    return localStorage.getItem(STORE) === "off";
  } catch {
    return false;
  }
}

/** @param {boolean} on */
function turn(on) {
  try {
    localStorage.setItem(STORE, on ? "on" : "off");
  } catch {
    // A browser that keeps nothing keeps the shortcuts on.
  }
}

/** @param {EventTarget | null} target */
function types(target) {
  return target instanceof Element
    && target.closest("input, textarea, select, [contenteditable], dialog") !== null;
}

/** @param {string} name @param {string} [text] */
function make(name, text = "") {
  const element = document.createElement(name);
  element.textContent = text;
  return element;
}

function help() {
  const known = document.getElementById("keys");
  if (known instanceof HTMLDialogElement) return known.showModal();
  const dialog = make("dialog");
  dialog.id = "keys";
  dialog.setAttribute("aria-labelledby", "keys-title");
  const title = make("h2", "Shortcuts");
  title.id = "keys-title";
  const list = make("dl");
  list.className = "keys";
  for (const [key, words] of HELP) {
    const term = make("dt");
    term.append(make("kbd", key));
    list.append(term, make("dd", words));
  }
  const label = make("label");
  const box = /** @type {HTMLInputElement} */ (make("input"));
  box.type = "checkbox";
  box.checked = !off();
  box.addEventListener("change", () => turn(box.checked));
  label.append(box, " Single keys are shortcuts");
  const form = make("form");
  form.setAttribute("method", "dialog");
  const actions = make("div");
  actions.className = "actions";
  const close = make("button", "Close");
  close.className = "button";
  actions.append(close);
  form.append(label, actions);
  dialog.append(title, list, make("hr"), form);
  document.body.append(dialog);
  /** @type {HTMLDialogElement} */ (dialog).showModal();
}

/** @param {number} by */
function move(by) {
  const rows = [...document.querySelectorAll("main tbody tr")].filter((row) => row.querySelector("a") && !row.hidden);
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.classList.contains("is-cursor"));
  rows[at]?.classList.remove("is-cursor");
  const next = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + by, 0), rows.length - 1)];
  next.classList.add("is-cursor");
  next.querySelector("a")?.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

/** @param {string} key @returns {boolean} whether the key was one of ours */
function press(key) {
  const path = document.body.dataset.path ?? "";
  if (leader && Date.now() - leader < 1500) {
    leader = 0;
    const to = GO[/** @type {keyof typeof GO} */ (key)];
    if (to) location.assign(path + to);
    return Boolean(to);
  }
  leader = 0;
  if (key === "g") leader = Date.now();
  else if (key === "/") {
    const field = document.getElementById("search-all");
    if (field instanceof HTMLInputElement) {
      field.focus();
      field.select();
    }
  } else if (key === "j") move(1);
  else if (key === "k") move(-1);
  else if (/^[1-9]$/.test(key)) {
    const tab = document.querySelectorAll(".tabs a")[Number(key) - 1];
    if (!(tab instanceof HTMLAnchorElement)) return false;
    location.assign(tab.href);
  } else return false;
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || types(event.target)) return;
  if (event.key === "?") help();
  else if (off() || !press(event.key)) return;
  event.preventDefault();
});
