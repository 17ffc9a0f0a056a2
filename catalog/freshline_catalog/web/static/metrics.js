// Draws the figures of an asset from the tables that the page has anyway: one cursor for all of
// them, a click or Enter leads to the run. Without this the page shows the same as still pictures.
// @ts-check

/** @typedef {{at: number, value: number, run: string, said: string}} Point */
/** @typedef {{at: number, failed: boolean}} Mark */

const uPlot = /** @type {any} */ (globalThis).uPlot;
const HEIGHT = 170;

/** @param {string} name */
function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** @param {HTMLElement} figure @returns {Point[]} */
function pointsOf(figure) {
  const rows = figure.querySelectorAll("table.series tbody tr");
  return [...rows].map((row) => ({
    at: Number(/** @type {HTMLElement} */ (row).dataset.at),
    value: Number(/** @type {HTMLElement} */ (row).dataset.value),
    run: row.querySelector("a")?.getAttribute("href") ?? "",
    said: `${row.children[0].textContent}: ${row.children[1].textContent}`,
  }));
}

/** @returns {Mark[]} */
function marksOf() {
  const rows = document.querySelectorAll("tr[data-mark]");
  return [...rows].map((row) => {
    const { at, mark } = /** @type {HTMLElement} */ (row).dataset;
    return { at: Number(at), failed: mark === "failed" };
  });
}

/** @param {string} unit @param {number} value */
function said(unit, value) {
  if (value === null || value === undefined) return "";
  if (unit === "bytes") {
    const units = ["B", "kB", "MB", "GB", "TB"];
    let place = 0;
    while (Math.abs(value) >= 1000 && place < units.length - 1) { value /= 1000; place += 1; }
    return `${Number(value.toPrecision(3))} ${units[place]}`;
  }
  if (unit === "seconds") {
    if (value < 1) return `${Math.round(value * 1000)} ms`;
    return value < 120 ? `${Number(value.toPrecision(3))} s` : `${Number((value / 60).toPrecision(3))} min`;
  }
  return value.toLocaleString("en", { maximumSignificantDigits: 6 });
}

/** Moments as the rest of the page writes them: in UTC. @param {any} plot @param {number[]} ticks */
function moments(plot, ticks) {
  const isShort = plot.scales.x.max - plot.scales.x.min < 2 * 86400;
  return ticks.map((tick) => {
    const text = new Date(tick * 1000).toISOString();
    return isShort ? text.slice(11, 19) : text.slice(0, 10);
  });
}

/** @param {any} plot @param {Mark[]} marks */
function drawMarks(plot, marks) {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.lineWidth = devicePixelRatio;
  for (const mark of marks) {
    const x = Math.round(plot.valToPos(mark.at, "x", true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = colour(mark.failed ? "--failed" : "--none");
    ctx.setLineDash(mark.failed ? [4, 4] : [1, 4]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}

/** @param {HTMLElement} figure @param {any} sync @param {Mark[]} marks @param {boolean} isLog */
function draw(figure, sync, marks, isLog) {
  const all = pointsOf(figure);
  const points = isLog ? all.filter((point) => point.value > 0) : all;
  const place = /** @type {HTMLElement | null} */ (figure.querySelector(".plot"));
  const still = /** @type {SVGElement | null} */ (figure.querySelector("svg.line"));
  if (!place || !still || points.length < 2) return;
  const unit = figure.dataset.unit ?? "";
  const { since, until } = /** @type {HTMLElement} */ (document.getElementById("charts")).dataset;
  const axis = { stroke: colour("--muted"), grid: { stroke: colour("--border"), width: 1 }, ticks: { show: false }, font: `11px ${colour("--sans")}` };
  place.hidden = false;
  still.setAttribute("hidden", "");
  const plot = new uPlot({
    width: figure.clientWidth || 520,
    height: HEIGHT,
    tzDate: (/** @type {number} */ at) => uPlot.tzDate(new Date(at * 1000), "Etc/UTC"),
    cursor: { sync: { key: sync.key, setSeries: false }, drag: { x: true, y: false }, focus: { prox: 16 } },
    legend: { show: false },
    scales: { x: { time: true, range: () => [Number(since), Math.max(Number(until), Number(since) + 1)] }, y: isLog ? { distr: 3 } : { range: (/** @type {any} */ _, /** @type {number} */ low, /** @type {number} */ high) => uPlot.rangeNum(low >= 0 && low <= high / 2 ? 0 : low, high, 0.1, true) } },
    series: [{}, { label: figure.dataset.name, stroke: colour("--accent"), width: 1.5, points: { show: points.length <= 60, size: 6, fill: colour("--bg") } }],
    axes: [{ ...axis, space: 80, values: moments }, { ...axis, size: 64, values: (/** @type {any} */ _, /** @type {number[]} */ ticks) => ticks.map((tick) => said(unit, tick)) }],
    hooks: {
      drawAxes: [(/** @type {any} */ made) => drawMarks(made, marks)],
      setCursor: [(/** @type {any} */ made) => tell(figure, points, made.cursor.idx)],
      setSelect: [(/** @type {any} */ made) => narrow(made)],
    },
  }, [points.map((point) => point.at), points.map((point) => point.value)], place);
  sync.sub(plot);
  place.tabIndex = 0;
  place.setAttribute("role", "application");
  place.setAttribute("aria-label", `${figure.dataset.name}: left and right go from point to point, Enter opens the run`);
  let chosen = points.length - 1;
  place.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) {
      chosen = Math.min(Math.max(chosen + step, 0), points.length - 1);
      plot.setCursor({ left: plot.valToPos(points[chosen].at, "x"), top: plot.valToPos(points[chosen].value, "y") });
      event.preventDefault();
    } else if (event.key === "Enter" && points[chosen].run) location.assign(points[chosen].run);
  });
  plot.over.addEventListener("click", () => {
    const at = plot.cursor.idx;
    if (at !== null && plot.select.width === 0 && points[at]?.run) location.assign(points[at].run);
  });
  new ResizeObserver(() => plot.setSize({ width: figure.clientWidth, height: HEIGHT })).observe(figure);
}

/** @param {HTMLElement} figure @param {Point[]} points @param {number | null} at */
function tell(figure, points, at) {
  const line = document.getElementById("point");
  const hovered = figure.matches(":hover, :focus-within");
  if (line && hovered && at !== null && points[at]) line.textContent = `${figure.dataset.name}, ${points[at].said}`;
}

/** A brush over a chart asks for that range: it stands in the address, as everything does. @param {any} plot */
function narrow(plot) {
  if (plot.select.width < 8) return;
  const address = new URL(location.href);
  address.searchParams.set("since", plot.posToVal(plot.select.left, "x").toFixed(0));
  address.searchParams.set("until", (plot.posToVal(plot.select.left + plot.select.width, "x") + 1).toFixed(0));
  location.assign(address);
}

function drawAll() {
  const charts = document.getElementById("charts");
  if (!uPlot || !charts) return;
  const sync = uPlot.sync("figures");
  const marks = marksOf();
  for (const figure of /** @type {NodeListOf<HTMLElement>} */ (charts.querySelectorAll("figure.chart"))) {
    if (!figure.querySelector(".uplot")) draw(figure, sync, marks, charts.dataset.scale === "log");
  }
}

drawAll();
// Where the page was renewed in place, the pictures are still again: they are drawn anew.
new MutationObserver(drawAll).observe(/** @type {Node} */ (document.getElementById("main")), { childList: true, subtree: true });
