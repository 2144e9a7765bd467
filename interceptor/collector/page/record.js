// One transaction, whole.

import { answered, asked, route, target } from "./cells.js";
import { $, make } from "./dom.js";
import { narrower } from "./filter.js";
import { bytes, duration, instant } from "./format.js";

const lines = (record) => [
  ["Request", route(record["http.request.method_original"] ?? record["http.request.method"], record["url.path"] ?? record["url.template"])],
  ["Answer", record["http.response.status_code"] ?? record["rpc.grpc.status_code"] ? answered(record) : "none was seen"],
  ["Service", narrower({ service: target(record) }, target(record), "All calls of this service")],
  ["Called", asked(record) === target(record) ? undefined : asked(record)],
  ["From", `${record["source.name"] ? `${record["source.name"]}, ` : ""}${record["source.address"]}, port ${record["source.port"]}`],
  ["To", `${record["destination.address"]}, port ${record["destination.port"]}`],
  ["Began", `${instant(record.time, true)}`],
  ["Took", record.duration_us === undefined ? undefined : `${duration(record.duration_us)}${record.ttfb_us === undefined ? "" : `, the first byte of the answer after ${duration(record.ttfb_us)}`}`],
  ["Ends", ends(record)],
  ["Bodies", `${size(record["http.request.body.size"])} asked, ${size(record["http.response.body.size"])} answered`],
  ["Seen", `request ${record["http.request.state"] ?? "–"}, answer ${record["http.response.state"] ?? "–"}${record.missed_bytes ? `, ${bytes(record.missed_bytes)} missed` : ""}`],
  ["Anomalies", record.anomalies?.map((tag) => narrower({ anomaly: tag }, tag, "All calls with this anomaly"))],
  ["Call", record["rpc.system"] && [record["rpc.service"], record["rpc.method"]].filter(Boolean).join("/")],
  ["Messages", record["rpc.system"] && `${record["rpc.request.messages"] ?? "–"} asked, ${record["rpc.response.messages"] ?? "–"} answered`],
  ["Query keys", record["url.query.keys"]?.join(", ")],
  ["Types", [record["http.request.content_type"], record["http.response.content_type"]].filter(Boolean).join(" → ")],
  ["Client", record["user_agent.original"]],
  ["Where", [record.node, record.interface].filter(Boolean).join(", ")],
];

/** What the client and the server have seen of it: two agents, one call. */
function ends(record) {
  const { view } = record;
  if (!view) return undefined;
  const one = (seen) => `${seen.perspective}${seen.node ? ` on ${seen.node}` : ""}: ${seen.duration_us === undefined ? "–" : duration(seen.duration_us)}, ${seen["source.address"]} to ${seen["destination.address"]}`;
  return [record, view].map(one).join("; ") + (record.network_us === undefined ? "" : `; the network took ${duration(record.network_us)}`);
}

const size = (number) => (number === undefined ? "–" : bytes(number));

/** Open a record in a dialog. */
export function reveal(record) {
  const shown = lines(record).filter(([, value]) => value !== undefined && value !== "" && value?.length !== 0);
  $("record-lines").replaceChildren(...shown.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
  $("record-text").textContent = JSON.stringify(record, undefined, 2);
  $("record").showModal();
}

$("record").addEventListener("click", (event) => (event.target === $("record") || event.target.closest(".narrower")) && $("record").close());
