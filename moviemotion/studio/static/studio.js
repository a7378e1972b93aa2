// What all pages of the studio share.

import { ask } from "./api.js";

document.getElementById("sign-out")?.addEventListener("click", async () => {
  await ask("DELETE", "/api/session");
  location.assign("/sign-in");
});
