// Who reports, and what each of them could not see, or not deliver.

import { $, make, say } from "./dom.js";
import { go } from "./filter.js";
import { ago, count, exact, period, share } from "./format.js";
import { Table } from "./table.js";

const LOSING = 300; // seconds after more losses were told of
const LATE = 60; // seconds that records wait; agents send what they have within a few

const lost = ({ captures }) => captures && captures.kernel_dropped + captures.interface_dropped;

/** How many packets an agent's captures lost, and where; in red while it loses more. */
function lostPackets(agent) {
  if (!agent.captures) return "–";
  const { packets, kernel_dropped: kernel, interface_dropped: device, lost_last: last } = agent.captures;
  const number = lost(agent);
  if (!number) return "0";
  const causes = [kernel && `${count(kernel)} kernel`, device && `${count(device)} interface`].filter(Boolean).join(", ");
  return [make("span", { "data-losing": last, title: `of ${exact(packets + number)}` }, `${count(number)} (${share(number, packets + number)})`), make("small", { class: "minor" }, ` ${causes}`)];
}

/** How many records an agent has not delivered, and for how long, from a minute on. */
function waiting({ captures }) {
  if (captures?.waiting === undefined) return "–";
  const seconds = captures.waiting_seconds ?? 0;
  return seconds < LATE ? count(captures.waiting) : [count(captures.waiting), make("small", { class: "text-refused" }, ` for ${period(seconds)}`)];
}

/** How many records did not get from an agent to anybody; in red while it loses more. */
function lostRecords({ captures }) {
  if (captures?.dropped === undefined) return "–";
  return captures.dropped ? make("span", { "data-losing": captures.lost_last }, count(captures.dropped)) : "0";
}

const table = new Table(
  $("agents"),
  [
    { name: "Node", value: (agent) => agent.node, cell: (agent) => [make("span", { class: "dot", "data-last": agent.last }), agent.node || "–"], first: 1 },
    { name: "Cluster", value: (agent) => agent.cluster, cell: (agent) => agent.cluster || "–", style: "minor", first: 1 },
    { name: "Program", value: (agent) => agent.program, cell: (agent) => agent.program, style: "minor", first: 1 },
    { name: "Records", value: (agent) => agent.records, cell: (agent) => count(agent.records), style: "number minor" },
    { name: "Batches", value: (agent) => agent.batches, cell: (agent) => count(agent.batches), style: "number minor" },
    { name: "Lost packets", value: (agent) => lost(agent), cell: lostPackets, style: "number" },
    { name: "Not captured", value: (agent) => agent.captures?.blind_seconds, cell: (agent) => (agent.captures ? make("span", { "data-losing": agent.captures.blind_seconds ? agent.captures.lost_last : undefined }, period(agent.captures.blind_seconds)) : "–"), style: "number minor" },
    { name: "Interfaces", value: (agent) => agent.captures?.interfaces, cell: (agent) => agent.captures?.interfaces === undefined ? "–" : agent.captures.interfaces ? count(agent.captures.interfaces) : make("span", { class: "text-refused" }, "none"), style: "number minor" },
    { name: "Waiting", value: (agent) => agent.captures?.waiting, cell: waiting, style: "number minor" },
    { name: "Lost records", value: (agent) => agent.captures?.dropped, cell: lostRecords, style: "number" },
    { name: "Last heard", value: (agent) => agent.last, cell: (agent) => make("span", { "data-last": agent.last }), style: "number" },
  ],
  (agent) => `${agent.cluster}\n${agent.node}`,
  { sort: "Last heard", pick: (agent) => go({ agent: `${agent.cluster}/${agent.node}`, view: undefined }) },
);

export const showAgents = (agents) => table.show(agents);

/** What changes while nothing comes: ages, and who still loses. `now`: the server's clock, seconds. */
export function ages(overview, now) {
  for (const element of document.querySelectorAll("[data-last]")) {
    const age = Math.max(0, now - element.dataset.last);
    if (element.classList.contains("dot")) element.className = `dot ${age < 60 ? "fresh" : age < 600 ? "late" : "lost"}`;
    else element.textContent = ago(age);
  }
  for (const element of document.querySelectorAll("[data-losing]")) element.classList.toggle("losing", now - element.dataset.losing < LOSING);
  if (!overview) return;
  const { agents, totals } = overview;
  const fresh = agents.filter((agent) => now - agent.last < 60).length;
  say("heard", `${exact(fresh)} of ${exact(totals.agents)}`);
  say("heard-note", agents.length ? `heard in the last minute; the latest ${ago(Math.max(0, now - agents[0].last))}` : "");
  const losing = agents.filter((agent) => now - agent.captures?.lost_last < LOSING).length;
  for (const id of ["losing", "tile-losing"]) $(id).hidden = !losing;
  const words = `${exact(losing)} ${losing === 1 ? "agent loses" : "agents lose"} packets or records`;
  say("losing", `${words}: what they report is not all that there was.`);
  say("tile-losing", words);
}
