// The room second by second: two charts, the scenes and moments over them, and an overview of the whole film.

import uPlot from "../vendor/uplot/uPlot.esm.js";
import { clock, countOf, interval, number, percentInterval, span } from "./words.js";

// Fixed margins (px) let ribbon, tags and playhead lie exactly over both charts.
const LEFT = 46, RIGHT = 12;
const HEIGHTS = { strength: 138, reacting: 66 };
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];

export function makeTimeline(desk) {
  const $ = (id) => document.getElementById(id);
  const { room, moments } = desk;
  const charts = $("charts"), surface = $("surface");
  let colours = {};
  const css = (name) => colours[name] ??= getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const faded = (hex, alpha) => hex + Math.round(alpha * 255).toString(16).padStart(2, "0");
  const middles = Array.from({ length: room.seconds }, (_, k) => room.start + k + 0.5);
  const map = $("overview"), at = map.querySelector(".at");
  let plots = [], width = 0;

  const pixel = (t) => (t - desk.range[0]) / (desk.range[1] - desk.range[0]) * width;
  const timeAt = (x) => desk.range[0] + x / width * (desk.range[1] - desk.range[0]);

  /* ---- charts ---- */

  function curve(name, stroke, wide, dash) {
    const hidden = { stroke: "transparent", width: 0, points: { show: false } };
    return {
      data: [desk.curves[name], desk.curves[`${name}High`], desk.curves[`${name}Low`]],
      series: [{ stroke, wide, width: wide, pattern: dash, points: { show: close, size: 6, fill: stroke } }, hidden, hidden],
      band: faded(stroke, 0.14),
    };
  }

  // Where seconds stand closer than pixels, dashes cannot be seen and wide strokes take longest to draw.
  const strokes = (u) => {
    const dense = desk.range[1] - desk.range[0] > width;
    for (const series of u.series.filter((each) => each.wide)) {
      series.dash = dense ? undefined : series.pattern;
      series.width = dense ? 1 : series.wide;
    }
  };

  // Single seconds can only be seen as points.
  const close = () => desk.range[1] - desk.range[0] < 12;

  function chart(place, height, curves, scale, below) {
    const muted = css("muted"), grid = { stroke: css("faint"), width: 1 };
    const data = [middles, ...curves.flatMap((c) => c.data)];
    const axis = { stroke: muted, grid, ticks: { show: false }, font: `11px ${css("sans")}`, gap: 4 };
    $(place).replaceChildren();
    return new uPlot({
      width: charts.clientWidth, height, pxAlign: false,
      padding: [6, RIGHT, below ? 0 : 6, 0],
      legend: { show: false }, cursor: { show: false }, select: { show: false },
      scales: { x: { time: false, auto: false, range: () => desk.range }, y: { auto: false, range: () => scale.range } },
      axes: [
        { ...axis, show: below, size: 24, space: 70, incrs: STEPS, values: (_, ticks) => ticks.map((t) => pixel(t) > width - 16 ? "" : clock(t)) },
        { ...axis, size: LEFT, space: scale.space, incrs: scale.incrs, splits: scale.splits, values: (_, ticks) => ticks.map(scale.word) },
      ],
      series: [{}, ...curves.flatMap((c) => c.series)],
      bands: curves.map((c, k) => ({ series: [3 * k + 2, 3 * k + 3], fill: c.band })),
      hooks: { drawClear: [strokes, shade], draw: [(u) => { if (!below) symbols(u); }] },
    }, data, $(place));
  }

  function build() {
    for (const plot of plots) plot.destroy();
    colours = {};
    width = charts.clientWidth - LEFT - RIGHT;
    const ink = css("ink"), feelings = room.feelings.filter((f) => desk.shown.has(f.key));
    const group = desk.curves !== room.curves;
    const strength = feelings.map((f) =>
      curve(f.key, css(f.key), 2, f.dash === "none" ? undefined : f.dash.split(" ").map(Number)));
    strength.unshift(curve("overall", ink, 3.5));
    strength[0].series[0].stroke = faded(ink, 0.5);
    const reacting = [curve("share", ink, 1.75)];
    if (group) {
      // Everyone, thin and dotted, to see the group against.
      for (const [list, name] of [[strength, "overall"], [reacting, "share"]]) {
        const all = curve(name, css("muted"), 1.25, [1, 4]);
        all.data = [room.curves[name], room.curves[name], room.curves[name]];
        all.band = "transparent";
        list.push(all);
      }
    }
    const most = top(desk.curves, ["overall", ...desk.shown]);
    plots = [
      chart("strength", HEIGHTS.strength, strength, { range: [0, most], space: 26, incrs: [0.1, 0.2, 0.5], word: (v) => v.toFixed(1) }, false),
      chart("reacting", HEIGHTS.reacting, reacting,
        { range: [0, 1.04], space: 10, splits: () => [0, 0.5, 1], word: (v) => `${Math.round(100 * v)} %` }, true),
    ];
    overlays();
    overview();
  }

  function shade(u) {
    const { ctx, bbox } = u, ratio = devicePixelRatio;
    ctx.save();
    moments.forEach((m, k) => {
      if (m.end <= desk.range[0] || m.start >= desk.range[1]) return;
      const a = bbox.left + Math.max(0, pixel(m.start)) * ratio, b = bbox.left + Math.min(width, pixel(m.end)) * ratio;
      ctx.fillStyle = faded(css(m.emotion), k === desk.chosen ? 0.3 : 0.13);
      ctx.fillRect(a, bbox.top, Math.max(b - a, ratio), bbox.height);
      if (k === desk.chosen) {
        ctx.strokeStyle = css("accent");
        ctx.lineWidth = 2 * ratio;
        ctx.strokeRect(a, bbox.top, b - a, bbox.height);
      }
    });
    ctx.restore();
  }

  // Each feeling's symbol stands on its curve at the highest place in view: colour is not the only sign.
  function symbols(u) {
    const { ctx, bbox } = u, ratio = devicePixelRatio;
    const from = Math.max(0, Math.floor(desk.range[0] - room.start)), to = Math.min(room.seconds, Math.ceil(desk.range[1] - room.start));
    ctx.save();
    ctx.font = `700 ${12 * ratio}px "DejaVu Sans", ${css("sans")}`;
    ctx.textAlign = "center";
    for (const f of room.feelings) {
      if (!desk.shown.has(f.key)) continue;
      let best = -1;
      for (let k = from; k < to; k++) if (desk.curves[f.key][k] != null && (best < 0 || desk.curves[f.key][k] > desk.curves[f.key][best])) best = k;
      if (best < 0) continue;
      const x = bbox.left + Math.min(Math.max(pixel(middles[best]), 8), width - 8) * ratio;
      const y = Math.max(u.valToPos(desk.curves[f.key][best], "y", true) - 6 * ratio, bbox.top + 11 * ratio);
      ctx.lineWidth = 3 * ratio;
      ctx.strokeStyle = css("paper");
      ctx.strokeText(f.symbol, x, y);
      ctx.fillStyle = css(f.key);
      ctx.fillText(f.symbol, x, y);
    }
    ctx.restore();
  }

  /* ---- what lies over the charts ---- */

  function make(tag, className, text) {
    const node = document.createElement(tag);
    node.className = className;
    node.textContent = text;
    return node;
  }

  const tags = moments.map((m, k) => {
    const tag = make("button", "moment-number", k + 1);
    tag.type = "button";
    tag.setAttribute("aria-label", `Moment ${k + 1}, ${m.emotion}, ${span(m.start, m.end)}`);
    tag.addEventListener("click", () => desk.choose(k));
    return tag;
  });
  $("tags").append(...tags);

  function overlays() {
    const [from, to] = desk.range;
    $("ribbon").replaceChildren(...room.scenes.filter((s) => s.end > from && s.start < to).flatMap((s) => {
      const left = pixel(Math.max(s.start, from)), wide = pixel(Math.min(s.end, to)) - left;
      if (wide < 3) return [];
      const node = make("span", "", wide < 22 ? "" : wide < 70 ? s.number : `${s.number}  ${s.heading}`);
      node.style.left = `${LEFT + left}px`;
      node.style.width = `${wide}px`;
      return [node];
    }));
    let edge = -Infinity;
    moments.forEach((m, k) => {
      const x = pixel((Math.max(m.start, from) + Math.min(m.end, to)) / 2);
      // A tag that would cover its neighbour waits for a zoom; its shade stays.
      tags[k].hidden = m.end <= from || m.start >= to || (x - edge < (k < 9 ? 26 : 34) && k !== desk.chosen);
      if (tags[k].hidden) return;
      tags[k].style.left = `${LEFT + x}px`;
      edge = x;
    });
    $("range").textContent = span(from, to);
    $("whole").disabled = from <= room.start && to >= room.end;
    $("zoom-out").disabled = $("whole").disabled;
    $("zoom-in").disabled = to - from <= 1;
    playhead();
  }

  function playhead() {
    const x = pixel(desk.time);
    $("playhead").hidden = x < 0 || x > width;
    $("playhead").style.transform = `translateX(${LEFT + x}px)`;
    at.style.transform = `translateX(${(desk.time - room.start) / room.seconds * width}px)`;
    surface.setAttribute("aria-valuenow", desk.second);
    surface.setAttribute("aria-valuetext", `${clock(desk.time)}: ${words(desk.at)}`);
  }

  /** A second in words. */
  function words(k) {
    const c = desk.curves, n = c.viewers[k];
    if (!n) return "nobody was seen, or too few to be told";
    const ends = (name) => [c[`${name}Low`][k], c[`${name}High`][k]];
    const felt = room.feelings.filter((f) => desk.shown.has(f.key)).map((f) => `${f.symbol} ${f.key} ${number(c[f.key][k])} (${interval(ends(f.key))})`);
    return [`strength ${number(c.overall[k])} (${interval(ends("overall"))})`, ...felt,
      `${countOf(c.share[k], n)} reacting (${percentInterval(ends("share"))})`].join("; ");
  }

  /* ---- overview ---- */

  const pane = map.querySelector("canvas"), frame = map.querySelector(".window");
  const mapTime = (x) => room.start + Math.min(Math.max(x / map.clientWidth, 0), 1) * room.seconds;

  function overview() {
    const ratio = devicePixelRatio, wide = map.clientWidth, high = map.clientHeight;
    pane.width = wide * ratio;
    pane.height = high * ratio;
    const pen = pane.getContext("2d");
    pen.scale(ratio, ratio);
    const x = (t) => (t - room.start) / room.seconds * wide;
    for (const m of moments) {
      pen.fillStyle = faded(css(m.emotion), 0.45);
      pen.fillRect(x(m.start), 0, Math.max(1.5, x(m.end) - x(m.start)), high);
    }
    const most = top(desk.curves, ["overall"]);
    pen.fillStyle = faded(css("ink"), 0.45);
    for (let p = 0; p < wide; p++) {
      let best = 0;
      const to = Math.max(Math.ceil((p + 1) / wide * room.seconds), Math.floor(p / wide * room.seconds) + 1);
      for (let k = Math.floor(p / wide * room.seconds); k < Math.min(to, room.seconds); k++) best = Math.max(best, desk.curves.overall[k] ?? 0);
      pen.fillRect(p, high, 1, -best / most * (high - 8));
    }
    pen.fillStyle = css("accent");
    for (const row of desk.hits) if (row.start != null) pen.fillRect(x(row.start) - 1, 0, 2, 7);
    for (const note of desk.notes) {
      pen.beginPath();
      pen.arc(x(note.at), 5, 3, 0, 7);
      pen.fill();
    }
    place();
  }

  function place() {
    frame.style.left = `${100 * (desk.range[0] - room.start) / room.seconds}%`;
    frame.style.width = `${100 * (desk.range[1] - desk.range[0]) / room.seconds}%`;
  }

  function dragging(node, begin) {
    node.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      const box = node.getBoundingClientRect(), x = (e) => e.clientX - box.left;
      const step = begin(x(event), event);
      if (!step) return;
      event.preventDefault();
      node.focus?.({ preventScroll: true });
      node.setPointerCapture(event.pointerId);
      const move = (e) => step(x(e), false);
      const up = (e) => {
        step(x(e), true);
        node.removeEventListener("pointermove", move);
        node.removeEventListener("pointerup", up);
        node.removeEventListener("pointercancel", up);
      };
      node.addEventListener("pointermove", move);
      node.addEventListener("pointerup", up);
      node.addEventListener("pointercancel", up);
    });
  }

  // An edge of the window is pulled, the window is moved, and anywhere else a new one is drawn.
  dragging(map, (x) => {
    const [from, to] = desk.range, at = mapTime(x);
    const near = (t) => Math.abs((t - room.start) / room.seconds * map.clientWidth - x) < 9;
    const whole = to - from >= room.seconds;
    if (!whole && near(from)) return (now) => desk.show(Math.min(mapTime(now), to - 1), to);
    if (!whole && near(to)) return (now) => desk.show(from, Math.max(mapTime(now), from + 1));
    if (!whole && from < at && at < to) return (now) => desk.show(from + mapTime(now) - at, to + mapTime(now) - at);
    return (now, done) => {
      if (Math.abs(now - x) > 5) desk.show(Math.min(at, mapTime(now)), Math.max(at, mapTime(now)));
      else if (done) desk.seek(at);
    };
  });

  // On the charts one scrubs; with shift one draws what to see closer.
  dragging(surface, (x, event) => {
    $("tip").hidden = true;
    if (!event.shiftKey) {
      desk.seek(timeAt(x));
      const inside = moments.findIndex((m) => m.start <= desk.time && desk.time < m.end);
      if (inside >= 0) desk.choose(inside, false);
      return (now) => desk.seek(timeAt(Math.min(Math.max(now, 0), width)));
    }
    const box = $("chosen-range");
    return (now, done) => {
      const a = Math.max(0, Math.min(x, now)), b = Math.min(width, Math.max(x, now));
      box.hidden = done;
      box.style.left = `${LEFT + a}px`;
      box.style.width = `${b - a}px`;
      if (done && b - a > 4) desk.show(timeAt(a), timeAt(b));
    };
  });

  surface.addEventListener("wheel", (event) => {
    event.preventDefault();
    const x = event.clientX - surface.getBoundingClientRect().left;
    const seconds = desk.range[1] - desk.range[0];
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      const by = (event.deltaX || event.deltaY) / width * seconds;
      desk.show(desk.range[0] + by, desk.range[1] + by);
    } else desk.zoom(Math.exp(Math.sign(event.deltaY) * Math.min(Math.abs(event.deltaY), 100) / 300), timeAt(x));
  }, { passive: false });
  surface.addEventListener("dblclick", () => desk.show(room.start, room.end));

  surface.addEventListener("pointermove", (event) => {
    if (event.buttons || event.pointerType !== "mouse") return;
    const x = event.clientX - surface.getBoundingClientRect().left;
    const k = Math.floor(timeAt(x)) - room.start;
    const tip = $("tip");
    tip.hidden = k < 0 || k >= room.seconds;
    if (tip.hidden) return;
    tip.replaceChildren(make("b", "", clock(room.start + k)), ...words(k).split("; ").map((each) => make("span", "", each)),
      make("span", "", `n = ${desk.curves.viewers[k]}`));
    tip.style.left = `${Math.min(LEFT + x + 14, charts.clientWidth - tip.offsetWidth - 4)}px`;
  });
  surface.addEventListener("pointerleave", () => { $("tip").hidden = true; });

  $("zoom-in").addEventListener("click", () => desk.zoom(0.5));
  $("zoom-out").addEventListener("click", () => desk.zoom(2));
  $("whole").addEventListener("click", () => desk.show(room.start, room.end));

  surface.setAttribute("aria-valuemin", room.start);
  surface.setAttribute("aria-valuemax", room.end - 1);
  desk.on("time", playhead);
  desk.on("range", () => {
    for (const plot of plots) plot.setScale("x", { min: desk.range[0], max: desk.range[1] });
    overlays();
    place();
  });
  desk.on("shown curves", build);
  desk.on("chosen", () => {
    for (const plot of plots) plot.redraw(false);
    tags.forEach((tag, k) => tag.setAttribute("aria-pressed", String(k === desk.chosen)));
    overlays();
  });
  desk.on("notes hits", overview);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", build);
  let asked = 0;
  new ResizeObserver(() => {
    cancelAnimationFrame(asked);
    if (charts.clientWidth - LEFT - RIGHT !== width) asked = requestAnimationFrame(build);
  }).observe(charts);
  build();
}

/** Where the strength axis ends: above every curve and every interval; one viewer alone has no interval. */
export function top(curves, names) {
  let most = 0.2;
  for (const name of names) for (const key of [name, `${name}High`]) for (const v of curves[key]) if (v > most) most = v;
  return Math.min(1, Math.ceil(most * 10 + 0.3) / 10);
}
