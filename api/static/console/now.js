// The effective config of one context or several, now or at any moment before.

import {Problem, ask, listed} from "./api.js";
import {go, here} from "./address.js";
import {Beginning} from "./beginning.js";
import {useConnection} from "./connection.js";
import {contextOf, effectivePath, nameOf, parametersOf, textOf, userOf} from "./contexts.js";
import {follow} from "./live.js";
import {Trouble, Waiting} from "./messages.js";
import {environmentOf} from "./places.js";
import {mayChange} from "./session.js";
import {Slider} from "./slider.js";
import {About, Stack, changedFields} from "./stack.js";
import {html, useEffect, useMemo, useRef, useState} from "./view.js";
import {counted} from "./words.js";
import {Picker} from "./picker.js";
import {Preview} from "./preview.js";

const KEPT = 3000; // answers of the past: they never change
const FRESH_MS = 6000;

/** Answers about the past, by what was asked. */
const past = new Map();

export function Now({query, environments}) {
  const environment = environmentOf(query, environments);
  const texts = query.getAll("context").length ? query.getAll("context") : [""];
  const contexts = useMemo(() => texts.map(contextOf), [texts.join("&")]);
  const changeSet = query.get("change_set"); // a preview is of now alone
  const at = query.has("at") && !changeSet ? Number(query.get("at")) : null;
  const pin = query.has("pin") && !changeSet ? Number(query.get("pin")) : null;
  const shows = {hidden: query.has("hidden"), differing: query.has("differing")};
  const [about, setAbout] = useState(null);
  const head = useHead(environment, contexts);
  const turns = useTurns(environment, contexts[0], head.count);
  const answers = useAnswers(environment, contexts, {position: at, changeSet, count: head.count});
  const pinned = useAnswers(environment, contexts, {position: pin, count: changeSet ? head.count : 0, isOff: pin === null && !changeSet});
  useEscape(() => setAbout(null));

  const index = at === null ? turns.items.length : indexOf(turns.items, at);
  const move = (to) => go(here({at: to >= turns.items.length ? null : turns.items[to].position}), {replace: true});
  const togglePin = () => go(here({pin: pin === null ? (at ?? head.position ?? answers.position) : null}), {replace: true});
  const columns = contexts.map((context, n) => ({
    name: nameOf(context),
    sources: answers.sources[n] ?? {},
    pinned: pin === null && !changeSet ? null : (pinned.sources[n] ?? null),
    pinnedAs: changeSet ? "in force" : "at the pin",
    fresh: at === null ? (answers.fresh[n] ?? new Set()) : new Set(),
  }));
  return html`
    <h1 class="unseen">What is in force</h1>
    <${Picker} ...${{environment, environments, contexts}} />
    ${changeSet ? html`<${Preview} id=${changeSet} />` : html`<${Slider} turns=${turns.items} index=${index} pinned=${pin === null ? null : indexOf(turns.items, pin)} onIndex=${move} onPin=${togglePin} />`}
    <div class="toggles">
      <label><input type="checkbox" checked=${shows.hidden} onChange=${() => go(here({hidden: shows.hidden ? null : 1}), {replace: true})} /> hidden values</label>
      <label><input type="checkbox" checked=${shows.differing} onChange=${() => go(here({differing: shows.differing ? null : 1}), {replace: true})} /> only what differs</label>
      <span role="status" class="live" data-state=${head.state}>${head.said}</span>
    </div>
    <${Trouble} problem=${answers.problem ?? turns.problem} />
    ${at === null && isBare(answers.sources) && html`<${Beginning} environment=${environment} />`}
    ${answers.sources.length === 0 && !answers.problem ? html`<${Waiting} />` : html`<${Stack} columns=${columns} shows=${shows} onAbout=${setAbout} editOf=${(type) => editAddress(environment, contexts[0], {type, changeSet})} />`}
    ${answers.degraded.length > 0 && html`<${Degraded} found=${answers.degraded} />`}
    <${About} about=${about} />`;
}

/** Whether nobody has set anything of what is shown. */
function isBare(sources) {
  return sources.length > 0 && sources.every((types) => Object.values(types).every((fields) => Object.values(fields).every(({layer}) => layer === "default")));
}

/** Where the strongest layer of a context that the caller may change says something of a type. */
function editAddress(environment, context, {type, changeSet}) {
  const own = [context.find(({kind}) => kind === "collection"), ...context.toReversed()].filter(Boolean).map(({kind, id}) => `${kind}:${id}`);
  const scope = [...(own.length ? own : ["global"])].find((one) => mayChange(environment, one));
  const draft = changeSet ? {change_set: changeSet} : {};
  return scope && `/edit?${new URLSearchParams({environment, scope, type, context: textOf(context), ...draft})}`;
}

