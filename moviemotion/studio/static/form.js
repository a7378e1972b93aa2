// Forms that are sent to the API as JSON: <form data-send="POST /api/…" data-then="/there/{id}">.
// Without data-then the page is loaded again and says data-done.

import { ask } from "./api.js";

const DONE = "done";

for (const form of document.querySelectorAll("form[data-send]")) {
  const fault = form.querySelector(".fault");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = event.submitter ?? form.querySelector("button");
    fault.textContent = "";
    button.disabled = true;
    try {
      const answer = await ask(...form.dataset.send.split(" "), fieldsOf(form));
      const { then, done } = form.dataset;
      if (then) location.assign(then.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(answer[name])));
      else reload(done);
    } catch (error) {
      fault.textContent = inWords(error.message, form);
      button.disabled = false;
    }
  });
}

/** A fault that names a field of the API names it as the page does, and leads to it. */
function inWords(message, form) {
  const [, name, said] = /^([\w.]+): (.+)$/s.exec(message) ?? [];
  const field = name && form.elements.namedItem(name);
  if (!field?.labels?.length) return message;
  field.focus();
  return `${field.labels[0].firstChild.textContent.trim()}: ${said}`;
}

/** Loads the page again, which then says what was done. */
export function reload(done) {
  sessionStorage.setItem(DONE, done);
  location.reload();
}

const told = document.getElementById("done");
if (told) {
  // Written after the page is there, so that it is read out.
  requestAnimationFrame(() => { told.textContent = sessionStorage.getItem(DONE) ?? ""; sessionStorage.removeItem(DONE); });
}

function fieldsOf(form) {
  const fields = {};
  for (const input of form.elements) {
    if (!input.name || input.disabled) continue;
    const [name, within] = input.name.split(".");
    const value = input.type === "checkbox" ? input.checked : input.type === "number" ? Number(input.value) : input.value;
    if (within) (fields[name] ??= {})[within] = value;
    else fields[name] = value;
  }
  return fields;
}
