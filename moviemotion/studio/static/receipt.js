// Copies and prints receipts and seat cards. Without JavaScript, they can still be read and saved.

const code = document.getElementById("code");
const copy = document.getElementById("copy");
const print = document.getElementById("print");

if (copy && navigator.clipboard) {
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(code.dataset.code);
    copy.textContent = "Copied";
  });
}
if (print) {
  print.hidden = false;
  print.addEventListener("click", () => window.print());
}
// A receipt's QR code contains the code after the #, the part of an address that browsers do not send to servers.
if (code instanceof HTMLInputElement && location.hash.length > 1) {
  code.value = decodeURIComponent(location.hash.slice(1));
  history.replaceState(null, "", location.pathname);
}
