// The log: searched, replayed to a moment, proved, taken home.

import {Whole} from "./acts.js";
import {ask, saved} from "./api.js";
import {useAnswer} from "./asking.js";
import {go, here} from "./address.js";
import {Trouble, Waiting} from "./messages.js";
import {EnvironmentPicker, environmentOf} from "./places.js";
import {may} from "./session.js";
import {html, useState} from "./view.js";
import {counted, layerText, timeText} from "./words.js";

const PAGE = 200; // positions
const VERDICT = {verified: "Verified", altered: "Altered", cannot_verify: "Cannot be verified"};

export function Audit({query, environments}) {
  const environment = environmentOf(query, environments);
  const filters = ["actor", "subject", "types", "from", "to"].filter((name) => query.get(name)).map((name) => [name, query.get(name)]);
  const after = query.has("after") ? Number(query.get("after")) : null;
  const events = useAnswer((signal) => eventsOf(filters, after, signal), [filters.join("&"), after]);
  return html`
    <header class="page-head with-acts"><h1>Audit <small>everything that ever happened</small></h1><${EnvironmentPicker} ...${{environment, environments}} /></header>
    <div class="sides audit">
      <section aria-label="The log">
        <${Search} query=${query} filters=${filters} />
        <${Trouble} problem=${events.problem} />
        ${events.data ? html`<${Events} ...${events.data} />` : !events.problem && html`<${Waiting} />`}
      </section>
      <div>
        <${Replay} environment=${environment} />
        ${may("service.operate") && html`<${Proof} />`}
      </div>
    </div>`;
}

/** Newest first: without filters, the last positions; with them, what they find from the beginning or from `after`. */
async function eventsOf(filters, after, signal) {
  if (filters.length) {
    const {data} = await ask("/api/events", {query: [...filters, ["after", String(after ?? 0)], ["limit", String(PAGE)]], signal});
    return {items: data.items, later: data.next, earlier: null};
  }
  const start = after ?? Math.max(0, (await head(signal)) - PAGE);
  const {data} = await ask("/api/events", {query: [["after", String(start)], ["limit", String(PAGE)]], signal});
  return {items: data.items.reverse(), later: data.next, earlier: start > 0 ? String(Math.max(0, start - PAGE)) : null};
}

async function head(signal) {
  const {data} = await ask("/api/projections", {signal});
  return Math.max(...data.items.map((view) => view.head));
}

function Search({query, filters}) {
  const [problem, setProblem] = useState(null);
  const submit = (event) => {
    event.preventDefault();
    go(here({after: null, ...Object.fromEntries([...new FormData(event.currentTarget)].map(([name, value]) => [name, value.trim()]))}));
  };
  const field = (name, text, placeholder) => html`<label>${text} <input name=${name} defaultValue=${query.get(name) ?? ""} placeholder=${placeholder} autocomplete="off" spellcheck=${false} /></label>`;
  const download = `/api/events?${new URLSearchParams([...filters, ["format", "ndjson"]])}`;
  return html`
    <form class="panel line" role="search" onSubmit=${submit} key=${filters.join("&")}>
      ${field("actor", "Who", "anybody")}
      ${field("subject", "About", "collection:contracts, or an id")}
      ${field("types", "Kind", "config.updated")}
      ${field("from", "From", "2026-11-20T10:00:00Z")}
      ${field("to", "Until", "now")}
      <button type="submit" class="main">Search</button>
      ${filters.length > 0 && html`<a href="/audit">All of it</a>`}
      <button type="button" onClick=${() => saved(download, "varve-events.ndjson").then(() => setProblem(null), setProblem)}>Download these</button>
      <${Trouble} problem=${problem} />
    </form>`;
}

