// What several tables show in the same way.

import { CLASSES, mix } from "./charts.js";
import { make } from "./dom.js";
import { bytes, count, duration, share } from "./format.js";

export const CALL = 1_000; // above HTTP's statuses
const CODES = ["OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"];

/** A status that calls are counted by. */
export const answer = (status) => (status >= CALL ? `gRPC ${status - CALL}` : status ? String(status) : "none");
/** The same in words. */
export const spoken = (status) => (status >= CALL ? `gRPC ${status - CALL} ${CODES[status - CALL] ?? ""}` : status ? String(status) : "no answer");
export const style = (status) => CLASSES.find(([, , index]) => index === Math.min(5, Math.floor((status ?? 0) / 100)))[1];
export const badge = (status) => make("span", { class: `badge text-${style(status)}` }, answer(status));
export const route = (method, template) => [make("b", { class: "method" }, method || "?"), " ", make("span", { class: "template" }, template || "–")];
const at = (address, port) => (port === 80 ? address : `${address}:${port}`);
/** The service that was called, as the collector counts it: a workload with its namespace, or else what the client called it. */
export const target = (record) => (record["destination.name"]?.includes("/") ? at(record["destination.name"], record["destination.port"]) : asked(record));
export const asked = (record) => at(record["server.address"], record["server.port"]);

/** What the status of a record is counted as: where gRPC says that a call failed and HTTP does not, 1000 and gRPC's (see `core.records.verdicts`). */
const verdict = ({ "http.response.status_code": status, "rpc.grpc.status_code": code, anomalies }) => {
  if (status >= 400) return status;
  const failed = code ?? (anomalies?.includes("rpc_deadline") ? 4 : 0);
  return failed ? CALL + Math.min(failed, CALL - 1) : status;
};
/** Both statuses of a record, as `200/13`. */
export const answered = (record) => {
  const { "http.response.status_code": status, "rpc.grpc.status_code": code } = record;
  const text = code === undefined ? answer(status) : `${status ?? "–"}/${code}`;
  return make("span", { class: `badge text-${style(verdict(record))}`, title: CODES[code] }, text);
};

/** How long it took; of what lasts, whether it goes on, and when its first byte came. */
export const took = ({ duration_us: whole, ttfb_us: first, anomalies }) => {
  const notes = anomalies?.includes("deadline") ? ["ongoing"] : [];
  if (first !== undefined && whole >= LASTS_US && first < whole / 2) notes.push(`first byte ${duration(first)}`);
  return notes.length ? [duration(whole), make("div", { class: "note" }, notes.join(", "))] : duration(whole);
};
const LASTS_US = 1_000_000;

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
