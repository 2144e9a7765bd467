// Asks the collector what there is, every two seconds while somebody looks, and shows it.

import { callMap } from "./map.js";
import { CLASSES, PERCENTILES, histogram, latency, mix, spark, traffic } from "./charts.js";
import { $, list, make, say } from "./dom.js";
import { ago, bytes, count, duration, exact, instant, moment, period, share } from "./format.js";
import { Table } from "./table.js";
import { Transactions } from "./transactions.js";

const EVERY = 2_000;
const PATIENCE = 15_000;
const FEW = 12;
const LOSING = 300; // seconds after more losses were told of

let range = location.hash.slice(1);
let etag;
let overview;
let skew = 0; // the server's clock less ours, milliseconds
let timer;
let whole = false; // all endpoints are shown

const serverNow = () => (Date.now() + skew) / 1_000;
const failing = (spread) => spread.classes[5] / spread.calls;
const style = (status) => CLASSES.find(([, , index]) => index === Math.min(5, Math.floor((status ?? 0) / 100)))[1];
const badge = (status) => make("span", { class: `badge text-${style(status)}` }, status ? String(status) : "none");
const route = (method, template) => [make("b", { class: "method" }, method || "?"), " ", make("span", { class: "template" }, template || "–")];

const target = (record) => (record["server.port"] === 80 ? record["server.address"] : `${record["server.address"]}:${record["server.port"]}`);

const spreads = [
  { name: "Calls", value: ({ spread }) => spread.calls, cell: ({ spread }) => count(spread.calls), style: "number" },
  { name: "Answers", cell: ({ spread }) => mix(spread.classes), style: "answers minor" },
  { name: "Failing", value: ({ spread }) => failing(spread), cell: ({ spread }) => share(spread.classes[5], spread.calls), style: "number" },
  { name: "50 %", value: ({ spread }) => spread.p50_us, cell: ({ spread }) => duration(spread.p50_us), style: "number minor" },
  { name: "95 %", value: ({ spread }) => spread.p95_us, cell: ({ spread }) => duration(spread.p95_us), style: "number" },
  { name: "99 %", value: ({ spread }) => spread.p99_us, cell: ({ spread }) => duration(spread.p99_us), style: "number minor" },
  { name: "Bodies", value: ({ spread }) => spread.bytes, cell: ({ spread }) => bytes(spread.bytes), style: "number minor" },
];

const calls = new Table(
  $("calls-table"),
  [
    { name: "Caller", value: (call) => call.caller, cell: (call) => [call.caller, call.addresses > 1 ? make("small", {}, ` ${call.addresses} addresses`) : ""], first: 1 },
    { name: "Service", value: (call) => call.service, cell: (call) => call.service, first: 1 },
    ...spreads,
  ],
  (call) => `${call.caller}\n${call.service}`,
  { sort: "Calls" },
);

const endpoints = new Table(
  $("endpoints"),
  [
    { name: "Endpoint", value: (entry) => `${entry.template} ${entry.method}`, cell: (entry) => [make("div", { class: "route" }, route(entry.method, entry.template)), make("small", {}, entry.service)], style: "main", first: 1 },
    { name: "Trend", cell: (entry) => spark(entry.trend, "calls"), style: "trend minor" },
    ...spreads,
  ],
  (entry) => entry.number,
  { sort: "Calls", pick: (entry) => transactions.narrow({ endpoint: entry.number }, `Those of ${entry.method} ${entry.template} at ${entry.service}.`) },
);

const transactions = new Transactions(new Table(
  $("records"),
  [
    { name: "Time", cell: (record) => instant(record.time), style: "time" },
    { name: "From", cell: (record) => record["source.address"], style: "minor" },
    { name: "To", cell: target, style: "minor" },
    { name: "Request", cell: (record) => [make("div", { class: "route" }, route(record["http.request.method_original"] ?? record["http.request.method"], record["url.template"])), make("small", { class: "narrow" }, target(record))], style: "main" },
    { name: "Answer", cell: (record) => badge(record["http.response.status_code"]), style: "number" },
    { name: "Took", cell: (record) => duration(record.duration_us), style: "number" },
  ],
  (record) => record.id,
  { pick: reveal },
));

const lost = ({ captures }) => captures && captures.kernel_dropped + captures.interface_dropped;

/** How many packets an agent's captures lost, and where; in red while it loses more. */
function lostPackets(agent) {
  if (!agent.captures) return "–";
  const { packets, kernel_dropped: kernel, interface_dropped: device, lost_last: last } = agent.captures;
  const number = lost(agent);
  if (!number) return "0";
  const causes = [kernel && `${count(kernel)} kernel`, device && `${count(device)} interface`].filter(Boolean).join(", ");
  return [make("span", { "data-losing": last, title: `of ${exact(packets + number)}` }, `${count(number)} (${share(number, packets + number)})`), make("small", {}, ` ${causes}`)];
}

