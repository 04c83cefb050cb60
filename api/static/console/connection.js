// Whether the service answers. While it does not, what is shown stays, and the service is asked whether it is there again.

import {useEffect, useState} from "./view.js";

const READY = "/health/ready";
const PAUSE_MS = 2000;

let state = {since: null, why: "", returns: 0};
const watching = new Set();

function put(changes) {
  state = {...state, ...changes};
  for (const tell of watching) tell(state);
}

/** A request was not answered, or was told to come again. */
export function lost(why) {
  if (state.since !== null) return;
  put({since: new Date(), why});
  setTimeout(look, PAUSE_MS);
}

async function look() {
  try {
    const {ok} = await fetch(READY);
    if (ok) return put({since: null, returns: state.returns + 1});
  } catch {
    // Not yet.
  }
  setTimeout(look, PAUSE_MS);
}

/** @returns {{since: Date | null, why: string, returns: number}} `returns` counts how often it came back: then what is shown is asked for again */
export function useConnection() {
  const [found, setFound] = useState(state);
  useEffect(() => {
    watching.add(setFound);
    setFound(state);
    return () => watching.delete(setFound);
  }, []);
  return found;
}
