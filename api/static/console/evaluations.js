// Evaluations: what was measured with which settings, and whether it is as good as before.

import {Shown, Whole} from "./acts.js";
import {ask} from "./api.js";
import {useAnswer} from "./asking.js";
import {here} from "./address.js";
import {html} from "./view.js";
import {numberText, timeText} from "./words.js";

const SHOWN = 10;
const VERDICTS = {pass: {text: "as good", status: "running"}, fail: {text: "worse", status: "failed"}, unknown: {text: "cannot be told", status: "paused"}};

/** @param {{environment: string, verdict: string | null, before: string | null, news: number}} props `before`: the "next" of the page before */
export function Evaluations({environment, verdict, before, news}) {
  const query = [["environment", environment], ["limit", String(SHOWN)], ...(verdict ? [["verdict", verdict]] : []), ...(before ? [["cursor", before]] : [])];
  const found = useAnswer((signal) => ask("/api/evaluations", {query, signal}), [environment, verdict, before, news]);
  return html`
    <section class="panel" aria-labelledby="evaluations">
      <h2 id="evaluations">Evaluations</h2>
      <nav class="tabs" aria-label="Which evaluations">${Object.entries({"": "All", pass: "As good as before", fail: "Worse", unknown: "Not compared"}).map(([name, text]) => html`<a href=${here({verdict: name || null, before: null})} aria-current=${name === (verdict ?? "") ? "page" : undefined}>${text}</a>`)}</nav>
      <${Shown} answer=${found}>${({data: {items, next}}) => html`
        ${items.length === 0 && html`<p class="quiet">${verdict ? "None of these." : html`Nothing was recorded in ${environment} yet: <code>varve evaluation record -f run.yaml</code>.`}</p>`}
        <ul class="cards">${items.map((one) => html`<${Evaluation} key=${one.id} one=${one} />`)}</ul>
        <p class="acts">${before && html`<a href=${here({before: null})}>Newest</a>`}${next && html`<a href=${here({before: next})}>Earlier</a>`}</p>`}<//>
    </section>`;
}

function Evaluation({one}) {
  const {name, verdict, metrics, compared, baseline, manifest, dataset, dataset_hash: hash, recorded_at: at, recorded_by: by, reason} = one;
  const rows = compared.length ? compared : Object.entries(metrics).map(([metric, value]) => ({metric, value, baseline: null, verdict: null, reason: ""}));
  return html`
    <li class="card">
      <details>
        <summary><strong>${name ?? "a run"}</strong> <${Badge} verdict=${verdict} /> <span class="quiet">${timeText(one.ran_at ?? at)}, by ${by}: ${Object.entries(metrics).slice(0, 4).map(([metric, value]) => `${metric} ${numberText(value)}`).join(", ")}</span></summary>
        ${reason && html`<p class="reason">${reason}</p>`}
        <div class="scroll" tabindex="0" role="region" aria-label="Metric by metric"><table class="list">
          <thead><tr><th scope="col">Metric</th><th scope="col">Value</th><th scope="col">Baseline</th><th scope="col">Verdict</th></tr></thead>
          <tbody>${rows.map((row) => html`<tr key=${row.metric}><th scope="row">${row.metric}</th><td class="value" data-name="now">${row.value === null ? "–" : numberText(row.value)}</td><td class="value" data-name="before">${typeof row.baseline === "number" ? numberText(row.baseline) : "–"}</td><td>${row.verdict && html`<${Badge} verdict=${row.verdict} />`} <span class="quiet">${row.reason}</span></td></tr>`)}</tbody>
        </table></div>
        <p class="quiet digest">${baseline ? "" : "There is no baseline. "}Data set ${dataset ?? ""} <code class="value">${hash}</code></p>
        <details><summary>What it was made with</summary><${Whole} name="Manifest" value=${manifest} /></details>
        <a href=${`/audit?before=${one.position + 1}`}>Position ${one.position} of the log</a>
      </details>
    </li>`;
}

function Badge({verdict}) {
  const {text, status} = VERDICTS[verdict];
  return html`<span class="badge" data-status=${status}>${text}</span>`;
}
