// A file's status, and how far a running one has come.

import { el } from "./dom.js";
import { formatBytes, formatCount } from "./format.js";

export function statusOf(record) {
  const isLate = record.status === "processed" && record.stale.length > 0;
  return el("span", { class: `status ${record.status}` }, isLate ? "processed, reports follow" : record.status);
}

export function progressOf(record) {
  const { progress } = record;
  if (!progress) return el("progress", { "aria-label": `${record.name} is being read` });
  const bar = el("progress", { max: record.size || 1, value: Math.min(progress.bytes, record.size), "aria-label": `${record.name} is being read` });
  return el("div", {}, bar,
    el("span", { class: "muted small" }, `${formatBytes(progress.bytes)} of ${formatBytes(record.size)}, ${formatCount(progress.rows, "row")}`));
}
