// A graph of lineage: what hangs together is lit, arrow keys follow its edges, names are found in it.
import { say } from "./say.js";
import { Viewport, place } from "./viewport.js";

const HINT = "Arrows follow the edges, Enter opens, F focuses here";

/** @param {Element} node */
const keyOf = (node) => node.getAttribute("data-key") ?? "";

class Graph {
  /** @param {HTMLElement} box */
  constructor(box) {
    this.box = box;
    this.frame = /** @type {HTMLElement} */ (box.querySelector(".graph-view"));
    /** @type {Viewport | null} */
    this.view = null;
    this.place = 0;
    this.begun = false;
    this.take();
    this.listen();
  }

  /** Read the picture, as it is now; what is in sight stays. */
  take() {
    const svg = this.frame.querySelector("svg.lineage");
    if (!(svg instanceof SVGSVGElement) || !this.frame.clientWidth) return;
    const same = this.view?.svg === svg && !svg.hasAttribute("width");
    /** @type {Map<string, Element>} */
    this.nodes = new Map([...svg.querySelectorAll(".node")].map((node) => [keyOf(node), node]));
    this.edges = [...svg.querySelectorAll(".edge")].map((path) => ({
      path,
      from: path.getAttribute("data-from") ?? "",
      to: path.getAttribute("data-to") ?? "",
    }));
    if (!same) this.view = new Viewport(this.frame, svg, this.view && { x: this.view.x, y: this.view.y, w: this.view.w });
    const tools = this.box.querySelector("[data-graph-tools]");
    if (tools instanceof HTMLElement) tools.hidden = false;
    const field = document.querySelector("[data-graph-find]");
    this.find(field instanceof HTMLInputElement ? field.value : "", !this.begun);
    this.begun = true;
  }

