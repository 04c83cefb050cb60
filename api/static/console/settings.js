// What the whole installation agrees on, part by part.

import {Shown} from "./acts.js";
import {ask} from "./api.js";
import {useAnswer} from "./asking.js";
import {FileIn} from "./beginning.js";
import {Compliance} from "./compliance.js";
import {Environments} from "./environments.js";
import {Keys} from "./keys.js";
import {Trouble} from "./messages.js";
import {EnvironmentPicker, environmentOf} from "./places.js";
import {Policies} from "./policies.js";
import {isBound, may, mayAnywhere, mayKnow} from "./session.js";
import {Types} from "./types.js";
import {html, useState} from "./view.js";
import {Webhooks} from "./webhooks.js";
import {counted} from "./words.js";

const PARTS = [
  {name: "types", title: "Types", part: Types},
  {name: "policies", title: "Policies", part: Policies},
  {name: "compliance", title: "Compliance", part: Compliance, action: "log.read", needs: (action) => !isBound() && mayAnywhere(action)},
  {name: "environments", title: "Environments", part: Environments},
  {name: "keys", title: "Keys", part: Keys, action: "keys.manage"},
  {name: "webhooks", title: "Webhooks", part: Webhooks, action: "webhooks.manage"},
  {name: "import", title: "Import", part: Import, action: "settings.import", needs: may},
  {name: "views", title: "Views", part: Views},
];

export function Settings({query, environments}) {
  const parts = PARTS.filter(({action, needs = mayKnow}) => !action || needs(action));
  const found = parts.find(({name}) => name === query.get("part")) ?? parts[0];
  return html`
    <header class="page-head"><h1>Settings</h1>
      <nav class="tabs" aria-label="Parts">${parts.map((one) => html`<a href=${partAddress(one.name, query)} aria-current=${one === found ? "page" : undefined}>${one.title}</a>`)}</nav>
    </header>
    <${found.part} query=${query} environments=${environments} />`;
}

/** Of what other parts show, only the environment stays in the address. */
function partAddress(part, query) {
  const environment = query.get("environment");
  return `/settings?${new URLSearchParams({part, ...(environment && {environment})})}`;
}

function Import({query, environments}) {
  const environment = environmentOf(query, environments);
  return html`<${EnvironmentPicker} ...${{environment, environments}} /><${FileIn} key=${environment} environment=${environment} />`;
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
