// Forms that are sent to the API as JSON: <form data-send="POST /api/…" data-then="/studies/{id}">.
// Afterwards, the browser opens the address in data-then, or reloads the page and shows the text in data-done.

import { request } from "./api.js";

const DONE_KEY = "done";

for (const form of document.querySelectorAll("form[data-send]")) {
  const errorNode = form.querySelector(".error");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = event.submitter ?? form.querySelector("button");
    errorNode.textContent = "";
    button.disabled = true;
    try {
      const response = await request(...form.dataset.send.split(" "), formFields(form));
      const { then, done } = form.dataset;
      if (then) location.assign(then.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(response[name])));
      else reloadWithMessage(done);
    } catch (error) {
      errorNode.textContent = labelError(error.message, form);
      button.disabled = false;
    }
  });
}

/** Replace the API's field name in an error message with the label on the page, and focus the field. */
function labelError(message, form) {
  const [, name, problem] = /^([\w.]+): (.+)$/s.exec(message) ?? [];
  const field = name && form.elements.namedItem(name);
  if (!field?.labels?.length) return message;
  field.focus();
  return `${field.labels[0].firstChild.textContent.trim()}: ${problem}`;
}

/** Reload the page and show a message on it. */
export function reloadWithMessage(message) {
  sessionStorage.setItem(DONE_KEY, message);
  location.reload();
}

const doneNode = document.getElementById("done");
if (doneNode) {
  // Screen readers announce the text only if it is inserted after the page has loaded.
  requestAnimationFrame(() => { doneNode.textContent = sessionStorage.getItem(DONE_KEY) ?? ""; sessionStorage.removeItem(DONE_KEY); });
}

function formFields(form) {
  const fields = {};
  for (const input of form.elements) {
    if (!input.name || input.disabled) continue;
    const [name, key] = input.name.split("."); // "days.samples" becomes { days: { samples: … } }
    const value = input.type === "checkbox" ? input.checked : input.type === "number" ? Number(input.value) : input.value;
    if (key) (fields[name] ??= {})[key] = value;
    else fields[name] = value;
  }
  return fields;
}
