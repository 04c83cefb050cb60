// Experiments: plan, run, and see what came of them.

import {ask, listed} from "./api.js";
import {useAnswer} from "./asking.js";
import {go, here} from "./address.js";
import {Dialog} from "./dialog.js";
import {Empty, Trouble, Waiting} from "./messages.js";
import {EnvironmentPicker, environmentOf} from "./places.js";
import {mayChange} from "./session.js";
import {html, useState} from "./view.js";
import {counted, timeText} from "./words.js";

const STATUS = {draft: "draft", running: "running", paused: "paused", concluded: "concluded"};
const WIDTH = 320; // of a plot

export function Experiments({query, environments}) {
  const environment = environmentOf(query, environments);
  const all = useAnswer((signal) => listed("/api/experiments", {query: [["environment", environment]], signal}), [environment]);
  const profiles = useAnswer((signal) => listed("/api/profiles", {query: [["environment", environment]], signal}), [environment]);
  const chosen = query.get("experiment");
  if (!all.data) return html`<${Trouble} problem=${all.problem} /><${Waiting} />`;
  const found = all.data.items.find(({id}) => id === chosen) ?? all.data.items[0];
  return html`
    <header class="page-head with-acts">
      <h1>Experiments <small>variants of settings, each served to its share of users</small></h1>
      <${EnvironmentPicker} ...${{environment, environments}} />
    </header>
    <${Trouble} problem=${all.problem} />
    <div class="sides">
      <section aria-label="All experiments">
        ${all.data.items.length === 0 && html`<${Empty} title="There are no experiments yet"><p>An experiment serves profiles to shares of the users, and tells which did better.</p><//>`}
        <ul class="cards">
          ${all.data.items.map((one) => html`
            <li key=${one.id}>
              <a class="card" href=${here({experiment: one.id})} aria-current=${one === found ? "true" : undefined}>
                <strong>${one.name}</strong> <span class="badge" data-status=${one.status}>${STATUS[one.status]}</span>
                <span class="quiet">${one.hypothesis ?? one.variants.map(({name}) => name).join(" against ")}</span>
              </a>
            </li>`)}
        </ul>
        ${mayChange(environment, "experiment") && html`<${NewExperiment} ...${{isFirst: all.data.items.length === 0, environment, profiles: profiles.data?.items ?? [], onDone: (id) => (all.again(), go(here({experiment: id})))}} />`}
      </section>
      ${found && html`<${Experiment} key=${`${found.id} ${found.version}`} ...${{experiment: found, onDone: all.again}} />`}
    </div>`;
}

function NewExperiment({isFirst, environment, profiles, onDone}) {
  const [problem, setProblem] = useState(null);
  const make = async (event) => {
    event.preventDefault();
    const said = new FormData(event.currentTarget);
    const share = Number(said.get("share"));
    const metric = said.get("metric").trim();
    const body = {
      environment,
      name: said.get("name").trim(),
      hypothesis: said.get("hypothesis").trim() || null,
      traffic_percent: Number(said.get("traffic")),
      variants: [
        {name: "control", weight: 100 - share, profile: null, is_control: true},
        {name: said.get("profile"), weight: share, profile: said.get("profile")},
      ],
      primary_metric: metric ? {name: metric, kind: said.get("kind"), better: said.get("better")} : null,
    };
    try {
      const {data} = await ask("/api/experiments", {method: "POST", body});
      setProblem(null);
      onDone(data.id);
    } catch (found) {
      setProblem(found);
    }
  };
  if (!profiles.length) return html`<p class="quiet">What a variant sets is a profile: <a href="/profiles">make one first</a>.</p>`;
  return html`
    <form class="panel" onSubmit=${make}>
      <details open=${isFirst}>
        <summary>A new experiment</summary>
        <label>Name <input name="name" required maxlength="255" autocomplete="off" /></label>
        <label>What you expect <input name="hypothesis" maxlength="1000" autocomplete="off" placeholder="more results raise acceptance" /></label>
        <label>What is tried, against leaving all as it is <select name="profile">${profiles.map(({name}) => html`<option value=${name}>${name}</option>`)}</select></label>
        <label>Users who take part, in percent <input type="number" name="traffic" defaultValue="100" min="0.01" max="100" step="any" required /></label>
        <label>Of these, so many try it, in percent <input type="number" name="share" defaultValue="50" min="0" max="100" step="any" required /></label>
        <label>What is measured <input name="metric" maxlength="255" autocomplete="off" placeholder="answer_accepted" /></label>
        <label>It is <select name="kind"><option value="rate">a rate: each user does it or not</option><option value="mean">a number for each user</option></select></label>
        <label>Better is <select name="better"><option value="higher">higher</option><option value="lower">lower</option></select></label>
        <${Trouble} problem=${problem} />
        <p class="acts"><button type="submit" class="main">Plan it</button></p>
        <p class="quiet">More variants, guardrails and eligibility: <code>varve experiment create</code>.</p>
      </details>
    </form>`;
}

function Experiment({experiment, onDone}) {
  const [asked, setAsked] = useState(null);
  const {status} = experiment;
  const path = `/api/experiments/${experiment.id}`;
  const act = (what, body = {}) => (reason) => ask(`${path}/${what}`, {method: "POST", body: {...body, reason}, ifMatch: `"${experiment.version}"`}).then(onDone);
  const shares = Object.entries(experiment.shares);
  return html`
    <section class="experiment" aria-labelledby="experiment-name">
      <header class="page-head with-acts">
        <h1 id="experiment-name">${experiment.name} <small>${STATUS[status]}${experiment.adopted ? `, ${experiment.adopted} adopted` : ""}; by ${experiment.updated_by}, ${timeText(experiment.updated_at)}</small></h1>
        ${mayChange(experiment.environment, "experiment") && html`<span class="acts">
          ${(status === "draft" || status === "paused") && html`<button type="button" class="main" onClick=${() => setAsked("start")}>${status === "draft" ? "Start" : "Go on"}</button>`}
          ${status === "running" && html`<button type="button" onClick=${() => setAsked("pause")}>Pause</button>`}
          ${(status === "running" || status === "paused") && html`<button type="button" onClick=${() => setAsked("conclude")}>Conclude</button>`}
        </span>`}
      </header>
      ${experiment.hypothesis && html`<p class="reason">${experiment.hypothesis}</p>`}
      <p>${experiment.traffic_percent} % of the users take part${experiment.eligibility ? html`, where <code>${experiment.eligibility}</code>` : ""}.</p>
      <ul class="shares">${shares.map(([name, share]) => html`<li key=${name}><strong>${name}</strong> ${(share * 100).toFixed(share * 100 % 1 ? 1 : 0)} % <span class="quiet">${profileOf(experiment, name)}</span></li>`)}</ul>
      ${status !== "draft" && html`<${Results} path=${path} />`}
      ${asked === "start" && html`<${Dialog} title=${`Start ${experiment.name}`} act="Start" onClose=${() => setAsked(null)} onAct=${act("start")}><p>What its profiles set is copied now, and served at the next read.</p><//>`}
      ${asked === "pause" && html`<${Dialog} title=${`Pause ${experiment.name}`} act="Pause" onClose=${() => setAsked(null)} onAct=${act("pause")}><p>Its users get what everybody else gets, until it goes on.</p><//>`}
      ${asked === "conclude" && html`<${Conclusion} ...${{experiment, onClose: () => setAsked(null), act}} />`}
    </section>`;
}

function profileOf(experiment, variant) {
  const {profile} = experiment.variants.find(({name}) => name === variant);
  return profile ? `profile ${profile}` : "nothing is changed";
}

function Conclusion({experiment, onClose, act}) {
  const [adopt, setAdopt] = useState("");
  return html`
    <${Dialog} title=${`Conclude ${experiment.name}`} act=${adopt ? `Adopt ${adopt}` : "Drop it"} onClose=${onClose} onAct=${act("conclude", {adopt: adopt || null})}>
      <fieldset>
        <legend>What becomes of it</legend>
        <label><input type="radio" name="adopt" checked=${adopt === ""} onChange=${() => setAdopt("")} /> nothing: everybody gets what they got before</label>
        ${experiment.variants.filter(({profile}) => profile).map(({name}) => html`<label key=${name}><input type="radio" name="adopt" checked=${adopt === name} onChange=${() => setAdopt(name)} /> ${name} for everybody: its settings become global ones</label>`)}
      </fieldset>
      <p>An experiment is concluded once; the settings can be rolled back like any others.</p>
    <//>`;
}

