// The charts: values in, SVG out. They are drawn anew with each answer, as wide as their place.

import { draw, make, tip } from "./dom.js";
import { count, duration, moment } from "./format.js";

export const CLASSES = [
  ["2xx", "ok", 2], ["3xx", "moved", 3], ["1xx", "informed", 1], ["4xx", "refused", 4], ["5xx", "failed", 5], ["no answer", "none", 0],
];

const HEIGHT = 190;
const LEFT = 54;
const BOTTOM = 22;
const TOP = 8;

function place(element, height, label) {
  const width = Math.max(240, element.clientWidth);
  const svg = draw("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
  element.replaceChildren(svg);
  return [svg, width];
}

/** Up to five round values from 0 to about `most`. */
function ticks(most) {
  const rough = most / 4 || 1;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, [1, 2, 5, 10].find((factor) => factor * unit >= rough) * unit);
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, index) => index * step);
}

function axes(svg, width, window, levels, y, write) {
  for (const level of levels) {
    svg.append(draw("line", { class: "grid", x1: LEFT, x2: width, y1: y(level), y2: y(level) }));
    svg.append(draw("text", { class: "axis", x: LEFT - 8, y: y(level) + 4, "text-anchor": "end" }, write(level)));
  }
  const span = window.end - window.start;
  const steps = Math.max(2, Math.min(6, Math.floor(width / 110)));
  for (let step = 0; step <= steps; step++) {
    const anchor = step === 0 ? "start" : step === steps ? "end" : "middle";
    const x = LEFT + ((width - LEFT) * step) / steps;
    svg.append(draw("text", { class: "axis", x, y: HEIGHT - 5, "text-anchor": anchor }, moment(window.start + (span * step) / steps, span)));
  }
}

/** Somebody is drawing a range: what he draws on must stay. */
export const dragging = () => document.querySelector(".dragged[visibility=visible]") !== null;

const slots = (window) => Math.ceil((window.end - window.start) / window.slot);

/** Dragging over a time line looks closer; a click looks at one point of it. */
function drag(svg, width, window, zoom) {
  const area = draw("rect", { class: "dragged", y: TOP, height: HEIGHT - BOTTOM - TOP, visibility: "hidden" });
  svg.append(area);
  let from;
  const slot = (event) => {
    const across = ((event.clientX - svg.getBoundingClientRect().left) / svg.getBoundingClientRect().width) * width;
    return Math.max(0, Math.min(slots(window) - 1, Math.floor(((across - LEFT) / (width - LEFT)) * slots(window))));
  };
  const bounds = (one, other) => [Math.min(one, other), Math.max(one, other) + 1];
  const mark = (event) => {
    const [first, end] = bounds(from, slot(event));
    const step = (width - LEFT) / slots(window);
    area.setAttribute("x", LEFT + first * step);
    area.setAttribute("width", (end - first) * step);
    area.setAttribute("visibility", "visible");
  };
  svg.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    from = slot(event);
    svg.setPointerCapture(event.pointerId);
    mark(event); // from here on, so that an answer that comes meanwhile does not cost a click
  });
  svg.addEventListener("pointermove", (event) => {
    if (from !== undefined) mark(event);
  });
  svg.addEventListener("pointerup", (event) => {
    if (from === undefined) return;
    const [first, end] = bounds(from, slot(event));
    from = undefined;
    area.setAttribute("visibility", "hidden");
    if (end - first < slots(window)) zoom(window.start + first * window.slot, Math.min(window.end, window.start + end * window.slot));
  });
  svg.addEventListener("pointercancel", () => {
    from = undefined;
    area.setAttribute("visibility", "hidden");
  });
}

/** What a point of the time line is under the pointer, with a line at it. */
function follow(svg, width, window, timeline, lines) {
  const mark = draw("line", { class: "mark", y1: TOP, y2: HEIGHT - BOTTOM, visibility: "hidden" });
  svg.append(mark);
  const known = new Map(timeline.map((slot) => [slot.start, slot]));
  tip(svg, (across) => {
    const index = Math.floor(((across * width - LEFT) / (width - LEFT)) * slots(window));
    const slot = known.get(window.start + index * window.slot);
    const x = LEFT + ((index + 0.5) * (width - LEFT)) / slots(window);
    mark.setAttribute("x1", x);
    mark.setAttribute("x2", x);
    mark.setAttribute("visibility", slot ? "visible" : "hidden");
    return slot && [new Date(slot.start * 1_000).toLocaleString(), ...lines(slot.spread)];
  });
  svg.addEventListener("pointerleave", () => mark.setAttribute("visibility", "hidden"));
}

/** Calls over time, stacked by class of status. */
export function traffic(element, window, timeline, zoom) {
  const [svg, width] = place(element, HEIGHT, "Calls over time");
  const most = Math.max(1, ...timeline.map((slot) => slot.spread.calls));
  const y = (calls) => HEIGHT - BOTTOM - (calls / most) * (HEIGHT - BOTTOM - TOP);
  axes(svg, width, window, ticks(most), y, count);
  const step = (width - LEFT) / slots(window);
  const gap = step > 4 ? 1.5 : 0;
  for (const slot of timeline) {
    const x = LEFT + ((slot.start - window.start) / window.slot) * step;
    let base = 0;
    for (const [, style, index] of CLASSES) {
      const calls = slot.spread.classes[index];
      if (!calls) continue;
      const height = Math.max(1, y(base) - y(base + calls));
      svg.append(draw("rect", { class: `fill-${style}`, x: x + gap / 2, y: y(base) - height, width: Math.max(1, step - gap), height, rx: Math.min(1.5, step / 4) }));
      base += calls;
    }
  }
  drag(svg, width, window, zoom);
  follow(svg, width, window, timeline, (spread) => [
    `${count(spread.calls)} calls`,
    ...CLASSES.filter(([, , index]) => spread.classes[index]).map(([name, , index]) => `${name}: ${count(spread.classes[index])}`),
  ]);
}

