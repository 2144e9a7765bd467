// Tables whose columns sort.

import { list, make } from "./dom.js";

/**
 * A table. `columns` are {name, value, cell, style, first}: `value` is what it sorts by, `cell` what it shows, `first`
 * the direction of a first click (1 upwards, -1 downwards). A column without `value` does not sort.
 */
export class Table {
  constructor(element, columns, key, { sort, pick } = {}) {
    this.columns = columns;
    this.key = key;
    this.pick = pick;
    this.items = [];
    this.order = sort ? { column: sort, way: columns.find(({ name }) => name === sort).first ?? -1 } : undefined;
    this.heads = columns.map((column) => this.#head(column));
    this.body = make("tbody");
    element.replaceChildren(make("thead", {}, make("tr", {}, this.heads)), this.body);
    this.#mark();
  }

  /** Show these, or the first of them in the table's order. */
  show(items, most, mark = false) {
    this.items = items;
    this.most = most;
    const column = this.columns.find(({ name }) => name === this.order?.column);
    const shown = column ? items.toSorted((one, other) => this.order.way * compare(column.value(one), column.value(other))) : items;
    list(this.body, shown.slice(0, most), this.key, (item) => this.#row(item), mark);
  }

  #head(column) {
    const head = make("th", { scope: "col", class: column.style });
    head.append(column.value ? make("button", { type: "button", on: { click: () => this.#sort(column) } }, column.name) : column.name);
    return head;
  }

  #row(item) {
    const row = make("tr", {}, this.columns.map((column) => make("td", { class: column.style }, column.cell(item))));
    if (this.pick) {
      row.tabIndex = 0;
      row.addEventListener("click", () => this.pick(item));
      row.addEventListener("keydown", (event) => event.key === "Enter" && this.pick(item));
    }
    return row;
  }

  #sort(column) {
    const again = this.order?.column === column.name;
    this.order = { column: column.name, way: again ? -this.order.way : column.first ?? -1 };
    this.#mark();
    this.show(this.items, this.most);
  }

  #mark() {
    this.columns.forEach((column, place) => {
      const sorted = column.name === this.order?.column;
      if (column.value) this.heads[place].setAttribute("aria-sort", !sorted ? "none" : this.order.way > 0 ? "ascending" : "descending");
    });
  }
}

function compare(one, other) {
  if (typeof one === "string") return one.localeCompare(other);
  return (one ?? -1) - (other ?? -1);
}
