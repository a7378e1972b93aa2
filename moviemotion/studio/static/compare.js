// The comparison of two screenings: what differs, by how much, and with what confidence.

import { request } from "./api.js";
import { formatNumber, formatCount, formatPValue, formatTimeRange } from "./analysis/format.js";
import { html, render, nothing } from "./vendor/lit-html/lit-html.js";

const $ = (id) => document.getElementById(id);
const MAX_ROWS = 150;
const EMOTION_SYMBOLS = JSON.parse($("comparing").dataset.symbols);
const FILTERS = {
  differs: ["clear differences", (d) => d.verdict === "differs"],
  scenes: ["film and scenes", (d) => ["film", "scene", "passage"].includes(d.kind)],
  all: ["all comparisons", () => true],
};
let comparison = null, activeFilter = "differs", emotion = "";

const signed = (value) => value > 0 && formatNumber(value) !== "0.00" ? `+${formatNumber(value)}` : formatNumber(value);
const analysisLink = (study, at) => `/studies/${study}/analysis#t=${at.toFixed(1)}`;

/** @param {number} axisMax the value at the right end of the axis; the left end is its negative */
function differenceRow(d, axisMax) {
  const x = (value) => (100 * value / axisMax).toFixed(1);
  const places = [[comparison.first, d.start_first, d.end_first], [comparison.second, d.start_second, d.end_second]];
  return html`<tr>
    <td class="where"><small>${d.kind === "scene" ? `scene ${d.scene}` : d.scene ? `${d.kind}, scene ${d.scene}` : d.kind}</small>
      <span class="label">${d.character ? html`<b>${d.character}</b> ` : nothing}${d.label ?? formatTimeRange(d.start_first, d.end_first)}</span>
      <small>${places.map(([study, from, to], k) => html`${k ? ", " : ""}<a href=${analysisLink(study, from)}>${study} ${formatTimeRange(from, to)}</a>`)}</small></td>
    <td class=${d.emotion}><span class="emotion"><span class="symbol" aria-hidden="true">${EMOTION_SYMBOLS[d.emotion]}</span> ${d.emotion}</span>
      ${d.difference == null ? html`<small>not tested: too few viewers</small>` : html`
      <b>${signed(d.difference)}</b> <small>${signed(d.low)} to ${signed(d.high)}</small>
      <svg viewBox="-100 0 200 12" preserveAspectRatio="none" aria-hidden="true"><path class="zero" d="M0 0V12"/><path d="M${x(d.low)} 6H${x(d.high)}"/><path d="M${x(d.difference)} 1V11"/></svg>
      <small>${formatNumber(d.mean_first)} (n = ${d.viewers_first}) → ${formatNumber(d.mean_second)} (n = ${d.viewers_second})</small>`}</td>
    <td>${d.p_adjusted == null ? "–" : formatPValue(d.p_adjusted)}<br><small>${d.verdict}${d.verdict === "inconclusive" ? `; ${formatCount(d.viewers_needed, "viewer")} needed for a decision` : ""}</small></td>
  </tr>`;
}

function renderComparison() {
  let rows = comparison.differences.filter(FILTERS[activeFilter][1]).filter((d) => !emotion || d.emotion === emotion);
  if (activeFilter === "differs") rows = [...rows].sort((a, b) => Math.abs(b.difference) - Math.abs(a.difference));
  const axisMax = Math.max(comparison.method.smallest_relevant_difference, ...rows.flatMap((d) => [Math.abs(d.low), Math.abs(d.high)]));
  render(html`
    <section class="card">
      <p class="lede">${comparison.conclusion}</p>
      <p><strong>Inconclusive comparisons.</strong> ${comparison.viewers_needed}</p>
      <p class="hint">${comparison.condition} ${formatCount(comparison.viewers[0], "viewer")} of ${comparison.first}, ${comparison.viewers[1]} of ${comparison.second}${comparison.method.paired ? " (the same viewers)" : ""}. p-values are adjusted for all comparisons; intervals are 95 % intervals of individual differences.${comparison.method.paired ? "" : " A difference can only be attributed to the film if viewers were assigned to the two screenings at random."}</p>
    </section>
    <section class="card">
      <div class="filters"><h2>${formatCount(rows.length, activeFilter === "differs" ? "difference" : "comparison")}</h2>
        <label>Show <select @change=${(event) => { activeFilter = event.target.value; renderComparison(); }}>
          ${Object.entries(FILTERS).map(([key, [label]]) => html`<option value=${key} ?selected=${key === activeFilter}>${label}</option>`)}</select></label>
        <label>of <select @change=${(event) => { emotion = event.target.value; renderComparison(); }}>
          <option value="">all emotions</option>${Object.keys(EMOTION_SYMBOLS).map((name) => html`<option>${name}</option>`)}</select></label></div>
      ${rows.length ? html`<table class="differences"><caption class="visually-hidden">Differences, ${comparison.second} minus ${comparison.first}</caption>
        <thead><tr><th scope="col">Place</th><th scope="col">Strength, ${comparison.second} minus ${comparison.first}</th><th scope="col">Confidence</th></tr></thead>
        <tbody>${rows.slice(0, MAX_ROWS).map((d) => differenceRow(d, axisMax))}</tbody></table>`
        : html`<p class="empty">No clear difference was found. That does not prove that there is none: see the inconclusive comparisons.</p>`}
      ${rows.length > MAX_ROWS ? html`<p class="hint">and ${rows.length - MAX_ROWS} more. Choose an emotion to see them.</p>` : nothing}
    </section>`, $("result"));
}

async function compare(first, second, paired) {
  $("error").textContent = "";
  $("compare").disabled = true;
  $("compare").textContent = "Comparing …";
  try {
    comparison = await request("GET", `/api/compare?${new URLSearchParams({ first, second, paired })}`);
    renderComparison();
    history.replaceState(null, "", `?${new URLSearchParams({ first, second, ...(paired ? { paired } : {}) })}`);
  } catch (error) {
    render(nothing, $("result"));
    $("error").textContent = error.message;
  }
  $("compare").disabled = false;
  $("compare").textContent = "Compare";
}

const query = new URLSearchParams(location.search);
if ($("first")) {
  if (query.get("second")) $("second").value = query.get("second");
  const others = [...$("first").options].map((option) => option.value).filter((name) => name !== $("second").value);
  $("first").value = query.get("first") ?? others[0];
  $("paired").checked = query.has("paired");
  if (query.get("first") && query.get("second")) compare($("first").value, $("second").value, $("paired").checked);
  $("choice").addEventListener("submit", (event) => {
    event.preventDefault();
    compare($("first").value, $("second").value, $("paired").checked);
  });
}
