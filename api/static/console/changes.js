// Differences, field by field.

import {html} from "./view.js";
import {counted, fieldName, layerText, valueText} from "./words.js";

const LONG = 300; // characters, beyond which a text is folded

/** A value as people read it. */
export function Value({value}) {
  return html`<span class="value"><${Text} text=${valueText(value)} /></span>`;
}

/** What somebody wrote, in whichever direction; a long text is folded. */
export function Text({text}) {
  if (text.length <= LONG) return html`<bdi>${text}</bdi>`;
  return html`<details class="long"><summary><bdi>${text.slice(0, 60)} …</bdi></summary><bdi>${text}</bdi></details>`;
}

/** @param {{changes: {pointer: string, before?: unknown, after?: unknown, hidden_by?: string | null}[], empty?: string}} props */
export function Changes({changes, empty = "Nothing changes."}) {
  if (!changes.length) return html`<p class="quiet">${empty}</p>`;
  return html`
    <ul class="changes">
      ${changes.map(
        ({pointer, before, after, hidden_by: hiddenBy}) => html`
          <li key=${pointer} class=${hiddenBy ? "is-hidden" : ""}>
            <span class="changes-field">${fieldName(pointer)}</span>
            <span class="changes-sides">${before !== undefined && html`<del><${Value} value=${before} /></del>`} → <ins><${Value} value=${after} /></ins></span>
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
    ${impact.contexts_seen.seen > 0 && html`<${Seen} ...${impact.contexts_seen} />`}
    ${impact.hidden.count > 0 && html`<p class="quiet">${counted(impact.hidden.count, "scope")} with settings of their own go on as before.</p>`}
    ${impact.examples.length > 0 && html`
      <details>
        <summary>Examples</summary>
        <ul>${impact.examples.map(({scope, changes}) => html`<li>${layerText(scope)}: ${changesText(changes)}</li>`)}</ul>
      </details>`}`;
}

/** Of the users and collections that applications asked for of late. */
function Seen({days, seen, tried, is_whole: isWhole, affected, examples}) {
  const of = isWhole ? counted(seen, "context") : `the last ${counted(tried, "context")}`;
  return html`
    <p>Of ${of} seen in the last ${counted(days, "day")}, <strong>${affected.toLocaleString()}</strong> ${affected === 1 ? "gets" : "get"} something else.</p>
    ${examples.length > 0 && html`
      <details>
        <summary>Contexts</summary>
        <ul>${examples.map((one) => html`<li>${contextName(one)}: ${changesText(one.changes)}</li>`)}</ul>
      </details>`}`;
}

function contextName({user_id: user, collection_id: collection}) {
  return [user && `user ${user}`, collection && `collection ${collection}`].filter(Boolean).join(", ") || "nobody in particular";
}

function changesText(changes) {
  return changes.map(({pointer, after}) => `${fieldName(pointer)} = ${valueText(after)}`).join(", ");
}
