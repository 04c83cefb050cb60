// Policies: what may be in force in an environment; written as JSON, checked before they hold, and tried.

import {Act, Shown, Whole, parsed} from "./acts.js";
import {ask, listed} from "./api.js";
import {useAnswer} from "./asking.js";
import {go, here} from "./address.js";
import {Dialog} from "./dialog.js";
import {Empty, Trouble} from "./messages.js";
import {EnvironmentPicker, environmentOf} from "./places.js";
import {may} from "./session.js";
import {html, useState} from "./view.js";
import {counted} from "./words.js";

const EXAMPLE = {
  config_type: "llm",
  schema: {properties: {max_retries: {minimum: 1}}},
  rules: [{name: "moves_slowly", expression: "this.temperature <= 1.5 * old.temperature", message: "temperature moves by half at most", severity: "error"}],
};

export function Policies({query, environments}) {
  const environment = environmentOf(query, environments);
  const path = `/api/environments/${encodeURIComponent(environment)}/policies`;
  const policies = useAnswer((signal) => listed(path, {signal}), [environment]);
  const isOurs = may("environments.govern", environment);
  const isNew = query.has("new") && isOurs;
  return html`
    <header class="part-head with-acts"><p class="quiet">What may be in force in ${environment}, whichever way it comes there.</p><${EnvironmentPicker} ...${{environment, environments}} /></header>
    <${Shown} answer=${policies}>${({items}) => {
      const chosen = isNew ? null : items.find(({name}) => name === query.get("policy"));
      const onDone = (name) => (policies.again(), go(here({policy: name, new: null})));
      return html`
        <div class="sides pick">
          <section aria-label="All policies">
            <ul class="cards">${items.map((one) => html`<li key=${one.name}><a class="card" href=${here({policy: one.name, new: null})} aria-current=${one === chosen ? "true" : undefined}><strong>${one.name}</strong> <span class="badge">${one.config_type}</span><span class="quiet">${summary(one)}</span></a></li>`)}</ul>
            ${items.length === 0 && html`<p class="quiet">There are no policies in ${environment}: everything that its type allows may be in force.</p>`}
            ${isOurs && html`<p class="acts"><a class="button" href=${here({new: 1, policy: null})}>Write a policy</a></p>`}
          </section>
          ${isNew && html`<${Editor} key="new" ...${{path, policy: null, isOurs, onDone}} />`}
          ${chosen && html`<${Policy} key=${`${environment} ${chosen.name}`} ...${{environment, path, policy: chosen, isOurs, onDone}} />`}
          ${!isNew && !chosen && items.length > 0 && html`<${Empty} title="Choose a policy"><p>What it demands, and what breaks it now, is shown here.</p><//>`}
        </div>`;
    }}<//>`;
}

function summary({schema, rules}) {
  const parts = [Object.keys(schema).length > 0 && "a schema", rules.length > 0 && counted(rules.length, "rule")];
  return parts.filter(Boolean).join(" and ") || "demands nothing";
}

