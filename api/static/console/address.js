// The address holds what a page shows: it can be kept, sent, and gone back to.

import {useEffect, useState} from "./view.js";

const moved = new Set();

/** @returns {{path: string, query: URLSearchParams}} */
export function address() {
  return {path: location.pathname, query: new URLSearchParams(location.search)};
}

/** Go there; `replace` leaves no step to come back to. */
export function go(href, {replace = false} = {}) {
  if (href === location.pathname + location.search) return;
  history[replace ? "replaceState" : "pushState"](null, "", href);
  if (!replace) scrollTo(0, 0);
  for (const tell of moved) tell();
}

/** This page with other parameters: null takes one away, a list gives it several times. */
export function here(changes) {
  const {path, query} = address();
  for (const [name, value] of Object.entries(changes)) {
    query.delete(name);
    for (const one of [value].flat()) if (one !== null && one !== "") query.append(name, String(one));
  }
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

export function useAddress() {
  const [, again] = useState(0);
  useEffect(() => {
    const tell = () => again((n) => n + 1);
    moved.add(tell);
    addEventListener("popstate", tell);
    return () => (moved.delete(tell), removeEventListener("popstate", tell));
  }, []);
  return address();
}

/** Links to pages of the console are followed without loading them anew. */
export function followLinks(isPage) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || link.target || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    if (link.origin !== location.origin || !isPage(link.pathname)) return;
    const address = link.pathname + link.search;
    if (link.hash && address === location.pathname + location.search) return; // a place on this page: the browser goes there
    event.preventDefault();
    go(address + link.hash);
  });
}
