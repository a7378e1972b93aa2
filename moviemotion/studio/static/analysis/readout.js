// The values at the current second with their intervals, and the buttons that show or hide emotions.

import { formatShare, formatInterval, formatNumber, formatPercent, formatPercentInterval } from "./format.js";

export function makeReadout(store) {
  const $ = (id) => document.getElementById(id);
  const { audience } = store;
  let meters = [];

  for (const [k, f] of audience.emotions.entries()) {
    const toggle = document.createElement("button");
    toggle.type = "button";
    toggle.className = `toggle ${f.key}`;
    toggle.title = `Key ${k + 1}`;
    toggle.innerHTML = `<span class="symbol" aria-hidden="true">${f.symbol}</span> ${f.key}<svg width="20" height="6" aria-hidden="true"><path d="M0 3H20" stroke-dasharray="${f.dash}"/></svg>`;
    toggle.addEventListener("click", () => store.toggleEmotion(f.key));
    $("toggles").append(toggle);
  }

  const attention = document.createElement("button");
  if (audience.curves.attention) {
    attention.type = "button";
    attention.className = "toggle attention";
    attention.title = `${audience.attention.summary} ${audience.attention.conclusion}`;
    attention.innerHTML = 'attention<svg width="20" height="6" aria-hidden="true"><path d="M0 3H20" stroke-dasharray="6 3"/></svg>';
    attention.addEventListener("click", () => store.toggleAttention());
    $("toggles").append(attention);
  }

  function build() {
    attention.hidden = !store.isEveryoneShown;
    attention.setAttribute("aria-pressed", String(store.attentionShown));
    [...$("toggles").children].slice(0, audience.emotions.length).forEach((toggle, k) => toggle.setAttribute("aria-pressed", String(store.shownEmotions.has(audience.emotions[k].key))));
    const rows = [
      { key: "overall", label: "strength" },
      ...audience.emotions.filter((f) => store.shownEmotions.has(f.key)).map((f) => ({ key: f.key, label: f.key, symbol: f.symbol })),
      { key: "share", label: "reacting", people: true },
      ...(store.attentionShown && store.isEveryoneShown ? [{ key: "attention", label: "facing the screen", curves: audience.curves }] : []),
    ];
    meters = rows.map((row) => {
      const node = document.createElement("div");
      node.className = `meter ${row.key}`;
      node.innerHTML = `<span class="name">${row.symbol ? `<span class="symbol" aria-hidden="true">${row.symbol}</span> ` : ""}${row.label}</span><span class="track"><i></i><b></b></span><span class="value"></span>`;
      const [band, point] = node.querySelectorAll("i, b");
      return { ...row, node, band, point, value: node.querySelector(".value") };
    });
    $("readout").replaceChildren(...meters.map((m) => m.node));
    show();
  }

  function show() {
    const k = store.index, n = store.curves.viewers[k];
    for (const m of meters) {
      const c = m.curves ?? store.curves;
      const value = n || m.curves ? c[m.key][k] : null, ends = [c[`${m.key}Low`][k], c[`${m.key}High`][k]];
      m.node.classList.toggle("unseen", value == null);
      m.value.textContent = value == null ? (!m.people ? "unknown" : n ? `only ${n} seen` : "too few seen")
        : m.curves ? `${formatPercent(value)} (${formatPercentInterval(ends)})`
        : m.people ? `${formatShare(value, n)} (${formatPercentInterval(ends)})` : `${formatNumber(value)} (${formatInterval(ends)})`;
      if (value == null) continue;
      m.point.style.left = `${100 * value}%`;
      m.band.style.left = `${100 * (ends[0] ?? value)}%`;
      m.band.style.width = `${100 * ((ends[1] ?? value) - (ends[0] ?? value))}%`;
    }
  }

  store.on("time", show);
  store.on("emotions curves", build);
  build();
}
