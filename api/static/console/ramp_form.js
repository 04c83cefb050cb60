// How a release comes to more and more users: its steps, and what takes it back.

import {html, useState} from "./view.js";

/** For a form; `rampOf` reads it. */
export function RampFields() {
  const [guardrails, setGuardrails] = useState([]); // the numbers of those that are there
  return html`
    <label class="reason-field">Percents of users, rising to 100 <input name="steps" required defaultValue="1, 10, 50, 100" inputmode="decimal" autocomplete="off" /></label>
    <label class="reason-field">Each lasts so many minutes <input type="number" name="bake" required defaultValue="30" min="0" max="10080" step="any" /></label>
    ${guardrails.map((n) => html`<${Guardrail} key=${n} onRemove=${() => setGuardrails(guardrails.filter((one) => one !== n))} />`)}
    <p class="acts"><button type="button" onClick=${() => setGuardrails([...guardrails, (guardrails.at(-1) ?? 0) + 1])}>Add a guardrail</button></p>
    ${guardrails.length > 0 && html`<small class="quiet">It is rolled back where users who have it surely fare worse than that, beside those who do not. The application reports the metric as an outcome.</small>`}`;
}

function Guardrail({onRemove}) {
  return html`
    <div class="line guardrail" role="group" aria-label="Guardrail">
      <label>Metric <input name="guardrail" required maxlength="255" autocomplete="off" placeholder="latency_ms" /></label>
      <label>Better is <select name="better"><option value="lower">lower</option><option value="higher">higher</option></select></label>
      <label>At most worse by, in % <input type="number" name="tolerated" required defaultValue="5" min="0" max="1000" step="any" /></label>
      <button type="button" onClick=${onRemove}>Remove</button>
    </div>`;
}

/** @param {FormData} said */
export function rampOf(said) {
  const [better, tolerated] = [said.getAll("better"), said.getAll("tolerated")];
  return {
    steps: said.get("steps").split(/[\s,;%]+/).filter(Boolean).map(Number),
    bake_minutes: Number(said.get("bake")),
    guardrails: said.getAll("guardrail").map((name, n) => ({name: name.trim(), better: better[n], tolerated_change_percent: Number(tolerated[n])})),
  };
}
