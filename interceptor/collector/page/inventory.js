// Every endpoint that is known: found by search, told in full, saved as a file.

import { json, save, told } from "./ask.js";
import { route } from "./cells.js";
import { compare } from "./comparison.js";
import { $, make, say } from "./dom.js";
import { filter, go, query, remember } from "./filter.js";
import { ago, count, date, exact } from "./format.js";
import { Table } from "./table.js";

const PAGE = 500;
const MOST = 5_000; // rows that a browser is to hold; the API has all
const FRESH = { "1": 86_400, "7": 7 * 86_400, "30": 30 * 86_400 };

let found = [];
let next;
let asked;

/** What an endpoint's requests carry, in words. */
function credentials(one) {
  if (!one.credentials) return make("span", { class: "dim" }, one.anonymous ? "none" : "–");
  return [make("span", { class: "text-refused" }, one.credentials.join(", ")), one.anonymous ? make("small", {}, " not always") : ""];
}

const few = (values, most = 3) => (values ? [values.slice(0, most).join(", "), values.length > most ? make("small", { title: values.join(", ") }, ` +${values.length - most}`) : ""] : "–");

const types = (one) => few([...new Set([...(one.request_types ?? []), ...(one.response_types ?? [])])].map((type) => type.replace(/^application\//, "")));

const SPOKEN = { grpc: "gRPC", websocket: "WebSocket" };

/** What is spoken, HTTP by its versions. */
const protocols = (one) => [...(one.versions ?? []).map((version) => `HTTP/${version}`), ...(one.protocols ?? []).filter((spoken) => spoken !== "http").map((spoken) => SPOKEN[spoken] ?? spoken)];

const table = new Table(
  $("inventory-table"),
  [
    { name: "Endpoint", value: (one) => `${one.service} ${one.template} ${one.method}`, cell: (one) => [make("div", { class: "route" }, route(one.method, one.template), fresh(one), one.probe ? make("small", { class: "tag" }, "never there") : ""), make("small", {}, one.service)], style: "main", first: 1 },
    { name: "Calls", value: (one) => one.calls, cell: (one) => count(one.calls), style: "number" },
    { name: "Failed", value: (one) => one.failed, cell: (one) => count(one.failed), style: "number minor" },
    { name: "Callers", value: (one) => one.callers, cell: (one) => count(one.callers), style: "number minor" },
    { name: "Credentials", value: (one) => one.credentials?.join(" ") ?? "", cell: credentials, first: 1 },
    { name: "Types", cell: types, style: "minor" },
    { name: "Query keys", cell: (one) => few(one.query_keys), style: "minor" },
    { name: "Protocols", value: (one) => protocols(one).join(" "), cell: (one) => few(protocols(one)), style: "minor", first: 1 },
    { name: "First seen", value: (one) => one.first, cell: (one) => date(one.first), style: "number minor" },
    { name: "Last seen", value: (one) => one.last, cell: (one) => make("span", { title: date(one.last) }, ago(Math.max(0, Date.now() / 1_000 - one.last))), style: "number minor" },
  ],
  (one) => one.number,
  { sort: "Calls", pick: (one) => { remember(one); go({ endpoint: one.number, view: undefined, range: filter().range ?? "all" }); } },
);

const recent = (one) => Date.now() / 1_000 - one.first < 86_400;
// where everything is new, nothing is
const fresh = (one) => (recent(one) && !found.every(recent) ? make("small", { class: "tag" }, "new") : "");

function parameters() {
  const search = $("inventory-search").value.trim();
  const days = FRESH[$("inventory-since").value];
  return query({
    ...(search ? { search } : {}),
    ...(days ? { since: Math.floor(Date.now() / 1_000) - days } : {}),
    ...($("inventory-probes").checked ? { probes: "true" } : {}),
  });
}

/** Ask for it anew, or for more of it. */
export async function showInventory(older = false) {
  const wanted = parameters();
  const mine = String(wanted);
  asked = mine;
  wanted.set("limit", PAGE);
  if (older) wanted.set("after", next);
  try {
    const page = await json(`/v1/inventory?${wanted}`);
    if (page === undefined || asked !== mine) return;
    found = older ? [...found, ...page.endpoints] : page.endpoints;
    next = page.next;
  } catch (error) {
    if (asked === mine) say("inventory-note", told(error));
    return;
  }
  table.show(found);
  $("inventory-more").hidden = next === undefined || found.length >= MOST;
  say("inventory-note", found.length ? `${exact(found.length)}${next === undefined ? "" : " or more"} endpoints. Paths of which every answer was 404 or its like are ${$("inventory-probes").checked ? "among them" : "left out"}.` : "No endpoint is like that.");
}

const name = (suffix) => `${filter().service?.replace(/[^\w.-]/g, "_") ?? "inventory"}.${suffix}`;
let typing;
$("inventory-search").addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(showInventory, 200);
});
for (const id of ["inventory-since", "inventory-probes"]) $(id).addEventListener("change", () => showInventory());
$("inventory-more").addEventListener("click", () => showInventory(true));
$("inventory-csv").addEventListener("click", () => {
  save(`/v1/inventory?${parameters()}`, "text/csv", name("csv"));
});
$("inventory-openapi").addEventListener("click", () => save(`/v1/inventory/openapi.json?${parameters()}`, "application/json", name("openapi.json")));
$("compare").addEventListener("change", ({ target }) => {
  if (target.files.length) compare(target.files[0], parameters());
  target.value = ""; // the same file again is another comparison
});