  listen() {
    const frame = this.frame;
    frame.addEventListener("pointerdown", (event) => this.view?.press(event));
    frame.addEventListener("pointermove", (event) => this.view?.move(event));
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) frame.addEventListener(end, (event) => this.view?.release(/** @type {PointerEvent} */ (event)));
    frame.addEventListener("dragstart", (event) => event.preventDefault());
    frame.addEventListener("click", (event) => {
      if (this.view?.moved && event.detail) event.preventDefault(); // the end of a drag, not Enter
    }, true);
    frame.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      this.view?.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.06 : 0.002)), { x: event.clientX, y: event.clientY });
    }, { passive: false });
    frame.addEventListener("pointerover", (event) => this.light(event.target));
    frame.addEventListener("pointerleave", () => this.light(document.activeElement));
    frame.addEventListener("focusin", (event) => {
      this.light(event.target);
      const node = event.target instanceof Element ? event.target.closest(".node") : null;
      if (node?.matches(":focus-visible")) {
        this.view?.reveal(node);
        say(HINT);
      }
    });
    frame.addEventListener("focusout", () => this.light(null));
    this.box.addEventListener("keydown", (event) => this.press(event));
    this.box.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest("[data-zoom]") : null;
      if (button instanceof HTMLElement) this.zoom(button.dataset.zoom ?? "");
    });
    const field = document.querySelector("[data-graph-find]");
    if (field instanceof HTMLInputElement) {
      field.addEventListener("input", () => this.find(field.value, true));
      field.form?.addEventListener("submit", (event) => {
        event.preventDefault();
        this.find(field.value, true, 1);
      });
    }
    window.addEventListener("resize", () => this.view?.show(this.view.x, this.view.y, this.view.w));
  }

  /** @param {string} how */
  zoom(how) {
    if (how === "fit") this.view?.fit();
    else this.view?.zoom(how === "in" ? 1.25 : 0.8);
  }

  /** Light up all that a node is made from, and all that is made from it. @param {EventTarget | null} target */
  light(target) {
    const node = target instanceof Element ? target.closest(".node") : null;
    const inside = node && this.frame.contains(node);
    /** @type {Set<string>} */
    const lit = new Set(inside ? [keyOf(node)] : []);
    /** @type {Set<Element>} */
    const paths = new Set();
    for (const [near, far] of inside ? /** @type {const} */ ([["to", "from"], ["from", "to"]]) : []) {
      const layer = [keyOf(/** @type {Element} */ (node))];
      const seen = new Set(layer);
      for (let key = layer.pop(); key !== undefined; key = layer.pop()) {
        for (const edge of this.edges ?? []) {
          if (edge[near] !== key) continue;
          paths.add(edge.path);
          lit.add(edge[far]);
          if (!seen.has(edge[far])) layer.push(edge[far]);
          seen.add(edge[far]);
        }
      }
    }
    for (const [key, each] of this.nodes ?? []) {
      each.classList.toggle("lit", lit.has(key) && lit.size > 1);
      each.classList.toggle("dim", lit.size > 1 && !lit.has(key));
    }
    for (const { path } of this.edges ?? []) {
      path.classList.toggle("lit", paths.has(path));
      path.classList.toggle("dim", lit.size > 1 && !paths.has(path));
    }
  }

  /** Mark what holds a text in its key, and bring one of it into sight. @param {string} text @param {boolean} go @param {number} [by] */
  find(text, go, by = 0) {
    const part = text.trim().toLowerCase();
    const found = [...(this.nodes ?? [])].filter(([key]) => part && key.toLowerCase().includes(part));
    for (const [, node] of this.nodes ?? []) node.classList.remove("found");
    for (const [, node] of found) node.classList.add("found");
    const count = document.querySelector("[data-graph-found]");
    this.place = by ? (this.place + by) % Math.max(1, found.length) : 0;
    if (count) count.textContent = part ? `${found.length ? this.place + 1 : 0} of ${found.length}` : "";
    if (go && found.length) this.view?.reveal(found[this.place][1], true);
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const node = event.target instanceof Element ? event.target.closest(".node") : null;
    if ("fc".includes(event.key) && !this.box.dataset.lineage) return; // a page from disk
    if (event.key === "+" || event.key === "=") this.zoom("in");
    else if (event.key === "-") this.zoom("out");
    else if (event.key === "0") this.zoom("fit");
    else if (node && event.key.startsWith("Arrow")) this.follow(node, event.key);
    else if (node && /^[fc]$/.test(event.key) && off()) return;
    else if (node && event.key === "f") this.go(node, `${this.box.dataset.lineage}?select=${encodeURIComponent(quoted(keyOf(node)))}`);
    else if (node && event.key === "c") this.go(node, `${node.getAttribute("href")?.replace(/\/columns.*$/, "")}/columns`);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {Element} node @param {string} to */
  go(node, to) {
    if (!node.classList.contains("closed")) location.assign(to);
  }

  /** Left and right follow edges, up and down go to the next in the same layer. @param {Element} node @param {string} arrow */
  follow(node, arrow) {
    const here = place(node);
    const key = keyOf(node);
    const aside = arrow === "ArrowUp" ? -1 : arrow === "ArrowDown" ? 1 : 0;
    const keys = (this.edges ?? []).flatMap(({ from, to }) => (arrow === "ArrowLeft" && to === key ? [from] : arrow === "ArrowRight" && from === key ? [to] : []));
    const others = aside
      ? [...(this.nodes ?? []).values()].filter((each) => place(each).x === here.x && Math.sign(place(each).y - here.y) === aside)
      : keys.flatMap((each) => this.nodes?.get(each) ?? []);
    const far = (/** @type {Element} */ each) => Math.abs(place(each).y - here.y);
    const next = others.sort((one, other) => far(one) - far(other))[0];
    if (next instanceof SVGElement) next.focus({ preventScroll: true });
  }
}

/** Whether somebody wants no letters to be shortcuts. */
function off() {
  try {
    return localStorage.getItem("freshline.keys") === "off";
  } catch {
    return false;
  }
}

/** @param {string} key as a selection that means it alone */
function quoted(key) {
  return /^[\w.-]+$/.test(key) && !/^\d+$/.test(key) ? key : `"${key.replaceAll('"', '""')}"`;
}

/** @type {WeakMap<Element, Graph>} */
const graphs = new WeakMap();

function begin() {
  for (const box of document.querySelectorAll("[data-graph]")) {
    const known = graphs.get(box);
    if (known) known.take();
    else if (box instanceof HTMLElement) graphs.set(box, new Graph(box));
  }
}

document.addEventListener("freshline:shown", begin);
begin();
