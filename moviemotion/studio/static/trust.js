// The privacy officer's page: erase, hand out, and look up a receipt.

import { ask } from "./api.js";
import { reload } from "./form.js";

const api = `/api/studies/${document.querySelector("script[data-study]").dataset.study}/privacy`;
const byId = (id) => document.getElementById(id);
const dialog = byId("erasing");
const whom = byId("whom");

whom?.addEventListener("submit", (event) => {
  event.preventDefault();
  const viewer = whom.elements.viewer.value.trim();
  event.submitter?.value === "erase" ? askToErase(viewer) : hand(viewer);
});
for (const button of document.querySelectorAll("[data-export]")) button.addEventListener("click", () => hand(button.dataset.export));
for (const button of document.querySelectorAll("[data-erase]")) button.addEventListener("click", () => askToErase(button.dataset.erase));

byId("receipt").addEventListener("submit", async (event) => {
  event.preventDefault();
  byId("found").textContent = byId("not-found").textContent = "";
  try {
    const found = await ask("POST", "/api/receipts/check", { code: event.target.elements.code.value });
    byId("found").textContent = `It is: row ${found.row}, ${found.time.slice(0, 16).replace("T", " ")} UTC: ${found.state} the text of version ${found.disclosure}.`;
  } catch (error) {
    byId("not-found").textContent = error.message;
  }
});

function askToErase(viewer) {
  byId("erasing-whom").textContent = viewer;
  dialog.querySelector(".fault").textContent = "";
  dialog.showModal();
}

byId("keep")?.addEventListener("click", () => dialog.close());
byId("erase")?.addEventListener("click", async (event) => {
  event.target.disabled = true;
  event.target.textContent = "Erasing …";
  try {
    const erased = await ask("POST", `${api}/erase`, { viewer: byId("erasing-whom").textContent });
    const lines = [
      `Erased: ${erased.samples.toLocaleString("en")} measurements, ${erased.pictures} pictures. The results were made again.`,
      ...erased.files.map((name) => `Deleted, for it had the viewer’s id: ${name}`),
      ...erased.strangers.map((name) => `Not the studio’s; see whether it speaks of the viewer: ${name}`),
    ];
    reload(lines.join("\n"));
  } catch (error) {
    dialog.querySelector(".fault").textContent = error.message;
    event.target.disabled = false;
    event.target.textContent = "Erase for good";
  }
});

async function hand(viewer) {
  byId("whom-fault").textContent = "";
  try {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await ask("POST", `${api}/export`, { viewer }));
    link.download = "viewer.zip";
    link.click();
    URL.revokeObjectURL(link.href);
  } catch (error) {
    byId("whom-fault").textContent = error.message;
  }
}
