// What film, timeline and script share: where in the film we are, what of it is in view, whose feelings are drawn.

/** Shortest stretch of film that the timeline shows, seconds. */
export const CLOSEST = 1;

export class Desk extends EventTarget {
  constructor(room, moments) {
    super();
    this.room = room;
    this.moments = moments;
    this.notes = [];
    this.time = room.start;
    this.range = [room.start, room.end];
    this.shown = new Set(room.feelings.filter((f) => f.shown).map((f) => f.key));
    this.curves = room.curves;
    this.whose = "everyone";
    this.chosen = null;
    this.hits = [];
    this.due = new Set();
  }

  /** Tell whoever listens, once a frame however often it changes. */
  changed(what) {
    if (!this.due.size) requestAnimationFrame(() => {
      const due = [...this.due];
      this.due.clear();
      for (const each of due) this.dispatchEvent(new Event(each));
    });
    this.due.add(what);
  }

  on(what, listener) {
    for (const each of what.split(" ")) this.addEventListener(each, listener);
  }

  get second() {
    return Math.min(Math.max(Math.floor(this.time), this.room.start), this.room.end - 1);
  }

  /** Index into the curves. */
  get at() {
    return this.second - this.room.start;
  }

  /** Go to a time; `by` says who asks, so that the film does not seek to where it is. */
  seek(time, by = "hand") {
    this.time = Math.min(Math.max(time, this.room.start), this.room.end - 0.001);
    this.by = by;
    if (this.time < this.range[0] || this.time >= this.range[1]) {
      // While it plays the view turns like a page; a jump lands in the middle.
      const width = this.range[1] - this.range[0];
      const from = by === "film" ? this.time : this.time - width / 2;
      this.show(from, from + width);
    }
    this.changed("time");
  }

  /** Bring a stretch into view, no wider than the film and no closer than a second. */
  show(from, to) {
    const { start, end } = this.room;
    const width = Math.min(Math.max(to - from, Math.min(CLOSEST, end - start)), end - start);
    const left = Math.min(Math.max((from + to - width) / 2, start), end - width);
    this.range = [left, left + width];
    this.changed("range");
  }

  /** Zoom by a factor, keeping a time where it is. */
  zoom(factor, around = this.time) {
    const [from, to] = this.range;
    const width = Math.max(CLOSEST, (to - from) * factor);
    const share = Math.min(Math.max((around - from) / (to - from), 0), 1);
    this.show(around - share * width, around + (1 - share) * width);
  }

  choose(k, go = true) {
    this.chosen = k;
    this.changed("chosen");
    if (k === null || !go) return;
    const moment = this.moments[k];
    this.seek(moment.start);
    if (moment.end > this.range[1]) this.show(moment.start - 2, Math.max(moment.end + 2, moment.start - 2 + this.range[1] - this.range[0]));
  }

  /** The moment before or after where we are, and go there. */
  step(direction) {
    const starts = this.moments.map((m) => m.start);
    const k = direction > 0 ? starts.findIndex((s) => s > this.time + 0.01)
      : starts.findLastIndex((s) => s < this.time - 1);
    if (k >= 0) this.choose(k);
  }

  toggle(feeling) {
    this.shown.has(feeling) ? this.shown.delete(feeling) : this.shown.add(feeling);
    this.changed("shown");
  }

  draw(curves, whose) {
    this.curves = curves;
    this.whose = whose;
    this.changed("curves");
  }
}
