// Environments in the order in which settings are promoted, with what each demands.

import {ask} from "./api.js";
import {useAnswer} from "./asking.js";
import {Dialog} from "./dialog.js";
import {Person} from "./person.js";
import {may} from "./session.js";
import {html, useState} from "./view.js";
import {counted, timeText} from "./words.js";

/** What each environment demands, asked again with `inputs`. */
export function useStages(inputs) {
  const found = useAnswer((signal) => ask("/api/environments", {signal}), inputs);
  return {...found, data: found.data && inOrderOfPromotion(found.data.data.items)};
}

/** An environment stands after the one that it is promoted from. */
export function inOrderOfPromotion(stages) {
  const depth = ({name, promoted_from: from}, seen = []) => {
    const before = stages.find((one) => one.name === from);
    return before && !seen.includes(name) ? 1 + depth(before, [...seen, name]) : 0;
  };
  return stages.toSorted((one, other) => depth(one) - depth(other));
}

/** What publishing here wants of the reason; null where it may be left out. */
export function reasonDemand({name, require_reason: isRequired, reason_pattern: pattern}) {
  if (pattern) return `${name} wants a reason in which this is found: ${pattern}`;
  return isRequired ? `${name} wants a reason` : null;
}

/** One environment: its rules, and whether it is frozen. */
export function Stage({stage, onDone}) {
  const [asked, setAsked] = useState(false);
  const {name, promoted_from: from, frozen} = stage;
  const rules = rulesOf(stage);
  const path = `/api/environments/${encodeURIComponent(name)}`;
  const act = frozen ? "Thaw" : "Freeze";
  const send = (reason) => ask(`${path}/${act.toLowerCase()}`, {method: "POST", body: {reason}}).then(() => onDone(`${name} is ${frozen ? "open" : "frozen"}.`));
  return html`
    <header class=${`stage ${frozen ? "is-frozen" : ""}`}>
      <div class="stage-head">
        <h2>${name}</h2>
        ${may("environments.govern", name) && html`<button type="button" aria-label=${`${act} ${name}`} onClick=${() => setAsked(true)}>${act}</button>`}
      </div>
      <p class="quiet">${from ? `Promoted from ${from}` : "The first of its line"}. ${rules.length ? "A change needs" : frozen ? "" : "Any change is taken."}</p>
      ${rules.length > 0 && html`<ul class="rules">${rules.map((rule) => html`<li>${rule}</li>`)}</ul>`}
      ${frozen && html`<p class="frozen"><strong>Frozen</strong> since ${timeText(frozen.since)} by <${Person} name=${frozen.by} />${frozen.reason && html`: <bdi class="reason">${frozen.reason}</bdi>`}</p>`}
      ${asked && html`
        <${Dialog} title=${`${act} ${name}`} act=${act} onAct=${send} onClose=${() => setAsked(false)}>
          ${frozen ? html`<p>Changes are taken again, as its rules say. Releases that became due meanwhile do not go on by themselves: step or publish them.</p>` : html`<${WhatAFreezeDoes} name=${name} />`}
        <//>`}
    </header>`;
}

function WhatAFreezeDoes({name}) {
  return html`
    <p>From then on every change in ${name} is refused with your reason, admins’ too; a release that is due stops. What is in force goes on
      being served, and what guards people still acts.</p>
    <p>It lasts until somebody thaws it. What cannot wait, an admin lets through by breaking the glass for that one change.</p>`;
}

function rulesOf({approvals, require_reason: wantsReason, reason_pattern: pattern, require_if_match: wantsVersion, require_lock: wantsLock}) {
  return [
    approvals > 0 && `approval by ${counted(approvals, "other")}`,
    pattern ? html`a reason with <code>${pattern}</code>` : wantsReason && "a reason",
    wantsVersion && "the version that is changed",
    wantsLock && "a lock for what comes into force",
  ].filter(Boolean);
}
