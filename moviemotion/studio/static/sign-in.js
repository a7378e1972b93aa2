// Signs in, then returns to the page that required it.

import { request } from "./api.js";

const form = document.getElementById("sign-in");
const errorNode = document.getElementById("error");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  errorNode.textContent = "";
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    await request("POST", "/api/session", { name: form.elements.name.value, password: form.elements.password.value });
  } catch (error) {
    errorNode.textContent = error.message;
    button.disabled = false;
    form.elements.password.select();
    return;
  }
  // Accept only a path of this studio: a link must not redirect to another website after signing in.
  const target = new URL(new URLSearchParams(location.search).get("to") ?? "/", location.origin);
  location.assign(target.origin === location.origin ? target.pathname : "/");
});
