// The page of a study: seats and consent, files, and the progress of the screening.

import { html, nothing, render } from "./vendor/lit-html/lit-html.js";
import { request, tokenHeader } from "./api.js";

const study = document.querySelector("script[data-study]").dataset.study;
const api = `/api/studies/${study}`;
const POLL_INTERVAL = 3000; // ms between requests for the answers
const STAGE_LABELS = { // as in routes/page_routes.py
  new: "not processed yet", processing: "processing", paused: "paused", analyzing: "analyzing",
  stopped: "stopped", failed: "failed", finished: "finished", expired: "expired",
};
const ACTIVE_STAGES = ["processing", "paused", "analyzing"];
const CLOSED_STAGES = ["finished", "expired"];
const byId = (id) => document.getElementById(id);

let files = [];
let excludedRecordings = {}; // recording → why it is not processed
let seats = [];
let uploads = []; // { kind, name, done, total }
let progress = { stage: "new", recordings: [], cameras: [], problem: "" };
let partialResults = null;

// Seats and consent

async function loadSeats() {
  if (document.hidden) return;
  seats = await request("GET", `${api}/seats`);
  renderSeats();
}

function renderSeats() {
  const { stage } = progress, done = stage === "finished";
  const count = (state) => seats.filter((seat) => seat.state === state).length;
  const yes = count("accepted"), no = count("declined");
  render(html`
    <dl class="tally">
      <div><dt>consented</dt><dd>${yes}</dd></div>
      <div><dt>declined</dt><dd>${no}</dd></div>
      <div><dt>${done ? "no data stored" : "not answered"}</dt><dd>${seats.length - yes - no - count("withdrawn")}</dd></div>
    </dl>
    ${seats.length ? html`<div class="scroller" tabindex="0" role="region" aria-label="Seats"><table>
      <thead><tr><th scope="col">Seat</th><th scope="col">Camera</th><th scope="col">Answer</th></tr></thead>
      <tbody>${seats.map((seat) => html`<tr>
        <td>${seat.seat}</td>
        <td>${seat.camera}${seat.region ? html` <small>${seat.region.join(", ")}</small>` : nothing}</td>
        <td><span class="state ${seat.state ?? ""}">${seat.state ?? (done ? "no data stored" : "not asked yet")}</span>
          ${seat.state || CLOSED_STAGES.includes(stage) || ACTIVE_STAGES.includes(stage) ? nothing : html` <button class="small" @click=${() => removeSeat(seat)}>Remove<span class="visually-hidden"> seat ${seat.seat}</span></button>`}</td>
      </tr>`)}</tbody></table></div>`
      : html`<p>${done ? "This study has no seats." : "No seats yet. Only viewers at a seat who consent are measured."}</p>`}`, byId("seats"));
}

byId("add-seat").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { seat, camera, region } = event.target.elements;
  const corners = region.value.trim() ? region.value.split(",").map(Number) : null;
  await showErrors("seat-error", async () => {
    await request("POST", `${api}/seats`, { seat: seat.value.trim(), camera: camera.value.trim(), region: corners });
    seat.value = camera.value = "";
    seat.focus();
    await loadSeats();
  });
});

async function removeSeat({ seat }) {
  await showErrors("seat-error", async () => {
    await request("DELETE", `${api}/seats/${encodeURIComponent(seat)}`);
    await loadSeats();
  });
}

// Files

for (const drop of document.querySelectorAll(".drop")) {
  const input = drop.querySelector("input");
  input.addEventListener("change", () => { uploadFiles(drop.dataset.kind, [...input.files]); input.value = ""; });
  drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("drag-over"); });
  drop.addEventListener("dragleave", () => drop.classList.remove("drag-over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("drag-over");
    uploadFiles(drop.dataset.kind, [...event.dataTransfer.files]);
  });
}

