// Which metric a chart draws, and what tells its lines apart.

import { el, labelled } from "./dom.js";

export function chartControls(summary, state, onChange) {
  const metrics = Object.entries(summary.metrics).map(([name, meaning]) =>
    el("option", { value: name, selected: name === state.metric }, meaning === name ? name : `${name} – ${meaning}`));
  const columns = [...summary.groupBy, ""].map((column) =>
    el("option", { value: column, selected: column === state.by }, column || "nothing: all together"));
  const metric = el("select", { onchange: () => onChange({ metric: metric.value }) }, metrics);
  const by = el("select", { onchange: () => onChange({ by: by.value }) }, columns);
  return el("div", { class: "controls" },
    labelled("Metric", metric),
    summary.groupBy.length ? labelled("Split by", by) : null);
}
