// Elements out of data. Text only ever becomes text: nothing here, or elsewhere in this folder, takes HTML.

const SVG = "http://www.w3.org/2000/svg";

/** An element with properties, attributes (where there is no such property), listeners (`onclick`) and children. */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (name === "class") element.className = value;
    else if (name in element && !name.startsWith("aria")) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

export function svg(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export const byId = (id) => document.getElementById(id);

let ids = 0;
export const freshId = (prefix) => `${prefix}-${(ids += 1)}`;

/** A control below its label. */
export function labelled(text, control, className = "") {
  control.id ||= freshId("control");
  return el("div", { class: className }, el("label", { htmlFor: control.id }, text), control);
}

/** A region that scrolls sideways, which the keyboard can do as well. */
export function scrolling(label, child) {
  return el("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": label }, child);
}

/** Tell those who listen to the page. */
export function announce(text) {
  byId("status").textContent = text;
}

/** Give the browser something to keep as a file. */
export function save(blob, name) {
  const address = URL.createObjectURL(blob);
  el("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
