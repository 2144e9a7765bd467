// Who calls whom, as a flow from left to right. What is called and calls itself is in between.

import { draw, tip } from "./dom.js";
import { count, duration, share } from "./format.js";

const SERVICES = 24; // that are drawn, those called most; a filter shows one of the others
const CALLERS = 48; // that are drawn for themselves, from two to six of each service; the others are one
const GAP = 14;
const NODE = 10;
const WIDEST = 90;

/** A service's host: its own calls come from there, whatever port it is called at. */
const host = (service) => service.replace(/:\d+$/, "");

/** Nodes and links of the busiest pairs, and how many pairs have no link of their own. */
function graph(calls) {
  const sums = new Map();
  for (const { service, spread } of calls) sums.set(host(service), (sums.get(host(service)) ?? 0) + spread.calls);
  const drawn = new Set([...sums].toSorted(([, one], [, other]) => other - one).slice(0, SERVICES).map(([name]) => name));
  const each = Math.max(2, Math.min(6, Math.floor(CALLERS / drawn.size)));
  const nodes = new Map();
  const links = new Map();
  const callers = new Map([...drawn].map((name) => [name, new Set()]));
  let left = 0;
  const node = (key, name = key) => {
    if (!nodes.has(key)) nodes.set(key, { name, grouped: 0, out: [], in: [] });
    return nodes.get(key);
  };
  for (const { caller, service, spread } of calls) { // the busiest first
    const name = host(service);
    if (!drawn.has(name)) {
      left += 1;
      continue;
    }
    const known = callers.get(name);
    const alone = known.has(caller) || known.size < each || drawn.has(caller);
    if (alone) known.add(caller);
    else left += 1;
    const from = alone ? node(caller) : node(`\n${name}`);
    if (!alone) from.name = `${(from.grouped += 1)} more`;
    const key = `${alone ? caller : ""}\n${name}`;
    if (!links.has(key)) {
      const link = { from, to: node(name), services: new Set(), calls: 0, failed: 0, slow: 0 };
      links.set(key, link);
      link.from.out.push(link);
      link.to.in.push(link);
    }
    const link = links.get(key);
    link.services.add(service);
    link.calls += spread.calls;
    link.failed += spread.classes[5];
    link.slow = Math.max(link.slow, spread.p95_us ?? 0);
  }
  // The square root: one pair has often a thousand times the calls of another, and both are to be seen.
  for (const link of links.values()) link.weight = Math.sqrt(link.calls);
  return [[...nodes.values()], [...links.values()], left];
}

/** Columns: each node stands right of those that call it, circles left aside. */
function columns(nodes) {
  const state = new Map();
  const visit = (node) => {
    state.set(node, "open");
    let after = 0;
    for (const link of node.out) {
      if (state.get(link.to) === "open") continue; // this closes a circle
      if (!state.has(link.to)) visit(link.to);
      after = Math.max(after, link.to.height + 1);
    }
    node.height = after;
    state.set(node, "done");
  };
  const starts = nodes.toSorted((one, other) => one.in.length - other.in.length);
  for (const node of starts) if (!state.has(node)) visit(node);
  const most = Math.max(...nodes.map((node) => node.height));
  for (const node of nodes) node.column = node.in.length ? most - node.height : Math.min(0, most);
  const grid = Array.from({ length: most + 1 }, () => []);
  for (const node of nodes) grid[node.column].push(node);
  return grid.filter((column) => column.length);
}

const sum = (links) => links.reduce((total, link) => total + link.weight, 0);

/** Draw it; a click on a pair or a place narrows to it (`go`). Gives how many pairs are not in it, or with others. */
export function callMap(element, calls, go) {
  const [nodes, links, left] = graph(calls);
  if (!nodes.length) return 0;
  const grid = columns(nodes);
  const width = Math.max(300, element.clientWidth);
  for (const node of nodes) node.weight = Math.max(sum(node.in), sum(node.out));
  const tallest = Math.max(...grid.map((column) => column.length));
  const room = Math.max(240, tallest * (24 + GAP));
  const unit = Math.min(...grid.map((column) => (room - GAP * column.length) / column.reduce((total, node) => total + node.weight, 0)), WIDEST / Math.max(...nodes.map((node) => node.weight)));
  const taken = (column) => column.reduce((total, node) => total + Math.max(4, node.weight * unit) + GAP, 0);
  const height = Math.max(110, ...grid.map(taken));
  const last = grid.length - 1;
  const letters = Math.max(9, Math.floor((last ? width / (last + 1) : width) / 8.2) - 3);
  grid.forEach((column, place) => {
    // callers of the same nodes stand together, in the order of what they call or are called by
    const order = (node) => {
      const near = place ? node.in.map((link) => link.from.y ?? 0) : node.out.map((link) => -link.calls);
      return near.length ? near.reduce((total, y) => total + y, 0) / near.length : 0;
    };
    column.sort((one, other) => order(one) - order(other) || one.name.localeCompare(other.name));
    let y = (height - taken(column)) / 2 + GAP / 2;
    for (const node of column) {
      node.end = last > 0 && place === last;
      node.x = last ? (place / last) * (width - NODE) : 0;
      node.y = y;
      node.size = Math.max(4, node.weight * unit);
      y += node.size + GAP;
    }
  });
  const svg = draw("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": "Map of calls" });
  for (const node of nodes) {
    let [left, right] = [node.y, node.y];
    for (const link of node.in.toSorted((one, other) => one.from.y - other.from.y)) {
      link.end = left + (link.weight * unit) / 2;
      left += link.weight * unit;
    }
    for (const link of node.out.toSorted((one, other) => one.to.y - other.to.y)) {
      link.start = right + (link.weight * unit) / 2;
      right += link.weight * unit;
    }
  }
  for (const link of links) {
    const [x1, x2] = [link.from.x + NODE, link.to.x];
    const bend = Math.max(40, Math.abs(x2 - x1) / 2);
    const bad = link.failed / link.calls;
    const path = draw("path", {
      class: `link ${bad >= 0.05 ? "failed" : bad >= 0.01 ? "refused" : "fine"}`,
      d: `M${x1},${link.start} C${x1 + bend},${link.start} ${x2 - bend},${link.end} ${x2},${link.end}`,
      "stroke-width": Math.max(1.5, link.weight * unit),
    });
    path.link = link;
    const [service] = link.services;
    path.addEventListener("click", () => go({ caller: link.from.grouped ? undefined : link.from.name, service: link.services.size === 1 ? service : undefined }));
    svg.append(path);
  }
  for (const node of nodes) {
    const called = new Set(node.in.flatMap((link) => [...link.services]));
    const pick = () => !node.grouped && go(called.size === 1 ? { service: [...called][0], caller: undefined } : { caller: node.name, service: undefined });
    svg.append(draw("rect", { class: "node", x: node.x, y: node.y, width: NODE, height: node.size, rx: 3, on: { click: pick } }));
    const shown = node.name.length > letters ? `${node.name.slice(0, letters - 1)}…` : node.name;
    svg.append(draw("text", { class: "name", x: node.end ? node.x - 7 : node.x + NODE + 7, y: node.y + node.size / 2 + 4, "text-anchor": node.end ? "end" : "start", on: { click: pick } }, shown, draw("title", {}, node.name)));
  }
  tip(svg, (across, down, target) => target.link && [
    `${target.link.from.name} → ${target.link.to.name}`,
    `${count(target.link.calls)} calls`,
    `${share(target.link.failed, target.link.calls)} failing`,
    `95 % within ${duration(target.link.slow)}`,
  ]);
  element.replaceChildren(svg);
  return left;
}
