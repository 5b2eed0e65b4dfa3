// Values as people read them.

const number = new Intl.NumberFormat("en", { maximumFractionDigits: 3 });
const small = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 2 });
const moment = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });

export const NOTHING = "–";
const DECIMAL = /^-?\d+(\.\d+)?$/;

export function formatNumber(value) {
  return value !== 0 && Math.abs(value) < 0.001 ? small.format(value) : number.format(value);
}

export const formatShort = (value) => (Math.abs(value) < 10_000 ? formatNumber(value) : short.format(value));

/** A metric. Decimals come as texts, and keep every digit that they have. */
export function formatMetric(value) {
  if (value === null || value === undefined) return NOTHING;
  if (typeof value === "number") return formatNumber(value);
  if (!DECIMAL.test(value)) return String(value);
  const [whole, fraction] = value.split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction ? `${grouped}.${fraction}` : grouped;
}

/** What a chart draws of a metric: a number, or nothing. */
export function toNumber(value) {
  if (typeof value === "number") return value;
  return typeof value === "string" && DECIMAL.test(value) ? Number(value) : null;
}

/** A value that rows are grouped by. */
export const formatGroup = (value) => (value === null || value === "" ? "(empty)" : String(value));

export const formatCount = (count, word) => `${number.format(count)} ${word}${count === 1 ? "" : "s"}`;

export const formatTime = (text) => (text ? moment.format(new Date(text)) : NOTHING);

export function formatBytes(bytes) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  const power = bytes < 1000 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1);
  return `${new Intl.NumberFormat("en", { maximumFractionDigits: power ? 1 : 0 }).format(bytes / 1000 ** power)} ${units[power]}`;
}
