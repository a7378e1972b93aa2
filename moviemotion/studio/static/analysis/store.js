// The shared state of the analysis page: film time, visible range, selected moment, and the curves that are shown.
// The player, timeline, script and moments change this state, and listen to its events to follow each other.

/** Shortest range that the timeline can show, in seconds. */
export const MIN_RANGE_SECONDS = 1;

export class Store extends EventTarget {
  constructor(audience, moments, rows) {
    super();
    this.audience = audience;
    // What the page shows when everyone is chosen; `moments` and `rows` hold what is shown now.
    this.everyone = { ...audience, label: "everyone", moments: [...moments], rows: rows.map((row) => ({ ...row })) };
    this.shownPart = this.everyone;
    this.moments = moments;
    this.rows = rows;
    this.notes = [];
    this.time = audience.start;
    this.visibleRange = [audience.start, audience.end];
    this.shownEmotions = new Set(audience.emotions.filter((f) => f.shown).map((f) => f.key));
    this.attentionShown = false;
    this.curves = audience.curves;
    this.selectedMoment = null;
    this.searchHits = [];
    this.pendingEvents = new Set();
  }

  /** Dispatch an event at most once per animation frame, however often the state changes. */
  notify(name) {
    if (!this.pendingEvents.size) requestAnimationFrame(() => {
      const events = [...this.pendingEvents];
      this.pendingEvents.clear();
      for (const event of events) this.dispatchEvent(new Event(event));
    });
    this.pendingEvents.add(name);
  }

  /** @param {string} names of events, separated by spaces: time, range, moment, emotions, curves, notes, script, search */
  on(names, listener) {
    for (const name of names.split(" ")) this.addEventListener(name, listener);
  }

  get second() {
    return Math.min(Math.max(Math.floor(this.time), this.audience.start), this.audience.end - 1);
  }

  /** Index of the current second in the curves. */
  get index() {
    return this.second - this.audience.start;
  }

  /** Go to a film time. The source "film" means that the film is playing and must not seek. */
  seek(time, seekSource = "user") {
    this.time = Math.min(Math.max(time, this.audience.start), this.audience.end - 0.001);
    this.seekSource = seekSource;
    if (this.time < this.visibleRange[0] || this.time >= this.visibleRange[1]) {
      // During playback, the timeline advances by a whole range; after a jump, it is centered on the time.
      const width = this.visibleRange[1] - this.visibleRange[0];
      const from = seekSource === "film" ? this.time : this.time - width / 2;
      this.showRange(from, from + width);
    }
    this.notify("time");
  }

  /** Show a range on the timeline, limited to the film and to at least `MIN_RANGE_SECONDS`. */
  showRange(from, to) {
    const { start, end } = this.audience;
    const width = Math.min(Math.max(to - from, Math.min(MIN_RANGE_SECONDS, end - start)), end - start);
    const left = Math.min(Math.max((from + to - width) / 2, start), end - width);
    this.visibleRange = [left, left + width];
    this.notify("range");
  }

  /** Zoom by a factor, keeping a given time at the same place on the screen. */
  zoom(factor, around = this.time) {
    const [from, to] = this.visibleRange;
    const width = Math.max(MIN_RANGE_SECONDS, (to - from) * factor);
    const share = Math.min(Math.max((around - from) / (to - from), 0), 1);
    this.showRange(around - share * width, around + (1 - share) * width);
  }

  /** Select a moment by its index and, by default, go to its start. */
  selectMoment(k, seek = true) {
    this.selectedMoment = k;
    this.notify("moment");
    if (k === null || !seek) return;
    const moment = this.moments[k];
    this.seek(moment.start);
    if (moment.end > this.visibleRange[1]) this.showRange(moment.start - 2, Math.max(moment.end + 2, moment.start - 2 + this.visibleRange[1] - this.visibleRange[0]));
  }

  /** Select the next moment (1) or the previous one (-1). */
  stepMoment(direction) {
    const starts = this.moments.map((m) => m.start);
    const k = direction > 0 ? starts.findIndex((s) => s > this.time + 0.01)
      : starts.findLastIndex((s) => s < this.time - 1);
    if (k >= 0) this.selectMoment(k);
  }

  toggleEmotion(emotion) {
    this.shownEmotions.has(emotion) ? this.shownEmotions.delete(emotion) : this.shownEmotions.add(emotion);
    this.notify("emotions");
  }

  /** Get everything that depends on the times of the script's lines again, after one of them was changed. */
  async reloadScript(study) {
    const { label } = this.shownPart;
    const [{ scenes, problems, timing }, moments, rows, segment] = await Promise.all([
      study.audienceCurves(), study.moments(), study.script(), this.isSegmentShown ? study.segment(label) : null,
    ]);
    Object.assign(this.audience, { scenes, problems, timing });
    Object.assign(this.everyone, { moments, rows });
    this.setPart(segment ?? { curves: this.curves, label });
    for (const event of ["script", "range", "moment"]) this.notify(event);
  }

  /** Show or hide the share of everyone that faces the screen, which is not drawn beside the curves of a part. */
  toggleAttention() {
    this.attentionShown = !this.attentionShown;
    this.notify("emotions");
  }

  get isEveryoneShown() {
    return this.curves === this.audience.curves;
  }

  /** Whether a segment is shown, which has moments and lines of its own. */
  get isSegmentShown() {
    return this.shownPart.moments !== this.everyone.moments;
  }

  /**
   * Show everyone, a segment, or chosen viewers. Chosen viewers have only curves, beside the moments and lines of
   * everyone.
   */
  showPart(part) {
    this.setPart(part);
    this.selectedMoment = null;
    this.notify("curves");
    this.notify("moment");
  }

  setPart(part) {
    this.shownPart = { ...this.everyone, ...part };
    this.curves = this.shownPart.curves;
    // The list of moments and the rows are held by the other modules, so they are changed in place.
    this.moments.splice(0, this.moments.length, ...this.shownPart.moments);
    this.rows.forEach((row, k) => Object.assign(row, this.shownPart.rows[k]));
  }
}
