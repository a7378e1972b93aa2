// A screening from its seats to its result: what the API says, shown as it changes.

import { html, nothing, render } from "./vendor/lit-html/lit-html.js";
import { ask, tokenHeader } from "./api.js";

const study = document.querySelector("script[data-study]").dataset.study;
const api = `/api/studies/${study}`;
const LOOK_AGAIN = 3000; // ms between two looks at the answers
const STAGES = {
  new: "not read yet", reading: "being read", paused: "paused", telling: "results being made",
  stopped: "stopped", failed: "failed", finished: "finished", over: "over",
};
const AT_WORK = ["reading", "paused", "telling"];
const CLOSED = ["finished", "over"];
const byId = (id) => document.getElementById(id);

let files = [];
let unseen = {}; // recording → why it may not be looked at
let seats = [];
let uploads = []; // { kind, name, done, total }
let progress = { stage: "new", readings: [], cameras: [], problem: "" };
let soFar = null;

// Seats and answers

async function lookAtSeats() {
  if (document.hidden) return;
  seats = await ask("GET", `${api}/seats`);
  showSeats();
}

function showSeats() {
  const { stage } = progress, done = stage === "finished";
  const count = (state) => seats.filter((seat) => seat.state === state).length;
  const yes = count("accepted"), no = count("declined");
  render(html`
    <dl class="tally">
      <div><dt>said yes</dt><dd>${yes}</dd></div>
      <div><dt>said no</dt><dd>${no}</dd></div>
      <div><dt>${done ? "nothing held" : "not answered"}</dt><dd>${seats.length - yes - no - count("withdrawn")}</dd></div>
    </dl>
    ${seats.length ? html`<div class="scroller" tabindex="0" role="region" aria-label="Seats"><table>
      <thead><tr><th scope="col">Seat</th><th scope="col">Camera</th><th scope="col">Answer</th></tr></thead>
      <tbody>${seats.map((seat) => html`<tr>
        <td>${seat.seat}</td>
        <td>${seat.camera}${seat.region ? html` <small>${seat.region.join(", ")}</small>` : nothing}</td>
        <td><span class="state ${seat.state ?? ""}">${seat.state ?? (done ? "nothing held" : "not asked yet")}</span>
          ${seat.state || CLOSED.includes(stage) || AT_WORK.includes(stage) ? nothing : html` <button class="small" @click=${() => takeOut(seat)}>Remove<span class="visually-hidden"> seat ${seat.seat}</span></button>`}</td>
      </tr>`)}</tbody></table></div>`
      : html`<p>No seats. Only who sits at one, and says yes, is watched.</p>`}`, byId("seats"));
}

byId("add-seat").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { seat, camera, region } = event.target.elements;
  const corners = region.value.trim() ? region.value.split(",").map(Number) : null;
  await tell("seat-fault", async () => {
    await ask("POST", `${api}/seats`, { seat: seat.value.trim(), camera: camera.value.trim(), region: corners });
    seat.value = camera.value = "";
    seat.focus();
    await lookAtSeats();
  });
});

async function takeOut({ seat }) {
  await tell("seat-fault", async () => {
    await ask("DELETE", `${api}/seats/${encodeURIComponent(seat)}`);
    await lookAtSeats();
  });
}

// Files

for (const drop of document.querySelectorAll(".drop")) {
  const input = drop.querySelector("input");
  input.addEventListener("change", () => { give(drop.dataset.kind, [...input.files]); input.value = ""; });
  drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    give(drop.dataset.kind, [...event.dataTransfer.files]);
  });
}

async function give(kind, chosen) {
  byId("file-fault").textContent = "";
  for (const file of chosen) {
    const upload = { kind, name: file.name, done: 0, total: file.size };
    uploads.push(upload);
    try {
      await put(`${api}/files/${kind}/${encodeURIComponent(file.name)}`, file, (done) => { upload.done = done; showFiles(); });
    } catch (error) {
      byId("file-fault").textContent += `${error.message}\n`;
    }
    uploads = uploads.filter((each) => each !== upload);
    await lookAtFiles();
  }
}

/** PUT a file. fetch would not say how much has gone. */
async function put(path, file, sent) {
  const headers = await tokenHeader();
  await new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", path);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => sent(event.loaded));
    request.addEventListener("load", () => {
      if (request.status < 300) return resolve();
      let detail = `The studio answered ${request.status}; try again.`;
      try { detail = JSON.parse(request.responseText).detail; } catch { /* not the studio's own words */ }
      reject(new Error(detail));
    });
    request.addEventListener("error", () => reject(new Error(`${file.name}: the upload was cut off; try again.`)));
    request.send(file);
  });
}

