// Play: the film where the study has one, else a clock; and the keys of a player.

import { clock } from "./words.js";

export function makeFilm(desk, study) {
  const $ = (id) => document.getElementById(id);
  const video = $("film"), play = $("play"), speed = $("speed");
  let playing = false, hasFilm = false, last = 0;

  video.addEventListener("loadedmetadata", () => {
    hasFilm = true;
    video.hidden = false;
    $("screen").classList.add("with-film");
    video.currentTime = desk.time;
  });
  if ($("reading").dataset.film) video.src = study.filmUrl();
  video.addEventListener("ended", () => set(false));
  video.addEventListener("click", () => set(!playing));

  function set(on) {
    if (on === playing) return;
    playing = on;
    if (on && desk.time >= desk.room.end - 0.5) desk.seek(desk.room.start);
    play.toggleAttribute("data-playing", on);
    play.setAttribute("aria-label", on ? "Pause" : "Play");
    if (hasFilm && on) {
      video.playbackRate = Number(speed.value);
      video.play().catch(() => set(false));
    } else if (hasFilm) video.pause();
    if (on) {
      last = performance.now();
      requestAnimationFrame(tick);
    }
  }

  function tick(now) {
    if (!playing) return;
    const time = hasFilm ? video.currentTime : desk.time + (now - last) / 1000 * Number(speed.value);
    last = now;
    desk.seek(time, "film");
    if (time >= desk.room.end) set(false);
    requestAnimationFrame(tick);
  }

  desk.on("time", () => {
    $("clock").textContent = $("big-clock").textContent = clock(desk.time);
    if (hasFilm && desk.by !== "film") video.currentTime = desk.time;
  });
  speed.addEventListener("change", () => { video.playbackRate = Number(speed.value); });
  play.addEventListener("click", () => set(!playing));
  $("length").textContent = `/ ${clock(desk.room.end)}`;
  $("moment-before").addEventListener("click", () => desk.step(-1));
  $("moment-next").addEventListener("click", () => desk.step(1));
  return { toggle: () => set(!playing) };
}
