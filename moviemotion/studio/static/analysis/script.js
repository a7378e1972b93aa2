// The script: it follows the film time, jumps to a time on a click, and can be searched.

import { html, render, nothing } from "../vendor/lit-html/lit-html.js";
import { makeLineTimes } from "./line-times.js";
import { formatTime, formatInterval, formatNumber } from "./format.js";

/** Rows in one block. A block is laid out only when it comes near the visible part (content-visibility). */
const ROWS_PER_BLOCK = 14;
/** Milliseconds during which the script does not follow the time after the user has scrolled it. */
const MANUAL_SCROLL_PAUSE = 4000;
/** Milliseconds between two automatic scrolls. More frequent scrolling would be unreadable and cost layout time. */
const MIN_SCROLL_INTERVAL = 120;

/** @param {StudyApi?} study with which the user may set the times of lines; anything false if they may not */
export function makeScript(store, study) {
  const { rows } = store;
  const $ = (id) => document.getElementById(id);
  const pane = $("pages");
  const symbols = Object.fromEntries(store.audience.emotions.map((f) => [f.key, f.symbol]));
  const lineTimes = study && makeLineTimes(store, study, draw);
  let timed = [], byStart = [];
  let currentRow = null, lastManualScroll = -Infinity, lastAutoScroll = -Infinity, scrollTimer = 0;

  if (!rows.length) {
    render(html`<p class="empty">This study has no script.</p>`, pane);
    $("search").hidden = true;
    return;
  }

  const emotionNote = (row) => {
    if (row.cut) return html`<div class="felt">not in the film</div>`;
    if (!row.emotionSummary) return nothing;
    if (row.emotionSummary.strength == null) return html`<div class="felt quiet">unknown</div>`;
    const f = row.emotionSummary;
    if (!f.enoughViewers) return html`<div class="felt quiet">unknown <small>${f.usualViewers} seen</small></div>`;
    return html`<div class="felt ${f.emotion ?? ""}">
      <span class="emotion">${f.emotion ? html`<span class="symbol" aria-hidden="true">${symbols[f.emotion]}</span> ${f.emotion}` : "calm"} <b>${formatNumber(f.strength)}</b></span>
      <small>${formatInterval(f.interval)}, ${Math.round(100 * f.meanShare)} % reacting, ${f.usualViewers} seen</small></div>`;
  };

  const lineView = (row) => row.kind === "page break" ? html`<hr class="page-break">` : html`
    <div class="line ${row.kind.replace(" ", "-")} ${row.dual ? "dual" : ""} ${row.cut ? "cut" : ""} ${row.start == null ? "" : "timed"}" id="line-${row.index}">
      <span class="times">${row.start == null || row.cut ? nothing
        : html`<button type="button" class="when" tabindex="-1" aria-label="Go to ${formatTime(row.start)}${row.byHand ? ", set by hand" : ""}: ${row.text.slice(0, 60)}" title=${row.byHand ? "Set by hand" : nothing}>${row.byHand ? "✎ " : row.estimated ? "≈ " : ""}${formatTime(row.start)}</button>`}${lineTimes ? lineTimes.button(row) : nothing}</span>
      <p class="text">${row.text}</p>${emotionNote(row)}
      ${lineTimes ? lineTimes.form(row) : nothing}
      ${row.moments.length ? html`<span class="in-moments" title="In moment ${row.moments.join(", ")}">${row.moments.join(" ")}</span>` : nothing}
    </div>`;

  const blocks = [];
  for (const row of rows) {
    const last = blocks.at(-1);
    if (!last || last.length >= ROWS_PER_BLOCK && row.kind !== "parenthetical" && row.kind !== "dialogue") blocks.push([row]);
    else last.push(row);
  }
  function draw() {
    render(html`<p class="timing">${store.audience.script} ${store.audience.timing}</p>${blocks.map((block) => html`<div class="page">${block.map(lineView)}</div>`)}`, pane);
  }

  function sortByTime() {
    timed = rows.filter((row) => row.start != null && !row.cut && row.kind !== "page break");
    // Lines can overlap, and moved lines are out of order. The current line is the one that started last.
    byStart = [...timed].sort((a, b) => a.start - b.start || a.index - b.index);
  }

  sortByTime();
  draw();
  const nodes = new Map(rows.map((row) => [row.index, $(`line-${row.index}`)]));

  /** The last row that starts at or before a time, by binary search. */
  function rowAt(time) {
    let low = 0, high = byStart.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      byStart[middle].start <= time ? low = middle + 1 : high = middle;
    }
    return byStart[low - 1] ?? null;
  }

  function scrollIntoPane(node) {
    const top = node.getBoundingClientRect().top - pane.getBoundingClientRect().top;
    pane.scrollTop += top - pane.clientHeight * 0.35;
  }

  function followTime() {
    const row = rowAt(store.time);
    if (row !== currentRow) {
      if (currentRow) nodes.get(currentRow.index).classList.remove("at-cursor");
      if (row) nodes.get(row.index).classList.add("at-cursor");
      currentRow = row;
      showCurrentLine(row);
      clearTimeout(scrollTimer);
      const left = lastAutoScroll + MIN_SCROLL_INTERVAL - performance.now();
      left > 0 ? scrollTimer = setTimeout(scrollToCurrentRow, left) : scrollToCurrentRow();
    }
  }

  function scrollToCurrentRow() {
    lastAutoScroll = performance.now();
    if (currentRow && lastAutoScroll - lastManualScroll > MANUAL_SCROLL_PAUSE) scrollIntoPane(nodes.get(currentRow.index));
  }

  /** If there is no film, show the current line in its place. */
  function showCurrentLine(row) {
    const node = $("line-shown");
    const scene = store.audience.scenes.findLast((s) => s.start <= store.time);
    render(html`<p class="scene">${scene ? `${scene.number}  ${scene.heading}` : ""}</p>
      ${row && row.kind !== "scene heading" ? html`${row.character ? html`<p class="who">${row.character}</p>` : nothing}
        <p class=${row.character ? "said" : "done"}>${row.kind === "character" ? nextSpeech(row) : row.text}</p>` : nothing}`, node);
  }

  const nextSpeech = (row) => rows[rows.indexOf(row) + 1]?.text ?? "";

  pane.addEventListener("click", (event) => {
    const node = event.target.closest(".line.timed");
    if (!node || String(getSelection())) return;
    lastManualScroll = performance.now();
    const row = rows.find((each) => `line-${each.index}` === node.id);
    if (row.start != null) store.seek(row.start);
  });
  for (const event of ["wheel", "touchmove"]) pane.addEventListener(event, () => { lastManualScroll = performance.now(); }, { passive: true });

  /** Go to the next line (1) or the previous one (-1). */
  function step(direction) {
    const at = currentRow ? timed.indexOf(currentRow) : -1;
    // Character names and parentheticals have the same time as their speech.
    for (let k = at + direction; k >= 0 && k < timed.length; k += direction) {
      if (timed[k].kind !== "character" && timed[k].kind !== "parenthetical") {
        lastManualScroll = -Infinity;
        return store.seek(timed[k].start + 0.01);
      }
    }
  }

  store.on("time", followTime);
  store.on("script curves", () => {
    sortByTime();
    draw();
    followTime();
  });
  store.on("moment", () => {
    for (const node of pane.querySelectorAll(".in-moment")) node.classList.remove("in-moment");
    if (store.selectedMoment === null) return;
    const lines = store.moments[store.selectedMoment].elements.map((e) => nodes.get(e)).filter(Boolean);
    for (const node of lines) node.classList.add("in-moment");
    lastManualScroll = -Infinity;
    if (lines.length) scrollIntoPane(lines[0]);
  });
  makeSearch(store, rows, nodes, (row) => {
    lastManualScroll = performance.now();
    scrollIntoPane(nodes.get(row.index));
  });
  followTime();
  return { step };
}

