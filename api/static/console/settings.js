// What the whole installation agrees on: types, environments, keys, webhooks, the views.

import {ask, listed} from "./api.js";
import {useAnswer} from "./asking.js";
import {here} from "./address.js";
import {FileIn} from "./beginning.js";
import {Dialog} from "./dialog.js";
import {Trouble, Waiting} from "./messages.js";
import {EnvironmentPicker, environmentOf} from "./places.js";
import {may} from "./session.js";
import {html, useState} from "./view.js";
import {counted, timeText} from "./words.js";

const PARTS = [
  {name: "types", title: "Types", part: Types},
  {name: "environments", title: "Environments", part: Environments},
  {name: "keys", title: "Keys", part: Keys, action: "keys.manage"},
  {name: "webhooks", title: "Webhooks", part: Webhooks, action: "webhooks.manage"},
  {name: "import", title: "Import", part: Import, action: "settings.import"},
  {name: "views", title: "Views", part: Views},
];
const ROLES = ["reader", "viewer", "editor", "maintainer", "admin"];

export function Settings({query, environments}) {
  const parts = PARTS.filter(({action}) => !action || may(action));
  const found = parts.find(({name}) => name === query.get("part")) ?? parts[0];
  return html`
    <header class="page-head"><h1>Settings</h1>
      <nav class="tabs" aria-label="Parts">${parts.map((one) => html`<a href=${here({part: one.name, type: null})} aria-current=${one === found ? "page" : undefined}>${one.title}</a>`)}</nav>
    </header>
    <${found.part} query=${query} environments=${environments} />`;
}

function Import({query, environments}) {
  const environment = environmentOf(query, environments);
  return html`<${EnvironmentPicker} ...${{environment, environments}} /><${FileIn} key=${environment} environment=${environment} />`;
}

/** What was asked for, or why it cannot be shown. */
function Shown({answer, children}) {
  return html`<${Trouble} problem=${answer.problem} />${answer.data ? children(answer.data) : !answer.problem && html`<${Waiting} />`}`;
}

/** A form that sends one command, and tells what is wrong with it. */
function Act({title, act, send, children}) {
  const [problem, setProblem] = useState(null);
  const submit = (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    send(new FormData(form)).then(() => (setProblem(null), form.reset()), setProblem);
  };
  return html`<form class="panel" onSubmit=${submit}><h2>${title}</h2>${children}<${Trouble} problem=${problem} /><p class="acts"><button type="submit" class="main">${act}</button></p></form>`;
}

function Types({query}) {
  const types = useAnswer((signal) => listed("/api/config-types", {signal}), []);
  const define = (said) => {
    const {name, ...definition} = parsed(said.get("definition"));
    return ask(`/api/config-types/${encodeURIComponent(name ?? "")}`, {method: "PUT", body: definition}).then(types.again);
  };
  return html`<${Shown} answer=${types}>${({items}) => {
    const chosen = items.find(({name}) => name === query.get("type"));
    return html`
      <div class="sides">
        <section aria-label="All types">
          <ul class="cards">${items.map((one) => html`<li key=${one.name}><a class="card" href=${here({type: one.name})} aria-current=${one === chosen ? "true" : undefined}><strong>${one.name}</strong> <span class="badge">${one.mode}</span><span class="quiet">${one.description}</span></a></li>`)}</ul>
          ${may("definitions.change") && html`<${Act} title="Define a type" act="Define it" send=${define}>
            <label>As JSON <textarea name="definition" class="value" rows="10" required spellcheck="false" placeholder=${'{"name": "rerank", "schema": {"type": "object", "properties": {"top_n": {"type": "integer", "default": 5}}}}'}></textarea></label>
          <//>`}
        </section>
        ${chosen && html`<${Type} type=${chosen} />`}
      </div>`;
  }}<//>`;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`this is no JSON yet: ${error.message}`);
  }
}

