// What happens elsewhere shows here: a hint comes, the page asks for itself again, and takes on
// what differs. Focus, scrolling and what somebody opened stay. Lists that people read from are
// not moved under their eyes: they are told that there is news.
import { say } from "./say.js";

const PAUSE = 500; // at most two updates a second
const POLL = 15000;
const dot = document.getElementById("live");
const word = dot?.querySelector(".live-word");
const path = document.body.dataset.path ?? "";
let sequence = Number(document.body.dataset.sequence ?? 0);
let updated = 0;
let waiting = 0;
let polling = 0;
let news = 0;
/** What the page, or the last hint, said of these. */
const serials = {
  survey: Number(document.body.dataset.survey ?? 0),
  automation: Number(document.body.dataset.automation ?? 0),
};
/** @type {EventSource | null} */
let stream = null;

const WORDS = {
  live: ["live", "What happens shows here by itself"],
  polling: ["checking", "This page looks for news every 15 seconds"],
  offline: ["offline", "The server cannot be reached: this page shows what was so"],
};

const policy = window.trustedTypes?.createPolicy("freshline", { createHTML: (text) => text });

/** @param {keyof typeof WORDS} state */
function show(state) {
  if (!dot || dot.dataset.state === state) return;
  dot.dataset.state = state;
  dot.title = WORDS[state][1];
  if (word) word.textContent = WORDS[state][0];
}

/** @returns {HTMLElement} the part of the page that changes */
const main = () => /** @type {HTMLElement} */ (document.getElementById("main"));

/** @param {string} name @param {string[]} keys whether a change of these concerns this page */
function concerns(name, keys) {
  const wanted = (main().dataset[name] ?? "").split(" ").filter(Boolean);
  return wanted.includes("*") ? keys.length > 0 : keys.some((key) => wanted.includes(key));
}

/** @param {"survey" | "automation"} of @param {number} serial whether it is another than was heard last */
function grew(of, serial) {
  const before = serials[of];
  serials[of] = serial;
  return serial !== before;
}

/** @param {{assets?: string[], runs?: string[], survey?: number, automation?: number}} change @param {boolean} [everything] */
function heard(change, everything = false) {
  const { assets = [], runs = [] } = change;
  const { assets: mineOf, runs: runsOf, automation: decides } = main().dataset;
  const told = mineOf !== undefined || runsOf !== undefined || decides !== undefined;
  const surveyed = grew("survey", Number(change.survey) || 0);
  const decided = grew("automation", Number(change.automation) || 0);
  const touched = concerns("assets", assets) || concerns("runs", runs) || (decides !== undefined && decided);
  // A decision alone changes no list: only who shows decisions looks again.
  const mine = everything || (told ? touched || surveyed : assets.length > 0 || runs.length > 0 || surveyed);
  if (!mine || main().dataset.live === "off") return;
  if (told) later();
  else notice();
}

function later() {
  if (waiting) return;
  waiting = setTimeout(() => {
    waiting = 0;
    void update();
  }, Math.max(0, updated + PAUSE - Date.now()));
}

function notice() {
  news += 1;
  let line = document.getElementById("news");
  if (!line) {
    line = document.createElement("div");
    line.id = "news";
    line.className = "toast";
    const button = document.createElement("button");
    button.className = "button";
    button.type = "button";
    button.addEventListener("click", () => {
      line?.remove();
      news = 0;
      void update();
    });
    line.append(button);
    document.body.append(line);
  }
  const button = line.querySelector("button");
  if (button) button.textContent = `${news === 1 ? "1 change" : `${news} changes`}: show`;
}

/** Take on what differs between this page and the same page now. */
async function update() {
  updated = Date.now();
  let answer;
  try {
    answer = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" });
  } catch {
    show("offline");
    return;
  }
  if (answer.redirected) return location.reload();
  if (!answer.ok) return;
  const text = await answer.text();
  const parsed = new DOMParser().parseFromString(/** @type {any} */ (policy ? policy.createHTML(text) : text), "text/html");
  const next = parsed.getElementById("main");
  if (!next || !window.Idiomorph) return;
  sequence = Math.max(sequence, Number(parsed.body.dataset.sequence ?? 0));
  window.Idiomorph.morph(main(), next, {
    morphStyle: "outerHTML",
    ignoreActiveValue: true,
    callbacks: {
      // What somebody opened, typed or moved to stays as it is.
      beforeAttributeUpdated: (name, node) => !(name === "open" || (name === "value" && node instanceof HTMLInputElement)),
    },
  });
  document.title = parsed.title;
  document.dispatchEvent(new CustomEvent("freshline:shown"));
  say("The page was updated");
  if (polling) show("polling");
}

function poll() {
  if (polling) return;
  show("polling");
  polling = setInterval(() => {
    if (!document.hidden && main().dataset.live !== "off") void update();
  }, POLL + Math.random() * 2000);
  setTimeout(() => {
    clearInterval(polling);
    polling = 0;
    connect();
  }, 4 * POLL);
}

// What code says on its way is no event: a page that shows it looks again by itself.
setInterval(() => {
  const every = Number(main().dataset.every ?? 0) * 1000;
  if (every && !document.hidden && Date.now() - updated >= every) void update();
}, 1000);

function connect() {
  if (stream || document.hidden || polling) return;
  stream = new EventSource(`${path}/api/v1/stream?after=${sequence}`);
  stream.addEventListener("open", () => show("live"));
  stream.addEventListener("change", (event) => {
    const change = JSON.parse(event.data);
    sequence = Math.max(sequence, Number(change.sequence) || 0);
    heard(change);
  });
  stream.addEventListener("reset", (event) => heard(JSON.parse(event.data), true));
  stream.addEventListener("error", () => {
    if (stream?.readyState === EventSource.CLOSED) {
      // The server is there and does not stream: somebody may have too many pages open.
      stream = null;
      poll();
    } else show("offline");
  });
}

function close() {
  stream?.close();
  stream = null;
}

if (dot && "EventSource" in window && location.protocol !== "file:") {
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : connect()));
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", connect);
  connect();
}