async function uploadFiles(kind, chosen) {
  byId("file-error").textContent = "";
  for (const file of chosen) {
    const upload = { kind, name: file.name, done: 0, total: file.size };
    uploads.push(upload);
    try {
      await putFile(`${api}/files/${kind}/${encodeURIComponent(file.name)}`, file, (done) => { upload.done = done; renderFiles(); });
    } catch (error) {
      byId("file-error").textContent += `${error.message}\n`;
    }
    uploads = uploads.filter((each) => each !== upload);
    await loadFiles();
  }
}

/** PUT a file with XMLHttpRequest, because fetch does not report upload progress. */
async function putFile(path, file, onProgress) {
  const headers = await tokenHeader();
  await new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.open("PUT", path);
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
    xhr.upload.addEventListener("progress", (event) => onProgress(event.loaded));
    xhr.addEventListener("load", () => {
      if (xhr.status < 300) return resolve();
      let detail = `The studio returned error ${xhr.status}; try again.`;
      try { detail = JSON.parse(xhr.responseText).detail; } catch { /* not an error of the studio's API */ }
      reject(new Error(detail));
    });
    xhr.addEventListener("error", () => reject(new Error(`${file.name}: the upload was interrupted; try again.`)));
    xhr.send(file);
  });
}

async function loadFiles() {
  ({ files, excluded_recordings: excludedRecordings } = await request("GET", api));
  renderScreening();
  await loadScriptPreview();
}

/** Show what was read from the script, so that a script that was misread is noticed before the screening. */
async function loadScriptPreview() {
  const preview = files.some((file) => file.kind === "script") ? await request("GET", `${api}/script-preview`) : null;
  render(preview ? html`
    <p>The script was read as ${preview.figures}.</p>
    ${preview.doubts.map((doubt) => html`<p class="error">${doubt}.</p>`)}
    <details><summary>Check how it was read</summary>
      <p class="hint">Speeches of each speaker: ${Object.entries(preview.speakers).map(([who, count]) => `${who} ${count}`).join(", ") || "none"}.</p>
      <dl class="script-preview" tabindex="0">${preview.elements.map((element) => html`
        <dt>${element.kind}</dt><dd>${element.number ? `${element.number} ` : ""}${element.text}</dd>`)}</dl>
      ${preview.total > preview.elements.length ? html`<p class="hint">The first ${preview.elements.length} of ${preview.total} elements.</p>` : nothing}
    </details>` : nothing, byId("script-preview"));
}

/** The inputs of a finished screening are fixed; only the film, which is merely displayed, can still change. */
function isReadOnly(kind) {
  return progress.stage === "expired" || (progress.stage === "finished" && kind !== "film");
}

function renderFiles() {
  const labels = { recording: "recording", cameras: "live cameras", film: "film", script: "script", subtitles: "subtitles" };
  render(html`<ul class="list" aria-live="polite">
    ${files.map((file) => html`<li>
      <span>${file.name} <small>${labels[file.kind]}, ${formatSize(file.size)}</small></span>
      ${ACTIVE_STAGES.includes(progress.stage) || isReadOnly(file.kind) ? nothing : html`<button class="small" @click=${() => removeFile(file)}>Remove<span class="visually-hidden"> ${file.name}</span></button>`}
    </li>`)}
    ${uploads.map((upload) => html`<li>
      <span>${upload.name} <small>${upload.done < upload.total ? `${formatSize(upload.done)} of ${formatSize(upload.total)}` : "checking"}</small></span>
      <progress class="bar" max=${upload.total} .value=${upload.done} aria-label="Upload of ${upload.name}"></progress>
    </li>`)}
  </ul>`, byId("files"));
}

async function removeFile(file) {
  await showErrors("file-error", async () => {
    await request("DELETE", `${api}/files/${file.kind}/${encodeURIComponent(file.name)}`);
    await loadFiles();
  });
}

// Processing

async function sendCommand(method, path, body) {
  await showErrors("processing-error", async () => { followProgress(await request(method, path, body)); });
}

let stream = null;

