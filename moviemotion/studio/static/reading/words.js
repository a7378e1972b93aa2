// Numbers as people read them, as moviemotion/telling/words.py writes them.

export function clock(seconds) {
  const s = Math.floor(seconds), two = (n) => String(n).padStart(2, "0");
  return s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`
    : `${Math.floor(s / 60)}:${two(s % 60)}`;
}

export const span = (start, end) => `${clock(start)}–${clock(end)}`;

export const number = (value) => value == null ? "–" : value.toFixed(2).replace(/^-0\.00$/, "0.00").replace("-", "−");

export const plural = (count, one) => `${count.toLocaleString("en")} ${one}${count === 1 ? "" : "s"}`;

export function interval([low, high]) {
  if (low == null || high == null) return "no interval";
  return `${number(low)}${low < 0 ? " to " : "–"}${number(high)}`;
}

export const percentInterval = ([low, high]) =>
  low == null ? "no interval" : `${Math.round(100 * low)}–${Math.round(100 * high)} %`;

export const countOf = (share, viewers) => share == null ? "–" : `${Math.round(share * viewers)} of ${viewers}`;

export const pValue = (p) => p == null ? "p unknown" : p < 0.001 ? "p < 0.001" : `p = ${p.toFixed(3)}`;
