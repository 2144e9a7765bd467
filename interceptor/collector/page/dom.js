// Elements. Text goes in as text, whatever it holds; nothing on this page makes markup of text.

const SVG = "http://www.w3.org/2000/svg";

export const $ = (id) => document.getElementById(id);

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name === "on") for (const [event, handler] of Object.entries(value)) element.addEventListener(event, handler);
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== undefined));
  return element;
}

export const make = (name, attributes, ...children) => fill(document.createElement(name), attributes, children);

export const draw = (name, attributes, ...children) => fill(document.createElementNS(SVG, name), attributes, children);

/** Write a text, only if it is another one: a selection in it survives. */
export function say(id, text) {
  const element = $(id);
  if (element.textContent !== text) element.textContent = text;
}

/** Make `parent` have one child for each item, keeping those whose item is the same as before; `mark` what is new. */
export function list(parent, items, key, build, mark = false) {
  const known = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  const children = items.map((item) => {
    const name = String(key(item));
    const content = JSON.stringify(item);
    const old = known.get(name);
    if (old && old.content === content) return old;
    const child = build(item);
    child.dataset.key = name;
    child.content = content;
    if (mark && !old && known.size) child.classList.add("new");
    return child;
  });
  children.forEach((child, place) => {
    if (parent.children[place] !== child) parent.insertBefore(child, parent.children[place] ?? null);
  });
  while (parent.children.length > children.length) parent.lastElementChild.remove();
}

/** A box that follows the pointer over `element`; `lines` gives its contents for a place from 0 to 1, or nothing. */
export function tip(element, lines) {
  const box = $("tip");
  element.addEventListener("pointermove", (event) => {
    const area = element.getBoundingClientRect();
    const shown = lines((event.clientX - area.left) / area.width, (event.clientY - area.top) / area.height, event.target);
    box.hidden = !shown;
    if (!shown) return;
    box.replaceChildren(...shown.map((line, place) => make("div", { class: place ? undefined : "first" }, line)));
    const left = Math.min(event.clientX + 14, innerWidth - box.offsetWidth - 8);
    box.style.left = `${Math.max(8, left)}px`;
    box.style.top = `${Math.min(event.clientY + 16, innerHeight - box.offsetHeight - 8)}px`;
  });
  element.addEventListener("pointerleave", () => { box.hidden = true; });
}