/** Show the progress, and follow it while the screening is active. */
function followProgress(current) {
  progress = current;
  renderScreening();
  if (!ACTIVE_STAGES.includes(progress.stage) || stream) return;
  stream = new EventSource(`${api}/screening/events`);
  let finishedBefore = 0;
  stream.addEventListener("progress", (event) => {
    progress = JSON.parse(event.data);
    const finished = progress.recordings.filter((recording) => recording.finished).length;
    if (finished > finishedBefore) { finishedBefore = finished; loadPartialResults(); }
    renderScreening();
  });
  stream.addEventListener("done", (event) => {
    stream.close();
    stream = null;
    progress = JSON.parse(event.data);
    loadFiles();
  });
}

async function loadPartialResults() {
  partialResults = await request("GET", `${api}/screening/partial-results`).catch(() => null);
  renderScreening();
}

function renderScreening() {
  const { stage } = progress;
  byId("stage").className = `stage ${stage}`;
  byId("stage").textContent = STAGE_LABELS[stage];
  const closed = CLOSED_STAGES.includes(stage), busy = ACTIVE_STAGES.includes(stage);
  byId("open").hidden = stage !== "finished";
  byId("add-seat").hidden = closed || busy;
  byId("ask").hidden = closed;
  byId("files").closest("section").hidden = stage === "expired";
  byId("live").hidden = closed || busy;
  for (const drop of document.querySelectorAll(".drop")) drop.hidden = busy || isReadOnly(drop.dataset.kind);
  renderFiles();
  renderSeats();
  const live = files.some((file) => file.kind === "cameras");
  const recordings = files.filter((file) => file.kind === "recording");
  const included = recordings.length - Object.keys(excludedRecordings).length;
  render(html`
    ${stage === "finished" ? renderFinished() : nothing}
    ${stage === "expired" ? renderExpired() : nothing}
    ${progress.problem ? html`<p class="error">${progress.problem}</p>` : nothing}
    ${stage === "new" || stage === "failed" ? html`
      <p>${recordings.length ? `${included} of ${plural(recordings.length, "recording")} can be processed. ` : live ? nothing : "Upload the recordings first. "}Seats whose viewers have not consented are blacked out before faces are detected.</p>
      ${renderWarnings(recordings, live)}
      <p class="actions">
        <button class="main" ?disabled=${!included} @click=${() => sendCommand("POST", `${api}/screening`, { source: "files" })}>Process the recordings</button>
        ${live ? html`<button class="main" @click=${() => sendCommand("POST", `${api}/screening`, { source: "live" })}>Start the live cameras</button>` : nothing}
      </p>` : nothing}
    ${stage === "stopped" ? html`
      <p>Processing was stopped. Recordings that are complete will not be processed again.</p>
      ${renderWarnings(recordings, live)}
      <p class="actions"><button class="main" @click=${() => sendCommand("POST", `${api}/screening`)}>Resume</button></p>` : nothing}
    ${busy ? renderProgress() : nothing}
    ${partialResults && busy ? html`
      <h3>Partial results <small>${plural(partialResults.cameras, "recording")}, ${plural(partialResults.viewers, "viewer")}</small></h3>
      <ul class="notes">${partialResults.lines.map((line) => html`<li>${line}</li>`)}</ul>` : nothing}`, byId("processing"));
}

/** Warn about recordings that would be deleted without being processed, and seats without a recording. */
function renderWarnings(recordings, live) {
  const cameras = recordings.map((file) => file.name.replace(/\.[^.]*$/, ""));
  const lines = [
    ...Object.entries(excludedRecordings).map(([name, reason]) => `${name} will be deleted with the others without being processed: ${reason}.`),
    ...seats.filter((seat) => recordings.length && !live && !cameras.includes(seat.camera))
      .map((seat) => `Seat ${seat.seat}: there is no recording named ${seat.camera}.`),
  ];
  return lines.length ? html`<ul class="notes warnings">${lines.map((line) => html`<li>${line}</li>`)}</ul>` : nothing;
}