function Degraded({found}) {
  return html`
    <section class="notice" aria-label="Healed">
      <h2>Healed</h2>
      <p>Layers break a rule together; the answer leaves out what is named here.</p>
      <ul>${found.map((one) => html`<li>${one.config_type} ${one.pointers.join(", ")} from ${one.layer ?? "every layer"}: ${one.message}</li>`)}</ul>
    </section>`;
}

/** The number of the last turn that is not beyond a position. */
export function indexOf(turns, position) {
  let low = 0;
  let high = turns.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (turns[middle].position <= position) low = middle + 1;
    else high = middle;
  }
  return Math.max(low - 1, 0);
}

/** Hears of changes: `count` goes up when something that is shown may be another. */
function useHead(environment, contexts) {
  const [head, setHead] = useState({count: 0, position: null, state: "connecting", said: ""});
  useEffect(() => {
    const touches = new Set(["global", "process", ...contexts.flat().map(({kind, id}) => `${kind}:${id}`)]);
    const again = (more) => setHead((was) => ({...was, ...more, count: was.count + 1}));
    return follow(environment, {
      reset: () => again({}),
      changed: ({position, scopes, types}) => {
        const ours = scopes.length === 0 || scopes.some((scope) => touches.has(scope) || /^(profile|experiment|release):/.test(scope));
        if (ours) again({position, said: `${types.join(", ") || "something"} changed just now`});
      },
      // What was told while nobody listened is not told again: what is shown is asked for anew.
      state: (state) => setHead((was) => ({...was, state, said: state === "live" ? "live" : "not connected: trying again", count: was.count + (was.state === "offline" && state === "live")})),
    });
  }, [environment, contexts]);
  return head;
}

/** Every moment at which what the first context gets became another. */
function useTurns(environment, context, count) {
  const [turns, setTurns] = useState({items: [], problem: null});
  const held = useRef({key: "", items: []});
  const {returns} = useConnection();
  useEffect(() => {
    const ending = new AbortController();
    const key = `${environment} ${textOf(context)}`;
    if (held.current.key !== key) held.current = {key, items: []};
    const known = held.current.items;
    const last = known.at(-1)?.position;
    const query = [...parametersOf(environment, context), ["limit", "500"], ...(last ? [["cursor", String(last)]] : [])];
    listed(timelinePath(context), {query, signal: ending.signal}).then(
      ({items}) => {
        held.current.items = [...known, ...items];
        setTurns({items: held.current.items, problem: null});
      },
      (problem) => problem.name !== "AbortError" && setTurns((was) => ({...was, problem})),
    );
    return () => ending.abort();
  }, [environment, textOf(context), count, returns]);
  return turns;
}

function timelinePath(context) {
  const user = userOf(context);
  return user === null ? "/api/runtime-configs/timeline" : `/api/runtime-configs/effective/${encodeURIComponent(user)}/timeline`;
}

/** The explained answers of all contexts at a position, now, or after a change set; those shown stay until the next are there. */
function useAnswers(environment, contexts, {position, changeSet = null, count, isOff = false}) {
  const [shown, setShown] = useState({of: "", sources: [], degraded: [], fresh: [], problem: null, position: 0});
  const of = [environment, position === null, changeSet, ...contexts.map(textOf)].join(" ");
  const asked = position === null ? count : position;
  const {returns} = useConnection();
  useEffect(() => {
    if (isOff) return undefined;
    const ending = new AbortController();
    let timer;
    Promise.all(contexts.map((context) => explained(environment, context, {position, changeSet, signal: ending.signal}))).then(
      (answers) => {
        if (ending.signal.aborted) return;
        const sources = answers.map(({provenance}) => provenance);
        setShown((was) => ({
          of,
          sources,
          degraded: answers.flatMap(({degraded}) => degraded),
          fresh: position === null && was.of === of ? sources.map((one, n) => new Set([...(was.fresh[n] ?? []), ...changedFields(was.sources[n], one)])) : [],
          problem: null,
          position: answers[0].position,
        }));
        timer = setTimeout(() => setShown((was) => ({...was, fresh: []})), FRESH_MS);
      },
      (problem) => problem.name !== "AbortError" && setShown((was) => ({...was, problem})),
    );
    return () => (ending.abort(), clearTimeout(timer));
  }, [of, asked, isOff, returns]);
  return shown;
}

async function explained(environment, context, {position, changeSet, signal}) {
  const key = `${environment} ${textOf(context)} ${position}`;
  if (position !== null && past.has(key)) return past.get(key);
  const query = [...parametersOf(environment, context), ["explain", "true"]];
  if (position !== null) query.push(["position", String(position)]);
  if (changeSet) query.push(["change_set", changeSet]);
  const {data} = await ask(effectivePath(context), {query, signal});
  if (position !== null) {
    if (past.size >= KEPT) past.delete(past.keys().next().value);
    past.set(key, data);
  }
  return data;
}

function useEscape(act) {
  useEffect(() => {
    const onKey = (event) => event.key === "Escape" && act();
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}
