(() => {
  "use strict";
  const charts = JSON.parse(document.getElementById("data").textContent);
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  // A chart names its colours; the page knows what they are on light and on dark paper.
  const coloured = (value) => {
    if (Array.isArray(value)) return value.map(coloured);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) =>
      [key, /color$/.test(key) && typeof inner === "string" ? css(inner) : coloured(inner)]));
  };

  function draw() {
    const axis = { gridcolor: css("faint"), linecolor: css("rule"), zerolinecolor: css("muted"), automargin: true, fixedrange: true };
    for (const [name, chart] of Object.entries(charts)) {
      const place = document.getElementById(name);
      if (!place) continue;
      const { data, layout } = coloured(chart);
      const titled = (one) => ({ ...axis, ...one, title: { ...one.title, font: { size: 12 }, standoff: 8 } });
      Plotly.react(place, data, {
        ...layout,
        xaxis: titled(layout.xaxis),
        yaxis: titled(layout.yaxis),
        paper_bgcolor: "rgba(0,0,0,0)",
        plot_bgcolor: "rgba(0,0,0,0)",
        font: { family: css("sans"), size: 12, color: css("ink") },
        margin: { l: 12, r: 10, t: 10, b: 44 },
        legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 },
        hovermode: "closest",
      }, { displayModeBar: false, responsive: true });
    }
  }
  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
})();
