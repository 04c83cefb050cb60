// The change sets of each environment, by state.

import {ask} from "./api.js";
import {go, here} from "./address.js";
import {useAnswer} from "./asking.js";
import {Dialog} from "./dialog.js";
import {Trouble, Waiting} from "./messages.js";
import {Person} from "./person.js";
import {mayChange} from "./session.js";
import {Stage} from "./stages.js";
import {html, useState} from "./view.js";
import {counted, timeText} from "./words.js";

const MOST = 500; // that are shown of an environment
export const OPEN = ["draft", "proposed", "checked", "approved"];
export const STATES = {
  ramping: "On the way to more users",
  approved: "Approved",
  checked: "Checked: nothing stands in the way",
  proposed: "Proposed",
  draft: "Drafts",
  published: "Published",
  rolled_back: "Rolled back",
  discarded: "Discarded",
};
const OVER = ["published", "rolled_back", "discarded"];

/** @param {string} id */
export function addressOf(id) {
  return `/releases?change_set=${encodeURIComponent(id)}`;
}

/** @returns {Promise<{items: object[], next: string | null}>} the newest first */
export async function changeSetsOf(environment, signal) {
  const {data} = await ask("/api/change-sets", {query: [["environment", environment], ["limit", String(MOST)]], signal});
  return data;
}

/** The environments as columns, each with its change sets. */
export function Board({stages, looks, onDone}) {
  const [isAsked, setAsked] = useState(false);
  const ours = stages.filter(({name}) => mayChange(name, "environment"));
  return html`
    ${ours.length > 0 && html`<p class="acts release-begin"><button type="button" class="main" onClick=${() => setAsked(true)}>Begin a change set</button> <span class="quiet">or make one of <a href=${here({view: "differences"})}>what differs</a>, or of a draft in a form</span></p>`}
    <div class="board">
      ${stages.map((stage) => html`<section key=${stage.name} aria-label=${stage.name}><${Stage} ...${{stage, onDone}} /><div><${Sets} environment=${stage.name} looks=${looks} /></div></section>`)}
    </div>
    ${isAsked && html`<${Beginning} ...${{stages: ours, onClose: () => setAsked(false)}} />`}`;
}

function Sets({environment, looks}) {
  const {data, problem} = useAnswer((signal) => changeSetsOf(environment, signal), [environment, looks]);
  if (!data) return problem ? html`<${Trouble} problem=${problem} />` : html`<${Waiting} />`;
  const inState = (state) => data.items.filter((one) => one.state === state);
  const over = OVER.flatMap(inState).length;
  return html`
    <${Trouble} problem=${problem} />
    ${over === data.items.length && html`<p class="quiet column-note">Nothing is on its way.</p>`}
    ${Object.keys(STATES).filter((state) => !OVER.includes(state)).map((state) => html`<${Group} key=${state} ...${{state, sets: inState(state)}} />`)}
    ${over > 0 && html`<details class="over"><summary>${counted(over, "change set")} that ${over === 1 ? "is" : "are"} over</summary>${OVER.map((state) => html`<${Group} key=${state} ...${{state, sets: inState(state)}} />`)}</details>`}
    ${data.next && html`<p class="quiet column-note">These are the newest ${MOST}; varve release list has the others.</p>`}`;
}

function Group({state, sets}) {
  if (!sets.length) return null;
  return html`
    <h3 class="group">${STATES[state]} <span class="quiet">${sets.length}</span></h3>
    <ul class="cards">
      ${sets.map((one) => html`
        <li key=${one.id}>
          <a class="card" data-state=${state} href=${addressOf(one.id)}>
            <strong><bdi>${one.title}</bdi></strong>
            <span class="quiet"><${Person} name=${one.updated_by} />, ${timeText(one.updated_at)}</span>
            <${Due} ...${one} />
          </a>
        </li>`)}
    </ul>`;
}

/** What the service does by itself, and when; a ramp of which nothing is due has halted. */
function Due({state, due_at: at}) {
  if (state === "ramping" && !at) return html`<span class="fault">It has stopped.</span>`;
  return at && html`<span class="quiet">${state === "ramping" ? "goes on" : "is published"} ${timeText(at)}</span>`;
}

function Beginning({stages, onClose}) {
  const begin = async (_, said) => {
    const body = {environment: said.get("environment"), title: said.get("title").trim(), description: said.get("description").trim() || null};
    const {data} = await ask("/api/change-sets", {method: "POST", body});
    go(addressOf(data.id));
  };
  return html`
    <${Dialog} title="Begin a change set" act="Begin it" asksReason=${false} onAct=${begin} onClose=${onClose}>
      <p>It gathers drafts. Nothing of it is in force until it is published, and then all of it is.</p>
      <label class="reason-field">What it is for <input name="title" required maxlength="255" autocomplete="off" /></label>
      <label class="reason-field">More about it <textarea name="description" rows="3" maxlength="10000"></textarea></label>
      <label class="reason-field">In <select name="environment">${stages.toReversed().map(({name}) => html`<option value=${name}>${name}</option>`)}</select></label>
    <//>`;
}
