// Filters: a span of periods, and values of the columns that rows are grouped by.

import { get } from "./api.js";
import { el, freshId, labelled } from "./dom.js";
import { formatGroup } from "./format.js";
import { pathOf, valuesQuery } from "./questions.js";

const EXAMPLES = { hour: "2026-11-20T13", day: "2026-11-20", month: "2026-11", year: "2026" };
const PERIOD = "[0-9]{4}(-[0-9]{2}(-[0-9]{2}(T[0-9]{2})?)?)?";
const MOST_SHOWN = 200;

export function filterControls(summary, state, onChange) {
  const values = valuesOf(summary);
  const clear = el("button", { type: "button", class: "quiet", hidden: !isFiltered(state) }, "Clear filters");
  const changed = (changes) => {
    onChange(changes);
    clear.hidden = !isFiltered(state);
  };
  const controls = el("div", { class: "controls" });
  const fill = () => controls.replaceChildren(
    ...(summary.period === "all" ? [] : ["from", "to"].map((end) => span(end, summary, state, changed))),
    ...summary.groupBy.map((column) => columnFilter(column, state, values, changed)),
    el("div", { class: "end" }, clear));
  clear.onclick = () => {
    changed({ from: "", to: "", filters: {} });
    fill();
    controls.querySelector("input, summary").focus();
  };
  fill();
  return controls;
}

const isFiltered = ({ from, to, filters }) => Boolean(from || to || Object.keys(filters).length);

function span(end, summary, state, changed) {
  const input = el("input", {
    type: "text", value: state[end], pattern: PERIOD, placeholder: EXAMPLES[summary.period], autocomplete: "off",
    title: `A period, such as ${EXAMPLES[summary.period]} or its beginning: 2026-11, 2026`,
    onchange: () => {
      if (input.reportValidity()) changed({ [end]: input.value });
    },
  });
  return labelled(end === "from" ? "From" : "To", input, "half");
}

function columnFilter(column, state, values, changed) {
  const summaryText = el("span", {});
  const list = el("ul", {});
  const name = freshId("filter");
  const box = el("details", { class: "filter", name: "filters" }, el("summary", {}, summaryText),
    el("div", { id: name, role: "group", "aria-label": `Values of ${column}` }, list, otherValue(column, add)));

  function chosen() {
    return state.filters[column] ?? [];
  }
  function choose(next) {
    const { [column]: _, ...others } = state.filters;
    changed({ filters: next.length ? { ...others, [column]: next } : others });
    showChoice();
  }
  function showChoice() {
    const [first, ...more] = chosen();
    summaryText.textContent = first === undefined ? `${column}: all` : `${column}: ${formatGroup(first)}${more.length ? ` +${more.length}` : ""}`;
    box.classList.toggle("set", first !== undefined);
  }
  function option(value) {
    const check = el("input", { type: "checkbox", checked: chosen().includes(value) });
    check.onchange = () => choose(check.checked ? [...chosen(), value] : chosen().filter((other) => other !== value));
    return el("li", {}, el("label", {}, check, formatGroup(value)));
  }
  function add(value) {
    if (!chosen().includes(value)) choose([...chosen(), value]);
    fill();
  }
  async function fill() {
    const known = await values().then((found) => found[column], () => []);
    list.replaceChildren(...[...new Set([...chosen(), ...known])].slice(0, MOST_SHOWN).map(option));
  }
  box.addEventListener("toggle", () => box.open && fill());
  closesByItself(box);
  showChoice();
  return box;
}

function otherValue(column, add) {
  const input = el("input", { type: "text", placeholder: "another value", "aria-label": `Another value of ${column}` });
  return el("form", {
    onsubmit: (event) => {
      event.preventDefault();
      if (input.value) add(input.value);
      input.value = "";
    },
  }, input, el("button", { type: "submit" }, "Add"));
}

function closesByItself(box) {
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !box.open) return;
    box.open = false;
    box.querySelector("summary").focus();
  });
  box.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !box.contains(event.relatedTarget)) box.open = false;
  });
  document.addEventListener("pointerdown", (event) => {
    if (!box.contains(event.target)) box.open = false;
  });
}

/** The values of each group column, asked for once, when somebody wants to see them. An empty text stands for null. */
function valuesOf(summary) {
  let asked = null;
  return () => (asked ??= get(pathOf(summary), valuesQuery(summary)).then(({ value: rows }) =>
    Object.fromEntries(summary.groupBy.map((column) =>
      [column, [...new Set(rows.map((row) => String(row[column] ?? "")))].sort()]))));
}
