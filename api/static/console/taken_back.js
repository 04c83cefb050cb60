// What the service rolled back by itself, and on which evidence.

import {Shown} from "./acts.js";
import {ask} from "./api.js";
import {useAnswer} from "./asking.js";
import {html} from "./view.js";
import {numberText, timeText} from "./words.js";

const DAYS = 30;
const SHOWN = 20;
const TYPES = ["change_set.rolled_back", "lock.rolled_back"];
const SERVER = "varve"; // what the service records by itself bears this name

export function TakenBack({environment, news}) {
  const found = useAnswer((signal) => takenBack(environment, signal), [environment, news]);
  return html`
    <section class="panel" aria-labelledby="taken-back">
      <h2 id="taken-back">Taken back by itself</h2>
      <${Shown} answer=${found}>${(events) => html`
        ${events.length === 0 && html`<p class="quiet">Nothing in the last ${DAYS} days.</p>`}
        <ul class="cards">${events.map((event) => html`<${TakenBackEvent} key=${event.position} event=${event} />`)}</ul>`}<//>
    </section>`;
}

/** The newest first, each with what it is about. */
async function takenBack(environment, signal) {
  const from = new Date(Date.now() - DAYS * 86_400_000).toISOString();
  const query = [...TYPES.map((type) => ["types", type]), ["actor", SERVER], ["from", from], ["limit", "500"]];
  const {data} = await ask("/api/events", {query, signal});
  const events = data.items.filter((event) => event.environment === environment).slice(-SHOWN).reverse();
  return Promise.all(events.map(async (event) => ({...event, what: await nameOf(event, signal)})));
}

async function nameOf({type, stream_id: id, data}, signal) {
  if (type !== "lock.rolled_back") return (await ask(`/api/change-sets/${id}`, {signal})).data.title;
  const {version_label: label, config_type: config} = (await ask(`/api/locks/${data.lock_id}`, {signal})).data;
  return `${label} of ${config}`;
}

function TakenBackEvent({event}) {
  const {position, commit, type, reason, what, data} = event;
  const metrics = Object.entries(data.evidence?.metrics ?? {});
  return html`
    <li class="card">
      <strong>${what}</strong> <span class="badge">${type === "lock.rolled_back" ? "lock" : "release"}</span> <time datetime=${commit.recorded_at}>${timeText(commit.recorded_at)}</time>
      <p>${reason}</p>
      ${metrics.length > 0 && html`<details><summary>The evidence</summary><ul>${metrics.map(([name, value]) => html`<li key=${name}>${name} = ${numberText(value)}</li>`)}</ul></details>`}
      <a href=${`/audit?before=${position + 1}`}>Position ${position} of the log</a>${data.evidence?.health_report && html`, <a href=${`/watch?${new URLSearchParams({environment: event.environment, report: data.evidence.health_report})}`}>the report</a>`}
    </li>`;
}
