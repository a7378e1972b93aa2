// Numbers and times as text, formatted like those of moviemotion/reports/number_format.py.

export function formatTime(seconds) {
  const s = Math.floor(seconds), two = (n) => String(n).padStart(2, "0");
  return s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`
    : `${Math.floor(s / 60)}:${two(s % 60)}`;
}

/** With tenths of a second, such as 1:23.5; `parseTime` reads it. */
export function formatExactTime(seconds) {
  const tenths = Math.round(10 * seconds);
  return `${formatTime(tenths / 10)}.${tenths % 10}`;
}

/** Seconds of a time such as 1:23.5, 1:02:03 or 83.5; null if the text is not a time. */
export function parseTime(text) {
  const parts = /^(?:(?:(\d+):)?(\d{1,3}):)?(\d+(?:[.,]\d+)?)$/.exec(text.trim());
  if (!parts) return null;
  const [hours, minutes, seconds] = parts.slice(1).map((part) => Number((part ?? "0").replace(",", ".")));
  return 3600 * hours + 60 * minutes + seconds;
}

export const formatTimeRange = (start, end) => `${formatTime(start)}–${formatTime(end)}`;

export const formatNumber = (value) => value == null ? "–" : value.toFixed(2).replace(/^-0\.00$/, "0.00").replace("-", "−");

export const formatCount = (count, one) => `${count.toLocaleString("en")} ${one}${count === 1 ? "" : "s"}`;

export function formatInterval([low, high]) {
  if (low == null || high == null) return "no interval";
  return `${formatNumber(low)}${low < 0 ? " to " : "–"}${formatNumber(high)}`;
}

export const formatPercentInterval = ([low, high]) =>
  low == null ? "no interval" : `${Math.round(100 * low)}–${Math.round(100 * high)} %`;

export const formatShare = (share, viewers) => share == null ? "–" : `${Math.round(share * viewers)} of ${viewers}`;

/** As in the reports, for a second in which too few viewers were seen. */
export const formatTooFew = (viewers) => `unknown: ${viewers ? `only ${viewers} seen` : "nobody seen, or too few"}`;

export const formatMomentName = (index, moment) => `${moment.kind === "mood" ? "Mood" : "Moment"} ${index + 1}, ${moment.emotion}`;

const ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];

export function formatOrdinal(rank) {
  if (rank <= ORDINALS.length) return ORDINALS[rank - 1];
  const ending = [11, 12, 13].includes(rank % 100) ? "th" : { 1: "st", 2: "nd", 3: "rd" }[rank % 10] ?? "th";
  return `${rank}${ending}`;
}

/** The interval of a rank in words; empty if it is unknown. */
export const formatRankRange = ([low, high]) =>
  low == null ? "" : low === high ? formatOrdinal(low) : `${formatOrdinal(low)} to ${formatOrdinal(high)}`;

export function formatPercent(share) {
  const whole = Math.round(100 * share);
  return whole === 100 && share < 1 ? "over 99 %" : whole === 0 && share > 0 ? "under 1 %" : `${whole} %`;
}

export const formatPValue = (p) => p == null ? "p unknown" : p < 0.001 ? "p < 0.001" : `p = ${p.toFixed(3)}`;
