// What stands where nothing can be shown yet, or at all.

import {Problem} from "./api.js";
import {html} from "./view.js";
import {timeText} from "./words.js";

export function Waiting() {
  return html`<p class="waiting" role="status">Loading …</p>`;
}

export function Trouble({problem}) {
  if (!problem) return null;
  const faults = problem instanceof Problem ? problem.faults : [];
  const single = faults.length < 2;
  return html`
    <div class="trouble" role="alert">
      <p>${problem.message}</p>
      ${!single && html`<ul>${faults.map((one) => html`<li><code>${one.pointer || "/"}</code> ${one.message}</li>`)}</ul>`}
    </div>`;
}

/** Over every page, while the service does not answer. */
export function Absent({since, why}) {
  return html`<p class="absent" role="status">${since && `The service does not answer since ${timeText(since)}: ${why}. What is shown is from before; it is asked again by itself.`}</p>`;
}

export function Empty({title, children}) {
  return html`<section class="empty"><h2>${title}</h2>${children}</section>`;
}
