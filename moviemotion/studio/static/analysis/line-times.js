// Times of lines that are set by hand: a form below the line, which takes a typed time or the current film time.

import { html, nothing } from "../vendor/lit-html/lit-html.js";
import { formatExactTime, formatTime, parseTime } from "./format.js";

/**
 * @param {Store} store
 * @param {StudyApi} study
 * @param {() => void} draw draws the script again
 */
export function makeLineTimes(store, study, draw) {
  let edited = null;  // { index, text, errorText, busy }

  function edit(row) {
    edited = row && { index: row.index, text: row.start == null ? "" : formatExactTime(row.start), errorText: "", busy: false };
    draw();
    const field = document.getElementById("line-time");
    field?.focus();
    field?.select();
  }

  async function change(request) {
    Object.assign(edited, { busy: true, errorText: "" });
    draw();
    try {
      await request();
      await store.reloadScript(study);
      edited = null;
    } catch (error) {
      Object.assign(edited, { busy: false, errorText: error.message });
    }
    draw();
  }

  function save(event) {
    event.preventDefault();
    const start = parseTime(edited.text);
    if (start === null) {
      edited.errorText = `${edited.text || "empty"}: not a time; enter minutes and seconds, such as 1:23.5`;
      return draw();
    }
    change(() => study.setLineTime(edited.index, start));
  }

  /** The button that opens the form, beside a line's time. */
  const button = (row) => row.timeable ? html`<button type="button" class="set-time" aria-label="Set the time of: ${row.text.slice(0, 60)}"
    title="Set the time by hand" @click=${(event) => { event.stopPropagation(); edit(row); }}>Set</button>` : nothing;

  const form = (row) => edited?.index !== row.index ? nothing : html`
    <form class="time-form" @submit=${save} @click=${(event) => event.stopPropagation()} @keydown=${(event) => event.key === "Escape" && edit(null)}>
      <label for="line-time">Starts at</label>
      <input id="line-time" autocomplete="off" inputmode="decimal" .value=${edited.text} @input=${(event) => { edited.text = event.target.value; }}>
      <button type="button" @click=${() => { edited.text = formatExactTime(store.time); draw(); }}>Current time</button>
      <button class="main" ?disabled=${edited.busy}>${edited.busy ? "Saving …" : "Save"}</button>
      ${row.byHand ? html`<button type="button" ?disabled=${edited.busy} @click=${() => change(() => study.resetLineTime(row.index))}>Undo: not by hand</button>` : nothing}
      <button type="button" @click=${() => edit(null)}>Cancel</button>
      <p class="hint">${row.byHand ? `Set by hand to ${formatTime(row.start)}. ` : ""}The line keeps its length; estimated times around it follow.</p>
      <p class="error" role="alert">${edited.errorText}</p>
    </form>`;

  return { button, form };
}