function renderProgress() {
  const { stage, source, recordings, cameras, seconds_left: left, film_time: time } = progress;
  return html`
    <p role="status">${stage === "analyzing" ? "All frames are processed; computing the results." : source === "live" ? "Capturing the live cameras." : "Processing the recordings."}
      ${left ? html`<small>About ${formatDuration(left)} left.</small>` : nothing}</p>
    ${time === null ? nothing : html`<p>Film time <b>${formatTime(time)}</b>${stage === "paused" ? ", paused" : ""}</p>`}
    <ul class="list">
      ${recordings.map((recording) => html`<li>
        <span>${recording.name}</span>
        <small>${recording.finished ? "complete" : recording.duration ? `${formatTime(recording.processed_seconds)} of ${formatTime(recording.duration)}` : formatTime(recording.processed_seconds)}</small>
        <progress class="bar" max="1" .value=${recording.finished ? 1 : recording.duration ? recording.processed_seconds / recording.duration : 0} aria-label="Progress of ${recording.name}"></progress>
      </li>`)}
      ${cameras.map((camera) => html`<li>
        <span><b>${camera.name}</b> ${camera.state}${camera.reason ? html` <small>${camera.reason}</small>` : nothing}</span>
        <small>${plural(camera.faces, "face")}, ${camera.rate.toFixed(1)} per second${camera.dropped ? `, ${camera.dropped} dropped` : ""}${camera.losses ? `, lost ${camera.losses} times` : ""}</small>
      </li>`)}
    </ul>
    <p class="actions">
      ${source === "live" && stage === "processing" ? html`<button @click=${() => sendCommand("POST", `${api}/screening/pause`)}>Pause the film clock</button>` : nothing}
      ${stage === "paused" ? html`<button class="main" @click=${() => sendCommand("POST", `${api}/screening/resume`)}>Resume the film clock</button>` : nothing}
      ${stage === "analyzing" ? nothing : html`<button @click=${() => sendCommand("DELETE", `${api}/screening`)}>${source === "live" ? "End and analyze" : "Stop"}</button>`}
    </p>`;
}

function renderFinished() {
  return html`
    <p role="status">The screening has finished. Its viewers now have random IDs, and the recordings are deleted.
      <a href="/studies/${study}/privacy">Stored data and deletion dates</a></p>`;
}

function renderExpired() {
  return html`
    <p role="status">A deletion date of this study has passed, so it can no longer ask for consent or process recordings. Create another study for another audience.
      <a href="/studies/${study}/privacy">Stored data and deletion dates</a></p>`;
}

// Helpers

/** Run a function and show its error, if any, in the element with the given ID. */
async function showErrors(id, work) {
  byId(id).textContent = "";
  try { await work(); } catch (error) { byId(id).textContent = error.message; }
}

const plural = (count, one) => `${count} ${one}${count === 1 ? "" : "s"}`;
const formatSize = (bytes) => bytes < 1e5 ? `${(bytes / 1e3).toFixed(1)} kB` : bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
const formatDuration = (seconds) => seconds < 90 ? plural(Math.ceil(seconds), "second") : plural(Math.ceil(seconds / 60), "minute");

function formatTime(seconds) {
  const whole = Math.floor(seconds), hours = Math.floor(whole / 3600);
  const pair = (number) => String(number).padStart(2, "0");
  const rest = `${hours ? pair(Math.floor(whole / 60) % 60) : Math.floor(whole / 60)}:${pair(whole % 60)}`;
  return hours ? `${hours}:${rest}` : rest;
}

await Promise.all([loadSeats(), loadFiles()]);
followProgress(await request("GET", `${api}/screening`));

async function poll() {
  await loadSeats();
  // An answer can change which recordings are excluded.
  if (!document.hidden && files.length && !ACTIVE_STAGES.includes(progress.stage)) await loadFiles();
}

setInterval(() => poll().catch(() => {}), POLL_INTERVAL);
