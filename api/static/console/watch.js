// What to look at before and after a release: health, locks, indexes, evaluations, and whether applications are served at all.

import {Shown} from "./acts.js";
import {ask} from "./api.js";
import {useAnswer} from "./asking.js";
import {Dialog} from "./dialog.js";
import {Evaluations} from "./evaluations.js";
import {GoLive} from "./go_live.js";
import {Health} from "./health.js";
import {Indexes} from "./indexes.js";
import {Locks} from "./locks.js";
import {Empty} from "./messages.js";
import {EnvironmentPicker, environmentOf} from "./places.js";
import {isBound, may} from "./session.js";
import {TakenBack} from "./taken_back.js";
import {useTold} from "./told.js";
import {html, useState} from "./view.js";
import {timeText} from "./words.js";

const QUIET = 6; // looks without a change that pass, since nobody tells of reports

export function Watch({query, environments}) {
  const environment = environmentOf(query, environments);
  const {told, looks} = useTold(environment);
  const news = told + Math.floor(looks / QUIET); // goes up when it is time to look again
  if (isBound()) return html`<${Empty} title="This is for who sees the whole environment"><p>Your key sees its own settings: <a href="/">what is in force</a>. Ask an admin for one that is bound to nobody.</p><//>`;
  const slot = {scope: query.get("scope"), type: query.get("type")};
  return html`
    <header class="page-head with-acts"><h1>Watch <small>health and locks of ${environment}</small></h1><${EnvironmentPicker} ...${{environment, environments}} /></header>
    <${Serving} key=${`serving ${environment}`} ...${{environment, news}} />
    <div class="watch" key=${environment}>
      <div><${Health} ...${{environment, news, report: query.get("report")}} /><${GoLive} ...${{environment, isAsked: query.has("golive")}} /></div>
      <div><${Locks} ...${{environment, environments, news, slot}} /><${TakenBack} ...${{environment, news}} /><${Evaluations} ...${{environment, news, verdict: query.get("verdict"), before: query.get("before")}} /></div>
    </div>
    <${Indexes} key=${`indexes of ${environment}`} ...${{environment, news}} />`;
}

/** The switch that has applications use their own defaults. */
function Serving({environment, news}) {
  const path = `/api/environments/${encodeURIComponent(environment)}/serving`;
  const found = useAnswer((signal) => ask(path, {signal}), [environment, news]);
  const [asked, setAsked] = useState(false);
  const put = (serving) => (reason) => ask(path, {method: "PUT", body: {serving, reason}}).then(found.again);
  const isOurs = may("serving.switch", environment);
  return html`<${Shown} answer=${found}>${({data: {serving, changed_at: at, changed_by: by, reason}}) => html`
    ${serving === "defaults"
      ? html`<div class="notice" role="status"><h2>Applications use their own defaults</h2><p>Since ${timeText(at)}, by ${by}${reason ? `: ${reason}` : ""}.</p>${isOurs && html`<p class="acts"><button type="button" class="main" onClick=${() => setAsked(true)}>Serve the settings again</button></p>`}</div>`
      : html`<p class="quiet">Applications get the settings of ${environment}. ${isOurs && html`<button type="button" onClick=${() => setAsked(true)}>Have them use their own defaults</button>`}</p>`}
    ${asked && (serving === "defaults"
      ? html`<${Dialog} title=${`Serve the settings of ${environment} again`} act="Serve them" onClose=${() => setAsked(false)} onAct=${put("settings")}><p>Applications use what is in force here, within a second.</p><//>`
      : html`<${Dialog} title=${`Have applications in ${environment} use their own defaults`} act="Use defaults" onClose=${() => setAsked(false)} onAct=${put("defaults")}><p>None of the settings here counts until they are served again: not one user's, not one collection's. No setting is changed by it.</p><//>`)}`}<//>`;
}
