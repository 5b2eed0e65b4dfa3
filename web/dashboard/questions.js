// What the views of a report ask the API for.

// A group column is asked for as group.<name>, whatever its name: so it is never taken for another parameter.
const group = (column) => `group.${column}`;

/** Names as `by`, `select` and `orderby` take them: with commas between them, quoted as in CSV. */
const list = (names) => names.map((name) => (/[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name)).join(",");

export const pathOf = (summary) => ["reports", summary.name];

/** The filters, as every question about this state has them. */
function narrowed({ from, to, filters }) {
  const query = [];
  if (from) query.push(["from", from]);
  if (to) query.push(["to", to]);
  for (const [column, values] of Object.entries(filters)) {
    for (const value of values) query.push([group(column), value]);
  }
  return query;
}

/** The rows of the table. */
export function tableQuery(state, top) {
  const query = [...narrowed(state), ["top", top]];
  return state.sort ? [...query, ["orderby", list([state.sort])]] : query;
}

/** The same rows as a file, so many at a time. */
export function downloadQuery(state) {
  const query = [...narrowed(state), ["format", "csv"], ["top", 1000]];
  return state.sort ? [...query, ["orderby", list([state.sort])]] : query;
}

/** One metric over time, newest first; other groups than the one that tells the lines apart are rolled up. */
export function chartQuery(summary, state) {
  const query = [...narrowed(state), ["top", 1000]];
  if (summary.period !== "all") query.push(["orderby", "-period"]);
  const rolledUp = summary.groupBy.length > (state.by ? 1 : 0);
  if (rolledUp) query.push(["by", list([summary.period, ...(state.by ? [group(state.by)] : [])])]);
  return [...query, ["select", list(["period", state.by, state.metric].filter(Boolean))]];
}

/** Values that rows are grouped by, those of the newest periods first. */
export function valuesQuery(summary) {
  const newest = summary.period === "all" ? [] : [["orderby", "-period"]];
  return [["top", 1000], ...newest, ["select", list(summary.groupBy)]];
}
