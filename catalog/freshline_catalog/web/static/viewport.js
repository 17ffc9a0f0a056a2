// A picture to move in: it is dragged, zoomed with ctrl and the wheel, pinched, or by buttons; the
// page still scrolls as ever. Without a script it is a picture that scrolls.
const CLOSEST = 2;
const MAP_FROM = 200; // nodes
const NS = "http://www.w3.org/2000/svg";

/** What somebody sees of a picture, in its own pixels. */
export class Viewport {
  /** @param {HTMLElement} frame @param {SVGSVGElement} svg @param {{x: number, y: number, w: number} | null} seen */
  constructor(frame, svg, seen) {
    this.frame = frame;
    this.svg = svg;
    this.width = Number(svg.getAttribute("width"));
    this.height = Number(svg.getAttribute("height"));
    /** @type {Map<number, {x: number, y: number}>} */
    this.pointers = new Map();
    this.moved = false;
    frame.classList.add("is-live");
    svg.removeAttribute("width");
    svg.removeAttribute("height");
    this.fitHeight();
    this.map();
    if (seen) this.show(seen.x, seen.y, seen.w);
    else this.begin();
  }

  /** A low picture needs no more room than it has. */
  fitHeight() {
    this.frame.style.height = "";
    const tall = Math.ceil(this.height * Math.min(1, Math.max(0.6, this.frame.clientWidth / this.width)));
    if (tall < this.frame.clientHeight) this.frame.style.height = `${Math.max(tall, 120)}px`;
  }

  /** Show all of it where letters stay legible, else what is in focus. */
  begin() {
    const node = this.svg.querySelector(".node.focus");
    const all = this.scaleOfAll();
    if (all >= 0.6 || !node) return this.fit(Math.max(all, node ? 0.6 : 0.35));
    const at = place(node);
    const w = this.frame.clientWidth / 0.85;
    this.show(at.x + at.width / 2 - w / 2, at.y + at.height / 2 - this.tall(w) / 2, w);
  }

  scaleOfAll() {
    return Math.min(1, this.frame.clientWidth / this.width, this.frame.clientHeight / this.height);
  }

  /** @param {number} [scale] */
  fit(scale = this.scaleOfAll()) {
    const w = this.frame.clientWidth / scale;
    const h = this.tall(w);
    this.show(Math.max(0, this.width - w) ? 0 : (this.width - w) / 2, this.height > h ? 0 : (this.height - h) / 2, w);
  }

  /** @param {number} w */
  tall(w) {
    return (w * this.frame.clientHeight) / Math.max(1, this.frame.clientWidth);
  }

  /** @param {number} x @param {number} y @param {number} w */
  show(x, y, w) {
    if (!this.frame.clientWidth) return; // a phone shows the table in its place
    const widest = Math.max(this.frame.clientWidth, this.frame.clientWidth / this.scaleOfAll()) * 1.5;
    w = Math.min(Math.max(w, this.frame.clientWidth / CLOSEST), widest);
    const h = this.tall(w);
    // A part of the picture always stays in sight.
    this.x = Math.min(Math.max(x, Math.min(0, this.width - w) - w / 4), Math.max(0, this.width - w) + w / 4);
    this.y = Math.min(Math.max(y, Math.min(0, this.height - h) - h / 4), Math.max(0, this.height - h) + h / 4);
    this.w = w;
    this.h = h;
    this.svg.setAttribute("viewBox", `${this.x} ${this.y} ${w} ${h}`);
    this.seen?.setAttribute("x", String(this.x));
    this.seen?.setAttribute("y", String(this.y));
    this.seen?.setAttribute("width", String(w));
    this.seen?.setAttribute("height", String(h));
  }

  /** @param {number} factor @param {{x: number, y: number}} [at] where on the screen it stays put */
  zoom(factor, at) {
    const box = this.frame.getBoundingClientRect();
    const px = at ? (at.x - box.left) / box.width : 0.5;
    const py = at ? (at.y - box.top) / box.height : 0.5;
    const w = this.w / factor;
    this.show(this.x + (this.w - w) * px, this.y + (this.h - this.tall(w)) * py, w);
  }

  /** Bring a node into sight. @param {Element} node @param {boolean} [middle] */
  reveal(node, middle = false) {
    const at = place(node);
    const inside = at.x >= this.x && at.y >= this.y && at.x + at.width <= this.x + this.w && at.y + at.height <= this.y + this.h;
    if (inside && !middle) return;
    const w = middle ? Math.min(this.w, this.frame.clientWidth / 0.7) : this.w;
    this.show(at.x + at.width / 2 - w / 2, at.y + at.height / 2 - this.tall(w) / 2, w);
  }

  /** @param {PointerEvent} event */
  press(event) {
    if (event.button !== 0) return;
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (this.pointers.size === 1) this.moved = false;
  }

  /** @param {PointerEvent} event */
  move(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const now = { x: event.clientX, y: event.clientY };
    const others = [...this.pointers].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
    if (!this.moved && Math.hypot(now.x - before.x, now.y - before.y) < 4) return;
    if (!this.moved) this.frame.setPointerCapture(event.pointerId);
    this.moved = true;
    this.frame.classList.add("is-moved");
    this.pointers.set(event.pointerId, now);
    if (others.length) {
      const apart = Math.hypot(now.x - others[0].x, now.y - others[0].y);
      this.zoom(apart / Math.max(1, Math.hypot(before.x - others[0].x, before.y - others[0].y)), others[0]);
    } else {
      const scale = this.w / this.frame.clientWidth;
      this.show(this.x - (now.x - before.x) * scale, this.y - (now.y - before.y) * scale, this.w);
    }
  }

  /** @param {PointerEvent} event */
  release(event) {
    this.pointers.delete(event.pointerId);
    if (!this.pointers.size) this.frame.classList.remove("is-moved");
  }

  /** A small picture of a large one, with what is in sight. */
  map() {
    const nodes = this.svg.querySelectorAll(".node");
    this.frame.parentElement?.querySelector(".graph-map")?.remove();
    if (nodes.length <= MAP_FROM) return;
    const map = document.createElementNS(NS, "svg");
    map.setAttribute("class", "graph-map lineage");
    map.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    map.setAttribute("aria-hidden", "true");
    for (const node of nodes) {
      const at = place(node);
      const bar = document.createElementNS(NS, "rect");
      const state = ["fresh", "stale", "failed", "running"].find((name) => node.classList.contains(name));
      for (const [name, value] of Object.entries({ x: at.x, y: at.y, width: at.width, height: at.height, class: `mark-${state ?? "none"}` })) bar.setAttribute(name, String(value));
      map.append(bar);
    }
    this.seen = document.createElementNS(NS, "rect");
    this.seen.setAttribute("class", "seen");
    map.append(this.seen);
    const go = (/** @type {PointerEvent} */ event) => {
      const to = map.getScreenCTM();
      if (!to || !(event.buttons & 1)) return;
      const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(to.inverse());
      this.show(at.x - this.w / 2, at.y - this.h / 2, this.w);
    };
    map.addEventListener("pointerdown", go);
    map.addEventListener("pointermove", go);
    this.frame.parentElement?.append(map);
  }
}

/** @param {Element} node @returns {{x: number, y: number, width: number, height: number}} */
export function place(node) {
  const [x, y] = (node.getAttribute("transform") ?? "").match(/-?[\d.]+/g)?.map(Number) ?? [0, 0];
  const body = node.querySelector(".body");
  return { x, y, width: Number(body?.getAttribute("width")), height: Number(body?.getAttribute("height")) };
}
