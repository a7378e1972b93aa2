import { ask } from "./api.js";

const form = document.getElementById("sign-in");
const fault = document.getElementById("fault");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  fault.textContent = "";
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    await ask("POST", "/api/session", { name: form.elements.name.value, password: form.elements.password.value });
  } catch (error) {
    fault.textContent = error.message;
    button.disabled = false;
    form.elements.password.select();
    return;
  }
  // Only a path of this studio: a link must not send anybody elsewhere after signing in.
  const to = new URLSearchParams(location.search).get("to") ?? "/";
  const there = new URL(to, location.origin);
  location.assign(there.origin === location.origin ? there.pathname : "/");
});
