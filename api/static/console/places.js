// Which environment a page is about.

import {go, here} from "./address.js";
import {html} from "./view.js";

export function environmentOf(query, environments) {
  const named = query.get("environment");
  return named && environments.includes(named) ? named : environments[0];
}

export function EnvironmentPicker({environment, environments}) {
  return html`
    <label class="environment">Environment
      <select value=${environment} onChange=${(event) => go(here({environment: event.target.value, at: null, pin: null, change_set: null}))}>
        ${environments.map((name) => html`<option value=${name} selected=${name === environment}>${name}</option>`)}
      </select>
    </label>`;
}
