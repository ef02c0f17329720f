// Speaks to our own API: the session cookie goes along, unsafe requests carry X-CSRF, errors become sentences.

import { readExact } from "./exact.js";

const BASE = "/api/v1";
const SAFE = new Set(["GET", "HEAD"]);

/** What the server refused: a sentence, how to mend it, and the list of problems if there is one. */
export class ApiProblem extends Error {
  constructor(status, body) {
    super(body.detail || body.title || `The server answered ${status}.`);
    this.status = status;
    this.code = body.code || `http_${status}`;
    this.fix = body.fix || "";
    this.problems = body.problems || [];
  }
}

function cookie(name) {
  const found = document.cookie.split("; ").find((part) => part.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}

async function problemOf(response) {
  const body = await response.json().catch(() => ({}));
  return new ApiProblem(response.status, body);
}

async function send(method, path, { body, headers, signal } = {}) {
  const all = { Accept: "application/json", ...headers };
  if (!SAFE.has(method)) all["X-CSRF"] = cookie("qk_csrf");
  if (body !== undefined) all["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(BASE + path, {
      method,
      headers: all,
      signal,
      credentials: "same-origin",
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiProblem(0, { code: "offline", detail: "The server cannot be reached.", fix: "Check the connection and try again." });
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

async function json(method, path, options) {
  const response = await send(method, path, options);
  return response.status === 204 ? null : readExact(await response.text());
}

export const api = {
  get: (path, options) => json("GET", path, options),
  post: (path, body, options) => json("POST", path, { ...options, body: body ?? {} }),
  put: (path, body, options) => json("PUT", path, { ...options, body }),
  remove: (path, options) => json("DELETE", path, options),
  text: async (path) => (await send("GET", path, { headers: { Accept: "*/*" } })).text(),
};

/** The entries of a list answer, whatever its page calls them. */
export function entries(page) {
  if (Array.isArray(page)) return page;
  return page?.items ?? Object.values(page ?? {}).find(Array.isArray) ?? [];
}

/** The address of a socket under the API. */
export function socketAddress(path) {
  const scheme = window.location.protocol === "https:" ? "wss:" : "ws:";
  return `${scheme}//${window.location.host}${BASE}${path}`;
}
