// A shared tablet returns to the list of seats by itself. Touching it, or "More time", extends the time.

const { back, seconds } = document.querySelector("script[data-back]").dataset;
const countdown = document.getElementById("countdown");
const moreTimeButton = document.getElementById("more-time");
let secondsLeft = Number(seconds);

setInterval(() => {
  secondsLeft -= 1;
  if (secondsLeft <= 0) location.replace(back);
  // The countdown is hidden from screen readers, which would announce every second.
  else if (countdown) countdown.textContent = ` in ${secondsLeft} s`;
}, 1000);

if (moreTimeButton) {
  countdown.setAttribute("aria-hidden", "true");
  moreTimeButton.hidden = false;
  moreTimeButton.addEventListener("click", () => { secondsLeft += Number(seconds); });
} else {
  for (const activity of ["pointerdown", "keydown", "scroll"]) {
    addEventListener(activity, () => { secondsLeft = Number(seconds); }, { passive: true });
  }
}
