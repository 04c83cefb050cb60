// Types: the fields of each, its rules, and where it is used.

import {Act, Shown, Whole, parsed} from "./acts.js";
import {ask, listed} from "./api.js";
import {useAnswer} from "./asking.js";
import {go, here} from "./address.js";
import {fieldsOf} from "./form.js";
import {Empty} from "./messages.js";
import {may} from "./session.js";
import {html} from "./view.js";
import {counted, layerText, timeText, valueText} from "./words.js";

const SHOWN = 50; // configs of an environment
const EXAMPLE = '{"name": "rerank", "schema": {"type": "object", "properties": {"top_n": {"type": "integer", "default": 5}}}}';

export function Types({query, environments}) {
  const types = useAnswer((signal) => listed("/api/config-types", {signal}), []);
  return html`<${Shown} answer=${types}>${({items}) => {
    const chosen = items.find(({name}) => name === query.get("type"));
    const onDone = (name) => (types.again(), go(here({type: name})));
    return html`
      <div class="sides pick">
        <section aria-label="All types">
          <ul class="cards">${items.map((one) => html`<li key=${one.name}><a class="card" href=${here({type: one.name})} aria-current=${one === chosen ? "true" : undefined}><strong>${one.name}</strong> <span class="badge">${one.mode}</span><span class="quiet">${one.description}</span></a></li>`)}</ul>
          ${may("definitions.change") && html`<${Definition} title="Define a type" isFolded=${items.length > 0} onDone=${onDone} />`}
        </section>
        ${chosen ? html`<${Type} key=${`${chosen.name} ${chosen.version}`} ...${{type: chosen, environments, onDone}} />` : html`<${Empty} title="Choose a type"><p>Its fields, its rules and where it is used are shown here.</p><//>`}
      </div>`;
  }}<//>`;
}

/** A definition as JSON; `text` is there at first. */
function Definition({title, text = "", isFolded, onDone}) {
  const send = async (said) => {
    const {name, ...definition} = parsed(said.get("definition"));
    const body = {...definition, reason: said.get("reason").trim() || null};
    await ask(`/api/config-types/${encodeURIComponent(name ?? "")}`, {method: "PUT", body});
    onDone(name);
  };
  return html`
    <${Act} ...${{title, send, isFolded}} act="Define it" keeps=${Boolean(text)}>
      ${text && html`<p class="quiet">Live configs that would become invalid stand in its way, and are named.</p>`}
      <label>As JSON <textarea name="definition" class="value" rows=${text ? 20 : 10} required spellcheck=${false} defaultValue=${text} placeholder=${EXAMPLE}></textarea></label>
      <label>Why <input name="reason" maxlength="1000" autocomplete="off" /></label>
    <//>`;
}

function Type({type, environments, onDone}) {
  const {name, mode, description, schema, rules, version, revision} = type;
  const definition = {name, mode, description, schema, rules};
  const isOurs = revision === null && may("definitions.change");
  return html`
    <div>
      <section class="panel" aria-labelledby="type-name">
        <h2 id="type-name">${name} <small class="quiet">version ${version}, by ${type.defined_by}, ${timeText(type.defined_at)}</small></h2>
        <${Fields} schema=${schema} />
        ${rules.length > 0 && html`<h3>Rules</h3><ul>${rules.map((rule) => html`<li key=${rule.name}><code>${rule.expression}</code><br /><span class="quiet">${rule.message}</span></li>`)}</ul>`}
        <details><summary>As JSON</summary><${Whole} name="Definition" value=${definition} /></details>
      </section>
      <${Uses} type=${name} environments=${environments} />
      ${isOurs && html`<${Definition} title="Define it anew" isFolded=${true} text=${JSON.stringify(definition, null, 2)} onDone=${onDone} />`}
      ${revision !== null && html`<p class="quiet">It ships with the service: what it lacks goes into a type of your own.</p>`}
    </div>`;
}

function Fields({schema}) {
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label="Fields"><table class="list">
      <thead><tr><th scope="col">Field</th><th scope="col">Type</th><th scope="col">Default</th><th scope="col">What it is</th></tr></thead>
      <tbody>${fieldsOf(schema, []).map(([keys, field]) => html`
        <tr key=${keys.join(".")}>
          <th scope="row">${keys.map((key, n) => html`${n > 0 && html`.<wbr />`}${key}`)}</th>
          <td>${kindOf(field)}</td>
          <td class="value" data-name="default">${field.default === undefined ? "" : valueText(field.default)}</td>
          <td>${field.description ?? ""}</td>
        </tr>`)}</tbody>
    </table></div>`;
}

/** "integer, 1 to 100"; "A or B". */
function kindOf({type = "any", enum: values, minimum, maximum}) {
  const kind = values ? values.map(valueText).join(" or ") : [type].flat().join(" or ");
  const [low, high] = [minimum, maximum].map((bound) => bound?.toLocaleString());
  const bounds = low && high ? `${low} to ${high}` : (low && `at least ${low}`) ?? (high && `at most ${high}`);
  return [kind, bounds].filter(Boolean).join(", ");
}

/** What is in force of the type, and which policies guard it, by environment. */
function Uses({type, environments}) {
  const uses = useAnswer((signal) => Promise.all(environments.map((environment) => usesIn(environment, type, signal))), [type, environments.join()]);
  return html`
    <section class="panel" aria-labelledby="type-uses">
      <h2 id="type-uses">Where it is used</h2>
      <${Shown} answer=${uses}>${(found) => found.map(({environment, configs, policies}) => html`
        <h3 key=${environment}>${environment} <small class="quiet">${configs.more ? `more than ${counted(configs.items.length, "config")}` : counted(configs.items.length, "config")} in force</small></h3>
        <ul class="links">${configs.items.map((one) => html`<li key=${one.id}><a href=${`/history?id=${one.id}`}>${layerText(one.scope_id ? `${one.scope_kind}:${one.scope_id}` : one.scope_kind)}</a> <span class="quiet">${one.name}, version ${one.version}</span></li>`)}</ul>
        ${policies.length > 0 && html`<p>Guarded by ${policies.map((one, n) => html`${n > 0 && ", "}<a href=${`/settings?${new URLSearchParams({part: "policies", environment, policy: one})}`}>${one}</a>`)}.</p>`}`)}<//>
    </section>`;
}

async function usesIn(environment, type, signal) {
  const query = [["environment", environment], ["config_type", type], ["is_default", "true"], ["limit", String(SHOWN)]];
  const [configs, policies] = await Promise.all([
    listed("/api/runtime-configs/", {query, most: SHOWN, signal}),
    listed(`/api/environments/${encodeURIComponent(environment)}/policies`, {signal}),
  ]);
  return {environment, configs, policies: policies.items.filter((one) => one.config_type === type).map(({name}) => name)};
}
