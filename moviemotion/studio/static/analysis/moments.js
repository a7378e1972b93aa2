// The list of moments with their evidence, and the users' notes.

import { html, render, nothing } from "../vendor/lit-html/lit-html.js";
import { formatTime, formatShare, formatInterval, formatNumber, formatPercent, formatPercentInterval, formatPValue, formatRankRange, formatTimeRange } from "./format.js";

const MAX_EXCERPT_LINES = 2;

export function makeMoments(store, study, canEdit) {
  const $ = (id) => document.getElementById(id);
  const { audience, moments } = store;
  const symbols = Object.fromEntries(audience.emotions.map((f) => [f.key, f.symbol]));
  let draft = null, errorText = "";  // draft: { at, text, id? }; a new note has no ID yet

  const figure = (name, value, uncertainty) => html`<div><dt>${name}</dt><dd><b>${value}</b> <small>${uncertainty}</small></dd></div>`;

  const noteForm = () => html`
    <form class="note-form" @submit=${save}>
      <label for="note-text">Note at ${formatTime(draft.at)}</label>
      <textarea id="note-text" rows="3" maxlength="2000" required .value=${draft.text}></textarea>
      <p class="error" role="alert">${errorText}</p>
      <button class="main">Save</button> <button type="button" @click=${() => editNote(null)}>Cancel</button>
    </form>`;

  const noteView = (note) => draft?.id === note.id ? noteForm() : html`
    <div class="note"><p>${note.text}</p>
      <small><button type="button" class="plain" aria-label="Go to ${formatTime(note.at)}" @click=${() => store.seek(note.at)}>${formatTime(note.at)}</button>${note.by ? ` · ${note.by}` : ""}
      ${canEdit(note) ? html` · <button type="button" class="plain" @click=${() => editNote({ ...note })}>Edit</button> · <button type="button" class="plain" @click=${() => remove(note)}>Delete</button>` : nothing}</small></div>`;

  /** What stands beside the figures: how many to expect, whether it replicates, and what one viewer changes. */
  const momentSentence = (m) => [
    m.expected_share == null ? "" : `In comparable seconds, ${formatPercent(m.expected_share)} react.`,
    m.replicability == null ? "" : `Found again in ${formatPercent(m.replicability)} of half-audiences.`,
    m.leave_one_out[0] == null ? "" : `Leaving out any one viewer, the strength is ${formatInterval(m.leave_one_out)}.`,
  ].filter(Boolean).join(" ");

  const carrierPhrase = (c) => {
    const strengths = c.strength == null ? "" : `${formatNumber(c.strength)}, everybody else ${formatNumber(c.strength_of_others)}; `;
    return `${c.segment} (${strengths}${formatPValue(c.p_adjusted)} adjusted)`;
  };

  const contains = (m) => (at) => m.start <= at && at < m.end;

  function momentCard(m, k) {
    const selected = k === store.selectedMoment, within = contains(m);
    const notes = store.notes.filter((note) => within(note.at));
    const isNewNoteHere = draft && !draft.id && within(draft.at);
    return html`<article class="moment ${m.emotion} ${selected ? "selected" : ""}" id="moment-${k + 1}">
      <h3><button type="button" class="select" aria-pressed=${selected} @click=${() => store.selectMoment(k)}>
        <span class="moment-number">${k + 1}</span>
        <span class="time">${formatTimeRange(m.start, m.end)}</span>
        <span class="emotion"><span class="symbol" aria-hidden="true">${symbols[m.emotion]}</span> ${m.emotion}</span>
        ${m.kind === "mood" ? html`<span class="kind" title="An expression held for longer than 10 s">mood</span>` : nothing}
        <span class="rank" title="Rank by resonance, with its 95 % interval">rank ${m.rank}${formatRankRange(m.rank_interval) ? html` <small>(${formatRankRange(m.rank_interval)})</small>` : nothing}</span></button></h3>
      <dl>
        ${figure("Strength", formatNumber(m.strength), formatInterval(m.strength_interval))}
        ${figure("Reacted, of those seen", formatShare(m.share, m.viewers), formatPercentInterval(m.share_interval))}
        ${figure("Resonance", formatNumber(m.resonance), formatInterval(m.resonance_interval))}
        ${figure("Synchrony", formatNumber(m.synchrony), formatInterval(m.synchrony_interval))}
        ${figure("Significance", formatPValue(m.p_adjusted), "adjusted")}
      </dl>
      ${m.carried_by.length ? html`<p class="evidence"><b>Carried by ${m.carried_by.map(carrierPhrase).join(" and by ")}.</b></p>` : nothing}
      <p class="evidence">${momentSentence(m)}</p>
      ${m.mixed.length ? html`<p class="mixed">${m.mixed.slice(0, 2).map((f, i) => html`${i ? ", " : ""}<b>${f.emotion}</b> ${formatShare(f.share, f.viewers)} <small>${formatPercentInterval(f.share_interval)}</small>`)}</p>` : nothing}
      ${m.lines.length ? html`<div class="excerpt">${m.lines.slice(0, MAX_EXCERPT_LINES).map((l) => html`<p>${l.character ? html`<b>${l.character}</b> ` : nothing}${l.text}</p>`)}</div>` : nothing}
      ${notes.map(noteView)}
      ${isNewNoteHere ? noteForm() : selected ? html`<p class="actions">
        <button type="button" @click=${() => editNote({ at: m.peak, text: "" })}>Add a note</button>
        <button type="button" @click=${() => zoomTo(m)}>Zoom in</button></p>` : nothing}
    </article>`;
  }

  const zoomTo = (m) => store.showRange(m.start - 3, m.end + 3);

  function renderMoments() {
    const order = moments.map((_, k) => k);
    if ($("order").value === "resonance") order.sort((a, b) => moments[a].rank - moments[b].rank);
    const elsewhere = store.notes.filter((note) => !moments.some((m) => contains(m)(note.at)));
    const isNewNoteElsewhere = draft && !draft.id && !moments.some((m) => contains(m)(draft.at));
    render(html`
      ${isNewNoteElsewhere ? html`<article class="moment">${noteForm()}</article>` : nothing}
      ${order.map((k) => momentCard(moments[k], k))}
      ${moments.length ? nothing : html`<p class="empty">${store.shownPart.conclusive ? "No moment was found." : "Inconclusive."} ${store.shownPart.conclusion}</p>`}
      ${elsewhere.length ? html`<article class="moment"><h3>Other notes</h3>${elsewhere.map(noteView)}</article>` : nothing}
      ${audience.caveats.length ? html`<article class="moment"><h3>Not excluded</h3><ul class="problems">${audience.caveats.map((caveat) => html`<li>${caveat}</li>`)}</ul></article>` : nothing}
      ${audience.problems.length ? html`<article class="moment"><h3>Data quality</h3><ul class="problems">${audience.problems.map((problem) => html`<li>${problem}</li>`)}</ul></article>` : nothing}`, $("cards"));
    $("moments-count").textContent = moments.length;
  }

  /** Open the form for a note, or close it if the draft is null. */
  function editNote(newDraft) {
    [draft, errorText] = [newDraft, ""];
    renderMoments();
    $("note-text")?.focus();
  }

  async function save(event) {
    event.preventDefault();
    const text = $("note-text").value;
    draft.text = text;
    await withErrors(() => draft.id ? study.updateNote(draft.id, text) : study.createNote(draft.at, text)) && editNote(null);
  }

  const remove = (note) => withErrors(() => study.deleteNote(note.id));

  /** Run a change and reload the notes, or show the error. Returns whether it succeeded. */
  async function withErrors(change) {
    try {
      await change();
      store.notes = await study.notes();
      errorText = "";
    } catch (error) {
      errorText = error.message;
      renderMoments();
      return false;
    }
    store.notify("notes");
    return true;
  }

  store.on("moment", () => {
    renderMoments();
    const card = store.selectedMoment === null ? null : $(`moment-${store.selectedMoment + 1}`), list = $("cards");
    if (card) list.scrollTop += card.getBoundingClientRect().top - list.getBoundingClientRect().top - 8;
  });
  store.on("notes script", renderMoments);
  $("order").addEventListener("change", renderMoments);
  renderMoments();
  return { addNote: () => editNote({ at: store.time, text: "" }) };
}
