// What is looked at: a view and a filter, both in the address behind the `#`, which is sent to no server.

import { answer } from "./cells.js";
import { $, list, make } from "./dom.js";
import { span } from "./format.js";

const FILTERS = ["range", "from", "to", "service", "caller", "endpoint", "status", "class", "anomaly", "agent", "namespace"];
const CLASSES = ["no answer", "1xx", "2xx", "3xx", "4xx", "5xx"];
export const VIEWS = ["overview", "inventory", "security", "agents"];

const names = new Map(); // what numbers of endpoints stand for
const listeners = [];
let now = read();

function read() {
  const found = new URLSearchParams(location.hash.slice(1));
  const known = Object.fromEntries(FILTERS.filter((name) => found.get(name)).map((name) => [name, found.get(name)]));
  return { ...known, view: VIEWS.includes(found.get("view")) ? found.get("view") : VIEWS[0] };
}

export const filter = () => now;

/** The filter as parameters of a question, with others. */
export function query(others = {}) {
  const { view: _, ...asked } = now;
  return new URLSearchParams({ ...asked, ...others });
}

/** The address of what is looked at, with changes; what is undefined is left out. */
export function address(changes) {
  const wanted = Object.entries({ ...now, ...changes }).filter(([name, value]) => value !== undefined && !(name === "view" && value === VIEWS[0]));
  return `#${new URLSearchParams(wanted)}`;
}

/** Look at something else; back leads here again. */
export function go(changes, { replace = false } = {}) {
  const wanted = address(changes);
  if (wanted === location.hash || (wanted === "#" && !location.hash)) return;
  history[replace ? "replaceState" : "pushState"](undefined, "", wanted);
  changed();
}

/** Everything that is stored, narrowed by nothing. */
export const clear = (changes = {}) => go({ ...Object.fromEntries(FILTERS.map((name) => [name, undefined])), ...changes });

export const onChange = (listener) => listeners.push(listener);

export const remember = (endpoint) => names.set(String(endpoint.number), `${endpoint.method || "?"} ${endpoint.template} at ${endpoint.service}`);

function changed() {
  now = read();
  for (const listener of listeners) listener();
}

addEventListener("popstate", changed);
addEventListener("hashchange", changed);

const WORDS = {
  service: (value) => ["Service", value],
  caller: (value) => ["Caller", value],
  endpoint: (value) => ["Endpoint", names.get(value) ?? `number ${value}`],
  status: (value) => ["Answer", answer(Number(value))],
  class: (value) => ["Answer", CLASSES[value] ?? value],
  anomaly: (value) => ["Anomaly", value],
  agent: (value) => ["Agent", value],
  namespace: (value) => ["Namespace", value],
};

/** What narrows, each with a button that removes it. */
export function chips() {
  const shown = Object.keys(WORDS).filter((name) => now[name] !== undefined).map((name) => [name, ...WORDS[name](now[name])]);
  if (now.from !== undefined) shown.unshift(["from", "Time", span(Number(now.from), now.to === undefined ? undefined : Number(now.to))]);
  if (shown.length > 1) shown.push(["", "", "Remove all"]);
  $("chips").hidden = !shown.length;
  list($("chips"), shown, ([name]) => name, ([name, word, value]) => {
    if (!name) return make("button", { type: "button", class: "quiet", on: { click: () => clear({ range: now.range }) } }, value);
    const away = name === "from" ? { from: undefined, to: undefined } : { [name]: undefined };
    return make("span", { class: "chip" }, make("small", {}, word), " ", make("b", {}, value),
      make("button", { type: "button", "aria-label": `Remove: ${word} ${value}`, on: { click: () => go(away) } }, "×"));
  });
}

/** A part of a text that narrows what is shown by it. */
export const narrower = (changes, text, title) => make("button", { type: "button", class: "narrower", title, on: { click: (event) => { event.stopPropagation(); go(changes); } } }, text);
