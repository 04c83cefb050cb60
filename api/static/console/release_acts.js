// What can be done with a change set, each by a question that says what it does.

import {Problem, ask} from "./api.js";
import {go} from "./address.js";
import {useAnswer} from "./asking.js";
import {Changes} from "./changes.js";
import {OPEN, addressOf} from "./change_sets.js";
import {Dialog} from "./dialog.js";
import {differences} from "./documents.js";
import {plain, titleOf} from "./drafts.js";
import {Glass, glassOf, isBreakable} from "./glass.js";
import {Trouble, Waiting} from "./messages.js";
import {RampFields, rampOf} from "./ramp_form.js";
import {html, useState} from "./view.js";
import {fieldName} from "./words.js";

const TOLD = 10; // drafts of which is said what a rollback gives back

/**
 * What is possible in a state. `review` is for who has no part in it, and may change the whole environment.
 * @type {{name: string, title: string, states: string[], isReview?: boolean, question: Function}[]}
 */
export const ACTS = [
  {name: "publish", title: "Publish …", states: OPEN, question: Publish},
  {name: "approve", title: "Approve …", states: OPEN.slice(1), isReview: true, question: plainly({title: "Approve of", act: "Approve", said: "You have approved of it.", about: Approving})},
  {name: "propose", title: "Propose …", states: ["draft"], question: plainly({title: "Propose", act: "Propose it", said: "It is proposed.", about: Proposing})},
  {name: "check", title: "Check …", states: ["draft", "proposed"], question: Check},
  {name: "step", title: "Next step …", states: ["ramping"], question: plainly({title: "Next step of", act: "Go on", said: "More users have it now.", about: Stepping})},
  {name: "rollback", title: "Roll back …", states: ["ramping", "published"], question: RollBack},
  {name: "copy", title: "Copy …", states: ["published", "rolled_back", "discarded"], question: Copy},
  {name: "discard", title: "Discard …", states: OPEN, question: plainly({title: "Discard", act: "Discard it", said: "It is discarded.", about: Discarding})},
];

/** Sends an act about the version that is shown. */
function send(one, act, body, breakGlass) {
  return ask(`/api/change-sets/${one.id}/${act}`, {method: "POST", body, ifMatch: `"${one.version}"`, breakGlass});
}

function named(act, {title}) {
  return html`${act} “<bdi>${title}</bdi>”`;
}

/** An act that needs nothing but a reason. */
function plainly({title, act, said, about: About}) {
  return function Plain({name, one, demand, problem, onClose, onDone}) {
    const [refusal, setRefusal] = useState(null);
    const wants = name === "step" ? demand : null;
    const onAct = async (reason, form) => {
      await send(one, name, {reason}, glassOf(form)).catch((found) => (setRefusal(found), Promise.reject(found)));
      onDone(said);
    };
    return html`<${Dialog} title=${named(title, one)} act=${act} demand=${wants} onAct=${onAct} onClose=${onClose}><${About} one=${one} />${name === "step" && isBreakable(refusal ?? problem) && html`<${Glass} environment=${one.environment} />`}<//>`;
  };
}

function Proposing() {
  return html`<p>Others are asked to look at it. Its drafts can still be changed.</p>`;
}

function Approving() {
  return html`<p>You approve of the drafts as they are, over the values that they touch as these are. Where either changes, your approval counts no more.</p>`;
}

function Stepping({one: {ramp}}) {
  const next = ramp.steps.find((step) => step > ramp.percent) ?? 100;
  return html`<p>${next === 100 ? "All users get it: it is published." : `${next} % of the users get it instead of ${ramp.percent} %, now.`}</p>`;
}

function Discarding() {
  return html`<p>It is given up for good. Its drafts stay readable, and can be copied into another change set.</p>`;
}

/** Records that nothing stands in the way, or tells what does. */
function Check({one, demand, onClose, onDone}) {
  const onAct = async (reason) => {
    const {data} = await send(one, "check", {reason});
    if (!data.ok) throw new Problem(409, {detail: data.problems.map(({message}) => message).join("; "), errors: data.problems});
    onDone("It is checked: nothing stands in the way.");
  };
  return html`<${Dialog} title=${named("Check", one)} act="Check it" demand=${demand} onAct=${onAct} onClose=${onClose}><p>It is tried as if it were published now, and nothing comes into force. Where nothing stands in the way, that is recorded, and it is proposed.</p><//>`;
}

/** Now or at a time, for everybody or step by step. */
function Publish({one, demand, problem, onClose, onDone}) {
  const [isLater, setLater] = useState(false);
  const [isRamp, setRamp] = useState(false);
  const [refusal, setRefusal] = useState(null);
  const onAct = async (reason, said) => {
    const ramp = isRamp ? rampOf(said) : null;
    const at = isLater ? new Date(said.get("at")).toISOString() : null;
    await send(one, "publish", {reason, publish_at: at, ramp}, glassOf(said)).catch((found) => (setRefusal(found), Promise.reject(found)));
    onDone(at ? "It is published when it is time." : ramp ? "The first users have it now." : "It is published.");
  };
  return html`
    <${Dialog} title=${named("Publish", one)} act=${isLater ? "Publish it then" : isRamp ? "Begin the ramp" : "Publish it"} demand=${demand} onAct=${onAct} onClose=${onClose}>
      <p>All of it comes into force in ${one.environment} in one commit, or nothing of it does. It can be rolled back.</p>
      <fieldset>
        <legend>When</legend>
        <label><input type="radio" name="when" checked=${!isLater} onChange=${() => setLater(false)} /> now</label>
        <label><input type="radio" name="when" checked=${isLater} onChange=${() => setLater(true)} /> at a time; it passes the same gates then</label>
        ${isLater && html`<label class="reason-field">In the time of this computer <input type="datetime-local" name="at" required defaultValue=${localHour()} /></label>`}
      </fieldset>
      <fieldset>
        <legend>For whom</legend>
        <label><input type="radio" name="whom" checked=${!isRamp} onChange=${() => setRamp(false)} /> everybody at once</label>
        <label><input type="radio" name="whom" checked=${isRamp} onChange=${() => setRamp(true)} /> a part of the users first, then more</label>
        ${isRamp && html`<${RampFields} />`}
      </fieldset>
      ${isBreakable(refusal ?? problem) && html`<${Glass} environment=${one.environment} />`}
    <//>`;
}

