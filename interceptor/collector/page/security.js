// What is odd, what is readable that should not be, and who asks in vain.

import { json, told } from "./ask.js";
import { $, make, say } from "./dom.js";
import { go, query } from "./filter.js";
import { count, hour, share } from "./format.js";
import { Table } from "./table.js";

// Shapes that two programs may read differently, which is what smuggling is made of; and what no client should send.
const MEANINGS = {
  ambiguous_framing: "two lengths of one body: smuggling",
  te_and_cl: "chunked and a Content-Length: smuggling",
  te_in_http_1_0: "chunked in HTTP/1.0: smuggling",
  duplicate_content_length: "two lengths of one body: smuggling",
  invalid_content_length: "a length that is none: smuggling",
  bad_chunk: "a chunk that breaks the rules: smuggling",
  space_before_colon: "a name that some servers do not see: smuggling",
  obs_fold: "a header over two lines, long forbidden",
  bare_cr: "an end of line that few understand: smuggling",
  lf_only: "lines that end with LF alone",
  duplicate_host: "two hosts in one request",
  missing_host: "no host",
  invalid_header: "a header that is none",
  request_invalid: "what was answered was no request",
  unrequested: "an answer that nobody asked for",
  non_ascii: "bytes in a head that are not ASCII",
  many_names: "more hosts than a server has",
  unknown_coding: "a transfer coding that is not known",
  unknown_version: "a version of HTTP that there is not",
  too_many_headers: "more headers than are read",
  long_line: "a longer line than is read",
};
const AT_WORK = new Set(["ambiguous_framing", "te_and_cl", "te_in_http_1_0", "duplicate_content_length", "invalid_content_length", "bad_chunk", "space_before_colon", "bare_cr", "request_invalid", "duplicate_host", "invalid_header"]);
const rank = (tag) => (AT_WORK.has(tag) ? 0 : MEANINGS[tag] ? 1 : 2);

const times = [
  { name: "Calls", value: (one) => one.calls, cell: (one) => count(one.calls), style: "number" },
  { name: "Last", value: (one) => one.last, cell: (one) => hour(one.last), style: "number minor" },
];

const anomalies = new Table(
  $("anomalies-table"),
  [
    { name: "Anomaly", value: (one) => `${rank(one.anomaly)} ${one.anomaly}`, cell: (one) => [make("b", { class: rank(one.anomaly) ? undefined : "text-failed" }, one.anomaly), make("small", {}, MEANINGS[one.anomaly] ?? "")], style: "main", first: 1 },
    { name: "Service", value: (one) => one.service, cell: (one) => one.service, first: 1 },
    { name: "Client", value: (one) => one.caller, cell: (one) => one.caller, first: 1 },
    ...times,
  ],
  (one) => `${one.anomaly}\n${one.service}\n${one.caller}`,
  { pick: (one) => go({ anomaly: one.anomaly, service: one.service, caller: one.caller, view: undefined }) },
);

const cleartext = new Table(
  $("cleartext-table"),
  [
    { name: "Service", value: (one) => one.service, cell: (one) => one.service, style: "main", first: 1 },
    { name: "Carried by", cell: (one) => make("span", { class: "text-refused" }, one.credentials.join(", ")) },
    { name: "Endpoints", value: (one) => one.endpoints, cell: (one) => count(one.endpoints), style: "number" },
  ],
  (one) => one.service,
  { pick: (one) => go({ service: one.service, view: "inventory" }) },
);

const scanners = new Table(
  $("scanners-table"),
  [
    { name: "Client", value: (one) => one.caller, cell: (one) => one.caller, style: "main", first: 1 },
    { name: "In vain", value: (one) => one.asked, cell: (one) => [count(one.asked), make("small", {}, ` ${share(one.asked, one.calls)}`)], style: "number" },
    { name: "Paths", value: (one) => one.paths, cell: (one) => count(one.paths), style: "number minor" },
    { name: "Services", value: (one) => one.services, cell: (one) => count(one.services), style: "number minor" },
    { name: "Last", value: (one) => one.last, cell: (one) => hour(one.last), style: "number" },
  ],
  (one) => one.caller,
  { pick: (one) => go({ caller: one.caller, view: undefined }) },
);

export async function showSecurity() {
  const mine = String(query());
  try {
    const found = await json(`/v1/findings?${mine}`);
    if (found === undefined || mine !== String(query())) return;
    anomalies.show(found.anomalies.toSorted((one, other) => rank(one.anomaly) - rank(other.anomaly)));
    cleartext.show(found.cleartext);
    scanners.show(found.scanners);
    for (const part of ["anomalies", "cleartext", "scanners"]) $(`${part}-none`).hidden = found[part].length > 0;
    say("security-note", `Counted by whole hours: from ${hour(found.window.hours_start)} on.`);
  } catch (error) {
    if (mine === String(query())) say("security-note", told(error));
  }
}
