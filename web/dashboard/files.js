// The files: what became of each upload. While something is in work, the list is asked for again and again.

import { get, nextQuery } from "./api.js";
import { announce, byId, el, labelled, scrolling } from "./dom.js";
import { openFile, updateOpenFile } from "./file-dialog.js";
import { formatCount, formatTime } from "./format.js";
import { empty, loading, problem } from "./notices.js";
import { progressOf, statusOf } from "./status.js";

const PAGE = 25;
const SOON = 1_500; // ms between two looks while something is in work
const EXPECTED = 30_000; // ms in which an upload should have been noticed
const STATUSES = ["processing", "processed", "rejected", "failed", "deleted"];

/** `onSettled`: called when nothing is in work any more, so the reports have changed. */
export function prepareFiles(root, { onSettled }) {
  const body = el("div", {});
  const rows = new Map();
  let pages = [null];
  let timer = 0;
  let wasInWork = false;
  let expectedUntil = 0;
  const expected = new Set();

  const status = el("select", { onchange: () => reload() },
    el("option", { value: "" }, "all"), STATUSES.map((name) => el("option", { value: name }, name)));
  const dataset = el("input", { type: "text", autocomplete: "off", onchange: () => reload() });
  root.replaceChildren(
    el("div", { class: "table-head" }, el("h2", { id: "file-list-title" }, "Uploaded files"),
      el("div", { class: "end controls" }, labelled("Status", status, "half"), labelled("Dataset", dataset, "half"))),
    body);

  function query() {
    const filters = [["status", status.value], ["dataset", dataset.value.trim()]].filter(([, value]) => value);
    return pages.at(-1) ?? [["top", PAGE], ...filters];
  }

  function reload() {
    pages = [null];
    rows.clear();
    body.replaceChildren(loading("files"));
    return look();
  }

  async function look() {
    clearTimeout(timer);
    try {
      show(await get(["files"], query()));
    } catch (error) {
      if (!rows.size || error.wantsKey) body.replaceChildren(problem(error, reload));
      else again(true); // what is shown stays, and the page says when it is offline
    }
  }

  function show(list) {
    const inWork = list.value.filter((record) => record.status === "processing" || record.stale.length);
    for (const record of list.value) expected.delete(record.name);
    if (!list.value.length) body.replaceChildren(nothing());
    else render(list);
    list.value.forEach(updateOpenFile);
    showCount(list.value.filter((record) => record.status === "processing").length);
    const isInWork = inWork.length > 0 || (expected.size > 0 && Date.now() < expectedUntil);
    if (wasInWork && !isInWork) {
      announce("All files are read.");
      onSettled();
    }
    wasInWork = isInWork;
    again(isInWork);
  }

  function again(isInWork) {
    clearTimeout(timer);
    if (isInWork) timer = setTimeout(look, SOON);
  }

  function nothing() {
    return status.value || dataset.value
      ? empty("No files", "None of the files is like that.")
      : empty("No files yet", "Choose one above, and see here what becomes of it.");
  }

  /** Rows that have not changed stay as they are, so that nobody loses their place. */
  function render(list) {
    const focused = body.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
    const elements = list.value.map((record) => {
      const text = JSON.stringify(record);
      if (rows.get(record.id)?.text !== text) rows.set(record.id, { text, element: row(record, () => reload()) });
      return rows.get(record.id).element;
    });
    const table = body.querySelector("tbody");
    if (table) table.replaceChildren(...elements);
    else body.replaceChildren(scrolling("Uploaded files", fileTable(elements)), el("div", { class: "pager" }));
    body.querySelector(".pager").replaceChildren(...pager(nextQuery(list)));
    if (focused) [...body.querySelectorAll("[data-focus]")].find((one) => one.dataset.focus === focused)?.focus();
  }

  function pager(next) {
    if (pages.length === 1 && !next) return [];
    const go = (to) => () => {
      pages = to;
      look();
    };
    return [
      el("p", {}, `Page ${pages.length}`),
      el("button", { type: "button", "data-focus": " back", disabled: pages.length === 1, onclick: go(pages.slice(0, -1)) }, "Previous"),
      el("button", { type: "button", "data-focus": " on", disabled: !next, onclick: go([...pages, next]) }, "Next"),
    ];
  }

  reload();
  return {
    reload,
    /** A file of this name was uploaded: look until it is there. */
    watch: (name) => {
      expected.add(name);
      expectedUntil = Date.now() + EXPECTED;
      pages = [null];
      look();
    },
  };
}

function fileTable(rows) {
  const headings = ["File", "Status", "Rows", "Rejected", "Finished"].map((text, index) =>
    el("th", { scope: "col", class: index === 2 || index === 3 ? "number" : "" }, text));
  return el("table", {}, el("thead", {}, el("tr", {}, headings)), el("tbody", {}, rows));
}

function row(record, onChange) {
  const open = el("button", { type: "button", class: "link", "data-focus": record.id, onclick: () => openFile(record, onChange) }, record.name);
  const rejected = record.rejected ? "number some-rejected" : "number";
  const isRunning = record.status === "processing";
  return el("tr", {},
    el("td", { class: "wide" }, open, el("div", { class: "muted small" }, `dataset ${record.dataset}`)),
    el("td", {}, statusOf(record)),
    isRunning
      ? el("td", { colSpan: 3, class: "wide" }, progressOf(record))
      : [
          el("td", { class: "number" }, record.rows.toLocaleString("en")),
          el("td", { class: rejected }, record.rejected.toLocaleString("en")),
          el("td", { class: "time" }, formatTime(record.finishedAt)),
        ]);
}

function showCount(count) {
  const badge = byId("in-work");
  badge.hidden = !count;
  badge.textContent = count ? `${count}` : "";
  badge.title = count ? `${formatCount(count, "file")} in work` : "";
}
