// Playback of the film, or of a clock if the study has no film; and the player's buttons.

import { formatTime } from "./format.js";

export function makePlayer(store, study) {
  const $ = (id) => document.getElementById(id);
  const video = $("film"), play = $("play"), speed = $("speed");
  let playing = false, hasFilm = false, lastFrameTime = 0;

  video.addEventListener("loadedmetadata", () => {
    hasFilm = true;
    video.hidden = false;
    $("screen").classList.add("with-film");
    video.currentTime = store.time;
  });
  if ($("analysis").dataset.film) video.src = study.filmUrl();
  video.addEventListener("ended", () => setPlaying(false));
  video.addEventListener("click", () => setPlaying(!playing));

  function setPlaying(on) {
    if (on === playing) return;
    playing = on;
    if (on && store.time >= store.audience.end - 0.5) store.seek(store.audience.start);
    play.toggleAttribute("data-playing", on);
    play.setAttribute("aria-label", on ? "Pause" : "Play");
    if (hasFilm && on) {
      video.playbackRate = Number(speed.value);
      video.play().catch(() => setPlaying(false));
    } else if (hasFilm) video.pause();
    if (on) {
      lastFrameTime = performance.now();
      requestAnimationFrame(tick);
    }
  }

  function tick(now) {
    if (!playing) return;
    const time = hasFilm ? video.currentTime : store.time + (now - lastFrameTime) / 1000 * Number(speed.value);
    lastFrameTime = now;
    store.seek(time, "film");
    if (time >= store.audience.end) setPlaying(false);
    requestAnimationFrame(tick);
  }

  store.on("time", () => {
    $("clock").textContent = $("big-clock").textContent = formatTime(store.time);
    if (hasFilm && store.seekSource !== "film") video.currentTime = store.time;
  });
  speed.addEventListener("change", () => { video.playbackRate = Number(speed.value); });
  play.addEventListener("click", () => setPlaying(!playing));
  $("length").textContent = `/ ${formatTime(store.audience.end)}`;
  $("moment-previous").addEventListener("click", () => store.stepMoment(-1));
  $("moment-next").addEventListener("click", () => store.stepMoment(1));
  return { toggle: () => setPlaying(!playing) };
}
