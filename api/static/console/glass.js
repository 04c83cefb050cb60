// Passing a freeze, locks and missing approvals all the same: for admins, once, and not quietly.

import {may} from "./session.js";
import {html, useState} from "./view.js";

const BREAKABLE = ["frozen", "locked", "lock_required", "approval_missing"];

/** Whether an admin could pass what was refused. */
export function isBreakable(problem) {
  return Boolean(problem) && (BREAKABLE.includes(problem.code) || problem.faults?.some(({rule}) => BREAKABLE.includes(rule)));
}

/** For a form about a change in an environment; `glassOf` reads it. */
export function Glass({environment}) {
  const [isBroken, setBroken] = useState(false);
  if (!may("environments.govern", environment)) return null;
  return html`
    <fieldset class="glass">
      <legend>When it cannot wait</legend>
      <label><input type="checkbox" checked=${isBroken} onChange=${() => setBroken(!isBroken)} /> break the glass: a freeze, locks and missing approvals let this one change pass</label>
      ${isBroken && html`<label class="reason-field">Why it cannot wait <input name="glass" required maxlength="1000" autocomplete="off" /><small class="quiet">It is recorded under your name, and everybody who watches alerts is told.</small></label>`}
    </fieldset>`;
}

/** @param {FormData} said */
export function glassOf(said) {
  return said.get("glass")?.trim() || undefined;
}
