// Webhooks: who is told of which events, and how that goes.

import {Act, Button, Once, Shown} from "./acts.js";
import {ask, listed} from "./api.js";
import {useAnswer} from "./asking.js";
import {go, here} from "./address.js";
import {Deliveries} from "./deliveries.js";
import {Dialog} from "./dialog.js";
import {Empty} from "./messages.js";
import {may} from "./session.js";
import {html, useState} from "./view.js";
import {counted, timeText} from "./words.js";

const TEMPLATES = {cloudevents: "the whole event (CloudEvents)", slack: "a line of text (Slack)"};
const ACTION = "webhooks.manage";

export function Webhooks({query, environments}) {
  const hooks = useAnswer((signal) => listed("/api/webhooks", {signal}), []);
  const [told, setTold] = useState(null);
  const add = (said) => ask("/api/webhooks", {method: "POST", body: {environment: said.get("environment") || null, ...wanted(said)}}).then(({data}) => (setTold(data), hooks.again(), go(here({webhook: data.id}))));
  return html`
    ${told && html`<${Once} title=${`The secret of ${told.url}`} text=${told.secret} onDone=${() => setTold(null)}>It is shown this once: the receiver checks the signature of each delivery with it.<//>`}
    <${Standing} />
    <${Shown} answer=${hooks}>${({items}) => {
      const chosen = items.find(({id}) => id === query.get("webhook"));
      return html`
        <div class="sides pick">
          <div>
            <ul class="cards">${items.map((one) => html`<li key=${one.id}><a class="card" href=${here({webhook: one.id, deliveries: null})} aria-current=${one === chosen ? "true" : undefined}><strong>${one.url}</strong> <span class="badge" data-status=${one.is_active ? "running" : "paused"}>${one.is_active ? "on" : "off"}</span><span class="quiet">${one.description ?? placeText(one)}</span></a></li>`)}</ul>
            ${items.length === 0 && html`<p class="quiet">Nobody is told yet.</p>`}
            ${may(ACTION) && html`<${Act} title="Tell another service" act="Subscribe it" send=${add} isFolded=${items.length > 0}><${Fields} environments=${environments} /><//>`}
          </div>
          ${chosen ? html`<${Webhook} key=${chosen.id} ...${{hook: chosen, query, onTold: setTold, again: hooks.again}} />` : items.length > 0 && html`<${Empty} title="Choose a webhook"><p>What was sent to it, and what its receiver answered, is shown here.</p><//>`}
        </div>`;
    }}<//>`;
}

function wanted(said) {
  return {
    url: said.get("url").trim(),
    event_types: said.get("types").split(/[\s,]+/).filter(Boolean),
    template: said.get("template"),
    description: said.get("description").trim() || null,
  };
}

function placeText({event_types: types, environment}) {
  return `${types.join(", ")} ${environment ? `in ${environment}` : "everywhere"}`;
}

/** @param {{environments?: string[], hook?: object}} props where events come from is chosen once: `hook` has it */
function Fields({environments, hook}) {
  return html`
    <label>Its address <input name="url" type="url" required maxlength="2000" placeholder="https://" autocomplete="off" defaultValue=${hook?.url ?? ""} /></label>
    <label>Kinds of events <input name="types" required placeholder="config.*, change_set.*, health.*" autocomplete="off" defaultValue=${hook?.event_types.join(", ") ?? ""} /></label>
    ${environments && html`<label>Of <select name="environment"><option value="">every environment</option>${environments.map((name) => html`<option value=${name}>${name}</option>`)}</select></label>`}
    <label>It gets <select name="template">${Object.entries(TEMPLATES).map(([name, text]) => html`<option value=${name} selected=${name === hook?.template}>${text}</option>`)}</select></label>
    <label>What it is for <input name="description" maxlength="1000" autocomplete="off" defaultValue=${hook?.description ?? ""} /></label>`;
}

/** How deliveries stand: after a restore they wait until somebody says where to go on. */
function Standing() {
  const standing = useAnswer((signal) => ask("/api/webhooks/status", {signal}), []);
  const [asked, setAsked] = useState(false);
  const resume = (_, said) => ask("/api/webhooks/resume", {method: "POST", body: {after: said.get("after") ? Number(said.get("after")) : null}}).then(standing.again);
  return html`<${Shown} answer=${standing}>${({data: {is_paused: isPaused, waiting, oldest_waiting_at: oldest, head}}) => html`
    <div class=${isPaused ? "notice" : "quiet"} role="status">
      ${isPaused
        ? html`<h2>Deliveries are paused</h2><p>The store was restored: at its positions there may be other events than were sent. What waits since before is given up when you go on.</p>${may("service.operate") && may(ACTION) && html`<p class="acts"><button type="button" class="main" onClick=${() => setAsked(true)}>Go on</button></p>`}`
        : html`<p>${waiting ? `${counted(waiting, "delivery").replace("deliverys", "deliveries")} waiting, the oldest since ${timeText(oldest)}` : "Nothing waits to be sent"}.</p>`}
    </div>
    ${asked && html`<${Dialog} title="Go on with deliveries" act="Go on" asksReason=${false} onClose=${() => setAsked(false)} onAct=${resume}><label class="reason-field">Send what lies beyond this position; left empty, what is recorded from now on <input name="after" type="number" min="0" max=${head} step="1" /></label><//>`}`}<//>`;
}

function Webhook({hook, query, onTold, again}) {
  const [asked, setAsked] = useState(null);
  const [tested, setTested] = useState(null);
  const path = `/api/webhooks/${hook.id}`;
  const ifMatch = `"${hook.version}"`;
  const put = (body) => ask(path, {method: "PUT", body, ifMatch}).then(again);
  const test = async () => setTested((await ask(`${path}/test`, {method: "POST"})).data);
  const asks = {
    switch: {title: `Switch ${hook.url} ${hook.is_active ? "off" : "on"}`, act: hook.is_active ? "Switch off" : "Switch on", onAct: (reason) => put({is_active: !hook.is_active, reason}), told: hook.is_active ? "What waits to be sent is given up, and what happens meanwhile is not sent later." : "It is told what happens from now on."},
    rotate: {title: `Give ${hook.url} a new secret`, act: "Rotate the secret", onAct: (reason, said) => ask(`${path}/rotate-secret`, {method: "POST", body: {overlap_seconds: said.has("leaked") ? 0 : 86_400, reason}}).then(({data}) => (onTold(data), again())), told: html`<p>For a day each delivery carries both signatures.</p><label class="check"><input type="checkbox" name="leaked" /> the old one has leaked: it signs nothing from now on</label>`},
    drop: {title: `Delete ${hook.url}`, act: "Delete it", onAct: (reason) => ask(path, {method: "DELETE", ifMatch, query: reason ? [["reason", reason]] : []}).then(() => (again(), go(here({webhook: null})))), told: "What waits to be sent there is not sent. Subscribing the address again gives it another secret."},
  };
  return html`
    <div>
      <section class="panel" aria-labelledby="webhook-name">
        <h2 id="webhook-name">${hook.url}</h2>
        <p>${placeText(hook)}, as ${TEMPLATES[hook.template]}. <span class="quiet">Since ${timeText(hook.created_at)}, by ${hook.created_by}.</span></p>
        ${hook.why_disabled && html`<p class="trouble">Switched off: ${hook.why_disabled}</p>`}
        ${may(ACTION) && html`
          <div class="acts">
            <${Button} act=${test}>Send a test<//>
            <button type="button" onClick=${() => setAsked("switch")}>${hook.is_active ? "Switch off" : "Switch on"}</button>
            <button type="button" onClick=${() => setAsked("rotate")}>Rotate the secret</button>
            <button type="button" onClick=${() => setAsked("drop")}>Delete it</button>
          </div>
          ${tested && html`<p role="status" class=${tested.is_delivered ? "done" : "trouble"}>${tested.is_delivered ? "Taken" : "Not taken"}${tested.status ? ` (${tested.status})` : ""} in ${tested.seconds} s: ${tested.answer || "no words"}</p>`}`}
      </section>
      <${Deliveries} path=${path} state=${query.get("deliveries")} />
      ${may(ACTION) && html`<${Act} key=${hook.version} title="Change what it is told" act="Change it" keeps=${true} isFolded=${true} send=${(said) => put(wanted(said))}><${Fields} hook=${hook} /><//>`}
      ${asked && html`<${Dialog} ...${asks[asked]} onClose=${() => setAsked(null)}>${typeof asks[asked].told === "string" ? html`<p>${asks[asked].told}</p>` : asks[asked].told}<//>`}
    </div>`;
}