const agents = new Table(
  $("agents"),
  [
    { name: "Node", value: (agent) => agent.node, cell: (agent) => [make("span", { class: "dot", "data-last": agent.last }), agent.node || "–"], first: 1 },
    { name: "Cluster", value: (agent) => agent.cluster, cell: (agent) => agent.cluster || "–", style: "minor", first: 1 },
    { name: "Program", value: (agent) => agent.program, cell: (agent) => agent.program, style: "minor", first: 1 },
    { name: "Records", value: (agent) => agent.records, cell: (agent) => count(agent.records), style: "number" },
    { name: "Batches", value: (agent) => agent.batches, cell: (agent) => count(agent.batches), style: "number minor" },
    { name: "Lost packets", value: (agent) => lost(agent), cell: lostPackets, style: "number" },
    { name: "Not captured", value: (agent) => agent.captures?.blind_seconds, cell: (agent) => (agent.captures ? make("span", { "data-losing": agent.captures.blind_seconds ? agent.captures.lost_last : undefined }, period(agent.captures.blind_seconds)) : "–"), style: "number minor" },
    { name: "Last heard", value: (agent) => agent.last, cell: (agent) => make("span", { "data-last": agent.last }), style: "number" },
  ],
  (agent) => `${agent.cluster}\n${agent.node}`,
  { sort: "Last heard" },
);

function reveal(record) {
  $("record-text").textContent = JSON.stringify(record, undefined, 2);
  $("record").showModal();
}

function tiles({ totals, timeline, window }) {
  const { spread } = totals;
  say("calls", count(spread.calls));
  say("calls-note", `${exact(totals.endpoints)} endpoints of ${exact(totals.services)} services, ${exact(totals.callers)} callers`);
  say("failing", share(spread.classes[5], spread.calls));
  say("failing-note", `${count(spread.classes[5])} answers 5xx, ${count(spread.classes[4])} 4xx`);
  say("slow", duration(spread.p95_us));
  say("slow-note", `half within ${duration(spread.p50_us)}, 99 % within ${duration(spread.p99_us)}`);
  const slots = new Map(timeline.map((slot) => [slot.start, slot.spread]));
  const starts = Array.from({ length: Math.ceil((window.end - window.start) / window.slot) }, (_, index) => window.start + index * window.slot);
  const series = (value) => starts.map((start) => (slots.has(start) ? value(slots.get(start)) : 0));
  $("calls-spark").replaceChildren(spark(series((slot) => slot.calls), "calls"));
  $("failing-spark").replaceChildren(spark(series((slot) => slot.classes[5]), "failed"));
  $("slow-spark").replaceChildren(spark(series((slot) => slot.p95_us ?? 0), "p95"));
}

function statuses(entries, total) {
  list($("statuses"), entries.toSorted((one, other) => other[1] - one[1]).slice(0, 9), ([status]) => status, ([status, number]) => {
    const bar = make("span", { class: `back-${style(status)}` });
    bar.style.width = `${Math.max(1, (100 * number) / total)}%`;
    const kind = Math.min(5, Math.floor((status ?? 0) / 100));
    const pick = () => transactions.narrow({ class: kind }, kind ? `Those answered ${kind}xx.` : "Those of which no answer was seen.");
    const on = { click: pick, keydown: (event) => event.key === "Enter" && pick() };
    return make("div", { title: `${exact(number)} calls; click for those of this class`, tabindex: 0, role: "button", on }, badge(status), make("span", { class: "track" }, bar), make("span", { class: "number" }, share(number, total)));
  });
}

function endpointTable() {
  const wanted = $("filter").value.trim().toLowerCase();
  const found = overview.endpoints.filter((entry) => `${entry.method} ${entry.template} ${entry.service}`.toLowerCase().includes(wanted));
  endpoints.show(found, whole ? undefined : FEW);
  $("endpoints-more").hidden = found.length <= FEW;
  say("endpoints-more", whole ? "Show fewer" : `Show all ${exact(found.length)}`);
  const unlisted = overview.totals.endpoints - overview.endpoints.length;
  say("endpoints-note", !found.length ? "No endpoint matches." : unlisted ? `${exact(unlisted)} that are called less are not listed.` : "");
}

