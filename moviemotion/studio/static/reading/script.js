// The script beside the film: follows the time, leads to it by a click, and can be searched.

import { html, render, nothing } from "../vendor/lit-html/lit-html.js";
import { clock, countOf, interval, number } from "./words.js";

/** Rows that are laid out together when they come near. */
const ROWS = 14;
/** Milliseconds for which the script stays where somebody scrolled it. */
const LEFT_ALONE = 4000;
/** Milliseconds between two scrolls: text that flies past faster cannot be read, and is not laid out. */
const RHYTHM = 120;

export function makeScript(desk, rows) {
  const $ = (id) => document.getElementById(id);
  const pane = $("pages");
  const symbols = Object.fromEntries(desk.room.feelings.map((f) => [f.key, f.symbol]));
  const timed = rows.filter((row) => row.start != null && !row.cut && row.kind !== "page break");
  // Lines may overlap and a moved one stands out of order: by start, the last that began is the one now.
  const byStart = [...timed].sort((a, b) => a.start - b.start || a.index - b.index);
  let here = null, scrolled = -Infinity, followed = -Infinity, waiting = 0;

  if (!rows.length) {
    render(html`<p class="empty">This study has no script. Screen it with one, and its lines stand here.</p>`, pane);
    $("search").hidden = true;
    return;
  }

  const felt = (row) => {
    if (row.cut) return html`<div class="felt">not in the film</div>`;
    if (!row.felt) return nothing;
    if (row.felt.strength == null) return html`<div class="felt quiet">not seen, or too few</div>`;
    const f = row.felt;
    return html`<div class="felt ${f.emotion ?? ""}">
      <span class="feeling">${f.emotion ? html`<span class="symbol" aria-hidden="true">${symbols[f.emotion]}</span> ${f.emotion}` : "none stood out"} <b>${number(f.strength)}</b></span>
      <small>${interval(f.interval)}, ${countOf(f.share, f.viewers)}</small></div>`;
  };

  const line = (row) => row.kind === "page break" ? html`<hr class="page-break">` : html`
    <div class="line ${row.kind.replace(" ", "-")} ${row.dual ? "dual" : ""} ${row.cut ? "cut" : ""} ${row.start == null ? "" : "timed"}" id="line-${row.index}">
      ${row.start == null || row.cut ? html`<span></span>`
        : html`<button type="button" class="when" tabindex="-1" aria-label="Go to ${clock(row.start)}: ${row.text.slice(0, 60)}">${row.estimated ? "≈ " : ""}${clock(row.start)}</button>`}
      <p class="text">${row.text}</p>${felt(row)}
      ${row.moments.length ? html`<span class="in-moments" title="In moment ${row.moments.join(", ")}">${row.moments.join(" ")}</span>` : nothing}
    </div>`;

  const pages = [];
  for (const row of rows) {
    const last = pages.at(-1);
    if (!last || last.length >= ROWS && row.kind !== "parenthetical" && row.kind !== "dialogue") pages.push([row]);
    else last.push(row);
  }
  render(html`<p class="timing">${desk.room.timing}</p>${pages.map((page) => html`<div class="page">${page.map(line)}</div>`)}`, pane);
  const nodes = new Map(rows.map((row) => [row.index, $(`line-${row.index}`)]));

  function rowAt(time) {
    let low = 0, high = byStart.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      byStart[middle].start <= time ? low = middle + 1 : high = middle;
    }
    return byStart[low - 1] ?? null;
  }

  function reveal(node) {
    const top = node.getBoundingClientRect().top - pane.getBoundingClientRect().top;
    pane.scrollTop += top - pane.clientHeight * 0.35;
  }

  function follow() {
    const row = rowAt(desk.time);
    if (row !== here) {
      if (here) nodes.get(here.index).classList.remove("at-cursor");
      if (row) nodes.get(row.index).classList.add("at-cursor");
      here = row;
      lineShown(row);
      clearTimeout(waiting);
      const left = followed + RHYTHM - performance.now();
      left > 0 ? waiting = setTimeout(catchUp, left) : catchUp();
    }
  }

  function catchUp() {
    followed = performance.now();
    if (here && followed - scrolled > LEFT_ALONE) reveal(nodes.get(here.index));
  }

  /** Where there is no film, its screen shows what is said, or what happens. */
  function lineShown(row) {
    const place = $("line-shown");
    const scene = desk.room.scenes.findLast((s) => s.start <= desk.time);
    render(html`<p class="scene">${scene ? `${scene.number}  ${scene.heading}` : ""}</p>
      ${row && row.kind !== "scene heading" ? html`${row.character ? html`<p class="who">${row.character}</p>` : nothing}
        <p class=${row.character ? "said" : "done"}>${row.kind === "character" ? nextSpeech(row) : row.text}</p>` : nothing}`, place);
  }

  const nextSpeech = (row) => rows[rows.indexOf(row) + 1]?.text ?? "";

  pane.addEventListener("click", (event) => {
    const node = event.target.closest(".line.timed");
    if (!node || String(getSelection())) return;
    scrolled = performance.now();
    const row = rows.find((each) => `line-${each.index}` === node.id);
    if (row.start != null) desk.seek(row.start);
  });
  for (const moved of ["wheel", "touchmove"]) pane.addEventListener(moved, () => { scrolled = performance.now(); }, { passive: true });

  function step(direction) {
    const at = here ? timed.indexOf(here) : -1;
    // A speaker's name and a parenthetical share the time of their speech.
    for (let k = at + direction; k >= 0 && k < timed.length; k += direction) {
      if (timed[k].kind !== "character" && timed[k].kind !== "parenthetical") {
        scrolled = -Infinity;
        return desk.seek(timed[k].start + 0.01);
      }
    }
  }

  desk.on("time", follow);
  desk.on("chosen", () => {
    for (const node of pane.querySelectorAll(".in-moment")) node.classList.remove("in-moment");
    if (desk.chosen === null) return;
    const own = desk.moments[desk.chosen].elements.map((e) => nodes.get(e)).filter(Boolean);
    for (const node of own) node.classList.add("in-moment");
    scrolled = -Infinity;
    if (own.length) reveal(own[0]);
  });
  makeSearch(desk, rows, nodes, (row) => {
    scrolled = performance.now();
    reveal(nodes.get(row.index));
  });
  follow();
  return { step };
}

