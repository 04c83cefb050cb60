// The checklist before users come: each item is looked at when it is asked for, since that may ask models and receivers too.

import {Shown} from "./acts.js";
import {ask} from "./api.js";
import {useAnswer} from "./asking.js";
import {here} from "./address.js";
import {html} from "./view.js";

const MARKS = {passed: "running", failed: "failed", unknown: "paused"};

export function GoLive({environment, isAsked}) {
  return html`
    <section class="panel" aria-labelledby="go-live">
      <h2 id="go-live">Ready to go live?</h2>
      ${isAsked ? html`<${Checklist} environment=${environment} />` : html`<p><a class="button" href=${here({golive: 1})}>Go through the checklist</a></p>`}
    </section>`;
}

function Checklist({environment}) {
  const found = useAnswer((signal) => ask(`/api/environments/${encodeURIComponent(environment)}/go-live`, {signal}), [environment]);
  return html`<${Shown} answer=${found}>${({data: {items}}) => html`
    <p class="with-acts" role="status"><span>${countOf(items, "passed")} passed, ${countOf(items, "failed")} failed, ${countOf(items, "unknown")} cannot be told.</span> <button type="button" onClick=${found.again}>Look again</button></p>
    <ul class="checks tasks">${items.map((one) => html`<li key=${one.id}><span class="badge" data-status=${MARKS[one.state]}>${one.state}</span> <strong>${one.id.replaceAll("_", " ")}</strong> <span>${one.message}</span> <span class="quiet">${one.probe}</span></li>`)}</ul>`}<//>`;
}

function countOf(items, state) {
  return items.filter((one) => one.state === state).length;
}
