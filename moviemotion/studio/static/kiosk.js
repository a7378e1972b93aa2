// A shared tablet goes on to the next person by itself; whoever needs longer touches it, or "More time".

const { back, seconds } = document.querySelector("script[data-back]").dataset;
const countdown = document.getElementById("countdown");
const more = document.getElementById("more-time");
let left = Number(seconds);

setInterval(() => {
  left -= 1;
  if (left <= 0) location.replace(back);
  // Not read out each second: the text around it says what happens.
  else if (countdown) countdown.textContent = ` in ${left} s`;
}, 1000);

if (more) {
  countdown.setAttribute("aria-hidden", "true");
  more.hidden = false;
  more.addEventListener("click", () => { left += Number(seconds); });
} else {
  for (const sign of ["pointerdown", "keydown", "scroll"]) {
    addEventListener(sign, () => { left = Number(seconds); }, { passive: true });
  }
}
