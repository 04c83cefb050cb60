// How healthy an environment is: what was measured last, against its bounds, and how it went.

import {Act, Shown, parsed} from "./acts.js";
import {ask} from "./api.js";
import {useAnswer} from "./asking.js";
import {here} from "./address.js";
import {BoundPlot, Sparkline, boundText} from "./plots.js";
import {may} from "./session.js";
import {html} from "./view.js";
import {counted, numberText, timeText} from "./words.js";

const SHOWN = 60; // reports
const FREE = {at_least: null, at_most: null, severity: "warning"};
const STATES = {well: "well", warning: "warning", critical: "critical", unknown: "not known"};

export function Health({environment, report: wanted, news}) {
  const path = `/api/environments/${encodeURIComponent(environment)}/health`;
  const checked = useAnswer((signal) => ask(path, {signal}), [environment, news]);
  const reports = useAnswer((signal) => ask("/api/health-reports", {query: [["environment", environment], ["limit", String(SHOWN)]], signal}), [environment, news]);
  return html`
    <section class="panel" aria-labelledby="health">
      <h2 id="health">Health</h2>
      <${Shown} answer=${reports}>${({data: {items}}) => items.length === 0
        ? html`<p class="quiet">No application has reported how it does, so nothing is known of it. One reports with <code>varve health ${environment} --metrics metrics.json</code>, or <code>POST /api/health-reports</code>.</p>`
        : html`<${Shown} answer=${checked}>${({data}) => html`<${Reports} ...${{items, checked: data, wanted}} />`}<//>`}<//>
      <${Shown} answer=${checked}>${({data, etag}) => html`<${Bounds} key=${data.version} ...${{path, data, etag, again: checked.again, isOurs: may("environments.govern", environment)}} />`}<//>
    </section>`;
}

function Reports({items, checked, wanted}) {
  const index = Math.max(0, items.findIndex(({id}) => id === wanted));
  const report = items[index];
  const {valid, issues, warnings} = report.config_health;
  const course = items.slice(index).reverse();
  return html`
    <${Verdict} report=${report} />
    <p>${timeText(report.timestamp)}${report.config_version ? ` of ${report.config_version}` : ""}
      <span class="moves">${[["Earlier", items[index + 1]], ["Later", items[index - 1]], ["Newest", index > 1 && items[0]]].map(([text, one]) => one && html`<a href=${here({report: one === items[0] ? null : one.id})}>${text}</a>`)}</span></p>
    ${index === 0 && checked.alerts.length > 0 && html`<div class="trouble"><p>Since it was found, and until a report measures it again:</p><ul>${checked.alerts.map((one) => html`<li key=${one.code}><strong>${one.severity}</strong> ${one.message}</li>`)}</ul></div>`}
    ${index > 0 && report.alerts.length > 0 && html`<ul class="trouble">${report.alerts.map((one) => html`<li key=${one.code}><strong>${one.severity}</strong> ${one.message}</li>`)}</ul>`}
    ${!valid && issues.length > 1 && html`<p class="trouble">What is in force is not valid: ${issues.join("; ")}</p>`}
    ${warnings.length > 0 && html`<ul class="notice">${warnings.map((one) => html`<li>${one}</li>`)}</ul>`}
    <${Metrics} ...${{report, course, bounds: checked.bounds}} />`;
}

function Verdict({report}) {
  const count = (severity) => report.alerts.filter((one) => one.severity === severity).length;
  const [critical, warnings] = [count("critical"), count("warning")];
  const found = [critical && `${critical} critical`, warnings && counted(warnings, "warning")].filter(Boolean).join(", ");
  return html`<p class="verdict" data-state=${critical ? "critical" : warnings ? "warning" : "well"}>${report.overall_healthy ? "Healthy" : `Not healthy: ${found}`}</p>`;
}

/** The metrics of a report; null for what was not measured. */
function measured({retrieval_health: {healthy, unknown, ...metrics}}) {
  return metrics;
}

function Metrics({report, course, bounds}) {
  const metrics = measured(report);
  const names = [...new Set([...Object.keys(bounds), ...Object.keys(metrics)])];
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label="What was measured"><table class="list metrics">
      <thead><tr><th scope="col">Metric</th><th scope="col">Value</th><th scope="col">It must be</th><th scope="col">State</th><th scope="col">How it went</th></tr></thead>
      <tbody>${names.map((name) => html`<${Metric} key=${name} ...${{name, value: metrics[name] ?? null, bound: bounds[name] ?? FREE, course: course.map((one) => measured(one)[name] ?? null), alert: report.alerts.find(({code}) => code === name || code === `baseline.${name}`)}} />`)}</tbody>
    </table></div>`;
}

function Metric({name, value, bound, course, alert}) {
  const isFree = bound.at_least === null && bound.at_most === null;
  const state = alert?.severity ?? (value === null || isFree ? "unknown" : "well");
  const isBad = (one) => (bound.at_least !== null && one < bound.at_least) || (bound.at_most !== null && one > bound.at_most);
  return html`
    <tr>
      <th scope="row">${name.split(/(?<=_)/).map((part) => html`${part}<wbr />`)}</th>
      <td class="value">${value === null ? "–" : numberText(value)}</td>
      <td><${BoundPlot} ...${{value, bound, state}} /><span class="quiet">${boundText(bound)}</span></td>
      <td><span class="badge" data-status=${{critical: "failed", warning: "paused", well: "running"}[state]}>${value === null ? "not measured" : STATES[state]}</span></td>
      <td><${Sparkline} ...${{values: course, isBad, name}} /></td>
    </tr>`;
}

/** What is checked otherwise than by default, and whether a bad report takes a release back. */
function Bounds({path, data, etag, again, isOurs}) {
  const text = JSON.stringify(data.own_bounds, null, 2);
  const send = (said) => ask(path, {method: "PUT", ifMatch: etag, body: {bounds: parsed(said.get("bounds")), auto_rollback: said.has("back"), reason: said.get("reason").trim() || null}}).then(again);
  return html`
    <p class="quiet">${data.auto_rollback ? "A critical report takes back what was released within the 15 minutes before it." : "A critical report takes nothing back here: that is switched off."}</p>
    ${isOurs && html`
      <${Act} title="Check otherwise" act="Check so from now on" send=${send} keeps=${true} isFolded=${true}>
        <label>Bounds in the place of the default ones, as JSON <textarea name="bounds" class="value" rows="6" required spellcheck=${false} defaultValue=${text} placeholder=${'{"oracle_hit_rate": {"at_least": 0.5, "severity": "critical"}}'}></textarea></label>
        <label class="check"><input type="checkbox" name="back" defaultChecked=${data.auto_rollback} /> a critical report takes back what was released just before it</label>
        <label>Why <input name="reason" maxlength="1000" autocomplete="off" /></label>
      <//>`}`;
}
