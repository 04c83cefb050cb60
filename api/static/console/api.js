// How the console asks: each call is one that any other program can make.

import {lost} from "./connection.js";

/** A request that was not carried out. `detail` says what to do; `faults` are {pointer, message, rule}. */
export class Problem extends Error {
  constructor(status, {code = "", title = "", detail = "", errors = []} = {}) {
    super(detail || title || `the service answered ${status}`);
    this.status = status;
    this.code = code;
    this.faults = errors;
  }
}

export const OFFLINE = {code: "offline", detail: "the service cannot be reached: what is shown may be old"};

let newest = 0; // the newest position that this page has heard of, so that it reads what it wrote

/** @param {number} position */
export function heard(position) {
  newest = Math.max(newest, position);
}

/** Who acts, where the service does not ask for a key. */
export const actor = {
  isAsked: false,
  get: () => localStorage.getItem("varve.actor") ?? "",
  set: (name) => localStorage.setItem("varve.actor", name),
};

/** The cookie of a session counts only with this header, which no page of another site can send. */
export function ownHeaders() {
  const named = actor.isAsked && actor.get() ? {"Varve-Actor": encodeURIComponent(actor.get())} : {};
  return {"Varve-Console": "1", ...named};
}

/** Waits until whoever was signed in is so again; false where nobody was. */
export const door = {reopened: async () => false};

/**
 * Ask, and read the answer. Raises a Problem.
 * @param {string} path
 * @param {{method?: string, query?: Iterable<[string, string]>, body?: unknown, ifMatch?: string, breakGlass?: string, signal?: AbortSignal}} [asked]
 *   `breakGlass` says why a freeze, locks and missing approvals are passed
 * @returns {Promise<{data: any, etag: string | null, position: number, status: number}>}
 */
export async function ask(path, {method = "GET", query = [], body, ifMatch, breakGlass, signal} = {}) {
  const parameters = new URLSearchParams([...query]).toString();
  const address = parameters ? `${path}?${parameters}` : path;
  const options = {method, headers: headersOf(method, {body, ifMatch, breakGlass}), signal, body: body && JSON.stringify(body)};
  const response = await admitted(address, options);
  const position = Number(response.headers.get("Varve-Position") ?? 0);
  const data = await read(response);
  if (response.status === 503) lost(data?.detail ?? "it is not ready");
  if (!response.ok) throw new Problem(response.status, data ?? {});
  if (method !== "GET") heard(position);
  return {data, etag: response.headers.get("ETag"), position, status: response.status};
}

function headersOf(method, {body, ifMatch, breakGlass}) {
  const headers = {...ownHeaders(), "Varve-Min-Position": String(newest)};
  if (body) headers["Content-Type"] = "application/json";
  if (ifMatch) headers["If-Match"] = ifMatch;
  if (breakGlass) headers["Varve-Break-Glass"] = encodeURIComponent(breakGlass);
  if (method !== "GET") headers["Idempotency-Key"] = crypto.randomUUID();
  return headers;
}

/** The answer; where the session has ended meanwhile, when somebody has signed in again: nothing that was typed is lost. */
export async function admitted(address, options) {
  for (;;) {
    const response = await fetched(address, options);
    const isAboutSessions = address.startsWith("/console/");
    if (response.status !== 401 || isAboutSessions || !(await door.reopened())) return response;
  }
}

/** Take an answer home as a file. Raises a Problem. */
export async function saved(address, name) {
  const response = await admitted(address, {headers: ownHeaders()});
  if (!response.ok) throw new Problem(response.status, (await read(response)) ?? {});
  const href = URL.createObjectURL(await response.blob());
  Object.assign(document.createElement("a"), {href, download: name}).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}

async function fetched(address, options) {
  try {
    return await fetch(address, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    lost("it cannot be reached");
    throw new Problem(0, OFFLINE);
  }
}

async function read(response) {
  const text = await response.text();
  if (!text) return null;
  try {
    return JSON.parse(text);
  } catch {
    return {detail: "this is not the answer of a Varve service"};
  }
}

/** Every item of a listing, page after page, up to so many. */
export async function listed(path, {query = [], most = 5000, signal} = {}) {
  const items = [];
  let next = null;
  do {
    const asked = next === null ? [...query] : [...query, ["cursor", next]];
    const {data} = await ask(path, {query: asked, signal});
    items.push(...data.items);
    next = data.next;
  } while (next !== null && items.length < most);
  return {items, more: next !== null};
}