function makeSearch(store, rows, nodes, scrollIntoPane) {
  const $ = (id) => document.getElementById(id);
  const normalizeText = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const texts = rows.map((row) => normalizeText(row.text));
  let at = -1;

  function runSearch() {
    const words = normalizeText($("search-text").value.trim());
    store.searchHits = words.length < 2 ? [] : rows.filter((row, k) => nodes.get(row.index) && texts[k].includes(words));
    at = -1;
    highlightHits(words);
    for (const id of ["hit-previous", "hit-next"]) $(id).disabled = !store.searchHits.length;
    $("hits").textContent = words.length < 2 ? "" : store.searchHits.length ? `${store.searchHits.length}` : "none";
    store.notify("search");
  }

  function highlightHits(words) {
    if (!CSS.highlights) return;
    const ranges = [];
    for (const row of store.searchHits) {
      const parts = [...nodes.get(row.index).querySelector(".text").childNodes];
      const node = parts.find((part) => part.nodeType === Node.TEXT_NODE && part.data.trim());
      const start = node ? normalizeText(node.data).indexOf(words) : -1;
      // Removing diacritics can change the length of a text; positions then no longer match the document.
      if (start < 0 || normalizeText(node.data).length !== node.data.length) continue;
      const range = new Range();
      range.setStart(node, start);
      range.setEnd(node, start + words.length);
      ranges.push(range);
    }
    CSS.highlights.set("found", new Highlight(...ranges));
  }

  function stepHit(direction) {
    if (!store.searchHits.length) return;
    if (at >= 0) nodes.get(store.searchHits[at].index).classList.remove("hit");
    at = at < 0 && direction < 0 ? store.searchHits.length - 1 : (at + direction + store.searchHits.length) % store.searchHits.length;
    const row = store.searchHits[at];
    nodes.get(row.index).classList.add("hit");
    $("hits").textContent = `${at + 1} of ${store.searchHits.length}`;
    if (row.start != null && !row.cut) store.seek(row.start);
    scrollIntoPane(row);
  }

  $("search-text").addEventListener("input", runSearch);
  $("search").addEventListener("submit", (event) => { event.preventDefault(); stepHit(1); });
  $("hit-previous").addEventListener("click", () => stepHit(-1));
  $("search-text").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.shiftKey) { event.preventDefault(); stepHit(-1); }
    if (event.key === "Escape") { $("search-text").value = ""; runSearch(); $("surface").focus(); }
  });
}