function ages() {
  const now = serverNow();
  for (const element of document.querySelectorAll("[data-last]")) {
    const age = Math.max(0, now - element.dataset.last);
    if (element.classList.contains("dot")) element.className = `dot ${age < 60 ? "fresh" : age < 600 ? "late" : "lost"}`;
    else element.textContent = ago(age);
  }
  for (const element of document.querySelectorAll("[data-losing]")) element.classList.toggle("losing", now - element.dataset.losing < LOSING);
  if (!overview) return;
  const fresh = overview.agents.filter((agent) => now - agent.last < 60).length;
  say("heard", `${exact(fresh)} of ${exact(overview.totals.agents)}`);
  say("heard-note", overview.agents.length ? `heard in the last minute; the latest ${ago(Math.max(0, now - overview.agents[0].last))}` : "");
  const losing = overview.agents.filter((agent) => now - agent.captures?.lost_last < LOSING).length;
  $("losing").hidden = !losing;
  say("losing", `${exact(losing)} ${losing === 1 ? "agent loses" : "agents lose"} packets: what they report is not all that there was.`);
}

function charts() {
  const { window, timeline, latencies, totals } = overview;
  traffic($("traffic"), window, timeline);
  latency($("latency"), window, timeline);
  histogram($("histogram"), latencies, totals.spread);
  const left = callMap($("map"), overview.calls);
  // pairs are counted by whole hours, so they may begin before the range does
  const since = window.hours_start < window.start ? ` Counted by whole hours: from ${moment(window.hours_start, 0)} on.` : "";
  say("map-note", (left ? `The 60 busiest pairs; ${exact(left)} more are in the table.` : "Broader: more calls. Yellow, red: 1 %, 5 % fail. A caller has a name where its address is known for one service only.") + since);
}

function show(fresh) {
  const { totals, window } = overview;
  const nothing = !totals.stored;
  $("empty").hidden = !nothing;
  $("quiet").hidden = nothing || totals.spread.calls > 0;
  $("content").hidden = !totals.spread.calls;
  $("agents-panel").hidden = !overview.agents.length;
  for (const input of document.querySelectorAll("#ranges input")) input.checked = input.value === window.range;
  agents.show(overview.agents);
  if (totals.spread.calls) {
    tiles(overview);
    charts();
    statuses(overview.statuses, totals.spread.calls);
    calls.show(overview.calls);
    endpointTable();
    transactions.show(overview.records, fresh);
  }
  ages();
}

function state(kind, text) {
  $("state").className = `state ${kind}`;
  say("state", text);
}

/** Ask once. */
async function refresh() {
  clearTimeout(timer);
  const asked = range;
  try {
    const headers = etag ? { "If-None-Match": etag } : {};
    const answer = await fetch(`/v1/overview${range ? `?range=${range}` : ""}`, { headers, cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
    if (answer.status === 401) return location.assign("/login");
    if (answer.status === 400) return choose("");
    if (!answer.ok && answer.status !== 304) throw new Error(`the collector answers ${answer.status}`);
    if (answer.headers.has("Date")) skew = Date.parse(answer.headers.get("Date")) - Date.now();
    if (answer.ok && asked === range) {
      overview = await answer.json();
      etag = answer.headers.get("ETag");
      show(true);
    }
    state("live", "live");
  } catch (error) {
    state("lost", error.name === "TypeError" ? "collector not reachable, trying again" : `${error.message}, trying again`);
  }
  if (asked !== range) return refresh();
  timer = setTimeout(refresh, EVERY);
}

function choose(wanted) {
  range = wanted;
  etag = undefined;
  history.replaceState(undefined, "", wanted ? `#${wanted}` : "/");
  refresh();
}

const legend = (id, entries) => $(id).append(...entries.map(([name, style]) => make("li", {}, make("i", { class: `back-${style}` }), name)));
legend("classes", CLASSES.filter(([name]) => name !== "1xx"));
legend("percentiles", PERCENTILES);
say("zone", Intl.DateTimeFormat().resolvedOptions().timeZone);
for (const element of document.querySelectorAll(".origin")) element.textContent = location.origin;
// an agent sends its token without TLS only when it is told so
for (const element of document.querySelectorAll(".plain")) element.hidden = location.protocol === "https:";
$("ranges").addEventListener("change", (event) => choose(event.target.value));
$("endpoints-more").addEventListener("click", () => {
  whole = !whole;
  endpointTable();
});
$("everything").addEventListener("click", () => choose("all"));
$("filter").addEventListener("input", () => overview && endpointTable());
$("record").addEventListener("click", (event) => event.target === $("record") && $("record").close());
addEventListener("resize", () => overview?.totals.spread.calls && charts());
document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : refresh()));
setInterval(ages, 1_000);
refresh();
