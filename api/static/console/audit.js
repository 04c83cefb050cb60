// The log: searched, and taken home; beside it what was served at a moment, and the proof of it all.

import {ask, saved} from "./api.js";
import {Whole} from "./acts.js";
import {useAnswer} from "./asking.js";
import {go, here} from "./address.js";
import {Trouble, Waiting} from "./messages.js";
import {Proof, provenBy} from "./proof.js";
import {Replay} from "./replay.js";
import {may} from "./session.js";
import {html, useState} from "./view.js";
import {layerText, momentOf, timeText} from "./words.js";

const PAGE = 100;
const FILTERS = ["actor", "subject", "types", "environment", "from", "to"];

export function Audit({query, environments}) {
  const filters = FILTERS.filter((name) => query.get(name)).flatMap((name) => askedAs(name, query.get(name)));
  const before = query.get("before");
  const asked = [...filters, ["order", "newest"], ["limit", String(PAGE)], ...(before ? [["before", before]] : [])];
  const events = useAnswer((signal) => ask("/api/events", {query: asked, signal}), [JSON.stringify(asked)]);
  return html`
    <header class="page-head"><h1>Audit <small>everything that ever happened</small></h1></header>
    <div class="sides audit">
      <section aria-label="The log">
        <${Search} ...${{query, environments, filters}} />
        <${Trouble} problem=${events.problem} />
        ${events.data ? html`<${Events} ...${{...events.data.data, before}} />` : !events.problem && html`<${Waiting} />`}
      </section>
      <div>
        <${Replay} ...${{query, environments}} />
        <${Proof} />
      </div>
    </div>`;
}

function askedAs(name, value) {
  if (name === "types") return value.split(/[\s,]+/).filter(Boolean).map((type) => [name, type]);
  return [[name, name === "from" || name === "to" ? momentOf(value) : value]];
}

function Search({query, environments, filters}) {
  const [problem, setProblem] = useState(null);
  const submit = (event) => {
    event.preventDefault();
    go(here({before: null, ...Object.fromEntries([...new FormData(event.currentTarget)].map(([name, value]) => [name, value.trim()]))}));
  };
  const field = (name, text, placeholder) => html`<label>${text} <input name=${name} defaultValue=${query.get(name) ?? ""} placeholder=${placeholder} autocomplete="off" spellcheck=${false} /></label>`;
  const download = `/api/events?${new URLSearchParams([...filters, ["format", "ndjson"]])}`;
  return html`
    <form class="panel line" role="search" onSubmit=${submit} key=${filters.join("&")}>
      ${field("actor", "Who", "anybody")}
      ${field("subject", "About", "collection:contracts, or an id")}
      ${field("types", "Kind", "config.updated, lock.created")}
      <label>Environment <select name="environment"><option value="">every one</option>${environments.map((name) => html`<option value=${name} selected=${name === query.get("environment")}>${name}</option>`)}</select></label>
      ${field("from", "From", "2026-11-20 10:00, or tag:NAME")}
      ${field("to", "Until", "now")}
      <span class="acts">
        <button type="submit" class="main">Search</button>
        ${filters.length > 0 && html`<a class="button" href="/audit">All of it</a>`}
        <button type="button" onClick=${() => saved(download, "varve-events.ndjson").then(() => setProblem(null), setProblem)}>Download ${filters.length > 0 ? "these" : "all of it"}</button>
      </span>
      <${Trouble} problem=${problem} />
    </form>`;
}

function Events({items, next, before}) {
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label="Events"><table class="events list">
      <thead><tr><th scope="col">Position</th><th scope="col">When</th><th scope="col">Who</th><th scope="col">What</th><th scope="col">About</th><th scope="col">Why</th></tr></thead>
      <tbody>${items.map((event) => html`<${Event} key=${event.position} event=${event} />`)}</tbody>
    </table></div>
    ${items.length === 0 && html`<p class="quiet" role="status">Nothing like this has happened.</p>`}
    <p class="acts">
      ${before && html`<a class="button" href=${here({before: null})}>The newest</a>`}
      ${next !== null && html`<a class="button" href=${here({before: next})}>Earlier</a>`}
    </p>`;
}

function Event({event}) {
  const {position, commit, type, actor, scope, environment, reason, data, stream_id: stream} = event;
  const name = data.config_type ?? data.title ?? data.label ?? data.version_label ?? data.name;
  const place = scope && `${layerText(scope)}${environment ? ` in ${environment}` : ""}`;
  return html`
    <tr>
      <th scope="row">${position}</th>
      <td><time datetime=${commit.recorded_at}>${timeText(commit.recorded_at)}</time></td>
      <td>${actor}</td>
      <td><details><summary>${type}</summary><${Whole} name="Data of the event" value=${data} /><p class="acts"><${Ways} event=${event} /></p></details></td>
      <td>${[name, place ?? environment].filter((one) => typeof one === "string").join(", ") || stream}</td>
      <td>${reason}</td>
    </tr>`;
}

/** Where the console shows what an event is about, by the first part of its type. */
const PLACES = {
  config: ({stream_id: id}) => ["/history", {id}, "its history"],
  change_set: ({stream_id: id, environment}) => ["/releases", {environment, change_set: id}, "the change set"],
  profile: ({stream_id: id, environment}) => ["/profiles", {environment, profile: id}, "the profile"],
  experiment: ({stream_id: id, environment}) => ["/experiments", {environment, experiment: id}, "the experiment"],
  policy: ({environment, data}) => ["/settings", {part: "policies", environment, policy: data.name}, "the policy"],
  config_type: ({data}) => ["/settings", {part: "types", type: data.name}, "the type"],
  webhook: ({stream_id: id}) => ["/settings", {part: "webhooks", webhook: id}, "the webhook"],
  ...Object.fromEntries(["lock", "index", "health", "evaluation", "serving"].map((kind) => [kind, ({environment}) => ["/watch", {environment}, "what is watched there"]])),
};

function Ways({event}) {
  const {type, scope, environment, position} = event;
  const [path, query, text] = PLACES[type.split(".", 1)[0]]?.(event) ?? [];
  const context = /^(user|collection):/.test(scope ?? "") ? {context: `${scope.split(":", 1)[0]}:${encodeURIComponent(scope.slice(scope.indexOf(":") + 1))}`} : {};
  return html`
    ${path && html`<a href=${addressOf(path, query)}>See ${text}</a>`}
    ${environment && may("configs.read", environment) && html`<a href=${addressOf("/", {environment, at: position, ...context})}>What was in force then</a>`}
    <button type="button" onClick=${() => provenBy(position)}>Download its proof</button>`;
}

function addressOf(path, query) {
  return `${path}?${new URLSearchParams(Object.entries(query).filter(([, value]) => value !== null && value !== undefined))}`;
}
