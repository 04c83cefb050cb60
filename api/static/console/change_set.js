// One change set: what it would change, what stands in the way, and what can be done about it now.

import {ask, listed} from "./api.js";
import {useAnswer} from "./asking.js";
import {OPEN, addressOf} from "./change_sets.js";
import {Reach, Text} from "./changes.js";
import {Drafts, mayDraft} from "./drafts.js";
import {Evidence, Happened} from "./happened.js";
import {Empty, Trouble, Waiting} from "./messages.js";
import {People, Person} from "./person.js";
import {Ramp} from "./ramp.js";
import {ACTS} from "./release_acts.js";
import {mayChange, ownName, whyNot} from "./session.js";
import {reasonDemand} from "./stages.js";
import {useTold} from "./told.js";
import {html, useEffect, useRef, useState} from "./view.js";
import {counted, timeText} from "./words.js";

const WAY = ["draft", "proposed", "checked", "approved", "published"];
const ENDS = {ramping: "ramping", rolled_back: "rolled back", discarded: "discarded"};

export function ChangeSet({id}) {
  const [environment, setEnvironment] = useState(null);
  const {told, looks} = useTold(environment);
  const path = `/api/change-sets/${encodeURIComponent(id)}`;
  const found = useAnswer((signal) => ask(path, {signal}), [path, looks]);
  const one = found.data?.data;
  useEffect(() => void (one && setEnvironment(one.environment)), [one?.environment]);
  useEffect(() => {
    const {title} = document;
    if (one) document.title = `${one.title} · Varve`;
    return () => (document.title = title);
  }, [one?.title]);
  if (!one && found.problem?.status === 404) return html`<${Empty} title="There is no such change set"><p>${found.problem.message}. <a href="/releases">All that there are</a></p><//>`;
  if (!one) return found.problem ? html`<${Trouble} problem=${found.problem} />` : html`<${Waiting} />`;
  return html`<${Trouble} problem=${found.problem} /><${Page} ...${{one, told, again: found.again}} />`;
}

function Page({one, told, again}) {
  const [asked, setAsked] = useState(null);
  const {said, result, tell} = useResult(one.version);
  const isOpen = OPEN.includes(one.state);
  const isOurs = one.drafts.every((draft) => mayDraft(one.environment, draft)) && (one.drafts.length > 0 || mayChange(one.environment, "environment"));
  const events = useAnswer((signal) => listed("/api/events", {query: [["subject", one.id], ["limit", "500"]], signal}), [one.id, one.version]);
  const stage = useAnswer((signal) => ask(`/api/environments/${encodeURIComponent(one.environment)}`, {signal}), [one.environment, told]);
  const check = useAnswer(async (signal) => (isOpen && isOurs && one.drafts.length ? checked(one, signal) : null), [one.id, one.version, told]);
  const {data: found} = check;
  const done = (text) => (tell(text), again());
  const acts = ACTS.filter(({states, isReview}) => states.includes(one.state) && (isReview ? mayReview(one) && !found?.approvals.counting.includes(ownName()) : isOurs));
  const question = ACTS.find(({name}) => name === asked)?.question;
  const demand = stage.data && reasonDemand(stage.data.data);
  const steps = (events.data?.items ?? []).filter(({type}) => type === "change_set.ramped");
  return html`
    <${Head} one=${one} />
    <p ref=${result} tabindex="-1" role="status" class=${said ? "done" : "unseen"}>${said}</p>
    ${one.state === "ramping" && html`<${Ramp} ...${{one, steps}} />`}
    <${Evidence} one=${one} />
    <div class="sides release-page">
      <aside class="panel" aria-labelledby="now-possible">
        <h2 id="now-possible">${isOpen ? "What stands in the way" : "What can be done"}</h2>
        ${isOpen && html`<${Waits} one=${one} />`}
        ${isOpen && (isOurs ? html`<${Standing} ...${{one, check}} />` : html`<${Approvals} ...${{demanded: stage.data?.data.approvals ?? 0, counting: one.approved_by, lapsed: []}} />`)}
        ${isOpen && one.drafts.length > 0 && html`<${Whom} ...${{one, told}} />`}
        <p class="acts">
          ${acts.map(({name, title}) => html`<button type="button" key=${name} class=${name === mainOf(one, found, acts) ? "main" : ""} disabled=${!one.drafts.length && name !== "discard"} onClick=${() => setAsked(name)}>${title}</button>`)}
        </p>
        ${notOffered(one, {isOpen, isOurs}).map((text) => html`<p class="quiet">${text}</p>`)}
      </aside>
      <div>
        <${Drafts} ...${{one, isOpen, problems: found?.problems ?? [], onDone: done}} />
        <${Trouble} problem=${events.problem} />
        ${events.data && html`<${Happened} events=${events.data.items} />`}
      </div>
    </div>
    ${question && html`<${question} ...${{name: asked, one, demand, problem: found && asProblem(found), onDone: done, onClose: () => setAsked(null)}} />`}`;
}

