// Transactions: the latest of all, or those of one endpoint or kind of answer, as far back as they are stored.

import { $, say } from "./dom.js";

const PAGE = 50;
const FEW = 12;
const MOST = 1_000; // rows of a page that a browser is to hold; the API has all
const PATIENCE = 15_000;

export class Transactions {
  #latest = [];
  #wanted; // parameters of the question; undefined: the latest of all
  #told; // which these are
  #found = [];
  #next;

  constructor(table) {
    this.table = table;
    $("records-more").addEventListener("click", () => (this.#wanted ? this.#ask(true) : this.narrow({}, "All that are stored.")));
    $("widen").addEventListener("click", () => this.#widen());
  }

  /** Show the latest, or what is new of those that were asked for; `mark` what is new. */
  show(latest, mark) {
    this.#latest = latest;
    // whoever has older ones before him goes on reading them
    if (this.#wanted) return this.#found.length <= PAGE && this.#ask(false, mark);
    this.table.show(latest, FEW, mark);
    this.#more(latest.length > FEW, "Show more");
  }

  /** Show those of an `endpoint`, or of a `class` of status. */
  narrow(wanted, told) {
    this.#wanted = wanted;
    this.#told = told;
    this.#found = [];
    $("narrowed").hidden = false;
    say("narrowed-to", told);
    $("transactions").scrollIntoView({ block: "nearest" });
    return this.#ask(false);
  }

  #widen() {
    this.#wanted = undefined;
    $("narrowed").hidden = true;
    this.show(this.#latest);
  }

  #more(hasMore, text) {
    $("records-more").hidden = !hasMore;
    say("records-more", text);
  }

  async #ask(older, mark = false) {
    const asked = this.#wanted;
    const query = new URLSearchParams({ ...asked, limit: PAGE, ...(older ? { before: this.#next } : {}) });
    try {
      const answer = await fetch(`/v1/records?${query}`, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
      if (answer.status === 401) return location.assign("/login");
      if (asked !== this.#wanted) return;
      if (!answer.ok) throw new Error(`The collector answers ${answer.status}: click again in a moment.`);
      const { records, next } = await answer.json();
      if (asked !== this.#wanted) return;
      this.#found = older ? [...this.#found, ...records] : records;
      this.#next = next;
    } catch (error) {
      if (asked === this.#wanted) say("narrowed-to", error.name === "TypeError" ? "The collector is not reachable: click again in a moment." : error.message);
      return;
    }
    say("narrowed-to", this.#told);
    this.table.show(this.#found, undefined, mark);
    this.#more(this.#next !== undefined && this.#found.length < MOST, "Show older");
  }
}
