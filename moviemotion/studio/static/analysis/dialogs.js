// The dialogs of the analysis page: choice of viewers, exports, and keyboard shortcuts.

import { html, render, nothing } from "../vendor/lit-html/lit-html.js";

const $ = (id) => document.getElementById(id);

function bindDialog(button, dialog, before) {
  $(button).addEventListener("click", async () => {
    await before?.();
    dialog.showModal();
  });
  // A click outside a dialog has the dialog itself as its target.
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  $(button).disabled = false;
}

const dialogHeader = (id, title) => html`<form method="dialog" class="head"><h2 id=${id}>${title}</h2><button aria-label="Close">✕</button></form>`;

/* ---- choice of viewers ---- */

export function makeViewerSelection(store, study) {
  const dialog = $("viewers-dialog");
  let audience = null, selectedIds = new Set(), errorText = "", filter = "";

  async function load() {
    audience = await study.viewers();
    errorText = "";
    draw();
  }

  /** Run an action, or show its error. */
  async function withErrors(action) {
    try {
      await action();
    } catch (error) {
      errorText = error.message;
      draw();
    }
  }

  const show = (part) => withErrors(async () => {
    const shown = await part();
    store.showPart(shown);
    $("curves-label").textContent = shown.label;
    dialog.close();
  });

  const showViewers = (ids) => show(async () => ({ curves: await study.viewerCurves(ids), label: ids.length === 1 ? ids[0] : `${ids.length} viewers` }));

  const change = (action) => withErrors(async () => {
    await action();
    await load();
  });

  /** Save the segment of a form with the input `name` and, if it has a rule, the input `rule`. */
  function saveSegment(event) {
    event.preventDefault();
    const form = event.target, { name, rule } = form.elements;
    change(async () => {
      await study.saveSegment(name.value.trim(), rule ? { rule: rule.value } : { viewers: [...selectedIds] });
      form.reset();
    });
  }

  const attributeList = () => Object.entries(audience.attributes).map(([name, kind]) => `${name} (${kind})`).join(", ");

  const participantForms = () => html`
    <h3>New segment by rule</h3>
    <p class="hint">${attributeList() ? `Known about the participants: ${attributeList()}.` : "Nothing is known about the participants yet; give a CSV file of seat or viewer, then any columns, such as age and sex."}</p>
    ${attributeList() ? html`
      <form class="save" @submit=${saveSegment}><label for="rule">Rule</label>
        <input id="rule" name="rule" maxlength="500" required placeholder='sex == "f" and age < 25' spellcheck="false" autocomplete="off">
        <label for="rule-name">Name</label>
        <div><input id="rule-name" name="name" maxlength="60" required pattern="[^\\/]+"> <button>Save</button></div></form>
      <p class="actions"><button type="button" @click=${() => change(study.saveQuadrants)}>Save the four quadrants</button></p>` : nothing}
    <label for="participants-file">Participants (CSV)</label>
    <input type="file" id="participants-file" accept=".csv,.txt,text/csv" @change=${(event) => { const [file] = event.target.files; if (file) change(() => study.saveParticipants(file)); }}>`;

  const row = ({ id, seen }) => html`<label class="viewer"><input type="checkbox" .checked=${selectedIds.has(id)}
      @change=${(event) => { event.target.checked ? selectedIds.add(id) : selectedIds.delete(id); draw(); }}>
      <span>${id}</span> <small>seen ${Math.round(100 * seen)} %</small></label>`;

  function draw() {
    const listed = audience.viewers.filter(({ id }) => id.toLowerCase().includes(filter.toLowerCase()));
    const selected = [...selectedIds];
    render(html`${dialogHeader("viewers-title", "Show the reactions of")}
      <p class="error" role="alert">${errorText}</p>
      <ul class="choices">
        <li><button type="button" @click=${() => show(() => store.everyone)}>Everyone <small>n = ${audience.size}</small></button></li>
        ${audience.segments.map((s) => html`<li><button type="button" title=${s.rule} @click=${() => show(() => study.segment(s.name))}>${s.name} <small>n = ${s.size}</small></button>
          ${audience.viewers.length ? html`<button type="button" class="plain" aria-label="Delete the segment ${s.name}" @click=${() => change(() => study.deleteSegment(s.name))}>Delete</button>` : nothing}</li>`)}
      </ul>
      ${audience.viewers.length ? html`
        ${participantForms()}
        <h3>Single viewers</h3>
        <p class="hint">For the researcher only. Other roles can see a segment if it has at least ${audience.min_group_size} viewers and at least ${audience.min_group_size} are not in it.</p>
        <label for="viewer-filter" class="visually-hidden">Find a viewer</label>
        <input type="search" id="viewer-filter" placeholder="Find a viewer" @input=${(event) => { filter = event.target.value; draw(); }}>
        <div class="viewers" tabindex="0" role="group" aria-label="Viewers">${listed.map(row)}</div>
        <p class="actions"><button type="button" class="main" ?disabled=${!selected.length} @click=${() => showViewers(selected)}>Show ${selected.length || ""} selected</button>
          <button type="button" ?disabled=${!selected.length} @click=${() => { selectedIds.clear(); draw(); }}>Clear selection</button></p>
        <form class="save" @submit=${saveSegment}><label for="segment-name">Save the selected viewers as a segment named</label>
          <div><input id="segment-name" name="name" maxlength="60" required pattern="[^\\/]+"> <button ?disabled=${!selected.length}>Save</button></div></form>`
        : html`<p class="hint">Values for fewer than ${audience.min_group_size} viewers are visible only to the researcher.</p>`}`, dialog);
  }

  bindDialog("viewers-button", dialog, load);
}

