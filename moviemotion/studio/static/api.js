// Asks the server. A fault is thrown as an Error whose message can be shown as it is.

let token = "";

/**
 * @param {string} method such as "POST"
 * @param {string} path such as "/api/studies"
 * @param {object | Blob} [body] sent as JSON; a Blob, such as a file, as it is
 * @returns {Promise<any>} the JSON that came back, null where nothing did, or a Blob
 */
export async function ask(method, path, body) {
  let answer = await send(method, path, body);
  if (answer.status === 403 && method !== "GET" && await renewToken()) answer = await send(method, path, body);
  if (!answer.ok) {
    const fault = await answer.json().catch(() => ({}));
    throw new Error(fault.detail || `The studio answered ${answer.status}; try again.`);
  }
  if (answer.status === 204) return null;
  return answer.headers.get("Content-Type") === "application/json" ? answer.json() : answer.blob();
}

/** The header that every change needs, for requests that are not made with `ask`. */
export async function tokenHeader() {
  if (!token) await renewToken();
  return { "X-CSRF-Token": token };
}

async function send(method, path, body) {
  const headers = method === "GET" ? {} : await tokenHeader();
  if (body !== undefined && !(body instanceof Blob)) {
    headers["Content-Type"] = "application/json";
    body = JSON.stringify(body);
  }
  return fetch(path, { method, headers, body }).catch(() => {
    throw new Error("The studio does not answer; is it still running?");
  });
}

async function renewToken() {
  const before = token;
  const session = await fetch("/api/session").then((answer) => answer.json());
  token = session.csrf;
  return token !== before;
}
