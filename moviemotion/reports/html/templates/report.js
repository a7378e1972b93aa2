"use strict";
/* Draws the curve and the strips, and ties curve, moments and script together.
   `data` is described in charts.py; times are seconds of film time. */
(() => {
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("data").textContent);
  const end = data.start + data.seconds;
  // Fixed margins (px) let the scene ribbon, the moment tags and the cursor lie exactly over the plot.
  const MARGIN = { l: 46, r: 12, t: 4, b: 30 };
  const NOT_SEEN = 255, LEVELS = 32;

  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const curve = (text) => {
    const view = new DataView(bytes(text).buffer);
    return Float64Array.from({ length: data.seconds }, (_, k) => {
      const step = view.getUint16(2 * k, true);
      return step === data.noValue ? NaN : step / data.steps;
    });
  };
  const curves = Object.fromEntries(Object.entries(data.curves).map(([k, v]) => [k, curve(v)]));
  const cells = bytes(data.strips);
  const shown = new Set(data.feelings.filter((f) => f.shown).map((f) => f.key));
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const clock = (t) => {
    const s = Math.floor(t), two = (n) => String(n).padStart(2, "0");
    return s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`
      : `${Math.floor(s / 60)}:${two(s % 60)}`;
  };
  const faded = (hex, alpha) => hex + Math.round(alpha * 255).toString(16).padStart(2, "0");
  const plot = $("plot");
  const PAPER_WIDTH = 660;
  let range = [data.start, end], cursor = null, chosen = null, printing = false;

  /* ---- the curve ---- */

  // Plotly's time axis counts milliseconds, but takes numbers of four digits for years: so not from 1970.
  const MIDNIGHT = Date.UTC(2000, 0, 1);
  const stamp = (t) => MIDNIGHT + t * 1000;
  // A second is drawn at its middle.
  const middles = Array.from({ length: data.seconds }, (_, k) => stamp(data.start + k + 0.5));
  const seconds = (value) => {
    const ms = typeof value === "number" ? value
      : Date.parse(value.length === 10 ? value : value.replace(" ", "T") + "Z");
    return (ms - MIDNIGHT) / 1000;
  };

  // One closed shape for each run of known values, so that a gap stays a gap.
  function band(low, high, colour, axis) {
    const x = [], y = [];
    for (let k = 0; k < data.seconds; k++) {
      if (isNaN(low[k])) continue;
      let last = k;
      while (last + 1 < data.seconds && !isNaN(low[last + 1])) last++;
      for (let i = k; i <= last; i++) { x.push(middles[i]); y.push(high[i]); }
      for (let i = last; i >= k; i--) { x.push(middles[i]); y.push(low[i]); }
      x.push(null); y.push(null);
      k = last;
    }
    return { x, y, yaxis: axis, type: "scatter", mode: "lines", line: { width: 0 }, fill: "toself",
      fillcolor: colour, hoverinfo: "skip" };
  }

  const two = (v) => v.toFixed(2), percent = (v) => `${Math.round(100 * v)} %`;
  const interval = (key, k, format) => {
    const [low, high] = [curves[`${key}Low`][k], curves[`${key}High`][k]];
    return isNaN(low) ? "no interval" : `${format(low).replace(" %", "")}–${format(high)}`;
  };

  function line(name, key, style, axis, format) {
    return { x: middles, y: curves[key], yaxis: axis, type: "scatter", mode: "lines", name, line: style,
      customdata: middles.map((_, k) => interval(key, k, format)),
      hovertemplate: `%{y:${axis === "y2" ? ".0%" : ".2f"}} (%{customdata})` };
  }

  const dash = (f) => f.dash === "none" ? "solid" : f.dash.split(" ").map((px) => `${px}px`).join(",");

  function traces() {
    const ink = css("ink");
    const all = [
      band(curves.overallLow, curves.overallHigh, faded(ink, 0.16), "y"),
      line("strength", "overall", { color: faded(ink, 0.5), width: 4.5 }, "y", two),
      ...data.feelings.filter((f) => shown.has(f.key)).map((f) =>
        line(`${f.symbol} ${f.key}`, f.key, { color: css(f.key), width: 1.75, dash: dash(f) }, "y", two)),
      band(curves.shareLow, curves.shareHigh, faded(ink, 0.16), "y2"),
      line("reacting", "share", { color: ink, width: 1.75 }, "y2", percent),
    ];
    all.at(-1).customdata = all.at(-1).customdata.map((text, k) => `${text}; n = ${data.viewers[k]}`);
    return all;
  }

  function top() {
    const keys = ["overallHigh", "overall", ...shown];
    const most = keys.flatMap((k) => Array.from(curves[k])).reduce((a, b) => b > a ? b : a, 0.2);
    return Math.min(1, Math.ceil(most * 10 + 0.3) / 10);
  }

  function shapes() {
    const shade = (m, k) => ({ type: "rect", xref: "x", yref: "paper", y0: 0, y1: 1, layer: "below",
      x0: stamp(m.start), x1: stamp(m.end), fillcolor: faded(css(m.feeling), k === chosen ? 0.34 : 0.15),
      line: { width: k === chosen ? 2 : 1, color: k === chosen ? css("accent") : faded(css(m.feeling), 0.4) } });
    return data.moments.map(shade);
  }

  function layout() {
    const grid = css("faint"), text = css("muted");
    const y = { fixedrange: true, gridcolor: grid, zeroline: false, tickfont: { color: text, size: 11 } };
    const title = (words) => ({ text: words, font: { size: 11, color: text }, standoff: 4 });
    return {
      width: printing ? PAPER_WIDTH : undefined, autosize: !printing,
      margin: { ...MARGIN, pad: 0 }, showlegend: false, hovermode: "x unified", hoversubplots: "axis",
      dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { family: css("sans"), color: css("ink") },
      hoverlabel: { bgcolor: css("paper"), bordercolor: css("rule"), font: { color: css("ink"), size: 12 } },
      xaxis: { type: "date", anchor: "y2", range: range.map(stamp),
        minallowed: stamp(data.start), maxallowed: stamp(end), tickformat: end >= 3600 ? "%-H:%M:%S" : "%-M:%S",
        hoverformat: end >= 3600 ? "%-H:%M:%S" : "%-M:%S", gridcolor: grid, tickfont: { color: text, size: 11 },
        showspikes: false, nticks: 9 },
      yaxis: { ...y, domain: [0.38, 1], range: [-0.02, top()], nticks: 6, title: title("strength") },
      yaxis2: { ...y, domain: [0, 0.28], range: [-0.05, 1.05], tickvals: [0, 0.5, 1], tickformat: ".0%", title: title("reacting") },
      shapes: shapes(),
    };
  }

  const config = { displaylogo: false, displayModeBar: false, showTips: false, responsive: true, doubleClick: false, doubleClickDelay: 450 };
  const draw = () => Plotly.react(plot, traces(), layout(), config);

  const pixel = (t) => MARGIN.l + (t - range[0]) / (range[1] - range[0]) * (plot.clientWidth - MARGIN.l - MARGIN.r);
  const visible = (t) => t >= range[0] && t <= range[1];

  function make(tag, className, text) {
    const node = document.createElement(tag);
    node.className = className;
    node.textContent = text;
    return node;
  }

  function overlays() {
    $("ribbon").replaceChildren(...data.scenes.filter((s) => s.end > range[0] && s.start < range[1]).flatMap((s) => {
      const left = pixel(Math.max(s.start, range[0])), width = pixel(Math.min(s.end, range[1])) - left;
      const span = make("span", "", width < 18 ? "" : width < 60 ? s.number : `${s.number}  ${s.heading}`);
      span.title = `${s.number}  ${s.heading}`;
      Object.assign(span.style, { left: `${left}px`, width: `${width}px`, padding: width < 18 ? 0 : "" });
      // Boundaries closer than this would be a curtain before the curve.
      if (width < 10 || s.start <= range[0]) return [span];
      const boundary = make("i", "", "");
      Object.assign(boundary.style, { left: `${left}px`, height: `${$("tags").offsetHeight + plot.clientHeight + 4 - MARGIN.b}px` });
      return [span, boundary];
    }));
    let edge = -Infinity;
    data.moments.forEach((m, k) => {
      const tag = tags[k], middle = (Math.max(m.start, range[0]) + Math.min(m.end, range[1])) / 2;
      const x = pixel(middle);
      // A tag that would cover its neighbour waits for a zoom; its shade stays.
      tag.hidden = m.end <= range[0] || m.start >= range[1] || (x - edge < 28 && k !== chosen);
      tag.style.left = `${x}px`;
      if (!tag.hidden) edge = x;
    });
    $("cursor").hidden = cursor === null || !visible(cursor);
    if (cursor !== null) $("cursor").style.left = `${pixel(cursor + 0.5) - 1}px`;
    $("whole").hidden = range[0] <= data.start && range[1] >= end;
  }

  const tags = data.moments.map((m, k) => {
    const tag = make("button", "moment-number", k + 1);
    tag.type = "button";
    tag.dataset.moment = k;
    tag.setAttribute("aria-label", `Moment ${k + 1}, ${m.feeling}, ${clock(m.start)}–${clock(m.end)}`);
    return tag;
  });
  $("tags").append(...tags);

  function zoom(from, to) {
    Plotly.relayout(plot, { "xaxis.range": [Math.max(data.start, from), Math.min(end, to)].map(stamp) });
  }

  /* ---- cursor, moments and script ---- */

  const lines = [...document.querySelectorAll(".line[data-start]")];
  const startOf = (node) => Number(node.dataset.start), endOf = (node) => Number(node.dataset.end);

  function describe(second) {
    const k = second - data.start, n = data.viewers[k];
    if (!n) return `<b>${clock(second)}</b> nobody was seen`;
    const figure = (key, format) => `<b>${format(curves[key][k])}</b> (${interval(key, k, format)})`;
    const felt = data.feelings.filter((f) => shown.has(f.key)).map((f) => `${f.symbol} ${f.key} ${figure(f.key, two)}`);
    return `<b>${clock(second)}</b> strength ${figure("overall", two)}, reacting ${figure("share", percent)}, n = ${n}. ${felt.join(", ")}`;
  }

  function moveCursor(time, node) {
    cursor = Math.min(Math.max(Math.floor(time), data.start), end - 1);
    $("time").value = cursor;
    $("time").setAttribute("aria-valuetext", clock(cursor));
    $("readout").innerHTML = describe(cursor);
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
    Plotly.relayout(plot, { shapes: shapes() });
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
    const toggle = event.target.closest("[data-feeling]");
    if (toggle) {
      const key = toggle.dataset.feeling;
      shown.has(key) ? shown.delete(key) : shown.add(key);
      toggle.setAttribute("aria-pressed", String(shown.has(key)));
      draw();
      return;
    }
    const row = event.target.closest(".line[data-start]");
    if (row && !String(getSelection())) moveCursor(startOf(row), row);
  });

  // One tab stop for the whole script; the arrows walk from line to line.
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

  /* ---- one strip a viewer ---- */

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
    const colours = data.feelings.map((f) => css(f.key)), unseen = hatch(pen);
    const perPixel = (range[1] - range[0]) / (width - left);
    data.names.forEach((name, v) => {
      const y = v * rowHeight, tall = rowHeight - (named ? 2 : 1);
      // Column by column: a pixel shows the strongest second it covers, a run is one rectangle.
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
          pen.fillStyle = value === NOT_SEEN ? unseen : colours[Math.floor(value / LEVELS)];
          pen.fillRect(run, y, x - run, tall);
        }
        [run, value] = [x, next];
      }
      pen.globalAlpha = 1;
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
    const felt = cell === NOT_SEEN ? "not seen"
      : `${data.feelings[Math.floor(cell / LEVELS)].key} ${(cell % LEVELS / (LEVELS - 1)).toFixed(2)}`;
    $("strip-readout").textContent = `${data.names[viewer]}, ${clock(second)}: ${felt}`;
  });
  strips.addEventListener("click", (event) => {
    const { second, inside } = under(event);
    if (inside) moveCursor(second);
  });

  /* ---- start ---- */

  document.querySelectorAll("[data-feeling]").forEach((b) => b.setAttribute("aria-pressed", String(shown.has(b.dataset.feeling))));
  draw().then(() => {
    plot.on("plotly_afterplot", overlays);
    plot.on("plotly_relayout", () => {
      const now = plot.layout.xaxis.range.map(seconds);
      if (now[0] === range[0] && now[1] === range[1]) return overlays();
      range = now;
      overlays();
      drawStrips();
    });
    plot.on("plotly_doubleclick", () => zoom(data.start, end));
    plot.on("plotly_click", (event) => {
      const time = seconds(event.points[0].x);
      const moment = data.moments.findIndex((m) => m.start <= time && time < m.end);
      if (moment >= 0) choose(moment);
      const here = moveCursor(time);
      if (here) scrollTo($("pages"), here);
    });
    overlays();
    drawStrips();
  });
  const repaint = () => { draw(); drawStrips(); };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
  addEventListener("resize", drawStrips);
  // Paper has its own width and is always light; the browser asks for neither before it prints.
  const print = (on) => () => {
    printing = on;
    document.documentElement.classList.toggle("paper", on);
    $("frame").style.width = on ? `${PAPER_WIDTH}px` : "";
    repaint();
  };
  addEventListener("beforeprint", print(true));
  addEventListener("afterprint", print(false));
})();