async function lookAtFiles() {
  const now = await ask("GET", api);
  ({ files, unseen } = now);
  showReading();
}

/** What was read is told from the files it had; only the film may still come or go. */
function isSettled(kind) {
  return progress.stage === "over" || (progress.stage === "finished" && kind !== "film");
}

function showFiles() {
  const words = { seats: "recording", cameras: "live cameras", film: "film", script: "script", subtitles: "subtitles" };
  render(html`<ul class="list" aria-live="polite">
    ${files.map((file) => html`<li>
      <span>${file.name} <small>${words[file.kind]}, ${size(file.size)}</small></span>
      ${AT_WORK.includes(progress.stage) || isSettled(file.kind) ? nothing : html`<button class="small" @click=${() => remove(file)}>Remove<span class="visually-hidden"> ${file.name}</span></button>`}
    </li>`)}
    ${uploads.map((upload) => html`<li>
      <span>${upload.name} <small>${upload.done < upload.total ? `${size(upload.done)} of ${size(upload.total)}` : "being looked at"}</small></span>
      <progress class="bar" max=${upload.total} .value=${upload.done} aria-label="Upload of ${upload.name}"></progress>
    </li>`)}
  </ul>`, byId("files"));
}

async function remove(file) {
  await tell("file-fault", async () => {
    await ask("DELETE", `${api}/files/${file.kind}/${encodeURIComponent(file.name)}`);
    await lookAtFiles();
  });
}

// Reading

async function act(method, path, body) {
  await tell("reading-fault", async () => { follow(await ask(method, path, body)); });
}

let stream = null;

/** Show how far it is, and follow it while there is more to come. */
function follow(now) {
  progress = now;
  showReading();
  if (!AT_WORK.includes(now.stage) || stream) return;
  stream = new EventSource(`${api}/screening/events`);
  let read = 0;
  stream.addEventListener("progress", (event) => {
    progress = JSON.parse(event.data);
    const finished = progress.readings.filter((reading) => reading.finished).length;
    if (finished > read) { read = finished; lookAtSoFar(); }
    showReading();
  });
  stream.addEventListener("over", (event) => {
    stream.close();
    stream = null;
    progress = JSON.parse(event.data);
    lookAtFiles();
  });
}

async function lookAtSoFar() {
  soFar = await ask("GET", `${api}/screening/so-far`).catch(() => null);
  showReading();
}

function showReading() {
  const { stage } = progress;
  byId("stage").className = `stage ${stage}`;
  byId("stage").textContent = STAGES[stage];
  const closed = CLOSED.includes(stage), busy = AT_WORK.includes(stage);
  byId("open").hidden = stage !== "finished";
  byId("add-seat").hidden = closed || busy;
  byId("ask").hidden = closed;
  byId("files").closest("section").hidden = stage === "over";
  byId("live").hidden = closed || busy;
  for (const drop of document.querySelectorAll(".drop")) drop.hidden = busy || isSettled(drop.dataset.kind);
  showFiles();
  showSeats();
  const live = files.some((file) => file.kind === "cameras");
  const recordings = files.filter((file) => file.kind === "seats");
  const readable = recordings.length - Object.keys(unseen).length;
  render(html`
    ${stage === "finished" ? finished() : nothing}
    ${stage === "over" ? ended() : nothing}
    ${progress.problem ? html`<p class="fault">${progress.problem}</p>` : nothing}
    ${stage === "new" || stage === "failed" ? html`
      <p>${recordings.length ? `${readable} of ${plural(recordings.length, "recording")} to read. ` : live ? nothing : "Give the recordings first. "}Seats whose viewers have not said yes are blacked out before anything looks at the picture.</p>
      ${doubts(recordings, live)}
      <p class="actions">
        <button class="main" ?disabled=${!readable} @click=${() => act("POST", `${api}/screening`, { source: "files" })}>Read the recordings</button>
        ${live ? html`<button class="main" @click=${() => act("POST", `${api}/screening`, { source: "live" })}>Start the live cameras</button>` : nothing}
      </p>` : nothing}
    ${stage === "stopped" ? html`
      <p>It was stopped. What was read to its end is kept, and is not read again.</p>
      ${doubts(recordings, live)}
      <p class="actions"><button class="main" @click=${() => act("POST", `${api}/screening`)}>Go on</button></p>` : nothing}
    ${busy ? atWork() : nothing}
    ${soFar && busy ? html`
      <h3>So far <small>${plural(soFar.cameras, "recording")}, ${plural(soFar.viewers, "viewer")}</small></h3>
      <ul class="told">${soFar.lines.map((line) => html`<li>${line}</li>`)}</ul>` : nothing}`, byId("reading"));
}

