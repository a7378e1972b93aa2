// The room as it comes from the server, unpacked.

import { ask } from "../api.js";

/** Packed curves as arrays by name, null where nothing was measured. See moviemotion/telling/charts.py. */
export function unpack({ curves, viewers, steps, noValue }) {
  const unpacked = Object.entries(curves).map(([name, text]) => {
    const bytes = atob(text), values = new Array(bytes.length / 2);
    for (let k = 0; k < values.length; k++) {
      const step = bytes.charCodeAt(2 * k) + 256 * bytes.charCodeAt(2 * k + 1);
      values[k] = step === noValue ? null : step / steps;
    }
    return [name, values];
  });
  return { ...Object.fromEntries(unpacked), viewers };
}

export class Study {
  constructor(name) {
    this.url = `/api/studies/${name}`;
  }

  async room() {
    const room = await ask("GET", `${this.url}/room`);
    return { ...room, curves: unpack(room), end: room.start + room.seconds };
  }

  script = () => ask("GET", `${this.url}/script`);
  moments = () => ask("GET", `${this.url}/moments`);
  notes = () => ask("GET", `${this.url}/notes`);
  viewers = () => ask("GET", `${this.url}/viewers`);

  /** @param {string} query such as "group=Front rows" or "viewer=a&viewer=b" */
  curves = async (query) => unpack(await ask("GET", `${this.url}/curves?${query}`));

  writeNote = (at, text) => ask("POST", `${this.url}/notes`, { at, text });
  changeNote = (id, text) => ask("PUT", `${this.url}/notes/${id}`, { text });
  deleteNote = (id) => ask("DELETE", `${this.url}/notes/${id}`);
  keepGroup = (name, viewers) => ask("PUT", `${this.url}/groups/${encodeURIComponent(name)}`, { viewers });
  forgetGroup = (name) => ask("DELETE", `${this.url}/groups/${encodeURIComponent(name)}`);
  filmUrl = () => `${this.url}/film`;
  exportUrl = (kind, fps) => `${this.url}/exports/${kind}${fps ? `?fps=${fps}` : ""}`;
}
