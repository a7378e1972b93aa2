// The API of one study, with unpacked curves.

import { request } from "../api.js";

/**
 * Unpack curves into arrays by name, with null where fewer than `minViewers` were seen. See reports/html/chart_data.py.
 */
export function unpackCurves({ curves, viewers, minViewers, steps, noValue }) {
  const unpacked = Object.entries(curves).map(([name, text]) => {
    const bytes = atob(text), values = new Array(bytes.length / 2);
    for (let k = 0; k < values.length; k++) {
      const step = bytes.charCodeAt(2 * k) + 256 * bytes.charCodeAt(2 * k + 1);
      values[k] = step === noValue ? null : step / steps;
    }
    return [name, values];
  });
  return { ...Object.fromEntries(unpacked), viewers, minViewers };
}

export class StudyApi {
  /** @param {string} name ID of the study */
  constructor(name) {
    this.url = `/api/studies/${name}`;
  }

  async audienceCurves() {
    const audience = await request("GET", `${this.url}/audience-curves`);
    return { ...audience, curves: unpackCurves(audience), end: audience.start + audience.seconds };
  }

  script = (query = "") => request("GET", `${this.url}/script${query}`);
  moments = (query = "") => request("GET", `${this.url}/moments${query}`);
  notes = () => request("GET", `${this.url}/notes`);
  viewers = () => request("GET", `${this.url}/viewers`);

  /** What the page shows of a segment. */
  async segment(name) {
    const query = `?segment=${encodeURIComponent(name)}`;
    const [found, moments, rows] = await Promise.all([request("GET", `${this.url}/curves${query}`), this.moments(query), this.script(query)]);
    return { ...found, label: name, curves: unpackCurves(found), moments, rows };
  }

  /** @param {string[]} ids of viewers */
  async viewerCurves(ids) {
    return unpackCurves(await request("GET", `${this.url}/curves?${ids.map((id) => `viewer=${encodeURIComponent(id)}`).join("&")}`));
  }

  createNote = (at, text) => request("POST", `${this.url}/notes`, { at, text });
  updateNote = (id, text) => request("PUT", `${this.url}/notes/${id}`, { text });
  deleteNote = (id) => request("DELETE", `${this.url}/notes/${id}`);
  /** @param {number} element index of the script element; @param {number} start second of film time */
  setLineTime = (element, start) => request("PUT", `${this.url}/line-times/${element}`, { start });
  resetLineTime = (element) => request("DELETE", `${this.url}/line-times/${element}`);
  saveSegment = (name, content) => request("PUT", `${this.url}/segments/${encodeURIComponent(name)}`, content);
  deleteSegment = (name) => request("DELETE", `${this.url}/segments/${encodeURIComponent(name)}`);
  saveQuadrants = () => request("POST", `${this.url}/quadrants`);
  saveParticipants = (file) => request("PUT", `${this.url}/participants`, file);
  filmUrl = () => `${this.url}/film`;
  exportUrl = (kind, fps) => `${this.url}/exports/${kind}${fps ? `?fps=${fps}` : ""}`;
}
