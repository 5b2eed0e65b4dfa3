// The table of a report: sorted and paged by the API; the same rows as a CSV file.

import { get, nextQuery } from "./api.js";
import { wholeFile } from "./download.js";
import { announce, el, save, scrolling } from "./dom.js";
import { formatCount, formatGroup, formatMetric, NOTHING } from "./format.js";
import { empty, loading, problem } from "./notices.js";
import { downloadQuery, pathOf, tableQuery } from "./questions.js";

const PAGE = 25;

/** The table in `root`. `onSort` is told of a column that was chosen to sort by; `reload` tries again. */
export function prepareTable(root, onSort, reload) {
  const body = el("div", {});
  const download = el("button", { type: "button" }, "Download CSV");
  const failed = el("div", {});
  root.replaceChildren(
    el("div", { class: "table-head" }, el("h2", { id: "rows-title" }, "Rows"), el("div", { class: "end" }, download)),
    failed, body);
  let asking = new AbortController();

  async function load(summary, state) {
    download.onclick = () => downloadRows(summary, state);
    return page(summary, state, [tableQuery(state, PAGE)]);
  }

  /** Show the last of `pages`, each of which is a query. Gives whether there was no problem. */
  async function page(summary, state, pages) {
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    if (body.querySelector("table")) body.classList.add("busy");
    else body.replaceChildren(loading("rows"));
    try {
      const list = await get(pathOf(summary), pages.at(-1), signal);
      if (!signal.aborted) show(summary, state, pages, list);
      return true;
    } catch (error) {
      if (signal.aborted) return true;
      body.replaceChildren(problem(error, reload));
      return false;
    } finally {
      if (!signal.aborted) body.classList.remove("busy");
    }
  }

  function show(summary, state, pages, list) {
    const focused = body.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
    const first = (pages.length - 1) * PAGE + 1;
    const rows = list.value;
    download.disabled = !rows.length;
    if (!rows.length) {
      const filtered = state.from || state.to || Object.keys(state.filters).length;
      body.replaceChildren(filtered
        ? empty("No rows", "Nothing in this report passes these filters.")
        : empty("No rows yet", `They appear once a file of the dataset ${summary.dataset} has been read.`));
      announce("No rows.");
      return;
    }
    const next = nextQuery(list);
    const range = `Rows ${first} to ${first + rows.length - 1}`;
    const back = () => page(summary, state, pages.slice(0, -1));
    const on = () => page(summary, state, [...pages, next]);
    body.replaceChildren(
      scrolling(`Rows of ${summary.name}`, rowTable(summary, state, rows, onSort)),
      el("div", { class: "pager" }, el("p", {}, pages.length > 1 || next ? range : formatCount(rows.length, "row")),
        pages.length > 1 || next ? [
          el("button", { type: "button", "data-focus": "back", disabled: pages.length === 1, onclick: back }, "Previous"),
          el("button", { type: "button", "data-focus": "on", disabled: !next, onclick: on }, "Next"),
        ] : []));
    announce(`${range} are shown.`);
    if (focused) giveFocus(body, focused);
  }

  async function downloadRows(summary, state) {
    download.disabled = true;
    failed.replaceChildren();
    try {
      save(await wholeFile(pathOf(summary), downloadQuery(state)), `${summary.name}.csv`);
      announce("The CSV file is downloaded.");
    } catch (error) {
      failed.replaceChildren(problem(error, () => downloadRows(summary, state)));
    } finally {
      download.disabled = false;
    }
  }

  return { load, stop: () => asking.abort() };
}

function rowTable(summary, state, rows, onSort) {
  const columns = [
    ...(summary.period === "all" ? [] : [{ name: "period", kind: "group" }]),
    ...summary.groupBy.map((name) => ({ name, kind: "group" })),
    ...Object.keys(summary.metrics).map((name) => ({ name, kind: "metric" })),
  ];
  return el("table", {},
    el("thead", {}, el("tr", {}, columns.map((column) => heading(column, state.sort, onSort)))),
    el("tbody", {}, rows.map((row) => el("tr", {}, columns.map((column) => cell(column, row[column.name]))))));
}

function heading({ name, kind }, sort, onSort) {
  const direction = sort === name ? "ascending" : sort === `-${name}` ? "descending" : null;
  // Of numbers people mostly want the largest.
  const next = direction ? (direction === "ascending" ? `-${name}` : name) : kind === "metric" ? `-${name}` : name;
  const button = el("button", { type: "button", "data-focus": `sort ${name}`, onclick: () => onSort(next) }, name);
  return el("th", { scope: "col", class: kind === "metric" ? "number" : "", "aria-sort": direction }, button);
}

function cell({ kind }, value) {
  const text = kind === "metric" ? formatMetric(value) : formatGroup(value);
  const classes = [kind === "metric" ? "number" : "", text === NOTHING ? "none" : ""].filter(Boolean).join(" ");
  return el("td", { class: classes, title: kind === "metric" && value !== null ? String(value) : null }, text);
}

function giveFocus(body, name) {
  const wanted = [...body.querySelectorAll("[data-focus]")].find((element) => element.dataset.focus === name);
  if (wanted?.disabled) (wanted.previousElementSibling?.matches("button") ? wanted.previousElementSibling : wanted.nextElementSibling)?.focus();
  else wanted?.focus();
}