function Results({path}) {
  const results = useAnswer((signal) => ask(`${path}/results`, {signal}), [path]);
  if (!results.data) return html`<${Trouble} problem=${results.problem} />${!results.problem && html`<${Waiting} />`}`;
  const {users, shares, metrics} = results.data.data;
  const total = Object.values(users).reduce((sum, count) => sum + count, 0);
  return html`
    <section class="panel" aria-label="Results">
      <h2>What has come of it</h2>
      <p>${counted(total, "user")} counted: ${Object.entries(users).map(([name, count]) => `${name} ${count.toLocaleString()}`).join(", ") || "nobody yet"}.</p>
      ${shares.match === false && html`<p class="trouble" role="alert">The users are not distributed as the shares say (p = ${shares.p_value.toPrecision(2)}): something loses some of them, and no verdict can be trusted.</p>`}
      ${metrics.map((metric) => html`<${Metric} key=${metric.name} metric=${metric} />`)}
      ${metrics.length === 0 && html`<p class="quiet">No metric is named in its plan.</p>`}
    </section>`;
}

/** One metric: each variant beside the control, with the interval that holds however often one looks. */
function Metric({metric}) {
  const compared = metric.variants.filter(({anytime_interval: interval}) => interval);
  const bounds = compared.flatMap(({anytime_interval: {low, high}}) => [low, high]).filter(Number.isFinite);
  const most = Math.max(...bounds.map(Math.abs), Number.MIN_VALUE);
  return html`
    <div class="metric">
      <h3>${metric.name} <small class="quiet">${metric.better} is better${metric.tolerated_change_percent === null ? "" : `; a guardrail: at most ${metric.tolerated_change_percent} % worse`}</small></h3>
      <div class="scroll" tabindex="0" role="region" aria-label=${metric.name}><table>
        <thead><tr><th scope="col">Variant</th><th scope="col">Users</th><th scope="col">${metric.kind === "rate" ? "Rate" : "Mean"}</th><th scope="col">Difference, with 95 % at every look</th><th scope="col">Verdict</th></tr></thead>
        <tbody>
          ${metric.variants.map((variant) => html`
            <tr key=${variant.name}>
              <th scope="row">${variant.name}</th>
              <td>${variant.users.toLocaleString()}</td>
              <td class="value">${shown(variant.mean, metric.kind)}</td>
              <td>${variant.anytime_interval ? html`<${Interval} ...${{variant, most, better: metric.better, kind: metric.kind}} />` : html`<span class="quiet">${variant.difference === null ? "" : "too few users yet"}</span>`}</td>
              <td>${variant.verdict ?? ""}</td>
            </tr>`)}
        </tbody>
      </table></div>
    </div>`;
}

function shown(value, kind) {
  if (value === null || value === undefined) return "";
  return kind === "rate" ? `${(value * 100).toFixed(2)} %` : Number(value.toPrecision(5)).toLocaleString();
}

function Interval({variant, most, better, kind}) {
  const {low, high} = variant.anytime_interval;
  const x = (value) => WIDTH / 2 + (Math.max(-most, Math.min(most, value)) / most) * (WIDTH / 2 - 8);
  const isSure = low > 0 || high < 0;
  const isGood = better === "higher" ? low > 0 : high < 0;
  const text = `${shown(variant.difference, kind)}, between ${shown(low, kind)} and ${shown(high, kind)}`;
  return html`
    <svg class="interval" data-sure=${isSure ? (isGood ? "good" : "bad") : "no"} viewBox=${`0 0 ${WIDTH} 24`} width=${WIDTH} height="24" role="img" aria-label=${text}>
      <line class="zero" x1=${WIDTH / 2} x2=${WIDTH / 2} y1="0" y2="24" />
      <line class="bar" x1=${x(low)} x2=${x(high)} y1="12" y2="12" />
      <circle cx=${x(variant.difference)} cy="12" r="5" />
    </svg>
    <span class="quiet">${text}</span>`;
}