function Type({type}) {
  const fields = Object.entries(type.schema.properties ?? {});
  return html`
    <section class="panel" aria-labelledby="type-name">
      <h2 id="type-name">${type.name} <small class="quiet">version ${type.version}, by ${type.defined_by}, ${timeText(type.defined_at)}</small></h2>
      <div class="scroll" tabindex="0" role="region" aria-label="Fields"><table>
        <thead><tr><th scope="col">Field</th><th scope="col">Type</th><th scope="col">Default</th><th scope="col">What it is</th></tr></thead>
        <tbody>${fields.map(([name, field]) => html`<tr key=${name}><th scope="row">${name}</th><td>${[field.type ?? "any"].flat().join(" or ")}${field.enum ? `: ${field.enum.join(", ")}` : ""}</td><td class="value">${field.default === undefined ? "" : JSON.stringify(field.default)}</td><td>${field.description ?? ""}</td></tr>`)}</tbody>
      </table></div>
      ${type.rules.length > 0 && html`<h3>Rules</h3><ul>${type.rules.map((rule) => html`<li key=${rule.name}><code>${rule.expression}</code><br /><span class="quiet">${rule.message}</span></li>`)}</ul>`}
      <details><summary>As JSON</summary><pre class="value">${JSON.stringify({name: type.name, mode: type.mode, description: type.description, schema: type.schema, rules: type.rules}, null, 2)}</pre></details>
    </section>`;
}