function makeSearch(desk, rows, nodes, reveal) {
  const $ = (id) => document.getElementById(id);
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const texts = rows.map((row) => plain(row.text));
  let at = -1;

  function find() {
    const words = plain($("words").value.trim());
    desk.hits = words.length < 2 ? [] : rows.filter((row, k) => nodes.get(row.index) && texts[k].includes(words));
    at = -1;
    mark(words);
    for (const id of ["hit-before", "hit-next"]) $(id).disabled = !desk.hits.length;
    $("hits").textContent = words.length < 2 ? "" : desk.hits.length ? `${desk.hits.length}` : "none";
    desk.changed("hits");
  }

  function mark(words) {
    if (!CSS.highlights) return;
    const ranges = [];
    for (const row of desk.hits) {
      const parts = [...nodes.get(row.index).querySelector(".text").childNodes];
      const place = parts.find((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
      const start = place ? plain(place.data).indexOf(words) : -1;
      // Letters that lose a mark keep their count only where there were none.
      if (start < 0 || plain(place.data).length !== place.data.length) continue;
      const range = new Range();
      range.setStart(place, start);
      range.setEnd(place, start + words.length);
      ranges.push(range);
    }
    CSS.highlights.set("found", new Highlight(...ranges));
  }

  function go(direction) {
    if (!desk.hits.length) return;
    if (at >= 0) nodes.get(desk.hits[at].index).classList.remove("hit");
    at = at < 0 && direction < 0 ? desk.hits.length - 1 : (at + direction + desk.hits.length) % desk.hits.length;
    const row = desk.hits[at];
    nodes.get(row.index).classList.add("hit");
    $("hits").textContent = `${at + 1} of ${desk.hits.length}`;
    if (row.start != null && !row.cut) desk.seek(row.start);
    reveal(row);
  }

  $("words").addEventListener("input", find);
  $("search").addEventListener("submit", (event) => { event.preventDefault(); go(1); });
  $("hit-before").addEventListener("click", () => go(-1));
  $("words").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.shiftKey) { event.preventDefault(); go(-1); }
    if (event.key === "Escape") { $("words").value = ""; find(); $("surface").focus(); }
  });
}
