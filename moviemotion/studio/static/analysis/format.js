// Numbers and times as text, formatted like those of moviemotion/reports/number_format.py.

export function formatTime(seconds) {
  const s = Math.floor(seconds), two = (n) => String(n).padStart(2, "0");
  return s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`
    : `${Math.floor(s / 60)}:${two(s % 60)}`;
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

export const formatPValue = (p) => p == null ? "p unknown" : p < 0.001 ? "p < 0.001" : `p = ${p.toFixed(3)}`;