/** The next full hour, as an input for times takes it. */
function localHour() {
  const at = new Date(Date.now() + 3_600_000);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 14) + "00";
}

/** What it gives back is told before; what has changed since is given back only where that is ticked. */
function RollBack({one, demand, onClose, onDone}) {
  const [force, setForce] = useState([]);
  const [refusal, setRefusal] = useState(null);
  const tried = useAnswer((signal) => inTheWay(one, signal), [one.id, one.version]);
  const toggle = (pointer) => setForce((was) => (was.includes(pointer) ? was.filter((found) => found !== pointer) : [...was, pointer]));
  const onAct = async (reason, said) => {
    await send(one, "rollback", {reason, force}, glassOf(said)).catch((found) => (setRefusal(found), Promise.reject(found)));
    onDone("It is rolled back.");
  };
  return html`
    <${Dialog} title=${named("Roll back", one)} act="Roll it back" demand=${demand} onAct=${onAct} onClose=${onClose}>
      ${one.state === "ramping"
        ? html`<p>The ${one.ramp.percent} % of the users who have it get again what everybody else gets, at once.</p>`
        : html`<p>This is given back in one commit, over what is there today. It needs no approval.</p><div class="gives-back">${one.drafts.slice(0, TOLD).map((draft) => html`<${GivenBack} key=${draft.id} draft=${draft} />`)}</div>
          ${one.drafts.length > TOLD && html`<p>And so the other ${one.drafts.length - TOLD}.</p>`}`}
      <p class="quiet">What was rolled back is not published again: a copy of it can be.</p>
      <${Trouble} problem=${tried.problem} />
      ${!tried.data && !tried.problem && html`<${Waiting} />`}
      ${tried.data?.length > 0 && html`
        <fieldset class="conflict">
          <legend>Changed since: tick what is to be given back all the same</legend>
          ${tried.data.map(({pointer, message}) => html`<label key=${pointer} title=${message}><input type="checkbox" checked=${force.includes(pointer)} onChange=${() => toggle(pointer)} /> <bdi>${placeOf(pointer, one)}</bdi></label>`)}
        </fieldset>`}
      ${isBreakable(refusal ?? tried.problem) && html`<${Glass} environment=${one.environment} />`}
    <//>`;
}

/** The fields that have changed since; what the gates want is asked for when it is done. */
async function inTheWay(one, signal) {
  try {
    await ask(`/api/change-sets/${one.id}/rollback`, {method: "POST", query: [["dry_run", "true"]], body: {}, ifMatch: `"${one.version}"`, signal});
  } catch (problem) {
    const moved = problem.faults?.filter(({rule}) => rule === "changed_since") ?? [];
    if (!moved.length && !problem.faults?.every(({pointer}) => pointer === "/reason")) throw problem;
    if (!moved.length && !problem.faults.length) throw problem;
    return moved;
  }
  return [];
}

/** "/configs/ID/config_data/temperature" as "llm for everybody: temperature". */
function placeOf(pointer, {drafts}) {
  const [, id, ...keys] = pointer.slice(1).split("/");
  const draft = drafts.find((one) => one.id === id);
  const field = fieldName(`/${keys.filter((key) => key !== "config_data").join("/")}`);
  return [draft && titleOf(draft), field].filter(Boolean).join(": ") || pointer;
}

function GivenBack({draft}) {
  const {kind, operation, base, wanted} = draft;
  const stays = operation === "create" && (kind === "type" || kind === "experiment");
  return html`
    <h3><bdi>${titleOf(draft)}</bdi></h3>
    ${operation === "create" ? html`<p>${stays ? "stays, and is used by nobody" : "goes again"}</p>` : html`<${Changes} changes=${differences(plain(wanted), plain(base))} empty="Which config is in force." />`}`;
}

function Copy({one, onClose}) {
  const copy = async (reason, said) => {
    const {data} = await ask("/api/change-sets", {method: "POST", body: {environment: one.environment, title: said.get("title").trim(), copy_of: one.id, reason}});
    go(addressOf(data.id));
  };
  return html`
    <${Dialog} title=${named("Copy", one)} act="Copy it" onAct=${copy} onClose=${onClose}>
      <p>It begins a new change set with the same drafts, over what is there now; without secrets that were drafted.</p>
      <label class="reason-field">What it is for <input name="title" required maxlength="255" autocomplete="off" defaultValue=${one.title} /></label>
    <//>`;
}
