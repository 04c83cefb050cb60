// What changes in the service, as it happens.

import {Problem, admitted, heard, ownHeaders} from "./api.js";

const FIRST_PAUSE = 500; // milliseconds, doubled after each failure
const LONGEST_PAUSE = 15_000;

/**
 * Follow the changes of an environment until `stop` is called.
 * @param {string} environment
 * @param {{changed: (data: {position: number, scopes: string[], types: string[]}) => void, reset: () => void,
 *   state: (state: "live" | "offline") => void}} tells
 * @returns {() => void} stop
 */
export function follow(environment, tells) {
  const ending = new AbortController();
  attend(environment, tells, ending.signal);
  return () => ending.abort();
}

async function attend(environment, tells, signal) {
  let pause = FIRST_PAUSE;
  while (!signal.aborted) {
    try {
      await heardOut(environment, tells, signal, () => (pause = FIRST_PAUSE));
    } catch (error) {
      if (signal.aborted || error.status === 403) return; // who may not listen sees what there is, and reads it again by hand
    }
    if (signal.aborted) return;
    tells.state("offline");
    await new Promise((resolve) => setTimeout(resolve, pause * (0.5 + Math.random())));
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  }
}

// Not an EventSource: that sends no headers of ours, and says nothing of why it failed.
async function heardOut(environment, tells, signal, begun) {
  const headers = {...ownHeaders(), Accept: "text/event-stream"};
  const response = await admitted(`/api/stream?environment=${encodeURIComponent(environment)}`, {headers, signal});
  if (!response.ok) throw new Problem(response.status, {});
  begun();
  tells.state("live");
  for await (const {event, data} of events(response.body)) {
    heard(data.position ?? 0);
    if (event === "reset") tells.reset();
    if (event === "changed") tells.changed(data);
  }
}

/** The events of a stream of bytes. */
export async function* events(body) {
  let rest = "";
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const {done, value} = await reader.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      const found = eventOf(block);
      if (found.event) yield found;
    }
  }
}

function eventOf(block) {
  const fields = {};
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) fields[line.slice(0, colon)] = line.slice(colon + 1).trimStart();
  }
  return {event: fields.event, data: fields.data ? JSON.parse(fields.data) : {}};
}
