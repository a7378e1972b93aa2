// The moments with their evidence, and people's own notes on them.

import { html, render, nothing } from "../vendor/lit-html/lit-html.js";
import { clock, countOf, interval, number, percentInterval, pValue, span } from "./words.js";

const LINES = 2;

export function makeMoments(desk, study, own) {
  const $ = (id) => document.getElementById(id);
  const { room, moments } = desk;
  const symbols = Object.fromEntries(room.feelings.map((f) => [f.key, f.symbol]));
  let writing = null, fault = "";  // writing: { at, text, id? }

  const figure = (name, value, doubt) => html`<div><dt>${name}</dt><dd><b>${value}</b> <small>${doubt}</small></dd></div>`;

  const form = () => html`
    <form class="note-form" @submit=${save}>
      <label for="note-text">Note at ${clock(writing.at)}</label>
      <textarea id="note-text" rows="3" maxlength="2000" required .value=${writing.text}></textarea>
      <p class="fault" role="alert">${fault}</p>
      <button class="main">Save</button> <button type="button" @click=${() => write(null)}>Cancel</button>
    </form>`;

  const noteView = (note) => writing?.id === note.id ? form() : html`
    <div class="note"><p>${note.text}</p>
      <small><button type="button" class="plain" aria-label="Go to ${clock(note.at)}" @click=${() => desk.seek(note.at)}>${clock(note.at)}</button>${note.by ? ` · ${note.by}` : ""}
      ${own(note) ? html` · <button type="button" class="plain" @click=${() => write({ ...note })}>Change</button> · <button type="button" class="plain" @click=${() => remove(note)}>Delete</button>` : nothing}</small></div>`;

  const inside = (m) => (at) => m.start <= at && at < m.end;

  function card(m, k) {
    const chosen = k === desk.chosen, within = inside(m);
    const notes = desk.notes.filter((note) => within(note.at));
    const fresh = writing && !writing.id && within(writing.at);
    return html`<article class="moment ${m.emotion} ${chosen ? "chosen" : ""}" id="moment-${k + 1}">
      <h3><button type="button" class="choose" aria-pressed=${chosen} @click=${() => desk.choose(k)}>
        <span class="moment-number">${k + 1}</span>
        <span class="time">${span(m.start, m.end)}</span>
        <span class="feeling"><span class="symbol" aria-hidden="true">${symbols[m.emotion]}</span> ${m.emotion}</span>
        <span class="rank">rank ${m.rank}</span></button></h3>
      <dl>
        ${figure("Strength", number(m.strength), interval(m.strength_interval))}
        ${figure("Reacting", countOf(m.share, m.viewers), percentInterval(m.share_interval))}
        ${figure("Synchrony", number(m.synchrony), interval(m.synchrony_interval))}
        ${figure("Chance", pValue(m.p_adjusted), "adjusted")}
      </dl>
      ${m.mixed.length ? html`<p class="mixed">${m.mixed.slice(0, 2).map((f, i) => html`${i ? ", " : ""}<b>${f.emotion}</b> ${countOf(f.share, f.viewers)} <small>${percentInterval(f.share_interval)}</small>`)}</p>` : nothing}
      ${m.lines.length ? html`<div class="excerpt">${m.lines.slice(0, LINES).map((l) => html`<p>${l.character ? html`<b>${l.character}</b> ` : nothing}${l.text}</p>`)}</div>` : nothing}
      ${notes.map(noteView)}
      ${fresh ? form() : chosen ? html`<p class="actions">
        <button type="button" @click=${() => write({ at: m.peak, text: "" })}>Add a note</button>
        <button type="button" @click=${() => closer(m)}>Look closer</button></p>` : nothing}
    </article>`;
  }

  const closer = (m) => desk.show(m.start - 3, m.end + 3);

  function draw() {
    const order = moments.map((_, k) => k);
    if ($("order").value === "resonance") order.sort((a, b) => moments[a].rank - moments[b].rank);
    const elsewhere = desk.notes.filter((note) => !moments.some((m) => inside(m)(note.at)));
    const fresh = writing && !writing.id && !moments.some((m) => inside(m)(writing.at));
    render(html`
      ${fresh ? html`<article class="moment">${form()}</article>` : nothing}
      ${order.map((k) => card(moments[k], k))}
      ${moments.length ? nothing : html`<p class="empty">${room.conclusive ? "No moment stands out from chance." : "None can be told from chance with these data."} ${room.conclusion}</p>`}
      ${elsewhere.length ? html`<article class="moment"><h3>Notes elsewhere</h3>${elsewhere.map(noteView)}</article>` : nothing}
      ${room.problems.length ? html`<article class="moment"><h3>About the data</h3><ul class="problems">${room.problems.map((problem) => html`<li>${problem}</li>`)}</ul></article>` : nothing}`, $("cards"));
    $("moments-count").textContent = moments.length;
  }

  function write(what) {
    [writing, fault] = [what, ""];
    draw();
    $("note-text")?.focus();
  }

  async function save(event) {
    event.preventDefault();
    const text = $("note-text").value;
    writing.text = text;
    await tried(() => writing.id ? study.changeNote(writing.id, text) : study.writeNote(writing.at, text)) && write(null);
  }

  const remove = (note) => tried(() => study.deleteNote(note.id));

  async function tried(change) {
    try {
      await change();
      desk.notes = await study.notes();
      fault = "";
    } catch (error) {
      fault = error.message;
      draw();
      return false;
    }
    desk.changed("notes");
    return true;
  }

  desk.on("chosen", () => {
    draw();
    const card = desk.chosen === null ? null : $(`moment-${desk.chosen + 1}`), list = $("cards");
    if (card) list.scrollTop += card.getBoundingClientRect().top - list.getBoundingClientRect().top - 8;
  });
  desk.on("notes", draw);
  $("order").addEventListener("change", draw);
  draw();
  return { write: () => write({ at: desk.time, text: "" }) };
}