export const PERCENTILES = [["50 %", "p50", "p50_us"], ["95 %", "p95", "p95_us"], ["99 %", "p99", "p99_us"]];

/** Percentiles over time, on a logarithmic scale: what is usual and what is slow are seen at once. */
export function latency(element, window, timeline, zoom) {
  const [svg, width] = place(element, HEIGHT, "Latency over time");
  const known = timeline.filter((slot) => slot.spread.p50_us !== undefined);
  const values = known.flatMap((slot) => PERCENTILES.map(([, , field]) => slot.spread[field]));
  const low = Math.floor(Math.log10(Math.max(1, Math.min(...values, 1_000))));
  const high = Math.ceil(Math.log10(Math.max(10, ...values)) + 0.01);
  const y = (us) => HEIGHT - BOTTOM - ((Math.log10(Math.max(1, us)) - low) / (high - low)) * (HEIGHT - BOTTOM - TOP);
  const x = (slot) => LEFT + ((slot.start - window.start + window.slot / 2) / (window.end - window.start)) * (width - LEFT);
  axes(svg, width, window, Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index)), y, duration);
  for (const [, style, field] of PERCENTILES.toReversed()) {
    const runs = [];
    known.forEach((slot, index) => {
      const next = index && slot.start - known[index - 1].start <= window.slot;
      if (!next) runs.push([]);
      runs.at(-1).push([x(slot), y(slot.spread[field])]);
    });
    for (const run of runs) {
      const [first] = run;
      if (run.length === 1) svg.append(draw("circle", { class: `fill-${style}`, cx: first[0], cy: first[1], r: 2.5 }));
      else svg.append(draw("polyline", { class: `line line-${style}`, points: run.map((point) => point.join(",")).join(" ") }));
    }
  }
  drag(svg, width, window, zoom);
  follow(svg, width, window, timeline, (spread) => PERCENTILES.map(([name, , field]) => `${name}: ${duration(spread[field])}`));
}

/** How many calls took how long. Neighbouring buckets are joined to what the width can show. */
export function histogram(element, latencies, spread) {
  const [svg, width] = place(element, HEIGHT, "Distribution of latencies");
  if (!latencies.length) return;
  const low = Math.log10(Math.max(1, latencies[0][0]));
  const high = Math.max(low + 1, Math.log10(latencies.at(-1)[1]));
  const bars = Math.min(40, Math.floor(width / 9));
  const sums = Array(bars).fill(0);
  for (const [from, below, calls] of latencies) {
    const middle = Math.log10(Math.max(1, Math.sqrt(Math.max(1, from) * below)));
    sums[Math.max(0, Math.min(bars - 1, Math.floor(((middle - low) / (high - low)) * bars)))] += calls;
  }
  const most = Math.max(...sums);
  const step = width / bars;
  const bound = (bar) => Math.round(10 ** (low + (bar / bars) * (high - low)));
  sums.forEach((calls, bar) => {
    const height = calls ? Math.max(2, (calls / most) * (HEIGHT - BOTTOM - TOP - 12)) : 0;
    const middle = bound(bar + 0.5);
    const style = middle > spread.p99_us ? "p99" : middle > spread.p95_us ? "p95" : "p50";
    svg.append(draw("rect", { class: `fill-${style}`, x: bar * step + 0.75, y: HEIGHT - BOTTOM - height, width: step - 1.5, height, rx: 1.5 }));
  });
  svg.append(draw("line", { class: "grid", x1: 0, x2: width, y1: HEIGHT - BOTTOM, y2: HEIGHT - BOTTOM }));
  for (let level = Math.ceil(low); level <= high; level++) {
    const x = ((level - low) / (high - low)) * width;
    const anchor = x < 26 ? "start" : x > width - 26 ? "end" : "middle";
    svg.append(draw("text", { class: "axis", x, y: HEIGHT - 5, "text-anchor": anchor }, duration(10 ** level)));
  }
  tip(svg, (across) => {
    const bar = Math.min(bars - 1, Math.max(0, Math.floor(across * bars)));
    return [`${duration(bound(bar))} to ${duration(bound(bar + 1))}`, `${count(sums[bar])} calls`];
  });
}

/** A few values without axes. */
export function spark(values, style, width = 120, height = 28) {
  const most = Math.max(...values, 0);
  const svg = draw("svg", { class: "sparkline", viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", "aria-hidden": true });
  if (!most || values.length < 2) return svg;
  const points = values.map((value, index) => [(index * width) / (values.length - 1), height - 1.5 - (value / most) * (height - 3)]);
  const line = points.map((point) => point.map((number) => number.toFixed(1)).join(",")).join(" ");
  svg.append(draw("polygon", { class: `area-${style}`, points: `0,${height} ${line} ${width},${height}` }));
  svg.append(draw("polyline", { class: `line line-${style}`, points: line }));
  return svg;
}

/** The classes of status as one bar. */
export function mix(classes) {
  const calls = classes.reduce((sum, number) => sum + number, 0);
  const shown = CLASSES.filter(([, , index]) => classes[index]);
  const bar = make("div", { class: "mix", title: shown.map(([name, , index]) => `${name}: ${count(classes[index])}`).join(", ") });
  for (const [, style, index] of shown) {
    const part = make("span", { class: `back-${style}` });
    part.style.flexGrow = classes[index] / calls;
    bar.append(part);
  }
  return bar;
}