/* ---- exports ---- */

const EXPORTS = [
  ["To read", [["report", "Report", "one HTML page"], ["pdf", "Script, annotated", "PDF"], ["fountain", "Script, annotated", "Fountain"], ["fdx", "Script, annotated", "Final Draft"], ["json", "Script, annotated", "JSON for programs"], ["notes", "Notes", "CSV"]]],
  ["For editing", [["avid", "Markers", "Avid"], ["premiere", "Markers", "Premiere Pro"], ["resolve", "Markers", "DaVinci Resolve"], ["finalcut", "Markers", "Final Cut Pro"], ["pro-tools", "Markers", "Pro Tools"], ["otio", "Markers", "OpenTimelineIO"], ["edl", "Markers", "EDL with locators"]]],
  ["For players and research", [["vtt", "Subtitles", "WebVTT"], ["elan", "Annotations", "ELAN"], ["moments", "Moments", "JSON"], ["csv", "All tables", "CSV, zipped"], ["parquet", "All tables", "Parquet, zipped"]]],
];
const SCRIPTS = ["pdf", "fountain", "fdx", "json"], FRAME_BASED = ["avid", "premiere", "resolve", "finalcut", "pro-tools", "otio", "edl"];
const FRAME_RATES = ["23.976", "24", "25", "29.97", "30", "50", "59.94", "60"];

// The name in a Content-Disposition header; names with other than ASCII characters are percent-encoded.
function fileName(header, fallback) {
  const encoded = /filename\*=utf-8''([^;]+)/i.exec(header)?.[1];
  return encoded ? decodeURIComponent(encoded) : (/filename="([^"]+)"/.exec(header)?.[1] ?? fallback);
}

export function makeExports(study, hasScript, hasFilm) {
  const dialog = $("exports-dialog");
  let frameRate = hasFilm ? "" : "24", busy = "", errorText = "";

  async function downloadExport(kind) {
    [busy, errorText] = [kind, ""];
    draw();
    try {
      const response = await fetch(study.exportUrl(kind, FRAME_BASED.includes(kind) ? frameRate : ""));
      if (!response.ok) throw new Error((await response.json()).detail);
      const link = document.createElement("a");
      link.href = URL.createObjectURL(await response.blob());
      link.download = fileName(response.headers.get("content-disposition"), kind);
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    } catch (error) {
      errorText = error.message;
    }
    busy = "";
    draw();
  }

  function draw() {
    render(html`${dialogHeader("exports-title", "Export")}
      <p class="error" role="alert">${errorText}</p>
      ${EXPORTS.map(([title, kinds]) => html`<h3>${title}</h3><ul class="choices grid">
        ${kinds.filter(([kind]) => hasScript || !SCRIPTS.includes(kind)).map(([kind, name, form]) => html`<li><button type="button" ?disabled=${busy} @click=${() => downloadExport(kind)}>${busy === kind ? "Exporting …" : name} <small>${form}</small></button></li>`)}
      </ul>
      ${title === "For editing" ? html`<label class="rate">Frames per second <select @change=${(event) => { frameRate = event.target.value; }}>
        ${hasFilm ? html`<option value="">same as the film</option>` : nothing}
        ${FRAME_RATES.map((each) => html`<option ?selected=${each === frameRate}>${each}</option>`)}</select></label>` : nothing}`)}`, dialog);
  }

  draw();
  bindDialog("exports-button", dialog);
}

/* ---- shortcuts ---- */

const SHORTCUTS = [
  ["Space", "play or pause"], ["← →", "one second back or forward; ten with Shift"], ["↑ ↓", "previous or next line"],
  ["[ ] or , .", "previous or next moment"], ["Home End", "start or end of the film"], ["+ −", "zoom in or out"],
  ["0", "entire film"], ["z", "zoom to the selected moment"], ["1 – 7", "show or hide an emotion"],
  ["/", "search the script"], ["n", "add a note here"], ["w", "choose viewers"], ["e", "export"], ["?", "shortcuts"],
];
const SHORTCUTS_OFF_KEY = "studio-shortcuts-off";

export function makeShortcuts(actions) {
  const dialog = $("shortcuts-dialog");
  let off = localStorage.getItem(SHORTCUTS_OFF_KEY) === "1";
  render(html`${dialogHeader("shortcuts-title", "Keyboard shortcuts")}
    <dl class="shortcuts">${SHORTCUTS.map(([key, action]) => html`<div><dt><kbd>${key}</kbd></dt><dd>${action}</dd></div>`)}</dl>
    <p class="hint">On the timeline: drag to scrub, scroll to zoom, drag with Shift to zoom to a range, double-click for the entire film. On the strip above it: drag to choose the visible range.</p>
    <label class="viewer"><input type="checkbox" .checked=${!off} @change=${(event) => {
      off = !event.target.checked;
      localStorage.setItem(SHORTCUTS_OFF_KEY, off ? "1" : "0");
    }}> <span>Shortcuts work anywhere on this page</span></label>`, dialog);
  bindDialog("shortcuts-button", dialog);

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (document.querySelector("dialog[open]") || event.target.closest("input, textarea, select")) return;
    if (off && event.target.id !== "surface") return;
    // A focused button keeps its own keys, and a scrollable list its arrow keys.
    if ((event.key === " " || event.key === "Enter") && event.target.closest("button, a, summary")) return;
    if (event.key.startsWith("Arrow") && event.key !== "ArrowLeft" && event.key !== "ArrowRight" && event.target.id === "cards") return;
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action(event);
  });
}
