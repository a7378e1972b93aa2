// The privacy page: erase or export a viewer, and look up a receipt.

import { request } from "./api.js";
import { reloadWithMessage } from "./form.js";

const api = `/api/studies/${document.querySelector("script[data-study]").dataset.study}/privacy`;
const byId = (id) => document.getElementById(id);
const dialog = byId("erasing");
const viewerForm = byId("viewer-form");

viewerForm?.addEventListener("submit", (event) => {
  event.preventDefault();
  const viewer = viewerForm.elements.viewer.value.trim();
  const act = { erase: confirmErasure, seat: openSeat }[event.submitter?.value] ?? exportViewer;
  act(viewer);
});
for (const button of document.querySelectorAll("[data-export]")) button.addEventListener("click", () => exportViewer(button.dataset.export));
for (const button of document.querySelectorAll("[data-erase]")) button.addEventListener("click", () => confirmErasure(button.dataset.erase));

byId("receipt").addEventListener("submit", async (event) => {
  event.preventDefault();
  byId("found").textContent = byId("not-found").textContent = "";
  try {
    const receipt = await request("POST", "/api/receipts/check", { code: event.target.elements.code.value });
    byId("found").textContent = `Found in row ${receipt.row}: ${receipt.state} on ${receipt.time.slice(0, 16).replace("T", " ")} UTC, after reading version ${receipt.disclosure}.`;
  } catch (error) {
    byId("not-found").textContent = error.message;
  }
});

function confirmErasure(viewer) {
  byId("erasing-viewer").textContent = viewer;
  dialog.querySelector(".error").textContent = "";
  dialog.showModal();
}

byId("cancel")?.addEventListener("click", () => dialog.close());
byId("erase")?.addEventListener("click", async (event) => {
  event.target.disabled = true;
  event.target.textContent = "Erasing …";
  try {
    const erased = await request("POST", `${api}/erase`, { viewer: byId("erasing-viewer").textContent });
    const lines = [
      `Erased: ${erased.samples.toLocaleString("en")} samples, ${erased.pictures} pictures. The results were recomputed.`,
      ...erased.files.map((name) => `Deleted because it contained the viewer’s ID: ${name}`),
      ...erased.unknown_files.map((name) => `Not written by MoviEmotion; check whether it contains data about the viewer: ${name}`),
    ];
    reloadWithMessage(lines.join("\n"));
  } catch (error) {
    dialog.querySelector(".error").textContent = error.message;
    event.target.disabled = false;
    event.target.textContent = "Erase permanently";
  }
});

async function openSeat(viewer) {
  byId("viewer-error").textContent = byId("viewer-seat").textContent = "";
  try {
    const found = await request("POST", `${api}/open-seat`, { viewer });
    byId("viewer-seat").textContent = `${found.viewer} sits in ${found.seat}. The audit log records that you opened this link.`;
  } catch (error) {
    byId("viewer-error").textContent = error.message;
  }
}

async function exportViewer(viewer) {
  byId("viewer-error").textContent = "";
  try {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await request("POST", `${api}/export`, { viewer }));
    link.download = "viewer.zip";
    link.click();
    URL.revokeObjectURL(link.href);
  } catch (error) {
    byId("viewer-error").textContent = error.message;
  }
}
