// What stands where nothing can be shown yet, or at all.

import {Problem} from "./api.js";
import {html} from "./view.js";

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

export function Empty({title, children}) {
  return html`<section class="empty"><h2>${title}</h2>${children}</section>`;
}
