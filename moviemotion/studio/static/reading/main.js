// The reading room: film, timeline, script and moments over one desk, so that each follows the others.

import { Study } from "./data.js";
import { Desk } from "./desk.js";
import { makeExports, makeKeys, makeWhose } from "./dialogs.js";
import { makeFilm } from "./film.js";
import { makeMoments } from "./moments.js";
import { makeNow } from "./now.js";
import { makeScript } from "./script.js";
import { makeTimeline } from "./timeline.js";

const $ = (id) => document.getElementById(id);
const page = $("reading");
const study = new Study(page.dataset.study);

async function open() {
  const [room, moments, rows, notes] = await Promise.all([study.room(), study.moments(), study.script(), study.notes()]);
  const desk = new Desk(room, moments);
  desk.notes = notes;
  $("title").textContent = room.title;
  const withheld = !page.dataset.researcher && !room.viewers.some(Boolean);
  $("summary").textContent = `${room.summary}${withheld ? ` Figures about fewer than ${page.dataset.fewest} viewers are for the researcher only.` : ""}`;
  const legend = () => {
    const group = desk.curves === room.curves ? "" : ` Dotted: everyone, as are the moments and the script's figures.`;
    $("legend").textContent = `Grey line: the room's strength. Below: the share who react. Bands: 95 % intervals. Shades: moments, adjusted p ≤ 0.05.${group}`;
  };
  legend();
  desk.on("curves", legend);
  makeTimeline(desk);
  makeNow(desk);
  const script = makeScript(desk, rows);
  const film = makeFilm(desk, study);
  const cards = makeMoments(desk, study, (note) => page.dataset.researcher || note.by === page.dataset.name);
  makeWhose(desk, study);
  makeExports(study, rows.length > 0, Boolean(page.dataset.film));
  const by = (event, seconds) => desk.seek(desk.time + seconds * (event.shiftKey ? 10 : 1));
  makeKeys({
    " ": film.toggle, k: film.toggle,
    ArrowLeft: (event) => by(event, -1), ArrowRight: (event) => by(event, 1),
    ArrowUp: () => script?.step(-1), ArrowDown: () => script?.step(1),
    "[": () => desk.step(-1), "]": () => desk.step(1), ",": () => desk.step(-1), ".": () => desk.step(1),
    Home: () => desk.seek(room.start), End: () => desk.seek(room.end),
    "+": () => desk.zoom(0.5), "=": () => desk.zoom(0.5), "-": () => desk.zoom(2), 0: () => desk.show(room.start, room.end),
    z: () => { const m = moments[desk.chosen]; if (m) desk.show(m.start - 3, m.end + 3); },
    ...Object.fromEntries(room.feelings.map((f, k) => [k + 1, () => desk.toggle(f.key)])),
    "/": () => $("words").focus(), n: () => cards.write(),
    w: () => $("whose-button").click(), e: () => $("exports-button").click(), "?": () => $("keys-button").click(),
  });
  // A link may lead to a time: …/read#t=65
  const leads = () => {
    const time = parseFloat(/^#t=([\d.]+)$/.exec(location.hash)?.[1]);
    if (!isNaN(time)) desk.seek(time);
  };
  addEventListener("hashchange", leads);
  leads();
  page.classList.add("ready");
  // Marked once the frame is on the screen; benchmarks/studio.py reads it.
  requestAnimationFrame(() => setTimeout(() => performance.mark("painted")));
}

open().catch((error) => {
  $("summary").textContent = "";
  $("fault").textContent = error.message;
});
