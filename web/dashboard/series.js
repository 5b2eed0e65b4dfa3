// Rows of a report as series over periods.

import { formatGroup, toNumber } from "./format.js";

const MOST_PERIODS = 2000; // beyond, only those that have rows
const UNITS = { hour: 13, day: 10, month: 7, year: 4 };

/** { labels, series: [{ name, values }], others } : the largest `most` groups, and how many there are besides. */
export function toSeries(rows, { period, by, metric, most }) {
  const labels = period === "all" ? ["all"] : allPeriods([...new Set(rows.map((row) => row.period))].sort(), period);
  const at = new Map(labels.map((label, index) => [label, index]));
  const found = new Map();
  for (const row of rows) {
    const name = by ? formatGroup(row[by]) : metric;
    if (!found.has(name)) found.set(name, new Array(labels.length).fill(null));
    found.get(name)[at.get(row.period ?? "all")] = toNumber(row[metric]);
  }
  const series = [...found].map(([name, values]) => ({ name, values }));
  series.sort((one, other) => weight(other) - weight(one));
  const kept = series.slice(0, most);
  return { labels, series: kept, others: series.length - kept.length };
}

export const hasNumbers = ({ series }) => series.some(({ values }) => values.some((value) => value !== null));

const weight = ({ values }) => values.reduce((sum, value) => sum + Math.abs(value ?? 0), 0);

/** All periods from the first to the last: one without rows is a gap in the line, not a place where it is straight. */
function allPeriods(found, unit) {
  if (found.length < 2) return found;
  const labels = [];
  for (let label = found[0]; label <= found.at(-1) && labels.length < MOST_PERIODS; label = following(label, unit)) {
    labels.push(label);
  }
  return labels.at(-1) === found.at(-1) ? labels : found;
}

function following(label, unit) {
  const [year, month = 1, day = 1, hour = 0] = label.split(/[-T]/).map(Number);
  const next = new Date(Date.UTC(2000, month - 1, day, hour));
  next.setUTCFullYear(year);
  if (unit === "year") next.setUTCFullYear(year + 1);
  else if (unit === "month") next.setUTCMonth(month);
  else if (unit === "day") next.setUTCDate(day + 1);
  else next.setUTCHours(hour + 1);
  return next.toISOString().slice(0, UNITS[unit]);
}
