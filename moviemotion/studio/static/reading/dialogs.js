// Whose feelings are drawn; what can be taken along; which keys there are.

import { html, render, nothing } from "../vendor/lit-html/lit-html.js";

const $ = (id) => document.getElementById(id);

function opens(button, dialog, before) {
  $(button).addEventListener("click", async () => {
    await before?.();
    dialog.showModal();
  });
  // A click on what lies around it closes a dialog.
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  $(button).disabled = false;
}

const head = (id, title) => html`<form method="dialog" class="head"><h2 id=${id}>${title}</h2><button aria-label="Close">✕</button></form>`;

/* ---- whose ---- */

export function makeWhose(desk, study) {
  const dialog = $("whose-dialog");
  let audience = null, marked = new Set(), fault = "", filter = "";

  async function load() {
    audience = await study.viewers();
    fault = "";
    draw();
  }

  async function choose(query, words) {
    try {
      desk.draw(query ? await study.curves(query) : desk.room.curves, words);
      $("whose").textContent = words;
      dialog.close();
    } catch (error) {
      fault = error.message;
      draw();
    }
  }

  const query = (ids) => ids.map((id) => `viewer=${encodeURIComponent(id)}`).join("&");

  async function keep(event) {
    event.preventDefault();
    const name = $("group-name").value.trim();
    try {
      await study.keepGroup(name, [...marked]);
      $("group-name").value = "";
      await load();
    } catch (error) {
      fault = error.message;
      draw();
    }
  }

  const row = ({ id, seen }) => html`<label class="viewer"><input type="checkbox" .checked=${marked.has(id)}
      @change=${(event) => { event.target.checked ? marked.add(id) : marked.delete(id); draw(); }}>
      <span>${id}</span> <small>seen ${Math.round(100 * seen)} %</small></label>`;

  function draw() {
    const shown = audience.viewers.filter(({ id }) => id.toLowerCase().includes(filter.toLowerCase()));
    const chosen = [...marked];
    render(html`${head("whose-title", "Whose feelings")}
      <p class="fault" role="alert">${fault}</p>
      <ul class="choices">
        <li><button type="button" @click=${() => choose("", "everyone")}>Everyone <small>n = ${audience.size}</small></button></li>
        ${audience.groups.map((g) => html`<li><button type="button" @click=${() => choose(`group=${encodeURIComponent(g.name)}`, g.name)}>${g.name} <small>n = ${g.size}</small></button>
          ${audience.viewers.length ? html`<button type="button" class="plain" aria-label="Forget the group ${g.name}" @click=${async () => { await study.forgetGroup(g.name); await load(); }}>Forget</button>` : nothing}</li>`)}
      </ul>
      ${audience.viewers.length ? html`
        <h3>Single viewers</h3>
        <p class="hint">For the researcher only. A group of ${audience.fewest} or more that leaves ${audience.fewest} or more can be kept for everybody.</p>
        <label for="viewer-filter" class="visually-hidden">Find a viewer</label>
        <input type="search" id="viewer-filter" placeholder="Find a viewer" @input=${(event) => { filter = event.target.value; draw(); }}>
        <div class="viewers" tabindex="0" role="group" aria-label="Viewers">${shown.map(row)}</div>
        <p class="actions"><button type="button" class="main" ?disabled=${!chosen.length} @click=${() => choose(query(chosen), chosen.length === 1 ? chosen[0] : `${chosen.length} viewers`)}>Show ${chosen.length || ""} chosen</button>
          <button type="button" ?disabled=${!chosen.length} @click=${() => { marked.clear(); draw(); }}>Choose none</button></p>
        <form class="keep" @submit=${keep}><label for="group-name">Keep them as a group named</label>
          <div><input id="group-name" maxlength="60" required pattern="[^\\/]+"> <button ?disabled=${!chosen.length}>Keep</button></div></form>`
        : html`<p class="hint">Figures about fewer than ${audience.fewest} viewers are for the researcher only.</p>`}`, dialog);
  }

  opens("whose-button", dialog, load);
}

/* ---- exports ---- */

