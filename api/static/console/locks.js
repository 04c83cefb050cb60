// Locks: what is frozen, with what it was made, and the ways on from there.

import {Act, Shown, parsed} from "./acts.js";
import {ask, listed} from "./api.js";
import {useAnswer} from "./asking.js";
import {Dialog} from "./dialog.js";
import {may, ownName} from "./session.js";
import {useStages} from "./stages.js";
import {html, useState} from "./view.js";
import {counted, layerText, timeText} from "./words.js";

const ACTION = "locks.change";
const ENDED = {unlocked: "unlocked", superseded: "gave way to another", rolled_back: "rolled back"};

export function Locks({environment, environments, news, slot}) {
  const locks = useAnswer((signal) => listed("/api/locks", {query: [["environment", environment]], signal}), [environment, news]);
  const stages = useStages([environment]);
  const wanted = new Map((stages.data ?? []).filter(({approvals}) => approvals > 0).map(({name, approvals}) => [name, approvals]));
  const [asked, setAsked] = useState(null);
  const [said, setSaid] = useState("");
  const isOurs = may(ACTION, environment);
  const act = (lock, what, body, told) => ask(`/api/locks/${lock.id}/${what}`, {method: "POST", body}).then(() => (setSaid(told), locks.again()));
  return html`
    <section class="panel" aria-labelledby="locks">
      <h2 id="locks">Locks</h2>
      <p role="status" class=${said ? "done" : "unseen"}>${said}</p>
      <${Shown} answer=${locks}>${({items}) => {
        const [held, ended] = [items.filter(({status}) => status === "held"), items.filter(({status}) => status !== "held")];
        return html`
          ${held.length === 0 && html`<p class="quiet">Nothing is locked in ${environment}: what is in force may change. Lock what an index is made with, before it is measured.</p>`}
          <ul class="tiles wide">${held.map((lock) => html`<${Held} key=${lock.id} ...${{lock, mayApprove: wanted.size > 0 && lock.locked_by !== ownName(), onAsk: isOurs ? (what) => setAsked({lock, what}) : null}} />`)}</ul>
          ${isOurs && html`<${NewLock} key=${`${environment} ${slot.scope} ${slot.type}`} ...${{environment, slot, onDone: (label) => (setSaid(`Locked as ${label}.`), locks.again())}} />`}
          ${ended.length > 0 && html`<details><summary>${counted(ended.length, "lock")} that ended</summary><ul class="cards">${ended.reverse().map((lock) => html`<${Ended} key=${lock.id} lock=${lock} />`)}</ul></details>`}`;
      }}<//>
      ${asked && html`<${Question} ...${{...asked, environments, wanted, act, onClose: () => setAsked(null)}} />`}
    </section>`;
}

function slotText({config_type: type, scope, scope_id: id}) {
  return `${type} of ${layerText(id ? `${scope}:${id}` : scope)}`;
}

