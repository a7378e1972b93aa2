// Signs out; shared by all pages of the studio.

import { request } from "./api.js";

document.getElementById("sign-out")?.addEventListener("click", async () => {
  await request("DELETE", "/api/session");
  location.assign("/sign-in");
});
