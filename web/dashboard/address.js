// What is shown, as the part of the page's address behind the #: so a view can be shared, and Back goes back.

const FILTER = "in.";

/** { view, report, metric, by, from, to, sort, filters: { column: [value] } } */
export function readAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  const filters = {};
  for (const [name, value] of given) {
    if (name.startsWith(FILTER)) (filters[name.slice(FILTER.length)] ??= []).push(value);
  }
  const text = (name) => given.get(name) ?? "";
  return {
    view: given.has("files") ? "files" : "reports",
    report: text("report"),
    metric: text("metric"),
    by: given.get("by"),
    from: text("from"),
    to: text("to"),
    sort: given.get("sort"),
    filters,
  };
}

export function addressOf(state) {
  if (state.view === "files") return "#files";
  const parts = new URLSearchParams();
  for (const name of ["report", "metric", "by", "from", "to", "sort"]) {
    if (state[name] || (name === "by" && state.by === "")) parts.append(name, state[name]);
  }
  for (const [column, values] of Object.entries(state.filters ?? {})) {
    for (const value of values) parts.append(FILTER + column, value);
  }
  return `#${parts}`;
}

/** Note what is shown now, without a step for Back. */
export function noteAddress(state) {
  history.replaceState(null, "", addressOf(state));
}