function Head({one}) {
  const {title, environment, description, state, origin, created_by: by, created_at: at} = one;
  const way = WAY.includes(state) ? WAY : [...WAY.slice(0, state === "discarded" ? 0 : -1), state];
  return html`
    <header class="page-head release-head">
      <p class="quiet"><a href="/releases">Releases</a> in ${environment}</p>
      <h1><bdi>${title}</bdi></h1>
      <p class="quiet">begun by <${Person} name=${by} />, ${timeText(at)}${origin?.release_from && html`; from ${origin.release_from}`}${origin?.instead_of && "; instead of a direct change, which needs approval"}${origin?.copy_of && html`; <a href=${addressOf(origin.copy_of)}>a copy of this</a>`}</p>
      ${description && html`<div class="reason"><${Text} text=${description} /></div>`}
      <ol class="way" aria-label="State">
        ${way.map((name) => html`<li key=${name} aria-current=${name === state ? "step" : undefined} class=${name === "rolled_back" || name === "discarded" ? "is-over" : way.indexOf(name) <= way.indexOf(state) ? "is-done" : ""}>${ENDS[name] ?? name}</li>`)}
      </ol>
    </header>`;
}

/** What the last act came to; it has the focus where the button that was pressed is gone. */
function useResult(version) {
  const [said, setSaid] = useState("");
  const result = useRef(null);
  useEffect(() => void (said && document.activeElement === document.body && result.current.focus()), [said, version]);
  return {said, result, tell: setSaid};
}

/** What publishing would meet now. The reason is asked for when it is published. */
async function checked(one, signal) {
  const {data} = await ask(`/api/change-sets/${one.id}/check`, {method: "POST", query: [["dry_run", "true"]], body: {}, ifMatch: `"${one.version}"`, signal});
  return {...data, problems: data.problems.filter(({pointer}) => pointer !== "/reason")};
}

function Waits({one: {publish_at: at, ramp, problem}}) {
  return html`
    ${at && html`<p><strong>To be published at ${timeText(at)}</strong>, by the service${ramp ? `, to ${ramp.steps.join(", ")} % of the users, ${counted(ramp.bake_minutes, "minute")} each` : ""}.</p>`}
    ${problem && html`<p class="trouble" role="alert"><strong>It was due, and could not be published.</strong> ${problem}.</p>`}`;
}

function Standing({one, check}) {
  if (!one.drafts.length) return html`<p class="quiet">Nothing is drafted in it yet.</p>`;
  if (!check.data) return check.problem ? html`<${Trouble} problem=${check.problem} />` : html`<${Waiting} />`;
  const {problems, approvals} = check.data;
  const missing = approvals.counting.length < approvals.demanded;
  return html`
    ${problems.length > 0
      ? html`<ul class="in-the-way">${problems.map(({pointer, rule, message}) => html`<li key=${pointer + rule}><bdi>${message}</bdi></li>`)}</ul>`
      : html`<p class="done">${missing ? "Nothing but approval." : "Nothing: it can be published."}</p>`}
    <${Approvals} ...${approvals} />`;
}

/** Who would get something else; nothing while it could not be published as it is. */
function Whom({one, told}) {
  const impact = useAnswer((signal) => ask(`/api/change-sets/${one.id}/impact`, {signal}), [one.id, one.version, told]);
  if (impact.problem || !impact.data) return null;
  return html`
    <h3>Whom it reaches</h3>
    <${Reach} impact=${impact.data.data} />
    <p><a href=${previewOf(one)}>See what would be in force</a></p>`;
}

/** Who approves of it, of how many; and whose approval was for something else. */
function Approvals({demanded, counting, lapsed}) {
  if (!demanded && !counting.length && !lapsed.length) return null;
  return html`
    <h3>Approvals</h3>
    <p>${counting.length} of ${demanded} given${counting.length > 0 && html`: <${People} names=${counting} />`}</p>
    ${lapsed.length > 0 && html`<p>Lapsed: <${People} names=${lapsed} />. The drafts, or the values that they touch, were changed since.</p>`}`;
}

function mayReview(one) {
  return mayChange(one.environment, "environment") && !one.authors.includes(ownName());
}

/** Why an act that one might look for is not offered. */
function notOffered(one, {isOpen, isOurs}) {
  const hasPart = one.authors.includes(ownName());
  return [
    isOpen && one.drafts.length > 0 && mayChange(one.environment, "environment") && hasPart && "You have a part in it: somebody else approves.",
    !isOurs && whyNot("You may look. Who may change all that it is about publishes it, rolls it back or discards it."),
  ].filter(Boolean);
}

/** The act that is next. */
function mainOf({state}, found, acts) {
  const has = (name) => acts.some((act) => act.name === name);
  if (state === "ramping") return "step";
  if (!OPEN.includes(state) || !found) return null;
  const misses = found.approvals.counting.length < found.approvals.demanded;
  if (found.problems.length) return null;
  if (!misses) return "publish";
  return state === "draft" ? "propose" : has("approve") ? "approve" : null;
}

/** What a check told, as an act would be refused with it. */
function asProblem({problems, approvals: {counting, demanded}}) {
  const missing = counting.length < demanded ? [{rule: "approval_missing", pointer: "", message: ""}] : [];
  return {code: "", faults: [...problems, ...missing]};
}

function previewOf({id, environment}) {
  return `/?${new URLSearchParams({environment, change_set: id})}`;
}
