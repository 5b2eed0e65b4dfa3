// One report: its heading, the controls, the chart and the table, which all follow one state.

import { noteAddress } from "./address.js";
import { drawChart, forgetChart } from "./chart.js";
import { chartControls } from "./chart-controls.js";
import { el } from "./dom.js";
import { filterControls } from "./filters.js";
import { formatCount, formatTime } from "./format.js";
import { prepareTable } from "./rows.js";

let current = null;

/** Show a report in a state. */
export function showReport(root, summary, state) {
  forgetReport();
  const chart = el("div", {});
  const card = el("section", { class: "card", "aria-labelledby": "chart-title" });
  const table = el("section", { class: "card", "aria-labelledby": "rows-title" });
  const facts = el("div", {});
  current = { summary, state: withDefaults(summary, state), facts, chart, card };
  card.append(
    el("h2", { id: "chart-title", class: "for-ears" }, "Chart"), chartControls(summary, current.state, changeChart), chart);
  current.table = prepareTable(table, changeSort, load);
  const filters = el("section", { class: "card", "aria-label": "Filters" }, filterControls(summary, current.state, change));
  root.replaceChildren(
    el("header", {}, el("h1", { tabIndex: -1 }, summary.name), facts),
    ...(hasOneRow(summary) ? [] : [filters, card]),
    table,
  );
  showFacts();
  load();
}

/** The reports have been listed again: show this one's new state. */
export function refreshReport(reports) {
  const summary = reports.find((report) => report.name === current?.summary.name);
  if (!summary || summary.updatedAt === current.summary.updatedAt) return;
  current.summary = summary;
  showFacts();
  load();
}

export function forgetReport() {
  current?.table.stop();
  forgetChart();
  current = null;
}

function withDefaults(summary, state) {
  const metrics = Object.keys(summary.metrics);
  return {
    ...state,
    metric: metrics.includes(state.metric) ? state.metric : metrics[0],
    by: state.by === "" || summary.groupBy.includes(state.by) ? state.by : summary.groupBy[0] ?? "",
    sort: state.sort ?? (summary.period === "all" ? "" : "-period"),
  };
}

function change(changes) {
  Object.assign(current.state, changes);
  noteAddress(current.state);
  load();
}

function changeChart(changes) {
  Object.assign(current.state, changes);
  noteAddress(current.state);
  drawChart(current.chart, current.summary, current.state);
}

function changeSort(sort) {
  current.state.sort = sort;
  noteAddress(current.state);
  current.table.load(current.summary, current.state);
}

/** Nothing to choose from, nothing to compare. */
const hasOneRow = ({ period, groupBy }) => period === "all" && !groupBy.length;

async function load() {
  const { card, chart, table, summary, state } = current;
  card.hidden = false;
  const went = await Promise.all([
    hasOneRow(summary) || drawChart(chart, summary, state), table.load(summary, state),
  ]);
  card.hidden = !went.some(Boolean); // the table says what is wrong, and once is enough
}

function showFacts() {
  const { summary } = current;
  const facts = [
    `dataset ${summary.dataset}`,
    summary.period === "all" ? null : `by ${summary.period}`,
    formatCount(summary.rows, "row"),
    summary.updatedAt ? `updated ${formatTime(summary.updatedAt)}` : null,
  ];
  const problem = summary.problem
    ? el("div", { class: "notice warn" },
        el("strong", {}, "Not up to date. "), summary.problem.message)
    : null;
  current.facts.replaceChildren(
    ...[el("p", { class: "facts" }, facts.filter(Boolean).join(" · ")), problem].filter(Boolean));
}
