// What the views of a report ask the API for.

// Parameters of the API; a group column of such a name is written as group.<name>.
const RESERVED = new Set(["from", "to", "orderby", "select", "top", "cursor", "by", "format", "bom", "code"]);

const parameterOf = (column) => (RESERVED.has(column) || column.startsWith("group.") ? `group.${column}` : column);

export const pathOf = (summary) => ["reports", summary.name];

/** The filters, as every question about this state has them. */
function narrowed({ from, to, filters }) {
  const query = [];
  if (from) query.push(["from", from]);
  if (to) query.push(["to", to]);
  for (const [column, values] of Object.entries(filters)) {
    for (const value of values) query.push([parameterOf(column), value]);
  }
  return query;
}

/** The rows of the table. */
export function tableQuery(state, top) {
  const query = [...narrowed(state), ["top", top]];
  return state.sort ? [...query, ["orderby", state.sort]] : query;
}

/** The same rows as a file, for Excel, too. */
export function downloadQuery(state) {
  const query = [...narrowed(state), ["format", "csv"], ["bom", "true"], ["top", 1000]];
  return state.sort ? [...query, ["orderby", state.sort]] : query;
}

/** One metric over time, newest first; other groups than the one that tells the lines apart are rolled up. */
export function chartQuery(summary, state) {
  const query = [...narrowed(state), ["top", 1000]];
  if (summary.period !== "all") query.push(["orderby", "-period"]);
  const rolledUp = summary.groupBy.length > (state.by ? 1 : 0);
  if (rolledUp) query.push(["by", [summary.period, state.by].filter(Boolean).join(",")]);
  return [...query, ["select", ["period", state.by, state.metric].filter(Boolean).join(",")]];
}

/** Values that rows are grouped by, those of the newest periods first. */
export function valuesQuery(summary) {
  const newest = summary.period === "all" ? [] : [["orderby", "-period"]];
  return [["top", 1000], ...newest, ["select", summary.groupBy.join(",")]];
}
