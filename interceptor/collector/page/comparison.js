// A given OpenAPI file against what was seen. The file is sent to the collector, which does not keep it.

import { ask, detail, told } from "./ask.js";
import { route } from "./cells.js";
import { $, make, say } from "./dom.js";
import { filter, go, remember } from "./filter.js";
import { ago, count, exact } from "./format.js";
import { Table } from "./table.js";

const undocumented = new Table(
  $("undocumented"),
  [
    { name: "Endpoint", value: (one) => `${one.service} ${one.template} ${one.method}`, cell: (one) => [make("div", { class: "route" }, route(one.method, one.template), one.unsure ? make("small", { class: "tag", title: "A segment was not shown for which the file has words." }, "unsure") : ""), make("small", {}, one.service)], style: "main", first: 1 },
    { name: "Calls", value: (one) => one.calls, cell: (one) => count(one.calls), style: "number" },
    { name: "Last seen", value: (one) => one.last, cell: (one) => ago(Math.max(0, Date.now() / 1_000 - one.last)), style: "number minor" },
  ],
  (one) => one.number,
  { sort: "Calls", pick: (one) => { remember(one); go({ endpoint: one.number, view: undefined, range: filter().range ?? "all" }); } },
);

const unused = new Table(
  $("unused"),
  [{ name: "Operation", value: (one) => `${one.path} ${one.method}`, cell: (one) => make("div", { class: "route" }, route(one.method, one.path)), style: "main", first: 1 }],
  (one) => `${one.method} ${one.path}`,
  { sort: "Operation" },
);

/** Have the collector compare what `parameters` ask for with a file. */
export async function compare(file, parameters) {
  $("comparison").hidden = false;
  say("comparison-name", file.name);
  say("comparison-note", "comparing");
  undocumented.show([]);
  unused.show([]);
  try {
    const answer = await ask(`/v1/inventory/comparison?${parameters}`, { "Content-Type": "application/json" }, { method: "POST", body: file });
    if (answer === undefined) return;
    if (!answer.ok) throw new Error(await detail(answer));
    const found = await answer.json();
    undocumented.show([...found.undocumented, ...found.unsure.map((one) => ({ ...one, unsure: true }))]);
    unused.show(found.unused);
    const whole = filter().service === undefined ? " All services are compared: narrow to the one that the file describes." : "";
    say("comparison-note", `${exact(found.documented)} endpoints are described by its ${exact(found.operations)} operations.${whole}`);
    say("undocumented-note", `${exact(found.undocumented.length)} endpoints that were called and are not in the file${found.unsure.length ? `; ${exact(found.unsure.length)} that may be` : ""}.`);
    say("unused-note", `${exact(found.unused.length)} operations of the file that nobody called.`);
  } catch (error) {
    say("comparison-note", told(error));
    for (const id of ["undocumented-note", "unused-note"]) say(id, "");
  }
}

$("comparison-close").addEventListener("click", () => { $("comparison").hidden = true; });
