// What fails, and what became slower, against as much time before.

import { route } from "./cells.js";
import { $, list, make, say } from "./dom.js";
import { go, narrower, remember } from "./filter.js";
import { count, duration, exact, moment, share, span } from "./format.js";
import { Table } from "./table.js";

const FEW = 6;
let whole = false;
let last;

const failed = ({ classes }) => classes[5];
const rate = (spread) => (spread.calls ? failed(spread) / spread.calls : 0);

/** Failures before, and whether there are more now. */
function before({ now, before: then }) {
  const text = then.calls ? share(failed(then), then.calls) : "no calls";
  const [one, other] = [rate(then), rate(now)];
  const way = !then.calls || Math.abs(other - one) < 0.001 ? "" : other > one ? "↑" : "↓";
  return [text, way && make("b", { class: way === "↑" ? "worse" : "better", title: way === "↑" ? "more than before" : "less than before" }, ` ${way}`)];
}

const failing = new Table(
  $("failing-table"),
  [
    { name: "Endpoint", value: (one) => `${one.template} ${one.method}`, cell: (one) => [make("div", { class: "route" }, route(one.method, one.template)), make("small", {}, one.service)], style: "main", first: 1 },
    { name: "Failed", value: (one) => failed(one.now), cell: (one) => make("b", { class: "text-failed" }, count(failed(one.now))), style: "number" },
    { name: "Of calls", value: (one) => rate(one.now), cell: (one) => share(failed(one.now), one.now.calls), style: "number" },
    { name: "Before", value: (one) => rate(one.before), cell: before, style: "number minor" },
    { name: "Since", value: (one) => one.since, cell: (one) => since(one), style: "number" },
  ],
  (one) => one.number,
  { sort: "Failed", pick: (one) => { remember(one); go({ endpoint: one.number, class: 5 }); } },
);

const slower = new Table(
  $("slower-table"),
  [
    { name: "Endpoint", value: (one) => `${one.template} ${one.method}`, cell: (one) => [make("div", { class: "route" }, route(one.method, one.template)), make("small", {}, one.service)], style: "main", first: 1 },
    { name: "Calls", value: (one) => one.now.calls, cell: (one) => count(one.now.calls), style: "number minor" },
    { name: "95 % now", value: (one) => one.now.p95_us, cell: (one) => make("b", { class: "text-refused" }, duration(one.now.p95_us)), style: "number" },
    { name: "Before", value: (one) => one.before.p95_us, cell: (one) => duration(one.before.p95_us), style: "number" },
    { name: "Times", value: (one) => one.now.p95_us / one.before.p95_us, cell: (one) => `× ${(one.now.p95_us / one.before.p95_us).toFixed(1)}`, style: "number minor" },
  ],
  (one) => one.number,
  { pick: (one) => { remember(one); go({ endpoint: one.number }); } },
);

function since(one) {
  const length = last.window.end - last.window.start;
  return make("span", { title: span(one.since, one.last) }, moment(one.since, length > 86_400 ? length : 0, true));
}

export function showChanges(changes) {
  last = changes;
  const { services, failing: endpoints, slower: slow, window, before_start: start } = changes;
  $("failing-none").hidden = endpoints.length > 0;
  $("failing-some").hidden = !endpoints.length;
  $("slower-panel").hidden = !slow.length;
  say("failing-compared", `Compared with ${span(start, window.start)}.`);
  list($("failing-services"), services.slice(0, 12), (one) => one.service, (one) =>
    make("li", {}, narrower({ service: one.service, class: 5 }, [make("b", {}, one.service), ` ${exact(failed(one.now))} of ${count(one.now.calls)}`, make("small", {}, ` ${share(failed(one.now), one.now.calls)}`)], `What fails at ${one.service}`)));
  rows();
  slower.show(slow, FEW);
}

function rows() {
  failing.show(last.failing, whole ? undefined : FEW);
  $("failing-more").hidden = last.failing.length <= FEW;
  say("failing-more", whole ? "Show fewer" : `Show all ${exact(last.failing.length)}`);
}

$("failing-more").addEventListener("click", () => {
  whole = !whole;
  rows();
});
