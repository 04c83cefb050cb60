// Differences, field by field.

import {html} from "./view.js";
import {counted, fieldName, layerText, valueText} from "./words.js";

/** @param {{changes: {pointer: string, before?: unknown, after?: unknown, hidden_by?: string | null}[], empty?: string}} props */
export function Changes({changes, empty = "Nothing changes."}) {
  if (!changes.length) return html`<p class="quiet">${empty}</p>`;
  return html`
    <ul class="changes">
      ${changes.map(
        ({pointer, before, after, hidden_by: hiddenBy}) => html`
          <li key=${pointer} class=${hiddenBy ? "is-hidden" : ""}>
            <span class="changes-field">${fieldName(pointer)}</span>
            <span class="changes-sides">${before !== undefined && html`<del class="value">${valueText(before)}</del>`} → <ins class="value">${valueText(after)}</ins></span>
            ${hiddenBy && html`<span class="quiet">hidden by ${layerText(hiddenBy)}</span>`}
          </li>`,
      )}
    </ul>`;
}

/** Whom a change reaches, as POST /api/runtime-configs/impact tells it. */
export function Reach({impact}) {
  const kinds = Object.entries(impact.scopes).filter(([, {affected}]) => affected > 0);
  const reached = kinds.map(([kind, {affected}]) => (kind === "global" ? "everybody of whom nothing else is set" : counted(affected, kind)));
  return html`
    <p>${reached.length ? html`Others get something else now: <strong>${reached.join(", ")}</strong>.` : "Nobody gets anything else."}</p>
    ${impact.hidden.count > 0 && html`<p class="quiet">${counted(impact.hidden.count, "scope")} with settings of their own go on as before.</p>`}
    ${impact.examples.length > 0 && html`
      <details>
        <summary>Examples</summary>
        <ul>${impact.examples.map(({scope, changes}) => html`<li>${layerText(scope)}: ${changes.map(({pointer, after}) => `${fieldName(pointer)} = ${valueText(after)}`).join(", ")}</li>`)}</ul>
      </details>`}`;
}
