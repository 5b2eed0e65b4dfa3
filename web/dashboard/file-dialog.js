// One file: its facts, its rejected rows, and what can be done with it.

import { get, nextQuery, request } from "./api.js";
import { confirmed } from "./dialogs.js";
import { announce, byId, el, save, scrolling } from "./dom.js";
import { formatBytes, formatTime, NOTHING } from "./format.js";
import { loading, problem } from "./notices.js";
import { progressOf, statusOf } from "./status.js";

const PAGE = 50;

let open = null;

export function openFile(record, onChange) {
  const dialog = byId("file-dialog");
  open = { record, facts: el("div", {}), rejects: el("div", {}), failed: el("div", {}), onChange };
  dialog.replaceChildren(
    el("h2", { id: "file-title" }, record.name),
    open.facts, open.rejects, open.failed,
    el("div", { class: "buttons" },
      el("button", { type: "button", onclick: runAgain }, "Run again"),
      el("button", { type: "button", onclick: remove }, "Delete …"),
      el("button", { type: "button", class: "primary", "data-close": "", autofocus: true }, "Close")));
  dialog.addEventListener("close", () => (open = null), { once: true });
  showFacts();
  if (record.rejected) showRejects(["files", record.id, "rejected"], [["top", PAGE]]);
  dialog.showModal();
}

/** The list has a newer state of a file: show it where that file is open. */
export function updateOpenFile(record) {
  if (open?.record.id !== record.id) return;
  const hadRejects = open.record.rejected;
  open.record = record;
  showFacts();
  if (record.rejected !== hadRejects) {
    open.rejects.replaceChildren();
    if (record.rejected) showRejects(["files", record.id, "rejected"], [["top", PAGE]]);
  }
}

function showFacts() {
  const { record } = open;
  const facts = [
    ["Status", statusOf(record)],
    ["Dataset", record.dataset],
    ["Size", formatBytes(record.size)],
    ["Rows", record.rows.toLocaleString("en")],
    ["Accepted", record.records.toLocaleString("en")],
    ["Rejected", record.rejected.toLocaleString("en")],
    ["Started", formatTime(record.startedAt)],
    ["Finished", formatTime(record.finishedAt)],
    ["Attempts", String(record.attempts)],
  ];
  const error = record.status === "rejected" || record.status === "failed" ? record.firstError : null;
  open.facts.replaceChildren(...[
    record.status === "processing" ? progressOf(record) : null,
    error ? el("div", { class: "notice bad" }, el("h3", {}, `This file was ${record.status === "failed" ? "given up" : "rejected as a whole"}`), el("p", {}, placed(error))) : null,
    el("dl", { class: "facts-list" }, facts.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)))),
  ].filter(Boolean));
}

const placed = ({ line, column, message }) =>
  [line ? `Line ${line}` : null, column ? `column ${column}` : null].filter(Boolean).join(", ") + (line || column ? ": " : "") + message;

async function showRejects(path, query) {
  const { rejects } = open;
  const here = open;
  rejects.replaceChildren(loading("rejected rows"));
  try {
    const first = await get(path, query);
    if (open !== here) return;
    const rows = el("tbody", {});
    const more = el("div", { class: "buttons" });
    const columns = Object.keys(first.value[0]?.fields ?? {});
    rejects.replaceChildren(
      el("div", { class: "table-head" }, el("h3", { id: "rejects-title" }, "Rejected rows"),
        el("div", { class: "end" }, el("button", { type: "button", onclick: () => attempt(() => downloadRejects(here.record)) }, "Download CSV"))),
      scrolling("Rejected rows", rejectTable(columns, rows)), more);
    add(first);

    function add(list) {
      rows.append(...list.value.map((reject) => rejectRow(reject, columns)));
      const next = nextQuery(list);
      const button = el("button", { type: "button", onclick: () => attempt(async () => add(await get(path, next))) }, "More");
      more.replaceChildren(...(next ? [button] : []));
    }
  } catch (error) {
    if (open === here) rejects.replaceChildren(problem(error, () => showRejects(path, query)));
  }
}

function rejectTable(columns, rows) {
  const headings = ["Line", "Column", "What is wrong", ...columns];
  return el("table", {}, el("thead", {}, el("tr", {}, headings.map((text) => el("th", { scope: "col" }, text)))), rows);
}

function rejectRow({ line, column, message, fields }, columns) {
  return el("tr", {},
    el("td", { class: "number" }, line?.toLocaleString("en") ?? NOTHING),
    el("td", {}, column ?? NOTHING),
    el("td", { class: "wide" }, message),
    columns.map((name) => fieldCell(fields[name] ?? "", name === column)));
}

function fieldCell(text, isWrong) {
  return el("td", { class: ["code", isWrong ? "some-rejected" : "", text.length > 40 ? "long" : ""].join(" ") }, text);
}

async function downloadRejects(record) {
  const answer = await request(["files", record.id, "rejected"], { query: [["format", "csv"]] });
  save(await answer.blob(), `rejected ${record.name.split("/").at(-1).replace(/\.csv.*$/, "")}.csv`);
  announce("The rejected rows are downloaded.");
}

async function runAgain() {
  await attempt(async () => {
    await request(["files", open.record.id, "reprocess"], { method: "POST" });
    announce("The file will be run again.");
    open.onChange();
  });
}

async function remove() {
  const { record } = open;
  const sure = await confirmed({
    title: "Delete this file?",
    text: `${record.name} is deleted with its results, and its rows are taken out of every report.`,
    yes: "Delete it",
    danger: true,
  });
  if (!sure) return;
  await attempt(async () => {
    await request(["files", record.id], { method: "DELETE" });
    announce(`${record.name} is deleted.`);
    const { onChange } = open;
    byId("file-dialog").close();
    onChange();
  });
}

/** Do something for the open file; where it fails, say so in the dialog. */
async function attempt(action) {
  const here = open;
  here.failed.replaceChildren();
  try {
    await action();
  } catch (error) {
    here.failed.replaceChildren(problem(error, () => attempt(action)));
  }
}
