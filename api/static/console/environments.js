// Environments: what each demands of changes, and the ladder of layers that all of them share.

import {Act, Shown} from "./acts.js";
import {ask} from "./api.js";
import {useAnswer} from "./asking.js";
import {may} from "./session.js";
import {Stage, useStages} from "./stages.js";
import {html, useState} from "./view.js";
import {timeText} from "./words.js";

const SWITCHES = {
  require_reason: "a change has a reason",
  require_if_match: "a change says which version it is about",
  require_lock: "what is in force changes only by promoting a lock",
};

export function Environments() {
  const stages = useStages([]);
  const ladder = useAnswer((signal) => ask("/api/ladder", {signal}), []);
  const [said, setSaid] = useState("");
  const add = (form) => ask("/api/environments", {method: "POST", body: {name: form.get("name").trim()}}).then(stages.again);
  return html`
    <div class="sides audit">
      <section aria-label="All environments">
        <p role="status" class=${said ? "done" : "unseen"}>${said}</p>
        <${Shown} answer=${stages}>${(found) => found.map((stage) => html`
          <div key=${`${stage.name} ${stage.version}`}>
            <${Stage} stage=${stage} onDone=${(text) => (setSaid(text), stages.again())} />
            <p class="quiet">Since ${timeText(stage.created_at)}, by ${stage.created_by}.</p>
            ${may("environments.govern", stage.name) && html`<${Demands} ...${{stage, others: found.map(({name}) => name).filter((name) => name !== stage.name), onDone: () => (setSaid(`What ${stage.name} demands is changed.`), stages.again())}} />`}
          </div>`)}<//>
      </section>
      <div>
        ${may("definitions.change") && html`<${Act} title="Add an environment" act="Add it" send=${add}><label>Name <input name="name" required pattern="[a-z][a-z0-9_\\-]*" maxlength="63" autocomplete="off" /></label><//>`}
        <section class="panel" aria-labelledby="ladder">
          <h2 id="ladder">The ladder of layers</h2>
          <p class="quiet">The lowest first: what stands further down wins.</p>
          <${Shown} answer=${ladder}>${({data}) => html`<ol class="ladder"><li>default</li><li>environment variables</li>${data.kinds.map((kind) => html`<li key=${kind}>${kind}</li>`)}</ol>`}<//>
        </section>
      </div>
    </div>`;
}

function Demands({stage, others, onDone}) {
  const send = (said) => {
    const text = (name) => said.get(name).trim() || null;
    const switches = Object.fromEntries(Object.keys(SWITCHES).map((name) => [name, said.has(name)]));
    const body = {...switches, promoted_from: text("from"), approvals: Number(said.get("approvals")), reason_pattern: text("pattern"), reason: text("reason")};
    return ask(`/api/environments/${encodeURIComponent(stage.name)}`, {method: "PUT", body, ifMatch: `"${stage.version}"`}).then(onDone);
  };
  return html`
    <${Act} title=${`What ${stage.name} demands`} act="Demand it from now on" send=${send} keeps=${true} isFolded=${true}>
      <label>Promoted from <select name="from"><option value="">none: the first of its line</option>${others.map((name) => html`<option value=${name} selected=${name === stage.promoted_from}>${name}</option>`)}</select></label>
      <label>So many others approve <input name="approvals" type="number" min="0" step="1" required defaultValue=${stage.approvals} /></label>
      ${Object.entries(SWITCHES).map(([name, words]) => html`<label class="check" key=${name}><input type="checkbox" name=${name} defaultChecked=${stage[name]} /> ${words}</label>`)}
      <label>In every reason this is found <input name="pattern" defaultValue=${stage.reason_pattern ?? ""} placeholder="OPS-[0-9]+" autocomplete="off" spellcheck=${false} /></label>
      <label>Why <input name="reason" maxlength="1000" autocomplete="off" /></label>
    <//>`;
}
