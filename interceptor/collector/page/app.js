// Asks the collector what there is, every two seconds while somebody looks, and shows it.

import { ages, showAgents } from "./agents.js";
import { ask, detail, json, save, told } from "./ask.js";
import { CALL, SPREADS, answered, badge, route, spoken, style, target, took } from "./cells.js";
import { CLASSES, PERCENTILES, dragging, histogram, latency, spark, traffic } from "./charts.js";
import { $, list, make, say } from "./dom.js";
import { showChanges } from "./failing.js";
import { VIEWS, address, chips, clear, filter, go, narrower, onChange, query, remember } from "./filter.js";
import { count, duration, exact, instant, moment, offset, share, some, span } from "./format.js";
import { showInventory } from "./inventory.js";
import { callMap } from "./map.js";
import { reveal } from "./record.js";
import { showSecurity } from "./security.js";
import { Table } from "./table.js";
import { Transactions } from "./transactions.js";
import { showUnread } from "./unread.js";

const EVERY = 2_000;
const FEW = 12;

let etag;
let overview;
let skew = 0; // the server's clock less ours, milliseconds
let timer;
let whole = false; // all endpoints are shown
let shown; // the question whose answer is shown

const serverNow = () => (Date.now() + skew) / 1_000;

const calls = new Table(
  $("calls-table"),
  [
    { name: "Caller", value: (call) => call.caller, cell: (call) => [call.caller, call.addresses > 1 ? make("small", {}, ` ${call.addresses} addresses`) : ""], first: 1 },
    { name: "Service", value: (call) => call.service, cell: (call) => call.service, first: 1 },
    ...SPREADS,
  ],
  (call) => `${call.caller}\n${call.service}`,
  { sort: "Calls", pick: (call) => go({ caller: call.caller, service: call.service }) },
);

const endpoints = new Table(
  $("endpoints"),
  [
    { name: "Endpoint", value: (entry) => `${entry.template} ${entry.method}`, cell: (entry) => [make("div", { class: "route" }, route(entry.method, entry.template)), make("small", {}, narrower({ service: entry.service }, entry.service, "All of this service"))], style: "main", first: 1 },
    { name: "Trend", cell: (entry) => spark(entry.trend, "calls"), style: "trend minor" },
    ...SPREADS,
  ],
  (entry) => entry.number,
  { sort: "Calls", pick: (entry) => go({ endpoint: entry.number }) },
);

const transactions = new Transactions(new Table(
  $("records"),
  [
    { name: "Time", cell: (record) => instant(record.time), style: "time" },
    { name: "From", cell: (record) => record["source.address"], style: "minor" },
    { name: "To", cell: target, style: "minor" },
    { name: "Request", cell: (record) => [make("div", { class: "route" }, route(record["http.request.method_original"] ?? record["http.request.method"], record["url.template"]), record.anomalies ? make("small", { class: "tag", title: record.anomalies.join(", ") }, record.anomalies[0], record.anomalies.length > 1 ? ` +${record.anomalies.length - 1}` : "") : ""), make("small", { class: "narrow" }, target(record))], style: "main" },
    { name: "Answer", cell: answered, style: "number" },
    { name: "Took", cell: took, style: "number" },
  ],
  (record) => record.id,
  { pick: reveal },
));

