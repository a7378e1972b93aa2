// The timeline: two charts of the audience second by second, scenes and moments above them, and an overview of the
// entire film.

import uPlot from "../vendor/uplot/uPlot.esm.js";
import { formatTime, formatShare, formatInterval, formatNumber, formatMomentName, formatPercentInterval, formatTimeRange, formatTooFew } from "./format.js";

// Fixed margins (px) align the scenes, moment numbers and playhead with both charts.
const MARGIN_LEFT = 46, MARGIN_RIGHT = 12;
const CHART_HEIGHTS = { strength: 138, reacting: 66 };
const TICK_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];

export function makeTimeline(store) {
  const $ = (id) => document.getElementById(id);
  const { audience, moments } = store;
  const charts = $("charts"), surface = $("surface");
  let colors = {};
  const cssValue = (name) => colors[name] ??= getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const withAlpha = (hex, alpha) => hex + Math.round(alpha * 255).toString(16).padStart(2, "0");
  const secondCenters = Array.from({ length: audience.seconds }, (_, k) => audience.start + k + 0.5);
  const overviewNode = $("overview"), at = overviewNode.querySelector(".at");
  let plots = [], width = 0;

  const timeToX = (t) => (t - store.visibleRange[0]) / (store.visibleRange[1] - store.visibleRange[0]) * width;
  const inFilm = (k) => !audience.outside.some(([from, to]) => from <= audience.start + k && audience.start + k < to);
  const xToTime = (x) => store.visibleRange[0] + x / width * (store.visibleRange[1] - store.visibleRange[0]);

  /* ---- charts ---- */

  function curveSeries(name, stroke, wide, dash, curves = store.curves) {
    const hidden = { stroke: "transparent", width: 0, points: { show: false } };
    return {
      data: [curves[name], curves[`${name}High`], curves[`${name}Low`]],
      series: [{ stroke, wide, width: wide, pattern: dash, points: { show: isZoomedIn, size: 6, fill: stroke } }, hidden, hidden],
      band: withAlpha(stroke, 0.14),
    };
  }

  // With more than one second per pixel, dashes are not visible, and wide strokes take the longest to draw.
  const adaptStrokes = (u) => {
    const dense = store.visibleRange[1] - store.visibleRange[0] > width;
    for (const series of u.series.filter((each) => each.wide)) {
      series.dash = dense ? undefined : series.pattern;
      series.width = dense ? 1 : series.wide;
    }
  };

  // When zoomed in, also draw points, since a second between two gaps has no line.
  const isZoomedIn = () => store.visibleRange[1] - store.visibleRange[0] < 12;

  function createChart(place, height, curves, scale, below) {
    const muted = cssValue("muted"), grid = { stroke: cssValue("faint"), width: 1 };
    const data = [secondCenters, ...curves.flatMap((c) => c.data)];
    const axis = { stroke: muted, grid, ticks: { show: false }, font: `11px ${cssValue("sans")}`, gap: 4 };
    $(place).replaceChildren();
    return new uPlot({
      width: charts.clientWidth, height, pxAlign: false,
      padding: [6, MARGIN_RIGHT, below ? 0 : 6, 0],
      legend: { show: false }, cursor: { show: false }, select: { show: false },
      scales: { x: { time: false, auto: false, range: () => store.visibleRange }, y: { auto: false, range: () => scale.range } },
      axes: [
        { ...axis, show: below, size: 24, space: 70, incrs: TICK_STEPS, values: (_, ticks) => ticks.map((t) => timeToX(t) > width - 16 ? "" : formatTime(t)) },
        { ...axis, size: MARGIN_LEFT, space: scale.space, incrs: scale.incrs, splits: scale.splits, values: (_, ticks) => ticks.map(scale.word) },
      ],
      series: [{}, ...curves.flatMap((c) => c.series)],
      bands: curves.map((c, k) => ({ series: [3 * k + 2, 3 * k + 3], fill: c.band })),
      hooks: { drawClear: [adaptStrokes, drawUnknown, drawMomentShades], draw: [grayOutside, (u) => { if (!below) drawSymbols(u); }] },
    }, data, $(place));
  }

  function buildCharts() {
    for (const plot of plots) plot.destroy();
    createTags();
    colors = {};
    width = charts.clientWidth - MARGIN_LEFT - MARGIN_RIGHT;
    const ink = cssValue("ink"), shown = audience.emotions.filter((f) => store.shownEmotions.has(f.key));
    const part = !store.isEveryoneShown;
    const strength = shown.map((f) =>
      curveSeries(f.key, cssValue(f.key), 2, f.dash === "none" ? undefined : f.dash.split(" ").map(Number)));
    strength.unshift(curveSeries("overall", ink, 3.5));
    strength[0].series[0].stroke = withAlpha(ink, 0.5);
    const reacting = [curveSeries("share", ink, 1.75)];
    if (part) {
      // Add the entire audience as a thin dotted line, for comparison with the part of it that is shown.
      for (const [list, name] of [[strength, "overall"], [reacting, "share"]]) {
        const all = curveSeries(name, cssValue("muted"), 1.25, [1, 4]);
        all.data = [audience.curves[name], audience.curves[name], audience.curves[name]];
        all.band = "transparent";
        list.push(all);
      }
    }
    if (store.attentionShown && !part) {
      reacting.push(curveSeries("attention", cssValue("accent"), 1.75, [6, 3], audience.curves));
    }
    const axisMax = strengthAxisMax(store.curves, ["overall", ...store.shownEmotions]);
    plots = [
      createChart("strength", CHART_HEIGHTS.strength, strength, { range: [0, axisMax], space: 26, incrs: [0.1, 0.2, 0.5], word: (v) => v.toFixed(1) }, false),
      createChart("reacting", CHART_HEIGHTS.reacting, reacting,
        { range: [0, 1.04], space: 10, splits: () => [0, 0.5, 1], word: (v) => `${Math.round(100 * v)} %` }, true),
    ];
    updateOverlays();
    drawOverview();
  }

  function hatchPattern(context) {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 6;
    const pen = tile.getContext("2d");
    pen.fillStyle = cssValue("faint");
    pen.fillRect(0, 0, 6, 6);
    pen.strokeStyle = cssValue("muted");
    pen.lineWidth = 0.7;
    pen.beginPath();
    for (const shift of [-6, 0, 6]) { pen.moveTo(shift, 6); pen.lineTo(shift + 6, 0); }
    pen.stroke();
    return context.createPattern(tile, "repeat");
  }

  /** Stretches [from, to) in which too few viewers were seen. */
  function unknownStretches() {
    const stretches = [];
    store.curves.viewers.forEach((n, k) => {
      if (n >= store.curves.minViewers) return;
      const last = stretches.at(-1), at = audience.start + k;
      if (last?.[1] === at) last[1] = at + 1;
      else stretches.push([at, at + 1]);
    });
    return stretches;
  }

  function drawUnknown(u) {
    const { ctx, bbox } = u, ratio = devicePixelRatio;
    ctx.save();
    ctx.fillStyle = hatchPattern(ctx);
    for (const [from, to] of unknownStretches()) {
      if (to <= store.visibleRange[0] || from >= store.visibleRange[1]) continue;
      const a = bbox.left + Math.max(0, timeToX(from)) * ratio, b = bbox.left + Math.min(width, timeToX(to)) * ratio;
      ctx.fillRect(a, bbox.top, Math.max(b - a, ratio), bbox.height);
    }
    ctx.restore();
  }

  function drawMomentShades(u) {
    const { ctx, bbox } = u, ratio = devicePixelRatio;
    ctx.save();
    moments.forEach((m, k) => {
      if (m.end <= store.visibleRange[0] || m.start >= store.visibleRange[1]) return;
      const a = bbox.left + Math.max(0, timeToX(m.start)) * ratio, b = bbox.left + Math.min(width, timeToX(m.end)) * ratio;
      // A mood is shaded more lightly, with a line at its foot, because it is long and may surround moments.
      const mood = m.kind === "mood", wide = Math.max(b - a, ratio);
      ctx.fillStyle = withAlpha(cssValue(m.emotion), (mood ? 0.5 : 1) * (k === store.selectedMoment ? 0.3 : 0.13));
      ctx.fillRect(a, bbox.top, wide, bbox.height);
      if (mood) {
        ctx.fillStyle = cssValue(m.emotion);
        ctx.fillRect(a, bbox.top + bbox.height - 3 * ratio, wide, 3 * ratio);
      }
      if (k === store.selectedMoment) {
        ctx.strokeStyle = cssValue("accent");
        ctx.lineWidth = 2 * ratio;
        ctx.strokeRect(a, bbox.top, b - a, bbox.height);
      }
    });
    ctx.restore();
  }

  // Seconds before and after the film and in its credits are no evidence, so their curves are gray.
  function grayOutside(u) {
    const { ctx, bbox } = u, ratio = devicePixelRatio;
    ctx.save();
    ctx.fillStyle = withAlpha(cssValue("rule"), 0.75);
    for (const [from, to] of audience.outside) {
      const a = Math.max(0, timeToX(from)), b = Math.min(width, timeToX(to));
      if (b > a) ctx.fillRect(bbox.left + a * ratio, bbox.top, (b - a) * ratio, bbox.height);
    }
    ctx.restore();
  }

  // Draw each emotion's symbol at the highest visible point of its curve in the film, so that color is not the only cue.
  function drawSymbols(u) {
    const { ctx, bbox } = u, ratio = devicePixelRatio;
    const from = Math.max(0, Math.floor(store.visibleRange[0] - audience.start)), to = Math.min(audience.seconds, Math.ceil(store.visibleRange[1] - audience.start));
    ctx.save();
    ctx.font = `700 ${12 * ratio}px "DejaVu Sans", ${cssValue("sans")}`;
    ctx.textAlign = "center";
    for (const f of audience.emotions) {
      if (!store.shownEmotions.has(f.key)) continue;
      let best = -1;
      for (let k = from; k < to; k++) if (inFilm(k) && store.curves[f.key][k] != null && (best < 0 || store.curves[f.key][k] > store.curves[f.key][best])) best = k;
      if (best < 0) continue;
      const x = bbox.left + Math.min(Math.max(timeToX(secondCenters[best]), 8), width - 8) * ratio;
      const y = Math.max(u.valToPos(store.curves[f.key][best], "y", true) - 6 * ratio, bbox.top + 11 * ratio);
      ctx.lineWidth = 3 * ratio;
      ctx.strokeStyle = cssValue("paper");
      ctx.strokeText(f.symbol, x, y);
      ctx.fillStyle = cssValue(f.key);
      ctx.fillText(f.symbol, x, y);
    }
    ctx.restore();
  }

  /* ---- scenes, moments and playhead ---- */

  function createNode(tag, className, text) {
    const node = document.createElement(tag);
    node.className = className;
    node.textContent = text;
    return node;
  }

  let tags = [];

  function createTags() {
    tags = moments.map((m, k) => {
      const tag = createNode("button", "moment-number", k + 1);
      tag.type = "button";
      tag.setAttribute("aria-label", `${formatMomentName(k, m)}, ${formatTimeRange(m.start, m.end)}`);
      tag.addEventListener("click", () => store.selectMoment(k));
      return tag;
    });
    $("tags").replaceChildren(...tags);
  }

  function updateOverlays() {
    const [from, to] = store.visibleRange;
    $("ribbon").replaceChildren(...audience.scenes.filter((s) => s.end > from && s.start < to).flatMap((s) => {
      const left = timeToX(Math.max(s.start, from)), wide = timeToX(Math.min(s.end, to)) - left;
      if (wide < 3) return [];
      const node = createNode("span", "", wide < 22 ? "" : wide < 70 ? s.number : `${s.number}  ${s.heading}`);
      node.style.left = `${MARGIN_LEFT + left}px`;
      node.style.width = `${wide}px`;
      return [node];
    }));
    let edge = -Infinity;
    moments.forEach((m, k) => {
      const x = timeToX((Math.max(m.start, from) + Math.min(m.end, to)) / 2);
      // Until the user zooms in, hide a number that would cover the previous one; the shading remains.
      tags[k].hidden = m.end <= from || m.start >= to || (x - edge < (k < 9 ? 26 : 34) && k !== store.selectedMoment);
      if (tags[k].hidden) return;
      tags[k].style.left = `${MARGIN_LEFT + x}px`;
      edge = x;
    });
    $("range").textContent = formatTimeRange(from, to);
    $("show-all").disabled = from <= audience.start && to >= audience.end;
    $("zoom-out").disabled = $("show-all").disabled;
    $("zoom-in").disabled = to - from <= 1;
    updatePlayhead();
  }

  function updatePlayhead() {
    const x = timeToX(store.time);
    $("playhead").hidden = x < 0 || x > width;
    $("playhead").style.transform = `translateX(${MARGIN_LEFT + x}px)`;
    at.style.transform = `translateX(${(store.time - audience.start) / audience.seconds * width}px)`;
    surface.setAttribute("aria-valuenow", store.second);
    surface.setAttribute("aria-valuetext", `${formatTime(store.time)}: ${describeSecond(store.index)}`);
  }

  /** Describe a second as text, for the tooltip and for screen readers. */
  function describeSecond(k) {
    const c = store.curves, n = c.viewers[k];
    const note = inFilm(k) ? [] : ["not in the film"];
    if (n < c.minViewers) return [...note, formatTooFew(n)].join("; ");
    const ends = (name) => [c[`${name}Low`][k], c[`${name}High`][k]];
    const emotions = audience.emotions.filter((f) => store.shownEmotions.has(f.key)).map((f) => `${f.symbol} ${f.key} ${formatNumber(c[f.key][k])} (${formatInterval(ends(f.key))})`);
    return [...note, `strength ${formatNumber(c.overall[k])} (${formatInterval(ends("overall"))})`, ...emotions,
      `${formatShare(c.share[k], n)} reacting (${formatPercentInterval(ends("share"))})`].join("; ");
  }

  /* ---- overview ---- */

  const pane = overviewNode.querySelector("canvas"), frame = overviewNode.querySelector(".window");
  const overviewTime = (x) => audience.start + Math.min(Math.max(x / overviewNode.clientWidth, 0), 1) * audience.seconds;

  function drawOverview() {
    const ratio = devicePixelRatio, wide = overviewNode.clientWidth, high = overviewNode.clientHeight;
    pane.width = wide * ratio;
    pane.height = high * ratio;
    const pen = pane.getContext("2d");
    pen.scale(ratio, ratio);
    const x = (t) => (t - audience.start) / audience.seconds * wide;
    for (const m of moments) {
      pen.fillStyle = withAlpha(cssValue(m.emotion), 0.45);
      pen.fillRect(x(m.start), 0, Math.max(1.5, x(m.end) - x(m.start)), high);
    }
    const axisMax = strengthAxisMax(store.curves, ["overall"]);
    pen.fillStyle = hatchPattern(pen);
    for (const [from, to] of unknownStretches()) pen.fillRect(x(from), 0, Math.max(1, x(to) - x(from)), high);
    pen.fillStyle = withAlpha(cssValue("ink"), 0.45);
    for (let p = 0; p < wide; p++) {
      let best = 0;
      const to = Math.max(Math.ceil((p + 1) / wide * audience.seconds), Math.floor(p / wide * audience.seconds) + 1);
      for (let k = Math.floor(p / wide * audience.seconds); k < Math.min(to, audience.seconds); k++) best = Math.max(best, store.curves.overall[k] ?? 0);
      pen.fillRect(p, high, 1, -best / axisMax * (high - 8));
    }
    pen.fillStyle = cssValue("accent");
    for (const row of store.searchHits) if (row.start != null) pen.fillRect(x(row.start) - 1, 0, 2, 7);
    for (const note of store.notes) {
      pen.beginPath();
      pen.arc(x(note.at), 5, 3, 0, 7);
      pen.fill();
    }
    pen.fillStyle = withAlpha(cssValue("rule"), 0.75);
    for (const [from, to] of audience.outside) pen.fillRect(x(from), 0, x(to) - x(from), high);
    positionWindow();
  }

  function positionWindow() {
    frame.style.left = `${100 * (store.visibleRange[0] - audience.start) / audience.seconds}%`;
    frame.style.width = `${100 * (store.visibleRange[1] - store.visibleRange[0]) / audience.seconds}%`;
  }

  /**
   * Handle drags on a node.
   *
   * @param {(x: number, event: PointerEvent) => ((x: number, done: boolean) => void) | undefined} begin called with
   *   the start position (px); returns the function to call while the pointer moves and when it is released
   */
  function onDrag(node, begin) {
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

  // On the overview: drag an edge of the window, move the window, or draw a new one anywhere else.
  onDrag(overviewNode, (x) => {
    const [from, to] = store.visibleRange, at = overviewTime(x);
    const near = (t) => Math.abs((t - audience.start) / audience.seconds * overviewNode.clientWidth - x) < 9;
    const isWholeFilm = to - from >= audience.seconds;
    if (!isWholeFilm && near(from)) return (now) => store.showRange(Math.min(overviewTime(now), to - 1), to);
    if (!isWholeFilm && near(to)) return (now) => store.showRange(from, Math.max(overviewTime(now), from + 1));
    if (!isWholeFilm && from < at && at < to) return (now) => store.showRange(from + overviewTime(now) - at, to + overviewTime(now) - at);
    return (now, done) => {
      if (Math.abs(now - x) > 5) store.showRange(Math.min(at, overviewTime(now)), Math.max(at, overviewTime(now)));
      else if (done) store.seek(at);
    };
  });

  // On the charts: drag to scrub, or with Shift to draw the range to zoom to.
  onDrag(surface, (x, event) => {
    $("tip").hidden = true;
    if (!event.shiftKey) {
      store.seek(xToTime(x));
      const inside = moments.findIndex((m) => m.start <= store.time && store.time < m.end);
      if (inside >= 0) store.selectMoment(inside, false);
      return (now) => store.seek(xToTime(Math.min(Math.max(now, 0), width)));
    }
    const box = $("selected-range");
    return (now, done) => {
      const a = Math.max(0, Math.min(x, now)), b = Math.min(width, Math.max(x, now));
      box.hidden = done;
      box.style.left = `${MARGIN_LEFT + a}px`;
      box.style.width = `${b - a}px`;
      if (done && b - a > 4) store.showRange(xToTime(a), xToTime(b));
    };
  });

  surface.addEventListener("wheel", (event) => {
    event.preventDefault();
    const x = event.clientX - surface.getBoundingClientRect().left;
    const seconds = store.visibleRange[1] - store.visibleRange[0];
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      const by = (event.deltaX || event.deltaY) / width * seconds;
      store.showRange(store.visibleRange[0] + by, store.visibleRange[1] + by);
    } else store.zoom(Math.exp(Math.sign(event.deltaY) * Math.min(Math.abs(event.deltaY), 100) / 300), xToTime(x));
  }, { passive: false });
  surface.addEventListener("dblclick", () => store.showRange(audience.start, audience.end));

  surface.addEventListener("pointermove", (event) => {
    if (event.buttons || event.pointerType !== "mouse") return;
    const x = event.clientX - surface.getBoundingClientRect().left;
    const k = Math.floor(xToTime(x)) - audience.start;
    const tip = $("tip");
    tip.hidden = k < 0 || k >= audience.seconds;
    if (tip.hidden) return;
    tip.replaceChildren(createNode("b", "", formatTime(audience.start + k)), ...describeSecond(k).split("; ").map((each) => createNode("span", "", each)),
      createNode("span", "", `${store.curves.viewers[k]} seen`));
    tip.style.left = `${Math.min(MARGIN_LEFT + x + 14, charts.clientWidth - tip.offsetWidth - 4)}px`;
  });
  surface.addEventListener("pointerleave", () => { $("tip").hidden = true; });

  $("zoom-in").addEventListener("click", () => store.zoom(0.5));
  $("zoom-out").addEventListener("click", () => store.zoom(2));
  $("show-all").addEventListener("click", () => store.showRange(audience.start, audience.end));

  surface.setAttribute("aria-valuemin", audience.start);
  surface.setAttribute("aria-valuemax", audience.end - 1);
  store.on("time", updatePlayhead);
  store.on("range", () => {
    for (const plot of plots) plot.setScale("x", { min: store.visibleRange[0], max: store.visibleRange[1] });
    updateOverlays();
    positionWindow();
  });
  store.on("emotions curves", buildCharts);
  store.on("moment", () => {
    for (const plot of plots) plot.redraw(false);
    tags.forEach((tag, k) => tag.setAttribute("aria-pressed", String(k === store.selectedMoment)));
    updateOverlays();
  });
  store.on("notes search", drawOverview);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", buildCharts);
  let pendingFrame = 0;
  new ResizeObserver(() => {
    cancelAnimationFrame(pendingFrame);
    if (charts.clientWidth - MARGIN_LEFT - MARGIN_RIGHT !== width) pendingFrame = requestAnimationFrame(buildCharts);
  }).observe(charts);
  buildCharts();
}

/** End of the strength axis: above all curves and their intervals. A single viewer's curve has no interval. */
export function strengthAxisMax(curves, names) {
  let max = 0.2;
  for (const name of names) for (const key of [name, `${name}High`]) for (const v of curves[key]) if (v > max) max = v;
  return Math.min(1, Math.ceil(max * 10 + 0.3) / 10);
}
