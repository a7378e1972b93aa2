// Requests to the studio's API. Errors are thrown with a message that can be shown to the user.

let token = "";

/**
 * Send a request, with the CSRF token if the request changes something.
 *
 * @param {string} method such as "POST"
 * @param {string} path such as "/api/studies"
 * @param {object | Blob} [body] sent as JSON, or unchanged if it is a Blob such as a file
 * @returns {Promise<any>} the JSON or Blob that was returned, or null for an empty response
 */
export async function request(method, path, body) {
  let response = await sendRequest(method, path, body);
  // The token is bound to the session, which may have changed in another tab.
  if (response.status === 403 && method !== "GET" && await renewToken()) response = await sendRequest(method, path, body);
  if (!response.ok) {
    const { detail } = await response.json().catch(() => ({}));
    throw new Error(detail || `The studio returned error ${response.status}; try again.`);
  }
  if (response.status === 204) return null;
  return response.headers.get("Content-Type") === "application/json" ? response.json() : response.blob();
}

/** The CSRF header, for requests that are not sent with `request`. */
export async function tokenHeader() {
  if (!token) await renewToken();
  return { "X-CSRF-Token": token };
}

async function sendRequest(method, path, body) {
  const headers = method === "GET" ? {} : await tokenHeader();
  if (body !== undefined && !(body instanceof Blob)) {
    headers["Content-Type"] = "application/json";
    body = JSON.stringify(body);
  }
  return fetch(path, { method, headers, body }).catch(() => {
    throw new Error("The studio is not responding; check that it is still running.");
  });
}

/** Get the current token, and return whether it has changed. */
async function renewToken() {
  const previous = token;
  const session = await fetch("/api/session").then((response) => response.json());
  token = session.csrf;
  return token !== previous;
}
