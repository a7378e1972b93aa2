"use strict";
/* Draws the curves and the viewer strips, and links curves, moments and script.

   `data` is described in chart_data.py. Times are seconds of film time. uPlot draws the curves on canvases;
   everything that can be clicked or focused is an HTML element above them: the moment tags, the scene ribbon,
   the cursor and one transparent surface for the pointer. */
(() => {
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("data").textContent);
  const end = data.start + data.seconds;
  // With fixed margins and heights (px), the overlays lie exactly above the canvases.
  const LEFT = 46, RIGHT = 12, AXIS = 24, HEIGHTS = { strength: 144, reacting: 96 };
  const PAPER_WIDTH = 660, MIN_ZOOM = 2, DRAG = 5;
  const TICKS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
  const NOT_SEEN = 255, LEVELS = 32;

  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const curve = (text) => {
    const view = new DataView(bytes(text).buffer);
    return Array.from({ length: data.seconds }, (_, k) => {
      const step = view.getUint16(2 * k, true);
      return step === data.noValue ? null : step / data.steps;
    });
  };
  const curves = Object.fromEntries(Object.entries(data.curves).map(([k, v]) => [k, curve(v)]));
  const cells = bytes(data.strips);
  const shown = new Set(data.emotions.filter((e) => e.shown).map((e) => e.key));
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const clock = (t) => {
    const s = Math.floor(t), two = (n) => String(n).padStart(2, "0");
    return s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`
      : `${Math.floor(s / 60)}:${two(s % 60)}`;
  };
  const faded = (hex, alpha) => hex + Math.round(alpha * 255).toString(16).padStart(2, "0");
  const frame = $("frame"), plot = $("plot"), surface = $("surface"), tip = $("tip");
  let range = [data.start, end], cursor = null, chosen = null, printing = false, attentionShown = false;

  /* ---- the curves ---- */

  // The value of a second is drawn at the middle of the second.
  const middles = Array.from({ length: data.seconds }, (_, k) => data.start + k + 0.5);
  let plots = [], width = 0;

  const pixel = (t) => (t - range[0]) / (range[1] - range[0]) * width;
  const timeAt = (x) => range[0] + x / width * (range[1] - range[0]);
  const inFilm = (second) => !data.outside.some(([from, to]) => from <= second && second < to);
  const visible = (t) => t >= range[0] && t <= range[1];

  const two = (v) => v.toFixed(2), percent = (v) => `${Math.round(100 * v)} %`;
  const interval = (key, k, format) => {
    const [low, high] = [curves[`${key}Low`][k], curves[`${key}High`][k]];
    return low === null ? "no interval" : `${format(low).replace(" %", "")}–${format(high)}`;
  };

  // In uPlot, each curve is a line and two invisible series for the ends of its interval, with a band between them.
  function line(key, stroke, wide, { dash, band } = {}) {
    const edge = { stroke: "transparent", width: 0, points: { show: false } };
    // Single seconds between gaps have no line; they appear as points when the visible stretch is short.
    const points = { show: range[1] - range[0] < 12, size: 6, fill: stroke };
    const series = [{ stroke, width: wide, dash, points }];
    const columns = [curves[key]];
    if (band) {
      series.push(edge, edge);
      columns.push(curves[`${key}High`], curves[`${key}Low`]);
    }
    return { columns, series, band };
  }

  function chart(lines, height, title, limits, values, below) {
    const muted = css("muted"), font = `11px ${css("sans")}`;
    const axis = { stroke: muted, grid: { stroke: css("faint"), width: 1 }, ticks: { show: false }, font, gap: 4 };
    const bands = [];
    let first = 1;
    for (const { series, band } of lines) {
      if (band) bands.push({ series: [first + 1, first + 2], fill: band });
      first += series.length;
    }
    return new uPlot({
      width: width + LEFT + RIGHT, height, pxAlign: false, padding: [6, RIGHT, below ? 0 : 6, 0],
      legend: { show: false }, cursor: { show: false }, select: { show: false },
      scales: { x: { time: false, auto: false, range: () => range }, y: { auto: false, range: () => limits } },
      axes: [
        { ...axis, show: below, size: AXIS, space: 64, incrs: TICKS,
          values: (_, ticks) => ticks.map((t) => pixel(t) > width - 14 ? "" : clock(t)) },
        { ...axis, ...values, size: LEFT - 14, label: title, labelSize: 14, labelGap: 0, labelFont: font },
      ],
      series: [{}, ...lines.flatMap((l) => l.series)], bands,
      hooks: { drawClear: [shadeUnknown, shadeMoments], draw: [grayOutside, (u) => { if (!below) drawSymbols(u); }] },
    }, [middles, ...lines.flatMap((l) => l.columns)], plot);
  }

  function draw() {
    for (const each of plots) each.destroy();
    width = (printing ? PAPER_WIDTH : frame.clientWidth) - LEFT - RIGHT;
    const ink = css("ink"), band = faded(ink, 0.16);
    const dash = (e) => e.dash === "none" ? undefined : e.dash.split(" ").map(Number);
    const strength = [
      line("overall", faded(ink, 0.5), 4.5, { band }),
      ...data.emotions.filter((e) => shown.has(e.key)).map((e) => line(e.key, css(e.key), 1.75, { dash: dash(e) })),
    ];
    const shares = [line("share", ink, 1.75, { band })];
    if (attentionShown) shares.push(line("attention", css("accent"), 1.75, { dash: [6, 3], band: faded(css("accent"), 0.14) }));
    plots = [
      chart(strength, HEIGHTS.strength, "strength", [0, highest()],
        { space: 22, incrs: [0.1, 0.2, 0.5], values: (_, ticks) => ticks.map((v) => v.toFixed(1)) }, false),
      chart(shares, HEIGHTS.reacting, "reacting", [-0.04, 1.06],
        { splits: () => [0, 0.5, 1], values: (_, ticks) => ticks.map((v) => `${Math.round(100 * v)} %`) }, true),
    ];
    overlays();
  }

  /** The upper end of the strength axis: a multiple of 0.1 above everything that is drawn. */
  function highest() {
    let most = 0.2;
    for (const key of ["overallHigh", "overall", ...shown]) for (const v of curves[key]) if (v > most) most = v;
    return Math.min(1, Math.ceil(most * 10 + 0.3) / 10);
  }

  // Seconds in which too few viewers were seen, as stretches [from, to).
  const unknown = [];
  data.viewers.forEach((n, k) => {
    if (n >= data.minViewers) return;
    const last = unknown.at(-1), at = data.start + k;
    if (last?.[1] === at) last[1] = at + 1;
    else unknown.push([at, at + 1]);
  });

  function shadeUnknown(u) {
    const { ctx, bbox } = u, ratio = devicePixelRatio;
    ctx.save();
    ctx.fillStyle = hatch(ctx);
    for (const [from, to] of unknown) {
      if (to <= range[0] || from >= range[1]) continue;
      const left = bbox.left + Math.max(0, pixel(from)) * ratio, right = bbox.left + Math.min(width, pixel(to)) * ratio;
      ctx.fillRect(left, bbox.top, Math.max(right - left, ratio), bbox.height);
    }
    ctx.restore();
  }

  function shadeMoments(u) {
    const { ctx, bbox } = u, ratio = devicePixelRatio;
    ctx.save();
    data.moments.forEach((m, k) => {
      if (m.end <= range[0] || m.start >= range[1]) return;
      const left = bbox.left + Math.max(0, pixel(m.start)) * ratio, right = bbox.left + Math.min(width, pixel(m.end)) * ratio;
      // A mood is shaded more lightly, with a line at its foot, because it is long and may surround moments.
      const mood = m.kind === "mood", wide = Math.max(right - left, ratio);
      ctx.fillStyle = faded(css(m.emotion), (mood ? 0.5 : 1) * (k === chosen ? 0.34 : 0.16));
      ctx.fillRect(left, bbox.top, wide, bbox.height);
      if (mood) {
        ctx.fillStyle = css(m.emotion);
        ctx.fillRect(left, bbox.top + bbox.height - 3 * ratio, wide, 3 * ratio);
      }
      if (k !== chosen) return;
      ctx.strokeStyle = css("accent");
      ctx.lineWidth = 2 * ratio;
      ctx.strokeRect(left, bbox.top, right - left, bbox.height);
    });
    ctx.restore();
  }

  // Seconds before and after the film and in its credits are no evidence, so their curves are gray.
  function grayOutside(u) {
    const { ctx, bbox } = u, ratio = devicePixelRatio;
    ctx.save();
    ctx.fillStyle = faded(css("rule"), 0.75);
    for (const [from, to] of data.outside) {
      const left = Math.max(0, pixel(from)), right = Math.min(width, pixel(to));
      if (right > left) ctx.fillRect(bbox.left + left * ratio, bbox.top, (right - left) * ratio, bbox.height);
    }
    ctx.restore();
  }

  // Each emotion's symbol is drawn at the highest visible value of its curve in the film, so that color is not the only cue.
  function drawSymbols(u) {
    const { ctx, bbox } = u, ratio = devicePixelRatio;
    const from = Math.max(0, Math.floor(range[0] - data.start)), to = Math.min(data.seconds, Math.ceil(range[1] - data.start));
    ctx.save();
    ctx.font = `700 ${12 * ratio}px "DejaVu Sans", ${css("sans")}`;
    ctx.textAlign = "center";
    ctx.lineWidth = 3 * ratio;
    ctx.strokeStyle = css("paper");
    for (const e of data.emotions) {
      if (!shown.has(e.key)) continue;
      let best = -1;
      for (let k = from; k < to; k++) if (inFilm(data.start + k) && curves[e.key][k] !== null && (best < 0 || curves[e.key][k] > curves[e.key][best])) best = k;
      if (best < 0) continue;
      const x = bbox.left + Math.min(Math.max(pixel(middles[best]), 8), width - 8) * ratio;
      const y = Math.max(u.valToPos(curves[e.key][best], "y", true) - 6 * ratio, bbox.top + 11 * ratio);
      ctx.strokeText(e.symbol, x, y);
      ctx.fillStyle = css(e.key);
      ctx.fillText(e.symbol, x, y);
    }
    ctx.restore();
  }

  function zoom(from, to) {
    const length = Math.min(end - data.start, Math.max(to - from, MIN_ZOOM));
    const left = Math.min(Math.max(from, data.start), end - length);
    range = [left, left + length];
    draw();
    drawStrips();
  }

  /* ---- above the curves ---- */

  function make(tag, className, text) {
    const node = document.createElement(tag);
    node.className = className;
    node.textContent = text;
    return node;
  }

  function overlays() {
    $("ribbon").replaceChildren(...data.scenes.filter((s) => s.end > range[0] && s.start < range[1]).flatMap((s) => {
      const left = pixel(Math.max(s.start, range[0])), wide = pixel(Math.min(s.end, range[1])) - left;
      const span = make("span", "", wide < 18 ? "" : wide < 60 ? s.number : `${s.number}  ${s.heading}`);
      span.title = `${s.number}  ${s.heading}`;
      Object.assign(span.style, { left: `${LEFT + left}px`, width: `${wide}px`, padding: wide < 18 ? 0 : "" });
      // Boundaries that are closer together would hide the curve.
      if (wide < 10 || s.start <= range[0]) return [span];
      const boundary = make("i", "", "");
      const height = $("tags").offsetHeight + HEIGHTS.strength + HEIGHTS.reacting + 4 - AXIS;
      Object.assign(boundary.style, { left: `${LEFT + left}px`, height: `${height}px` });
      return [span, boundary];
    }));
    let edge = -Infinity;
    data.moments.forEach((m, k) => {
      const tag = tags[k], x = pixel((Math.max(m.start, range[0]) + Math.min(m.end, range[1])) / 2);
      // A tag that would cover its neighbor appears only after zooming in; the shading is always drawn.
      tag.hidden = m.end <= range[0] || m.start >= range[1] || (x - edge < 28 && k !== chosen);
      tag.style.left = `${LEFT + x}px`;
      if (!tag.hidden) edge = x;
    });
    $("cursor").hidden = cursor === null || !visible(cursor + 0.5);
    if (cursor !== null) $("cursor").style.left = `${LEFT + pixel(cursor + 0.5) - 1}px`;
    $("whole").hidden = range[0] <= data.start && range[1] >= end;
  }

  const tags = data.moments.map((m, k) => {
    const tag = make("button", "moment-number", k + 1);
    tag.type = "button";
    tag.dataset.moment = k;
    tag.setAttribute("aria-label", `${m.kind === "mood" ? "Mood" : "Moment"} ${k + 1}, ${m.emotion}, ${clock(m.start)}–${clock(m.end)}`);
    return tag;
  });
  $("tags").append(...tags);

  /* ---- cursor, moments and script ---- */

  const lines = [...document.querySelectorAll(".line[data-start]")];
  const startOf = (node) => Number(node.dataset.start), endOf = (node) => Number(node.dataset.end);

  /** The values drawn for one second: name, value and interval. */
  function figures(second) {
    const k = second - data.start, n = data.viewers[k];
    const note = inFilm(second) ? [] : [["not in the film", "", ""]];
    if (n < data.minViewers) return [...note, ["unknown: " + (n ? `only ${n} seen` : "nobody seen, or too few"), "", ""]];
    const figure = (name, key, format) => [name, format(curves[key][k]), interval(key, k, format)];
    return [
      ...note,
      figure("strength", "overall", two),
      ...data.emotions.filter((e) => shown.has(e.key)).map((e) => figure(`${e.symbol} ${e.key}`, e.key, two)),
      figure("reacting", "share", percent),
      ...(attentionShown ? [curves.attention[k] === null ? ["facing the screen: unknown", "", ""] : figure("facing the screen", "attention", percent)] : []),
      ["seen", String(n), ""],
    ];
  }

  function describe(second) {
    const parts = [make("b", "", clock(second)), " "];
    figures(second).forEach(([name, value, ends], k) => {
      parts.push(k ? ", " : "", name, value ? " " : "", make("b", "", value), ends ? ` (${ends})` : "");
    });
    return parts;
  }

  function moveCursor(time, node) {
    cursor = Math.min(Math.max(Math.floor(time), data.start), end - 1);
    $("time").value = cursor;
    $("time").setAttribute("aria-valuetext", clock(cursor));
    $("readout").replaceChildren(...describe(cursor));
    if (node?.dataset.evidence) $("readout").append(make("br", "", ""), `This line, ${clock(startOf(node))}–${clock(endOf(node))}: ${node.dataset.evidence}.`);
    const here = node ?? lines.findLast((l) => startOf(l) <= cursor + 0.5 && cursor + 0.5 < endOf(l));
    document.querySelectorAll(".at-cursor").forEach((l) => l.classList.remove("at-cursor"));
    here?.classList.add("at-cursor");
    if (!visible(cursor)) {
      const half = (range[1] - range[0]) / 2;
      zoom(cursor - half, cursor + half);
    }
    overlays();
    return here;
  }

  const scrollTo = (box, node) => box.scrollTo({ top: node.offsetTop - box.offsetTop * (node.offsetParent !== box) - 40 });

  function choose(k) {
    chosen = k;
    document.querySelectorAll("[data-moment]").forEach((b) => b.setAttribute("aria-pressed", String(Number(b.dataset.moment) === k)));
    document.querySelectorAll(".moment").forEach((card, i) => card.classList.toggle("chosen", i === k));
    document.querySelectorAll(".in-moment").forEach((l) => l.classList.remove("in-moment"));
    const moment = data.moments[k];
    const own = moment.elements.map((e) => $(`line-${e}`)).filter(Boolean);
    own.forEach((l) => l.classList.add("in-moment"));
    moveCursor(moment.peak);
    for (const each of plots) each.redraw(false);
    overlays();
    const card = $(`moment-${k + 1}`);
    scrollTo(card.parentElement, card);
    if (own.length) {
      scrollTo($("pages"), own[0]);
      const box = $("pages").getBoundingClientRect();
      if (box.top > innerHeight * 0.7 || box.bottom < innerHeight * 0.3) $("script").scrollIntoView({ block: "start" });
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-moment]");
    if (button) return choose(Number(button.dataset.moment));
    const toggle = event.target.closest("[data-emotion]");
    if (toggle) {
      const key = toggle.dataset.emotion;
      shown.has(key) ? shown.delete(key) : shown.add(key);
      toggle.setAttribute("aria-pressed", String(shown.has(key)));
      draw();
      return;
    }
    const attention = event.target.closest("#attention-toggle");
    if (attention) {
      attentionShown = !attentionShown;
      attention.setAttribute("aria-pressed", String(attentionShown));
      draw();
      return;
    }
    const row = event.target.closest(".line[data-start]");
    if (row && !String(getSelection())) moveCursor(startOf(row), row);
  });

  // The script is a single tab stop; the arrow keys move from line to line.
  const stops = [...document.querySelectorAll("button.when")];
  if (stops.length) stops[0].tabIndex = 0;
  $("pages")?.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const next = stops[stops.indexOf(document.activeElement) + step];
    if (!step || !next || !stops.includes(document.activeElement)) return;
    event.preventDefault();
    document.activeElement.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });

  $("time").min = data.start;
  $("time").max = Math.max(data.start, end - 1);
  $("time").value = data.start;
  $("time").addEventListener("input", () => {
    const here = moveCursor(Number($("time").value));
    if (here) scrollTo($("pages"), here);
  });
  $("whole").addEventListener("click", () => zoom(data.start, end));

  /* ---- the pointer on the curves ---- */

  const place = (event) => Math.min(Math.max(event.clientX - surface.getBoundingClientRect().left, 0), width);

  // Dragging with a mouse selects a stretch to zoom into; a click moves the cursor and selects a moment.
  surface.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    const from = place(event), selection = $("selection"), mouse = event.pointerType === "mouse";
    let to = from;
    tip.hidden = true;
    if (mouse) surface.setPointerCapture(event.pointerId);
    const move = (e) => {
      to = place(e);
      selection.hidden = !mouse || Math.abs(to - from) < DRAG;
      selection.style.left = `${Math.min(from, to)}px`;
      selection.style.width = `${Math.abs(to - from)}px`;
    };
    const stop = (e) => {
      surface.removeEventListener("pointermove", move);
      surface.removeEventListener("pointerup", stop);
      surface.removeEventListener("pointercancel", stop);
      const dragged = !selection.hidden;
      selection.hidden = true;
      if (e.type === "pointercancel") return;
      if (dragged) return zoom(timeAt(Math.min(from, to)), timeAt(Math.max(from, to)));
      const time = timeAt(from), moment = data.moments.findIndex((m) => m.start <= time && time < m.end);
      if (moment >= 0) choose(moment);
      const here = moveCursor(time);
      if (here) scrollTo($("pages"), here);
    };
    surface.addEventListener("pointermove", move);
    surface.addEventListener("pointerup", stop);
    surface.addEventListener("pointercancel", stop);
  });
  surface.addEventListener("dblclick", () => zoom(data.start, end));
  surface.addEventListener("pointermove", (event) => {
    const second = Math.floor(timeAt(place(event)));
    tip.hidden = event.pointerType !== "mouse" || event.buttons > 0 || second < data.start || second >= end;
    if (tip.hidden) return;
    tip.replaceChildren(make("b", "", clock(second)), ...figures(second).map(([name, value, ends]) => {
      const row = make("span", "", `${name} `);
      row.append(make("b", "", value), ends ? ` (${ends})` : "");
      return row;
    }));
    const x = LEFT + place(event), maxLeft = frame.clientWidth - tip.offsetWidth;
    tip.style.left = `${x + 14 <= maxLeft ? x + 14 : Math.max(0, x - tip.offsetWidth - 14)}px`;
  });
  surface.addEventListener("pointerleave", () => { tip.hidden = true; });

  /* ---- one strip for each viewer ---- */

  const strips = $("strips");
  const rowHeight = Math.max(6, Math.min(18, Math.floor(480 / Math.max(1, data.names.length))));
  const named = rowHeight >= 10;
  const labelWidth = () => named ? Math.min(120, strips.clientWidth * 0.25) : 0;

  function hatch(context) {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 6;
    const pen = tile.getContext("2d");
    pen.fillStyle = css("faint");
    pen.fillRect(0, 0, 6, 6);
    pen.strokeStyle = css("muted");
    pen.lineWidth = 0.7;
    pen.beginPath();
    for (const shift of [-6, 0, 6]) { pen.moveTo(shift, 6); pen.lineTo(shift + 6, 0); }
    pen.stroke();
    return context.createPattern(tile, "repeat");
  }

  function drawStrips() {
    const ratio = Math.min(2, devicePixelRatio || 1), width = strips.clientWidth, left = labelWidth();
    if (!width) return;
    const height = Math.max(1, data.names.length * rowHeight);
    strips.style.height = `${height}px`;
    strips.width = width * ratio;
    strips.height = height * ratio;
    const pen = strips.getContext("2d");
    pen.scale(ratio, ratio);
    const colors = data.emotions.map((f) => css(f.key)), unseen = hatch(pen);
    const perPixel = (range[1] - range[0]) / (width - left);
    data.names.forEach((name, v) => {
      const y = v * rowHeight, tall = rowHeight - (named ? 2 : 1);
      // Each pixel shows the strongest second it covers; equal neighbors are merged into one rectangle.
      let run = left, value = null;
      for (let x = left; x <= width; x++) {
        let next = null;
        if (x < width) {
          const from = Math.floor(range[0] + (x - left) * perPixel) - data.start;
          const to = Math.max(from + 1, Math.ceil(range[0] + (x + 1 - left) * perPixel) - data.start);
          next = NOT_SEEN;
          for (let k = Math.max(0, from); k < Math.min(data.seconds, to); k++) {
            const cell = cells[v * data.seconds + k];
            if (cell !== NOT_SEEN && (next === NOT_SEEN || cell % LEVELS > next % LEVELS)) next = cell;
          }
        }
        if (next === value) continue;
        if (value !== null) {
          pen.globalAlpha = value === NOT_SEEN ? 1 : value % LEVELS / (LEVELS - 1);
          pen.fillStyle = value === NOT_SEEN ? unseen : colors[Math.floor(value / LEVELS)];
          pen.fillRect(run, y, x - run, tall);
        }
        [run, value] = [x, next];
      }
      pen.globalAlpha = 1;
      pen.fillStyle = faded(css("rule"), 0.75);
      for (const [from, to] of data.outside) {
        const [first, last] = [from, to].map((t) => Math.min(Math.max(left + (t - range[0]) / perPixel, left), width));
        pen.fillRect(first, y, last - first, tall);
      }
      if (named) {
        pen.fillStyle = css("muted");
        pen.font = `11px ${css("sans")}`;
        pen.textBaseline = "middle";
        pen.fillText(name, 0, y + tall / 2, left - 8);
      }
    });
    $("strips-range").textContent = `${clock(range[0])}–${clock(range[1])}`;
  }

  const under = (event) => {
    const left = labelWidth();
    const share = (event.offsetX - left) / (strips.clientWidth - left);
    return { second: Math.floor(range[0] + share * (range[1] - range[0])), viewer: Math.floor(event.offsetY / rowHeight), inside: share >= 0 && share < 1 };
  };
  strips.addEventListener("mousemove", (event) => {
    const { second, viewer, inside } = under(event);
    const cell = cells[viewer * data.seconds + second - data.start];
    if (!inside || cell === undefined) return;
    const shownEmotion = cell === NOT_SEEN ? "not seen"
      : `${data.emotions[Math.floor(cell / LEVELS)].key} ${(cell % LEVELS / (LEVELS - 1)).toFixed(2)}`;
    $("strip-readout").textContent = `${data.names[viewer]}, ${clock(second)}: ${shownEmotion}`;
  });
  strips.addEventListener("click", (event) => {
    const { second, inside } = under(event);
    if (inside) moveCursor(second);
  });

  /* ---- start ---- */

  document.querySelectorAll("[data-emotion]").forEach((b) => b.setAttribute("aria-pressed", String(shown.has(b.dataset.emotion))));
  const repaint = () => { draw(); drawStrips(); };
  repaint();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
  addEventListener("resize", repaint);
  // Paper has its own width and is always light; the browser does not apply these before printing.
  const print = (on) => () => {
    printing = on;
    document.documentElement.classList.toggle("paper", on);
    frame.style.width = on ? `${PAPER_WIDTH}px` : "";
    repaint();
  };
  addEventListener("beforeprint", print(true));
  addEventListener("afterprint", print(false));
})();