function Policy({environment, path, policy, isOurs, onDone}) {
  const [asked, setAsked] = useState(false);
  const address = `${path}/${encodeURIComponent(policy.name)}`;
  const drop = (reason) => ask(address, {method: "DELETE", query: reason ? [["reason", reason]] : []}).then(() => onDone(null));
  return html`
    <div>
      <section class="panel" aria-labelledby="policy-name">
        <h2 id="policy-name">${policy.name} <small class="quiet">of ${policy.config_type} in ${environment}</small></h2>
        ${policy.rules.length > 0 && html`<ul>${policy.rules.map((rule) => html`<li key=${rule.name}><code>${rule.expression}</code> <span class="badge" data-status=${rule.severity}>${rule.severity === "error" ? "refuses" : "warns"}</span><br /><span class="quiet">${rule.message}</span></li>`)}</ul>`}
        ${Object.keys(policy.schema).length > 0 && html`<details><summary>Its JSON Schema</summary><${Whole} name="JSON Schema" value=${policy.schema} /></details>`}
        <${Violations} key=${JSON.stringify(policy)} ...${{address, policy}} />
        ${isOurs && html`<p class="acts"><button type="button" onClick=${() => setAsked(true)}>Delete it</button></p>`}
      </section>
      ${isOurs && html`<${Editor} ...${{path, policy, onDone}} />`}
      ${may("configs.change", environment) && html`<${Try} ...${{environment, policy}} />`}
      ${asked && html`<${Dialog} title=${`Delete the policy ${policy.name}`} act="Delete it" onClose=${() => setAsked(false)} onAct=${drop}><p>${environment} is held to it no more from the next change on. It stays in the log, and can be written again.</p><//>`}
    </div>`;
}

/** What is in force already, and breaks it. */
function Violations({address, policy}) {
  const checked = useAnswer((signal) => ask(address, {query: [["check", "true"]], signal}), [address]);
  const broken = checked.data?.data.violations;
  const warned = new Set(policy.rules.filter(({severity}) => severity === "warning").map(({name}) => `${policy.name}.${name}`));
  return html`
    <h3>In force now</h3>
    <${Trouble} problem=${checked.problem} />
    ${broken && (broken.length ? html`<ul class=${broken.every(({rule}) => warned.has(rule)) ? "notice" : "trouble"}>${broken.map((one) => html`<li><code>${one.pointer}</code> ${one.message} ${warned.has(one.rule) && html`<span class="badge">only a warning</span>`}</li>`)}</ul>` : html`<p class="done">Nothing breaks it.</p>`)}`;
}

/** The policy as JSON: checked by the service as it is saved, with what is wrong beside it. */
function Editor({path, policy, onDone}) {
  const [told, setTold] = useState({said: "", problem: null, text: null});
  const {config_type, schema, rules} = policy ?? EXAMPLE;
  const send = (said, query = []) => {
    const name = policy?.name ?? said.get("name").trim();
    const body = {...parsed(said.get("policy")), reason: said.get("reason").trim() || null};
    return ask(`${path}/${encodeURIComponent(name)}`, {method: "PUT", body, query}).then(({data}) => ({name, data}));
  };
  const check = async (event) => {
    const said = new FormData(event.currentTarget.form);
    try {
      const {data} = await send(said, [["dry_run", "true"]]);
      setTold({said: data.events.length ? "It can be saved." : "It is as it was: nothing would be recorded.", problem: null});
    } catch (problem) {
      setTold({said: "", problem});
    }
  };
  const save = async (said) => {
    setTold({said: "", problem: null});
    onDone((await send(said)).name);
  };
  return html`
    <${Act} title=${policy ? "Change it" : "A new policy"} act="Save it" done="Saved: it holds from now on." send=${save} keeps=${true} isFolded=${Boolean(policy)} beside=${html`<button type="button" onClick=${check}>Check it</button>`}>
      ${!policy && html`<label>Name <input name="name" required maxlength="63" autocomplete="off" /></label>`}
      <label>As JSON <textarea name="policy" class="value" rows="16" required spellcheck=${false} defaultValue=${JSON.stringify({config_type, schema, rules}, null, 2)} aria-describedby="policy-help"></textarea></label>
      <p class="help" id="policy-help"><code>schema</code> is JSON Schema for the effective value. In rules <code>this</code> is the new value, <code>old</code> the one before, <code>context</code> says for whom. A severity <code>warning</code> refuses nothing.</p>
      <label>Why <input name="reason" maxlength="1000" autocomplete="off" /></label>
      <${Trouble} problem=${told.problem} />
      <p role="status" class=${told.said ? "done" : "unseen"}>${told.said}</p>
    <//>`;
}

/** What all that guards the environment would say of a change. */
function Try({environment, policy}) {
  const [told, setTold] = useState(null);
  const attempt = async (said) => {
    setTold(null);
    const body = {environment, scope: said.get("scope").trim() || "global", config_type: policy.config_type, name: "tried in the console", mode: "overlay", is_default: true, config_data: parsed(said.get("data"))};
    const {data} = await ask("/api/runtime-configs/", {method: "POST", query: [["dry_run", "true"]], body});
    setTold(data.warnings ?? []);
  };
  return html`
    <${Act} title="Try a change" act="Try it" send=${attempt} keeps=${true}>
      <p class="quiet">Nothing is stored: what guards ${environment} says whether it would let this through.</p>
      <label>Of <input name="scope" placeholder="global, user:u-1, collection:c-9" autocomplete="off" /></label>
      <label>Fields of ${policy.config_type}, as JSON <textarea name="data" class="value" rows="4" required spellcheck=${false} placeholder="{}"></textarea></label>
      <div role="status">${told && (told.length ? html`<ul class="notice">${told.map((one) => html`<li><code>${one.pointer}</code> ${one.message}</li>`)}</ul>` : html`<p class="done">It may come into force.</p>`)}</div>
    <//>`;
}
