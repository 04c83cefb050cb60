// Compliance: what security policies in force demand, what holds, and the event that made it so.

import {Shown} from "./acts.js";
import {ask} from "./api.js";
import {useAnswer} from "./asking.js";
import {go, here} from "./address.js";
import {EnvironmentPicker, environmentOf} from "./places.js";
import {html} from "./view.js";
import {counted, fieldName, layerText, momentOf, timeText, valueText} from "./words.js";

const HOLDS = {true: {text: "holds", status: "running"}, false: {text: "violated", status: "failed"}, null: {text: "cannot be told", status: "paused"}};
const RANK = ["error false", "error null", "warning false", "warning null", "error true", "warning true"]; // what is wrong stands first

export function Compliance({query, environments}) {
  const environment = environmentOf(query, environments);
  const [regime, at] = [query.get("regime"), query.get("at")];
  const moment = at && (/^\d+$/.test(at) ? ["position", at] : ["as_of", momentOf(at)]);
  const asked = [["environment", environment], ...(moment ? [moment] : [])];
  const report = useAnswer((signal) => ask("/api/compliance", {query: asked, signal}), [environment, at]);
  const submit = (event) => {
    event.preventDefault();
    go(here({at: new FormData(event.currentTarget).get("at").trim()}));
  };
  return html`
    <header class="part-head with-acts">
      <form class="line" onSubmit=${submit} key=${at}><label>As of <input name="at" defaultValue=${at ?? ""} placeholder="now; a time, a position, tag:NAME" autocomplete="off" size="30" /></label><button type="submit">Show</button></form>
      <${EnvironmentPicker} ...${{environment, environments}} />
    </header>
    ${isUnused(report.problem) ? html`<p class="notice">${report.problem.message}</p>` : html`<${Shown} answer=${report}>${({data}) => html`<${Report} ...${{data, regime}} />`}<//>`}`;
}

/** Whether security policies are not known here at all, which is no fault. */
function isUnused(problem) {
  return problem?.status === 404;
}

function Report({data, regime}) {
  const regimes = Object.entries(data.regimes);
  if (!regimes.length) return html`<p class="notice">No security policy that is in force in ${data.environment} demands anything. Begin with an example, and make it yours: <code>varve import builtin:platform</code>, then <code>varve import builtin:platform/security_policy/five_regimes</code>.</p>`;
  const items = data.items.filter(({regimes: of}) => !regime || of.includes(regime)).sort((one, other) => rank(one) - rank(other));
  return html`
    <ul class="tiles" aria-label="Regimes">
      ${regimes.map(([name, {holds, kept, violated, warnings, unknown}]) => html`
        <li key=${name}><a class="card" href=${here({regime: name === regime ? null : name})} aria-current=${name === regime ? "true" : undefined}>
          <strong>${name}</strong> <${Verdict} holds=${holds} />
          <span class="quiet">${[`${kept} kept`, violated && `${violated} violated`, warnings && counted(warnings, "warning"), unknown && `${unknown} cannot be told`].filter(Boolean).join(", ")}</span>
        </a></li>`)}
    </ul>
    <p class="quiet">At position ${data.position}${data.as_of ? `, as of ${timeText(data.as_of)}` : ""}; ${counted(data.scopes_checked, "scope")} looked at. ${!data.is_whole && "There are more than can be told at once: nothing holds for sure."} Whether keeping these is enough for a regime is for a lawyer to say.</p>
    <ul class="cards">${items.map((one) => html`<${Finding} key=${`${one.requirement} ${one.scope}`} one=${one} />`)}</ul>`;
}

function rank({severity, holds}) {
  return RANK.indexOf(`${severity} ${holds}`);
}

function Verdict({holds}) {
  const {text, status} = HOLDS[holds];
  return html`<span class="badge" data-status=${status}>${text}</span>`;
}

function Finding({one}) {
  const {requirement, regimes, severity, config_type: type, scope, holds, why, expression, values, event, demanded_by: demanded} = one;
  return html`
    <li class="card finding" data-holds=${String(holds)}>
      <strong>${requirement}</strong> <${Verdict} holds=${holds} /> ${severity === "warning" && html`<span class="badge">only a warning</span>`}
      <p>${holds ? "" : `${why} · `}${type} of ${layerText(scope)} · ${regimes.join(", ")}</p>
      <details>
        <summary>${event && !holds ? html`Made so by ${event.actor}, ${timeText(event.at)}` : "How it is known"}</summary>
        <p><code>${expression}</code></p>
        <ul>${Object.entries(values).map(([pointer, value]) => html`<li>${fieldName(pointer)} = <code class="value">${valueText(value)}</code></li>`)}</ul>
        ${event && html`<p>Made so by <${Made} event=${event} /></p>`}
        <p>Demanded by <${Made} event=${demanded} /></p>
      </details>
    </li>`;
}

/** An event that gave a value, with the ways to it. */
function Made({event}) {
  const {actor, at, reason, layer, position, config_id: config, version} = event;
  return html`
    ${actor}, ${timeText(at)}, at ${layerText(layer)}${reason ? html`: <span class="reason">${reason}</span>` : ""}
    ${" "}<a href=${`/audit?before=${position + 1}`}>position ${position} of the log</a>${config && html`, <a href=${`/history?id=${config}${version ? `#version-${version}` : ""}`}>its history</a>`}`;
}