const EXPORTS = [
  ["To read", [["report", "Report", "one HTML page"], ["pdf", "Script, annotated", "PDF"], ["fountain", "Script, annotated", "Fountain"], ["fdx", "Script, annotated", "Final Draft"], ["notes", "Notes", "CSV"]]],
  ["For editing", [["otio", "Markers", "OpenTimelineIO"], ["edl", "Markers", "EDL"], ["resolve", "Markers", "DaVinci Resolve EDL"], ["fcp", "Markers", "Final Cut XML"]]],
  ["For players and research", [["vtt", "Subtitles", "WebVTT"], ["elan", "Annotations", "ELAN"], ["moments", "Moments", "JSON"], ["csv", "All tables", "CSV, zipped"], ["parquet", "All tables", "Parquet, zipped"]]],
];
const SCRIPTS = ["pdf", "fountain", "fdx"], COUNTED = ["otio", "edl", "resolve", "fcp"];
const RATES = ["23.976", "24", "25", "29.97", "30", "50", "59.94", "60"];

export function makeExports(study, hasScript, hasFilm) {
  const dialog = $("exports-dialog");
  let rate = hasFilm ? "" : "24", busy = "", fault = "";

  async function take(kind) {
    [busy, fault] = [kind, ""];
    draw();
    try {
      const answer = await fetch(study.exportUrl(kind, COUNTED.includes(kind) ? rate : ""));
      if (!answer.ok) throw new Error((await answer.json()).detail);
      const link = document.createElement("a");
      link.href = URL.createObjectURL(await answer.blob());
      link.download = /filename="([^"]+)"/.exec(answer.headers.get("content-disposition"))?.[1] ?? kind;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    } catch (error) {
      fault = error.message;
    }
    busy = "";
    draw();
  }

  function draw() {
    render(html`${head("exports-title", "Export")}
      <p class="fault" role="alert">${fault}</p>
      ${EXPORTS.map(([title, kinds]) => html`<h3>${title}</h3><ul class="choices grid">
        ${kinds.filter(([kind]) => hasScript || !SCRIPTS.includes(kind)).map(([kind, name, form]) => html`<li><button type="button" ?disabled=${busy} @click=${() => take(kind)}>${busy === kind ? "Making …" : name} <small>${form}</small></button></li>`)}
      </ul>
      ${title === "For editing" ? html`<label class="rate">Frames a second <select @change=${(event) => { rate = event.target.value; }}>
        ${hasFilm ? html`<option value="">the film's</option>` : nothing}
        ${RATES.map((each) => html`<option ?selected=${each === rate}>${each}</option>`)}</select></label>` : nothing}`)}`, dialog);
  }

  draw();
  opens("exports-button", dialog);
}

/* ---- keys ---- */

const KEYS = [
  ["Space", "play, pause"], ["← →", "a second back, on; with Shift ten"], ["↑ ↓", "line before, next line"],
  ["[ ] or , .", "moment before, next moment"], ["Home End", "start, end of the film"], ["+ −", "zoom in, out"],
  ["0", "whole film"], ["z", "look closer at the chosen moment"], ["1 – 7", "show or hide a feeling"],
  ["/", "search the script"], ["n", "note here"], ["w", "whose feelings"], ["e", "export"], ["?", "these keys"],
];
const OFF = "studio-keys-off";

export function makeKeys(actions) {
  const dialog = $("keys-dialog");
  let off = localStorage.getItem(OFF) === "1";
  render(html`${head("keys-title", "Keys")}
    <dl class="keys">${KEYS.map(([key, what]) => html`<div><dt><kbd>${key}</kbd></dt><dd>${what}</dd></div>`)}</dl>
    <p class="hint">On the timeline: drag to scrub, turn the wheel to zoom, drag with Shift to look closer at a stretch, double-click for the whole film. On the strip above it: drag to choose what is in view.</p>
    <label class="viewer"><input type="checkbox" .checked=${!off} @change=${(event) => {
      off = !event.target.checked;
      localStorage.setItem(OFF, off ? "1" : "0");
    }}> <span>Keys work anywhere on this page</span></label>`, dialog);
  opens("keys-button", dialog);

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (document.querySelector("dialog[open]") || event.target.closest("input, textarea, select")) return;
    if (off && event.target.id !== "surface") return;
    // A button in focus keeps its own keys, and a scrolling list its arrows.
    if ((event.key === " " || event.key === "Enter") && event.target.closest("button, a, summary")) return;
    if (event.key.startsWith("Arrow") && event.key !== "ArrowLeft" && event.key !== "ArrowRight" && event.target.id === "cards") return;
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action(event);
  });
}
