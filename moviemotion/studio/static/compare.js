// Two screenings compared: what differs, by how much and how surely.

import { ask } from "./api.js";
import { number, plural, pValue, span } from "./reading/words.js";
import { html, render, nothing } from "./vendor/lit-html/lit-html.js";

const $ = (id) => document.getElementById(id);
const MOST = 150;
const SYMBOLS = JSON.parse($("comparing").dataset.symbols);
const SHOWN = {
  differs: ["what stands out", (d) => d.verdict === "differs"],
  scenes: ["film and scenes", (d) => ["film", "scene", "passage"].includes(d.kind)],
  all: ["everything", () => true],
};
let told = null, shown = "differs", feeling = "";

const signed = (value) => value > 0 && number(value) !== "0.00" ? `+${number(value)}` : number(value);
const link = (study, at) => `/studies/${study}/read#t=${at.toFixed(1)}`;

function row(d, reach) {
  const x = (value) => (100 * value / reach).toFixed(1);
  const where = [[told.first, d.start_first, d.end_first], [told.second, d.start_second, d.end_second]];
  return html`<tr>
    <td class="where"><small>${d.kind === "scene" ? `scene ${d.scene}` : d.scene ? `${d.kind}, scene ${d.scene}` : d.kind}</small>
      <span class="label">${d.character ? html`<b>${d.character}</b> ` : nothing}${d.label ?? span(d.start_first, d.end_first)}</span>
      <small>${where.map(([study, from, to], k) => html`${k ? ", " : ""}<a href=${link(study, from)}>${study} ${span(from, to)}</a>`)}</small></td>
    <td class=${d.emotion}><span class="feeling"><span class="symbol" aria-hidden="true">${SYMBOLS[d.emotion]}</span> ${d.emotion}</span>
      ${d.difference == null ? html`<small>not tested: too few viewers</small>` : html`
      <b>${signed(d.difference)}</b> <small>${signed(d.low)} to ${signed(d.high)}</small>
      <svg viewBox="-100 0 200 12" preserveAspectRatio="none" aria-hidden="true"><path class="zero" d="M0 0V12"/><path d="M${x(d.low)} 6H${x(d.high)}"/><path d="M${x(d.difference)} 1V11"/></svg>
      <small>${number(d.mean_first)} (n = ${d.viewers_first}) → ${number(d.mean_second)} (n = ${d.viewers_second})</small>`}</td>
    <td>${d.p_adjusted == null ? "–" : pValue(d.p_adjusted)}<br><small>${d.verdict}${d.verdict === "inconclusive" ? `; ${plural(d.viewers_needed, "viewer")} would settle it` : ""}</small></td>
  </tr>`;
}

function draw() {
  let rows = told.differences.filter(SHOWN[shown][1]).filter((d) => !feeling || d.emotion === feeling);
  if (shown === "differs") rows = [...rows].sort((a, b) => Math.abs(b.difference) - Math.abs(a.difference));
  const reach = Math.max(told.method.smallest_relevant_difference, ...rows.flatMap((d) => [Math.abs(d.low), Math.abs(d.high)]));
  render(html`
    <section class="card">
      <p class="lede">${told.conclusion}</p>
      <p><strong>What is open.</strong> ${told.viewers_needed}</p>
      <p class="hint">${told.condition} ${plural(told.viewers[0], "viewer")} of ${told.first}, ${told.viewers[1]} of ${told.second}${told.method.paired ? ", the same ones" : ""}. p is adjusted for everything that was compared; intervals are 95 %, of each difference alone.${told.method.paired ? "" : " Only where viewers were drawn to the two by lot is a difference the film's."}</p>
    </section>
    <section class="card">
      <div class="filters"><h2>${plural(rows.length, shown === "differs" ? "difference" : "comparison")}</h2>
        <label>Show <select @change=${(event) => { shown = event.target.value; draw(); }}>
          ${Object.entries(SHOWN).map(([key, [word]]) => html`<option value=${key} ?selected=${key === shown}>${word}</option>`)}</select></label>
        <label>of <select @change=${(event) => { feeling = event.target.value; draw(); }}>
          <option value="">every feeling</option>${Object.keys(SYMBOLS).map((f) => html`<option>${f}</option>`)}</select></label></div>
      ${rows.length ? html`<table class="differences"><caption class="visually-hidden">Differences, ${told.second} less ${told.first}</caption>
        <thead><tr><th scope="col">Where</th><th scope="col">Strength, ${told.second} less ${told.first}</th><th scope="col">How sure</th></tr></thead>
        <tbody>${rows.slice(0, MOST).map((d) => row(d, reach))}</tbody></table>`
        : html`<p class="empty">No difference stands out. That does not prove that there is none: see what is open.</p>`}
      ${rows.length > MOST ? html`<p class="hint">and ${rows.length - MOST} more; choose a feeling, or run moviemotion compare for all of them in a table.</p>` : nothing}
    </section>`, $("result"));
}

async function compare(first, second, paired) {
  $("fault").textContent = "";
  $("compare").disabled = true;
  $("compare").textContent = "Comparing …";
  try {
    told = await ask("GET", `/api/compare?${new URLSearchParams({ first, second, paired })}`);
    draw();
    history.replaceState(null, "", `?${new URLSearchParams({ first, second, ...(paired ? { paired } : {}) })}`);
  } catch (error) {
    render(nothing, $("result"));
    $("fault").textContent = error.message;
  }
  $("compare").disabled = false;
  $("compare").textContent = "Compare";
}

const given = new URLSearchParams(location.search);
if ($("first")) {
  if (given.get("second")) $("second").value = given.get("second");
  const others = [...$("first").options].map((option) => option.value).filter((name) => name !== $("second").value);
  $("first").value = given.get("first") ?? others[0];
  $("paired").checked = given.has("paired");
  if (given.get("first") && given.get("second")) compare($("first").value, $("second").value, $("paired").checked);
  $("choice").addEventListener("submit", (event) => {
    event.preventDefault();
    compare($("first").value, $("second").value, $("paired").checked);
  });
}