function Events({items, earlier, later}) {
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label="Events"><table class="events">
      <thead><tr><th scope="col">Position</th><th scope="col">When</th><th scope="col">Who</th><th scope="col">What</th><th scope="col">About</th><th scope="col">Why</th></tr></thead>
      <tbody>${items.map((event) => html`<${Event} key=${event.position} event=${event} />`)}</tbody>
    </table></div>
    ${items.length === 0 && html`<p class="quiet">Nothing like this has happened.</p>`}
    <p class="acts">
      ${earlier !== null && html`<a href=${here({after: earlier})}>Earlier</a>`}
      ${later !== null && html`<a href=${here({after: later})}>Later</a>`}
    </p>`;
}

function Event({event}) {
  const {position, commit, type, actor, scope, environment, reason, data, stream_id: stream} = event;
  const about = scope ? `${layerText(scope)}${environment ? ` in ${environment}` : ""}` : (data.name ?? stream);
  return html`
    <tr>
      <td>${position}</td>
      <td><time datetime=${commit.recorded_at}>${timeText(commit.recorded_at)}</time></td>
      <td>${actor}</td>
      <td><details><summary>${type}</summary><${Whole} name="Data of the event" value=${data} />${type.startsWith("config.") && html`<a href=${`/history?id=${stream}`}>Its history</a>`}</details></td>
      <td>${about}</td>
      <td>${reason}</td>
    </tr>`;
}

/** What somebody got at a moment, by replaying the log, beside what the views say. */
function Replay({environment}) {
  const [state, setState] = useState({busy: false, data: null, problem: null});
  const submit = async (event) => {
    event.preventDefault();
    const said = new FormData(event.currentTarget);
    const [user, collection, moment] = ["user", "collection", "moment"].map((name) => said.get(name).trim() || null);
    const at = moment && /^\d+$/.test(moment) ? {position: Number(moment)} : {as_of: moment};
    setState({busy: true, data: null, problem: null});
    ask("/api/audits/replay", {method: "POST", body: {environment, user_id: user, collection_id: collection, ...at}}).then(
      ({data}) => setState({busy: false, data, problem: null}),
      (problem) => setState({busy: false, data: null, problem}),
    );
  };
  const {data} = state;
  return html`
    <form class="panel" onSubmit=${submit}>
      <h2>Replay to a moment</h2>
      <p class="quiet">What somebody got then, made from the raw events alone, beside what the views say.</p>
      <label>User <input name="user" autocomplete="off" placeholder="everybody" /></label>
      <label>Collection <input name="collection" autocomplete="off" placeholder="none" /></label>
      <label>Moment <input name="moment" autocomplete="off" placeholder="now; a time, a position, tag:NAME" /></label>
      <p class="acts"><button type="submit" class="main" disabled=${state.busy}>Replay</button></p>
      <${Trouble} problem=${state.problem} />
      ${data && html`
        <p role="status" class=${data.equal ? "done" : "trouble"}>${data.equal ? "Equal" : "Not equal"}, after ${counted(data.events_read, "event")} to position ${data.position}.</p>
        <p class="digest">digest <code class="value">${data.replayed_digest}</code></p>
        ${data.effective && html`<details><summary>What was served</summary><${Whole} name="What was served" value=${data.effective} /></details>`}`}
    </form>`;
}

/** The log proves itself: every row is read again, and held against what the operator has. */
function Proof() {
  const [state, setState] = useState({busy: false, data: null, problem: null});
  const verify = (event) => {
    event.preventDefault();
    const said = new FormData(event.currentTarget);
    const body = {checkpoint: said.get("checkpoint").trim() ? said.get("checkpoint") : null, key: said.get("key").trim() || null};
    setState({busy: true, data: null, problem: null});
    ask("/api/audits/verify", {method: "POST", body}).then(
      ({data}) => setState({busy: false, data, problem: null}),
      (problem) => setState({busy: false, data: null, problem}),
    );
  };
  const {data} = state;
  return html`
    <form class="panel" onSubmit=${verify} aria-labelledby="proof">
      <h2 id="proof">Verify the log</h2>
      <p class="quiet">Reads every row again. What was changed behind the service's back is found by a checkpoint that you hold elsewhere.</p>
      <label>Checkpoint <textarea name="checkpoint" rows="3" class="value" spellcheck=${false}></textarea></label>
      <label>The log's public key <textarea name="key" rows="2" class="value" spellcheck=${false}></textarea></label>
      <p class="acts"><button type="submit" class="main" disabled=${state.busy}>Verify</button></p>
      <${Trouble} problem=${state.problem} />
      ${data && html`
        <p role="status" class=${data.verdict === "verified" ? "done" : data.verdict === "altered" ? "trouble" : "notice"}>${VERDICT[data.verdict] ?? data.verdict}: ${data.reason}</p>
        <p class="quiet">${counted(data.events, "event")}; ${data.unanchored.toLocaleString()} beyond the checkpoint${data.first_bad === null ? "" : `; the first bad position is ${data.first_bad}`}.</p>`}
    </form>`;
}
