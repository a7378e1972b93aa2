// The analysis page: player, timeline, script and moments share one store, so that each follows the others.

import { StudyApi } from "./study-api.js";
import { Store } from "./store.js";
import { makeExports, makeShortcuts, makeViewerSelection } from "./dialogs.js";
import { makePlayer } from "./player.js";
import { makeMoments } from "./moments.js";
import { makeReadout } from "./readout.js";
import { makeScript } from "./script.js";
import { makeTimeline } from "./timeline.js";

const $ = (id) => document.getElementById(id);
const page = $("analysis");
const study = new StudyApi(page.dataset.study);

async function start() {
  const [audience, moments, rows, notes] = await Promise.all([study.audienceCurves(), study.moments(), study.script(), study.notes()]);
  const store = new Store(audience, moments, rows);
  store.notes = notes;
  $("title").textContent = audience.title;
  const withheld = !page.dataset.researcher && !audience.viewers.some(Boolean);
  $("summary").textContent = `${audience.summary}${withheld ? ` Values for fewer than ${page.dataset.minGroupSize} viewers are visible only to the researcher.` : ""}`;
  const updateLegend = () => {
    const part = store.isEveryoneShown ? "" : ` Dotted: everyone${store.isSegmentShown ? "" : "; the moments and the script's values are also for everyone"}.`;
    const hasMood = moments.some((m) => m.kind === "mood") ? " Lighter, with a line at the foot: moods." : "";
    $("legend-text").textContent = `Gray line: the audience's overall strength. Below: the share of viewers who react. Bands: 95 % intervals. Shading: moments, adjusted p ≤ 0.05.${hasMood}${store.audience.outside.length ? " Gray areas: not in the film." : ""}${part}`;
    $("legend-unknown").hidden = store.curves.viewers.every((n) => n >= store.curves.minViewers);
    $("legend-least").textContent = store.curves.minViewers;
  };
  updateLegend();
  store.on("curves", updateLegend);
  makeTimeline(store);
  makeReadout(store);
  const script = makeScript(store, page.dataset.researcher && study);
  const player = makePlayer(store, study);
  const momentList = makeMoments(store, study, (note) => page.dataset.researcher || note.by === page.dataset.name);
  makeViewerSelection(store, study);
  makeExports(study, rows.length > 0, Boolean(page.dataset.film));
  const seekBy = (event, seconds) => store.seek(store.time + seconds * (event.shiftKey ? 10 : 1));
  makeShortcuts({
    " ": player.toggle, k: player.toggle,
    ArrowLeft: (event) => seekBy(event, -1), ArrowRight: (event) => seekBy(event, 1),
    ArrowUp: () => script?.step(-1), ArrowDown: () => script?.step(1),
    "[": () => store.stepMoment(-1), "]": () => store.stepMoment(1), ",": () => store.stepMoment(-1), ".": () => store.stepMoment(1),
    Home: () => store.seek(audience.start), End: () => store.seek(audience.end),
    "+": () => store.zoom(0.5), "=": () => store.zoom(0.5), "-": () => store.zoom(2), 0: () => store.showRange(audience.start, audience.end),
    z: () => { const m = moments[store.selectedMoment]; if (m) store.showRange(m.start - 3, m.end + 3); },
    ...Object.fromEntries(audience.emotions.map((f, k) => [k + 1, () => store.toggleEmotion(f.key)])),
    "/": () => $("search-text").focus(), n: () => momentList.addNote(),
    w: () => $("viewers-button").click(), e: () => $("exports-button").click(), "?": () => $("shortcuts-button").click(),
  });
  // A link can name a film time in seconds: …/analysis#t=65
  const seekToHash = () => {
    const time = parseFloat(/^#t=([\d.]+)$/.exec(location.hash)?.[1]);
    if (!isNaN(time)) store.seek(time);
  };
  addEventListener("hashchange", seekToHash);
  seekToHash();
  page.classList.add("ready");
  // Marks the time at which the first frame is on the screen; benchmarks/studio.py reads it.
  requestAnimationFrame(() => setTimeout(() => performance.mark("painted")));
}

start().catch((error) => {
  $("summary").textContent = "";
  $("error").textContent = error.message;
});