function Environments() {
  const found = useAnswer((signal) => listed("/api/environments", {signal}), []);
  const ladder = useAnswer((signal) => ask("/api/ladder", {signal}), []);
  const add = (said) => ask("/api/environments", {method: "POST", body: {name: said.get("name").trim()}}).then(found.again);
  return html`
    <div class="sides">
      <section>
        <${Shown} answer=${found}>${({items}) => html`<ul class="cards">${items.map((one) => html`<li class="card" key=${one.name}><strong>${one.name}</strong> <span class="quiet">since ${timeText(one.created_at)}, by ${one.created_by}</span></li>`)}</ul>`}<//>
        ${may("definitions.change") && html`<${Act} title="Add an environment" act="Add it" send=${add}><label>Name <input name="name" required pattern="[a-z][a-z0-9_\\-]*" maxlength="63" autocomplete="off" /></label><//>`}
      </section>
      <section class="panel" aria-labelledby="ladder">
        <h2 id="ladder">The ladder of layers</h2>
        <p class="quiet">The lowest first: what stands further down wins.</p>
        <${Shown} answer=${ladder}>${({data}) => html`<ol class="ladder"><li>default</li><li>environment variables</li>${data.kinds.map((kind) => html`<li key=${kind}>${kind}</li>`)}</ol>`}<//>
      </section>
    </div>`;
}

function Keys() {
  const keys = useAnswer((signal) => listed("/api/keys", {signal}), []);
  const [issued, setIssued] = useState(null);
  const [asked, setAsked] = useState(null);
  const issue = (said) => {
    const text = (name) => said.get(name).trim() || null;
    const body = {label: text("label") ?? "", role: said.get("role"), environments: (text("environments") ?? "*").split(/[\s,]+/), user_id: text("user"), collection_id: text("collection")};
    return ask("/api/keys", {method: "POST", body}).then(({data}) => (setIssued(data), keys.again()));
  };
  return html`
    ${issued && html`<div class="notice" role="status"><h2>The key of ${issued.label}</h2><p><code class="value">${issued.api_key}</code></p><p>It is shown this once: of its secret only a digest is kept.</p><button type="button" onClick=${() => setIssued(null)}>I have it</button></div>`}
    <div class="sides">
      <${Act} title="Issue a key" act="Issue it" send=${issue}>
        <label>Who uses it <input name="label" required maxlength="255" autocomplete="off" /></label>
        <label>Role <select name="role">${ROLES.map((role) => html`<option value=${role}>${role}</option>`)}</select></label>
        <label>Environments <input name="environments" placeholder="every one" autocomplete="off" /></label>
        <label>For this user alone <input name="user" autocomplete="off" /></label>
        <label>For this collection alone <input name="collection" autocomplete="off" /></label>
      <//>
      <${Shown} answer=${keys}>${({items}) => html`
        <section aria-label="All keys"><div class="scroll" tabindex="0" role="region" aria-label="Keys"><table>
          <thead><tr><th scope="col">Who</th><th scope="col">Role</th><th scope="col">Where</th><th scope="col">Issued</th><th scope="col">State</th></tr></thead>
          <tbody>${items.map((one) => html`<tr key=${one.id}><th scope="row">${one.label}</th><td>${one.role}</td><td>${[one.environments.join(", "), one.user_id && `user ${one.user_id}`, one.collection_id && `collection ${one.collection_id}`].filter(Boolean).join("; ")}</td><td>${timeText(one.issued_at)} by ${one.issued_by}</td><td>${one.is_live ? html`<button type="button" onClick=${() => setAsked(one)} aria-label=${`revoke the key of ${one.label}`}>Revoke</button>` : one.revoked_at ? `revoked ${timeText(one.revoked_at)}` : "expired"}</td></tr>`)}</tbody>
        </table></div>${items.length === 0 && html`<p class="quiet">No keys yet.</p>`}</section>`}<//>
    </div>
    ${asked && html`<${Dialog} title=${`Revoke the key of ${asked.label}`} act="Revoke it" onClose=${() => setAsked(null)} onAct=${(reason) => ask(`/api/keys/${asked.id}`, {method: "DELETE", query: reason ? [["reason", reason]] : []}).then(keys.again)}><p>It opens nothing from then on, open streams included. It does not come back: issue another instead.</p><//>`}`;
}

function Webhooks() {
  const hooks = useAnswer((signal) => listed("/api/webhooks", {signal}), []);
  const [made, setMade] = useState(null);
  const add = (said) => {
    const body = {url: said.get("url").trim(), event_types: said.get("types").split(/[\s,]+/).filter(Boolean), environment: said.get("environment").trim() || null};
    return ask("/api/webhooks", {method: "POST", body}).then(({data}) => (setMade(data), hooks.again()));
  };
  return html`
    ${made?.secret && html`<div class="notice" role="status"><h2>The secret of ${made.url}</h2><p><code class="value">${made.secret}</code></p><p>It is shown this once; check each delivery's signature with it.</p><button type="button" onClick=${() => setMade(null)}>I have it</button></div>`}
    <div class="sides">
      <${Act} title="Tell another service" act="Subscribe it" send=${add}>
        <label>Its address <input name="url" type="url" required placeholder="https://" autocomplete="off" /></label>
        <label>Kinds of events <input name="types" required placeholder="config.*, release.*" autocomplete="off" /></label>
        <label>Environment <input name="environment" placeholder="every one" autocomplete="off" /></label>
      <//>
      <${Shown} answer=${hooks}>${({items}) => html`<ul class="cards">${items.map((one) => html`<li class="card" key=${one.id}><strong>${one.url}</strong> <span class="badge">${one.is_active ? "on" : "off"}</span><span class="quiet">${one.event_types.join(", ")}${one.environment ? ` in ${one.environment}` : ""}</span></li>`)}</ul>${items.length === 0 && html`<p class="quiet">Nobody is told yet.</p>`}`}<//>
    </div>`;
}

function Views() {
  const views = useAnswer((signal) => ask("/api/projections", {signal}), []);
  const [state, setState] = useState({busy: "", said: null, problem: null});
  const run = (what) => {
    setState({busy: what, said: null, problem: null});
    ask(`/api/projections/${what}`, {method: "POST"}).then(
      ({data}) => (setState({busy: "", said: data, problem: null}), views.again()),
      (problem) => setState({busy: "", said: null, problem}),
    );
  };
  return html`<${Shown} answer=${views}>${({data: {items}}) => html`
    <section class="panel" aria-label="The views">
      <p class="quiet">What queries read is made from the log, and can be made again while everything goes on.</p>
      <div class="scroll" tabindex="0" role="region" aria-label="Views"><table>
        <thead><tr><th scope="col">View</th><th scope="col">Generation</th><th scope="col">Position</th><th scope="col">Behind</th></tr></thead>
        <tbody>${items.map((one) => html`<tr key=${one.name}><th scope="row">${one.name}</th><td>${one.generation}</td><td>${one.position} of ${one.head}</td><td>${counted(one.behind, "event")}</td></tr>`)}</tbody>
      </table></div>
      ${may("service.operate") && html`<p class="acts"><button type="button" disabled=${Boolean(state.busy)} onClick=${() => run("verify")}>Verify</button><button type="button" disabled=${Boolean(state.busy)} onClick=${() => run("rebuild")}>Make them again</button></p>`}
      <${Trouble} problem=${state.problem} />
      ${state.busy && html`<p role="status" class="waiting">${state.busy === "verify" ? "Comparing" : "Making them again"} …</p>`}
      ${state.said && html`<p role="status" class=${state.said.equal === false ? "trouble" : "done"}>${state.said.equal === false ? `They differ: ${state.said.difference}` : `As they should be, at position ${state.said.position}.`}</p>`}
    </section>`}<//>`;
}
