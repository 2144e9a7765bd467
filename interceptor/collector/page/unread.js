// What agents could not read: how much of it there was, of which server, and why.

import { $, make, say } from "./dom.js";
import { bytes, count, hour, some } from "./format.js";
import { Table } from "./table.js";

const WHY = {
  encrypted: "encrypted",
  tunnel: "inside of a tunnel",
  not_read: "a protocol that is not read",
  unrecognized: "not recognized",
};

const kind = (entry) => entry.protocol ?? WHY[entry.reason] ?? entry.reason;

const table = new Table(
  $("unread"),
  [
    { name: "Server", value: (entry) => entry.server ?? "", cell: (entry) => [entry.server ?? "not known", entry.names.length ? make("small", {}, ` ${entry.names.join(", ")}`) : ""], style: "main", first: 1 },
    { name: "Protocol", value: kind, cell: (entry) => entry.protocol ?? "–", first: 1 },
    { name: "Why", value: (entry) => entry.reason, cell: (entry) => WHY[entry.reason] ?? entry.reason, style: "minor", first: 1 },
    { name: "Connections", value: (entry) => entry.connections, cell: (entry) => count(entry.connections), style: "number minor" },
    { name: "Bytes", value: (entry) => entry.bytes, cell: (entry) => bytes(entry.bytes), style: "number" },
    { name: "Agents", value: (entry) => entry.agents, cell: (entry) => count(entry.agents), style: "number minor" },
    { name: "Last seen", value: (entry) => entry.last, cell: (entry) => hour(entry.last), style: "time minor" },
  ],
  (entry) => `${entry.server}\n${entry.protocol}\n${entry.reason}`,
  { sort: "Bytes" },
);

/** What an overview says of it. */
export function showUnread({ totals, unread }) {
  const size = totals.unread_bytes;
  const sums = new Map();
  for (const entry of unread) sums.set(kind(entry), (sums.get(kind(entry)) ?? 0) + entry.bytes);
  const most = [...sums].toSorted((one, other) => other[1] - one[1]).slice(0, 2).map(([name, sum]) => `${bytes(sum)} ${name}`);
  const servers = new Set(unread.map((entry) => entry.server)).size;
  for (const id of ["unread-tile", "unread-some", "quiet-unread"]) $(id).hidden = !size;
  $("unread-none").hidden = Boolean(size);
  say("not-read", bytes(size));
  say("not-read-note", `of ${some(servers, "server")}: ${most.join(", ")}`);
  say("quiet-unread", `${bytes(size)} could not be read.`);
  table.show(unread);
}
