// Transactions: the latest of what is looked at, and older ones as far back as they are stored.

import { json, told } from "./ask.js";
import { $, say } from "./dom.js";
import { query } from "./filter.js";

const PAGE = 50;
const FEW = 12;
const MOST = 1_000; // rows that a browser is to hold; the API has all

export class Transactions {
  #latest = [];
  #found; // older ones are being read; undefined: the latest are shown
  #next;

  constructor(table) {
    this.table = table;
    $("records-more").addEventListener("click", () => this.#older());
    $("records-latest").addEventListener("click", () => this.reset(this.#latest));
  }

  /** Show the latest; `mark` what is new. Whoever has older ones before him goes on reading them. */
  show(latest, mark) {
    this.#latest = latest;
    if (!this.#found) this.#draw(latest.slice(0, FEW), latest.length > FEW ? "Show older" : "", mark);
  }

  /** Something else is looked at. */
  reset(latest) {
    this.#found = undefined;
    $("records-latest").hidden = true;
    say("records-note", latest.length ? "" : "No transaction is stored of what is looked at.");
    this.show(latest);
  }

  #draw(records, more, mark = false) {
    this.table.show(records, undefined, mark);
    $("records-more").hidden = !more;
    say("records-more", more);
  }

  async #older() {
    const asked = String(query());
    const parameters = query({ limit: PAGE, ...(this.#found ? { before: this.#next } : {}) });
    try {
      const page = await json(`/v1/records?${parameters}`);
      if (page === undefined || asked !== String(query())) return;
      this.#found = [...(this.#found ?? []), ...page.records];
      this.#next = page.next;
    } catch (error) {
      if (asked === String(query())) say("records-note", told(error));
      return;
    }
    say("records-note", "");
    $("records-latest").hidden = false;
    this.#draw(this.#found, this.#next !== undefined && this.#found.length < MOST ? "Show older" : "");
  }
}
