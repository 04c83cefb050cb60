// What became of a change set, event by event.

import {Text} from "./changes.js";
import {leaves} from "./documents.js";
import {titleOf} from "./drafts.js";
import {Person} from "./person.js";
import {html} from "./view.js";
import {fieldName, timeText, valueText} from "./words.js";

const TOLD = {
  created: () => "began it",
  drafted: ({at, ...draft}) => `drafted ${titleOf({...draft, scope: at})}`,
  draft_removed: () => "took a draft out",
  proposed: () => "proposed it",
  checked: () => "checked it: nothing stood in the way",
  approved: () => "approved of it",
  scheduled: ({at, ramp}) => `set it to be published at ${timeText(at)}${ramp ? `, to ${ramp.steps.join(", ")} %` : ""}`,
  halted: ({problem}) => `stopped it: ${problem}`,
  ramped: ({percent}) => `gave it to ${percent} % of the users`,
  published: () => "published it",
  rolled_back: () => "rolled it back",
  discarded: () => "discarded it",
};

/** @param {{events: object[]}} props the oldest first, as the log tells them */
export function Happened({events}) {
  const told = events.map((event) => ({...event, act: event.type.split(".")[1]})).filter(({act}) => TOLD[act]);
  return html`
    <section aria-labelledby="happened">
      <h2 id="happened">What happened</h2>
      <ol class="happened">
        ${told.toReversed().map(({position, actor, reason, act, data, commit}) => html`
          <li key=${position}>
            <p><${Person} name=${actor} /> <bdi>${TOLD[act](data)}</bdi> <time class="quiet" datetime=${commit.recorded_at}>${timeText(commit.recorded_at)}</time></p>
            ${reason && html`<div class="reason"><${Text} text=${reason} /></div>`}
          </li>`)}
      </ol>
    </section>`;
}

/** Why the service rolled it back by itself; nothing where somebody did. */
export function Evidence({one: {environment, rolled_back: back, updated_at: at}}) {
  if (!back?.evidence) return null;
  const {alerts = [], metrics = {}, health_report: report, ...others} = back.evidence;
  return html`
    <section class="notice" aria-labelledby="evidence">
      <h2 id="evidence">The service rolled it back by itself, ${timeText(at)}</h2>
      <p><bdi>${back.reason}</bdi></p>
      ${alerts.length > 1 && html`<ul>${alerts.map((alert) => html`<li><bdi>${alert.message ?? valueText(alert)}</bdi></li>`)}</ul>`}
      <dl class="facts">${leaves({...metrics, ...others}).map(([pointer, value]) => html`<div key=${pointer}><dt>${fieldName(pointer)}</dt><dd class="value">${valueText(value)}</dd></div>`)}</dl>
      ${report && html`<p><a href=${`/watch?${new URLSearchParams({environment, report})}`}>The report of health</a></p>`}
    </section>`;
}