function tiles({ totals, timeline, window, statuses: answers }) {
  const { spread } = totals;
  say("calls", count(spread.calls));
  say("calls-note", `${some(totals.endpoints, "endpoint")} of ${some(totals.services, "service")}, ${some(totals.callers, "caller")}`);
  say("failing", share(spread.classes[5], spread.calls));
  const calls = answers.reduce((sum, [status, number]) => sum + (status >= CALL ? number : 0), 0);
  say("failing-note", `${count(spread.classes[5] - calls)} answers 5xx, ${calls ? `${some(calls, "gRPC error")}, ` : ""}${count(spread.classes[4])} 4xx`);
  say("slow", duration(spread.p95_us));
  say("slow-note", spread.p95_us === undefined ? "Not known of single kinds of answers." : `half within ${duration(spread.p50_us)}, 99 % within ${duration(spread.p99_us)}; without streams`);
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
    const label = `${spoken(status)}: ${exact(number)} calls`;
    return make("button", { type: "button", title: label, "aria-label": label, on: { click: () => go({ status, class: undefined }) } }, badge(status), make("span", { class: "track" }, bar), make("span", { class: "number" }, share(number, total)));
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

function charts() {
  const { window, timeline, latencies, totals } = overview;
  const zoom = (from, to) => go({ from, to, range: undefined });
  traffic($("traffic"), window, timeline, zoom);
  latency($("latency"), window, timeline, zoom);
  histogram($("histogram"), latencies, totals.spread);
  const left = callMap($("map"), overview.calls, go);
  // pairs are counted by whole hours, so they may begin before the range does
  const since = window.hours_start < window.start ? ` Counted by whole hours: from ${moment(window.hours_start, 0)} on.` : "";
  say("map-note", (left ? `The busiest; ${some(left, "pair")} more ${left === 1 ? "is" : "are"} in the table. Click a service to see its callers.` : "Broader: more calls. Yellow, red: 1 %, 5 % fail. A caller that no relay names has a name where its address is known for one service only.") + since);
  say("traffic-note", `calls in ${duration(window.slot * 1_000_000)} each, ${span(window.start, window.end)}; drag to look closer`);
}

function show(fresh) {
  const { totals, window } = overview;
  const { view } = filter();
  const nothing = !totals.stored && !totals.spread.calls && !totals.unread_bytes;
  const narrowed = Object.keys(filter()).length > 1;
  $("empty").hidden = !nothing || narrowed;
  $("quiet").hidden = nothing || view !== "overview" || totals.spread.calls > 0;
  say("everything", narrowed ? "Show everything that is stored" : "Show all times");
  for (const name of VIEWS) $(`view-${name}`).hidden = nothing || view !== name || (name === "overview" && !totals.spread.calls);
  for (const input of document.querySelectorAll("#ranges input")) input.checked = input.value === window.range;
  for (const endpoint of overview.endpoints) remember(endpoint);
  namespaces();
  chips();
  showAgents(overview.agents);
  showUnread(overview);
  if (totals.spread.calls) {
    tiles(overview);
    for (const id of ["latency-panel", "latencies-panel"]) $(id).hidden = !overview.latencies.length;
    if (view === "overview" && !dragging()) charts();
    statuses(overview.statuses, totals.spread.calls);
    calls.show(overview.calls);
    endpointTable();
    transactions.show(overview.records, fresh);
  }
  ages(overview, serverNow());
}

/** Those of callers and services that are listed, to narrow to one. */
function namespaces() {
  const known = [...overview.calls.flatMap((call) => [call.caller, call.service]), ...overview.services.map((one) => one.service)];
  const found = new Set(known.filter((name) => name.includes("/")).map((name) => name.slice(0, name.indexOf("/"))));
  const { namespace } = filter();
  if (namespace !== undefined) found.add(namespace);
  $("namespaces").hidden = !found.size;
  list($("namespaces"), ["", ...[...found].toSorted()], (name) => name, (name) => make("option", { value: name }, name || "all namespaces"));
  $("namespaces").value = namespace ?? "";
}

function state(kind, text) {
  $("state").className = `state ${kind}`;
  say("state", text);
}

/** What a view asks for besides. */
async function besides() {
  const { view, range } = filter();
  const mine = String(query());
  if (view === "inventory") await showInventory();
  if (view === "security") await showSecurity();
  if (view === "overview" && overview.totals.spread.calls) {
    const free = range ?? (filter().from === undefined ? overview.window.range : undefined);
    const wanted = query(free ? { range: free } : {});
    for (const name of ["class", "status"]) wanted.delete(name); // failures are told as a share of all calls
    const found = await json(`/v1/changes?${wanted}`);
    if (found !== undefined && mine === String(query())) showChanges(found);
  }
}

/** Ask once. */
async function refresh() {
  clearTimeout(timer);
  const asked = String(query());
  try {
    const answer = await ask(`/v1/overview?${asked}`, etag ? { "If-None-Match": etag } : {});
    if (answer === undefined) return;
    if (answer.status === 400) {
      const wrong = await detail(answer);
      if (asked !== String(query())) return refresh();
      state("lost", `${wrong} The filter was removed.`);
      return clear();
    }
    if (!answer.ok && answer.status !== 304) throw new Error(`the collector answers ${answer.status}`);
    if (answer.headers.has("Date")) skew = Date.parse(answer.headers.get("Date")) - Date.now();
    const read = answer.ok ? await answer.json() : undefined; // something else may be looked at when it is here
    if (read && asked === String(query())) {
      overview = read;
      etag = answer.headers.get("ETag");
      const same = shown === asked;
      shown = asked;
      if (!same) transactions.reset(overview.records);
      show(same);
      await besides();
    }
    state("live", "live");
  } catch (error) {
    state("lost", `${told(error)} Trying again.`);
  }
  if (asked !== String(query())) return refresh();
  clearTimeout(timer);
  timer = setTimeout(refresh, EVERY);
}

/** Something else is looked at: what is known is shown at once, the rest is asked for. */
function changed() {
  etag = undefined;
  for (const link of document.querySelectorAll("nav a")) {
    link.href = address({ view: link.dataset.view });
    if (link.dataset.view === filter().view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  chips();
  if (overview && shown === String(query())) show(false);
  refresh();
}

const legend = (id, entries) => $(id).append(...entries.map(([name, kind]) => make("li", {}, make("i", { class: `back-${kind}` }), name)));
legend("classes", CLASSES.filter(([name]) => name !== "1xx"));
legend("percentiles", PERCENTILES);
say("zone", `${Intl.DateTimeFormat().resolvedOptions().timeZone} (${offset()})`);
for (const element of document.querySelectorAll(".origin")) element.textContent = location.origin;
// an agent sends its token without TLS only when it is told so
for (const element of document.querySelectorAll(".plain")) element.hidden = location.protocol === "https:";
$("ranges").addEventListener("change", (event) => go({ range: event.target.value, from: undefined, to: undefined }));
$("namespaces").addEventListener("change", (event) => go({ namespace: event.target.value || undefined }));
$("free").addEventListener("submit", (event) => {
  event.preventDefault();
  const [from, to] = ["free-from", "free-to"].map((id) => Math.floor($(id).valueAsNumber / 1_000) + new Date($(id).value).getTimezoneOffset() * 60);
  const wrong = to <= from ? "The end is not later than the beginning." : "";
  $("free-to").setCustomValidity(wrong);
  if (wrong) return $("free-to").reportValidity();
  $("free-times").open = false;
  go({ from, to, range: undefined });
});
$("free-to").addEventListener("input", () => $("free-to").setCustomValidity(""));
$("endpoints-more").addEventListener("click", () => {
  whole = !whole;
  endpointTable();
});
$("everything").addEventListener("click", () => clear({ range: "all" }));
$("filter").addEventListener("input", () => overview && endpointTable());
addEventListener("resize", () => overview?.totals.spread.calls && filter().view === "overview" && charts());
document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : refresh()));
setInterval(() => ages(overview, serverNow()), 1_000);
onChange(changed);
changed();
for (const button of document.querySelectorAll("[data-save]")) {
  const [part, own] = button.dataset.save.split("?");
  button.addEventListener("click", () => save(`/v1/${part}?${query(Object.fromEntries(new URLSearchParams(own)))}`, "text/csv", `${part}.csv`));
}