function Held({lock, mayApprove, onAsk}) {
  const {version_label: label, kind, config_id: config, config_version: version, config_hash: hash, embedder_name: embedder, tokenizer_name: tokenizer, baseline_metrics: baseline, reason} = lock;
  const metrics = Object.entries(baseline);
  return html`
    <li class="card lock">
      <strong>${label}</strong> <span class="badge" data-status=${kind === "production" ? "running" : ""}>${kind}</span>
      <p>${slotText(lock)}, <a href=${`/history?id=${config}#version-${version}`}>version ${version}</a></p>
      ${reason && html`<p class="reason">${reason}</p>`}
      <dl>
        <dt>Embedder</dt><dd>${embedder}</dd>
        <dt>Tokenizer</dt><dd>${tokenizer}</dd>
        <dt>Checks</dt><dd><${Checks} checks=${lock.checks} /></dd>
        <dt>Locked</dt><dd>${timeText(lock.locked_at)} by ${lock.locked_by}</dd>
        ${metrics.length > 0 && html`<dt>Baseline</dt><dd>${metrics.map(([name, value]) => `${name} ${JSON.stringify(value)}`).join(", ")}</dd>`}
        <dt>Hash</dt><dd><code class="value" title=${hash}>${hash.slice(0, 12)}…</code></dd>
        ${lock.approvals.length > 0 && html`<dt>Approved</dt><dd>${lock.approvals.map((one) => `for ${one.to_environment} by ${one.by}`).join(", ")}</dd>`}
        ${lock.promoted_to.length > 0 && html`<dt>Promoted</dt><dd>to ${lock.promoted_to.map((one) => one.environment).join(", ")}</dd>`}
      </dl>
      ${onAsk && html`<p class="acts">
        <button type="button" onClick=${() => onAsk("promote")} aria-label=${`Promote ${label}`}>Promote</button>
        ${mayApprove && html`<button type="button" onClick=${() => onAsk("approve")} aria-label=${`Approve ${label}`}>Approve</button>`}
        ${(lock.promoted_from || lock.promoted_to.length > 0) && html`<button type="button" onClick=${() => onAsk("rollback")} aria-label=${`Roll back ${label}`}>Roll back</button>`}
        <button type="button" onClick=${() => onAsk("unlock")} aria-label=${`Unlock ${label}`}>Unlock</button>
      </p>`}
    </li>`;
}

/** What was found is "passed", or "unknown: why". */
function Checks({checks}) {
  return html`<ul class="checks">${Object.entries(checks).map(([name, found]) => html`<li key=${name}><span class="badge" data-status=${found === "passed" ? "running" : "paused"}>${name} ${found.split(":", 1)[0]}</span> ${found.includes(":") && html`<span class="quiet">${found.slice(found.indexOf(":") + 1).trim()}</span>`}</li>`)}</ul>`;
}

function Ended({lock}) {
  const {version_label: label, status, ended_at: at, ended_by: by, ended_because: why} = lock;
  return html`<li class="card"><strong>${label}</strong> <span class="badge">${ENDED[status] ?? status}</span> ${slotText(lock)} <span class="quiet">${timeText(at)} by ${by}${why ? `: ${why}` : ""}</span></li>`;
}

/** @param {{wanted: Map<string, number>}} props how many others must approve, by environment */
function Question({lock, what, environments, wanted, act, onClose}) {
  const {version_label: label, environment} = lock;
  if (what === "unlock")
    return html`<${Dialog} title=${`Unlock ${label}`} act="Unlock it" demand="It stands in the log." onClose=${onClose} onAct=${(reason) => act(lock, "unlock", {reason}, `Unlocked ${label}.`)}><p>${slotText(lock)} in ${environment} may change from then on, and an index that was made with it may no longer fit.</p><//>`;
  if (what === "rollback")
    return html`<${Dialog} title=${`Roll ${label} back`} act="Roll it back" demand="It stands in the log." onClose=${onClose} onAct=${(reason) => act(lock, "rollback", {reason}, `Rolled ${label} back.`)}><p>What was in force before the promotion is in force again, as it was, and the lock that the promotion made ends.</p><//>`;
  if (what === "approve")
    return html`
      <${Dialog} title=${`Approve ${label}`} act="Approve it" onClose=${onClose} onAct=${(reason, said) => act(lock, "approve", {to_environment: said.get("to"), reason}, `You have approved of ${label} for ${said.get("to")}.`)}>
        <p>The settings may come into force there as they were locked. Whoever promotes the lock brings them in.</p>
        <label class="reason-field">For <select name="to">${[...wanted.keys()].filter((name) => may(ACTION, name)).map((name) => html`<option value=${name}>${name}</option>`)}</select></label>
      <//>`;
  const places = environments.filter((name) => may(ACTION, name) && (name !== environment || lock.kind === "candidate"));
  return html`
    <${Dialog} title=${`Promote ${label}`} act="Promote it" demand="It stands in the log." onClose=${onClose} onAct=${(reason, said) => act(lock, "promote", {to_environment: said.get("to"), reason}, `Promoted ${label} to ${said.get("to")}.`)}>
      <p>The settings come into force there as they were locked, under a production lock. A rollback brings back what is in force there now.</p>
      ${[...wanted].map(([name, count]) => html`<p key=${name}>${name} wants it approved by ${counted(count, "other")}; ${lock.approvals.filter((one) => one.to_environment === name).length} did.</p>`)}
      <label class="reason-field">To <select name="to">${places.map((name) => html`<option value=${name}>${name}${name === environment ? " (here: it becomes a production lock)" : ""}</option>`)}</select></label>
    <//>`;
}

/** @param {{environment: string, slot: {scope: string, type: string}, onDone: (label: string) => void}} props `slot` is there at first */
function NewLock({environment, slot, onDone}) {
  const types = useAnswer((signal) => listed("/api/config-types", {signal}), []);
  const send = async (said) => {
    const text = (name) => said.get(name).trim() || null;
    const baseline = text("baseline");
    const body = {environment, scope: text("scope"), config_type: said.get("type"), kind: said.get("kind"), embedder_name: text("embedder"), tokenizer_name: text("tokenizer"), baseline_metrics: baseline ? parsed(baseline) : {}, reason: text("reason")};
    const {data} = await ask("/api/locks", {method: "POST", body});
    onDone(data.version_label);
  };
  return html`<${Shown} answer=${types}>${({items}) => html`
    <${Act} title="Lock what is in force in a slot" act="Lock it" send=${send} isFolded=${!slot.type}>
      <label>Type <select name="type" required>${items.map(({name}) => html`<option value=${name} selected=${name === (slot.type ?? "chunk_index")}>${name}</option>`)}</select></label>
      <label>Of <input name="scope" required defaultValue=${slot.scope ?? "global"} placeholder="global, collection:c-9" autocomplete="off" /></label>
      <label>Kind <select name="kind"><option value="candidate">candidate: to be measured</option><option value="production">production: served</option></select></label>
      <label>Embedder <input name="embedder" required maxlength="255" autocomplete="off" placeholder="BAAI/bge-large-en-v1.5" /></label>
      <label>Tokenizer <input name="tokenizer" required maxlength="255" autocomplete="off" placeholder="BAAI/bge-large-en-v1.5" /></label>
      <label>What was measured with it, as JSON <input name="baseline" class="value" autocomplete="off" placeholder=${'{"f1": 0.61}'} /></label>
      <label>Why <input name="reason" maxlength="1000" autocomplete="off" /></label>
    <//>`}<//>`;
}
