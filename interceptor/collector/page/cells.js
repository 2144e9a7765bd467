// What several tables show in the same way.

import { CLASSES, mix } from "./charts.js";
import { make } from "./dom.js";
import { bytes, count, duration, share } from "./format.js";

export const style = (status) => CLASSES.find(([, , index]) => index === Math.min(5, Math.floor((status ?? 0) / 100)))[1];
export const badge = (status) => make("span", { class: `badge text-${style(status)}` }, status ? String(status) : "none");
export const route = (method, template) => [make("b", { class: "method" }, method || "?"), " ", make("span", { class: "template" }, template || "–")];
export const target = (record) => (record["server.port"] === 80 ? record["server.address"] : `${record["server.address"]}:${record["server.port"]}`);

const failing = (spread) => spread.classes[5] / spread.calls;

/** How calls went, as columns. */
export const SPREADS = [
  { name: "Calls", value: ({ spread }) => spread.calls, cell: ({ spread }) => count(spread.calls), style: "number" },
  { name: "Answers", cell: ({ spread }) => mix(spread.classes), style: "answers minor" },
  { name: "Failing", value: ({ spread }) => failing(spread), cell: ({ spread }) => share(spread.classes[5], spread.calls), style: "number" },
  { name: "50 %", value: ({ spread }) => spread.p50_us, cell: ({ spread }) => duration(spread.p50_us), style: "number minor" },
  { name: "95 %", value: ({ spread }) => spread.p95_us, cell: ({ spread }) => duration(spread.p95_us), style: "number" },
  { name: "99 %", value: ({ spread }) => spread.p99_us, cell: ({ spread }) => duration(spread.p99_us), style: "number minor" },
  { name: "Bodies", value: ({ spread }) => spread.bytes, cell: ({ spread }) => bytes(spread.bytes), style: "number minor" },
];
