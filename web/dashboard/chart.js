// The chart of a report: lines over periods, or bars where there is one period only. The table has the same as text.

import "../vendor/chart.js-4.6.1/chart.umd.min.js";

import { get, nextQuery } from "./api.js";
import { announce, el } from "./dom.js";
import { formatMetric, formatShort } from "./format.js";
import { legend, MARKS } from "./legend.js";
import { empty, loading, problem } from "./notices.js";
import { chartQuery, pathOf } from "./questions.js";
import { hasNumbers, toSeries } from "./series.js";

const MOST_LINES = 8;
const MOST_BARS = 25;
const MOST_PAGES = 5; // of 1,000 rows

const { Chart } = globalThis;
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const dark = matchMedia("(prefers-color-scheme: dark)");

let drawn = null;
let asking = new AbortController();

dark.addEventListener("change", () => drawn?.draw());

/** Ask for what the chart of this state needs, and draw it into `root`. Gives whether there was no problem. */
export async function drawChart(root, summary, state) {
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  if (root.querySelector("canvas")) root.classList.add("busy");
  else root.replaceChildren(loading("the chart"));
  try {
    const { rows, isAll } = await rowsFor(summary, state, signal);
    if (!signal.aborted) show(root, summary, { ...state }, rows, isAll);
    return true;
  } catch (error) {
    if (signal.aborted) return true;
    forgetDrawing();
    root.replaceChildren(problem(error, () => drawChart(root, summary, state)));
    return false;
  } finally {
    if (!signal.aborted) root.classList.remove("busy");
  }
}

export function forgetChart() {
  asking.abort();
  forgetDrawing();
}

function forgetDrawing() {
  drawn?.chart.destroy();
  drawn = null;
}

async function rowsFor(summary, state, signal) {
  const rows = [];
  let query = chartQuery(summary, state);
  for (let pages = 0; query && pages < MOST_PAGES; pages += 1) {
    const list = await get(pathOf(summary), query, signal);
    rows.push(...list.value);
    query = nextQuery(list);
  }
  return { rows, isAll: !query };
}

function show(root, summary, state, rows, isAll) {
  forgetDrawing();
  const onePeriod = new Set(rows.map((row) => row.period)).size <= 1;
  const most = onePeriod ? MOST_BARS : MOST_LINES;
  const data = toSeries(rows, { period: summary.period, by: state.by, metric: state.metric, most });
  if (!hasNumbers(data)) {
    root.replaceChildren(rows.length
      ? empty("Nothing to draw", `${state.metric} has no numbers here. The table shows what there is.`)
      : empty("Nothing to draw", "There are no rows to draw a chart of."));
    return;
  }
  const canvas = el("canvas", { role: "img", "aria-label": `${description(state, data, onePeriod)} The table below has the values.` });
  const marks = el("div", {});
  const frame = el("div", { class: "chart" }, canvas);
  if (onePeriod) frame.style.height = `${4 + 1.75 * data.series.length}rem`;
  const isAmount = /^(count|sum|distinct)\b/.test(summary.metrics[state.metric]);
  root.replaceChildren(frame, marks, ...notes(data, isAll));
  drawn = { chart: null, draw };
  draw();
  announce(description(state, data, onePeriod));

  function draw() {
    const hidden = drawn.chart?.data.datasets.map((_, index) => !drawn.chart.isDatasetVisible(index)) ?? [];
    drawn.chart?.destroy();
    drawn.chart = new Chart(canvas, onePeriod ? bars(data, state) : lines(data, isAmount, hidden));
    marks.replaceChildren(...(onePeriod || !state.by ? [] : [legend(drawn.chart)]));
  }
}

function description({ metric, by }, { labels, series }, onePeriod) {
  const split = by ? ` by ${by}` : "";
  return onePeriod
    ? `Bar chart of ${metric}${split}.`
    : `Line chart of ${metric}${split}, ${labels[0]} to ${labels.at(-1)}, ${series.length} line${series.length === 1 ? "" : "s"}.`;
}

function notes({ series, others }, isAll) {
  const said = [];
  if (others) said.push(`The ${series.length} largest of ${series.length + others} groups are drawn. Filter to see others.`);
  if (!isAll) said.push("There is more than a chart can hold: only the newest periods are drawn. Narrow the span to see others.");
  return said.length ? [el("p", { class: "muted small" }, said.join(" "))] : [];
}

const theme = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

function lines({ labels, series }, isAmount, hidden) {
  const radius = labels.length > 120 ? 0 : labels.length > 40 ? 2.5 : 4;
  const alone = ({ dataset, dataIndex: index }) => dataset.data[index - 1] == null && dataset.data[index + 1] == null;
  const datasets = series.map(({ name, values }, index) => {
    const colour = theme(`series-${(index % MOST_LINES) + 1}`);
    return {
      label: name, data: values, hidden: hidden[index] ?? false, ...MARKS[index],
      borderColor: colour, backgroundColor: colour, borderWidth: 2, cubicInterpolationMode: "monotone",
      pointRadius: (point) => (alone(point) ? Math.max(radius, 3) : radius), pointHoverRadius: 6,
    };
  });
  return { type: "line", data: { labels, datasets }, options: options("x", isAmount) };
}

function bars({ series }, { metric, by }) {
  const values = series.map(({ values: [value] }) => value);
  const dataset = { label: metric, data: values, backgroundColor: theme("series-1"), borderRadius: 4, maxBarThickness: 36 };
  const chosen = options("y", true);
  if (!by) chosen.scales.y.ticks.display = false;
  return { type: "bar", data: { labels: series.map(({ name }) => name), datasets: [dataset] }, options: chosen };
}

/** `across`: the axis that the labels are on. `isAmount`: the length from zero means something. */
function options(across, isAmount) {
  const text = { color: theme("muted"), font: { family: theme("font"), size: 13 } };
  const along = across === "x" ? "y" : "x";
  return {
    indexAxis: across,
    responsive: true,
    maintainAspectRatio: false,
    animation: calm.matches ? false : { duration: 250 },
    interaction: { mode: "index", intersect: false, axis: across },
    scales: {
      [across]: {
        grid: { display: false }, border: { color: theme("line-strong") },
        ticks: { ...text, maxRotation: 0, autoSkip: across === "x", autoSkipPadding: 16 },
      },
      [along]: {
        grid: { color: theme("line") }, border: { display: false }, beginAtZero: isAmount,
        ticks: { ...text, maxTicksLimit: 7, callback: formatShort },
      },
    },
    plugins: {
      legend: { display: false },
      tooltip: {
        backgroundColor: theme("text"), titleColor: theme("card"), bodyColor: theme("card"), padding: 10, boxPadding: 5, usePointStyle: true,
        callbacks: { label: ({ dataset, raw }) => ` ${dataset.label}: ${formatMetric(raw)}` },
      },
    },
  };
}