/** What would be lost: recordings are deleted in the end, also those that nobody may look at. */
function doubts(recordings, live) {
  const cameras = recordings.map((file) => file.name.replace(/\.[^.]*$/, ""));
  const lines = [
    ...Object.entries(unseen).map(([name, why]) => `${name} will not be read, and is deleted with the others: ${why}.`),
    ...seats.filter((seat) => recordings.length && !live && !cameras.includes(seat.camera))
      .map((seat) => `Seat ${seat.seat}: no recording is called ${seat.camera}.`),
  ];
  return lines.length ? html`<ul class="told doubts">${lines.map((line) => html`<li>${line}</li>`)}</ul>` : nothing;
}

function atWork() {
  const { stage, source, readings, cameras, left, film_time: time } = progress;
  return html`
    <p role="status">${stage === "telling" ? "All is read; the results are being made." : source === "live" ? "The cameras are being read." : "The recordings are being read."}
      ${left ? html`<small>About ${span(left)} to go.</small>` : nothing}</p>
    ${time === null ? nothing : html`<p>Film time <b>${clock(time)}</b>${stage === "paused" ? ", paused" : ""}</p>`}
    <ul class="list">
      ${readings.map((reading) => html`<li>
        <span>${reading.name}</span>
        <small>${reading.finished ? "read" : reading.length ? `${clock(reading.seconds)} of ${clock(reading.length)}` : clock(reading.seconds)}</small>
        <progress class="bar" max="1" .value=${reading.finished ? 1 : reading.length ? reading.seconds / reading.length : 0} aria-label="Reading of ${reading.name}"></progress>
      </li>`)}
      ${cameras.map((camera) => html`<li>
        <span><b>${camera.name}</b> ${camera.state}${camera.why ? html` <small>${camera.why}</small>` : nothing}</span>
        <small>${plural(camera.faces, "face")}, ${camera.rate.toFixed(1)} a second${camera.dropped ? `, ${camera.dropped} dropped` : ""}${camera.losses ? `, lost ${camera.losses} times` : ""}</small>
      </li>`)}
    </ul>
    <p class="actions">
      ${source === "live" && stage === "reading" ? html`<button @click=${() => act("POST", `${api}/screening/pause`)}>Pause with the film</button>` : nothing}
      ${stage === "paused" ? html`<button class="main" @click=${() => act("POST", `${api}/screening/resume`)}>Go on with the film</button>` : nothing}
      ${stage === "telling" ? nothing : html`<button @click=${() => act("DELETE", `${api}/screening`)}>${source === "live" ? "End and make the results" : "Stop"}</button>`}
    </p>`;
}

function finished() {
  return html`
    <p role="status">The audience has been read. Its viewers have random ids now, and the recordings are deleted.
      <a href="/studies/${study}/trust">What is still held, and until when</a></p>`;
}

function ended() {
  return html`
    <p role="status">A day that its viewers were told of has come, so nobody is asked or read any more. For another audience, begin another study.
      <a href="/studies/${study}/trust">What is still held, and until when</a></p>`;
}

// What all of it shares

async function tell(where, work) {
  byId(where).textContent = "";
  try { await work(); } catch (error) { byId(where).textContent = error.message; }
}

const plural = (count, one) => `${count} ${one}${count === 1 ? "" : "s"}`;
const size = (bytes) => bytes < 1e5 ? `${(bytes / 1e3).toFixed(1)} kB` : bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
const span = (seconds) => seconds < 90 ? plural(Math.ceil(seconds), "second") : plural(Math.ceil(seconds / 60), "minute");

function clock(seconds) {
  const whole = Math.floor(seconds), hours = Math.floor(whole / 3600);
  const pair = (number) => String(number).padStart(2, "0");
  const rest = `${hours ? pair(Math.floor(whole / 60) % 60) : Math.floor(whole / 60)}:${pair(whole % 60)}`;
  return hours ? `${hours}:${rest}` : rest;
}

await Promise.all([lookAtSeats(), lookAtFiles()]);
follow(await ask("GET", `${api}/screening`));
async function lookAgain() {
  await lookAtSeats();
  // An answer may have opened a recording.
  if (!document.hidden && files.length && !AT_WORK.includes(progress.stage)) await lookAtFiles();
}

setInterval(() => lookAgain().catch(() => {}), LOOK_AGAIN);
