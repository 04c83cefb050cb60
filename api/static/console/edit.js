// Change what one layer says of one type: what is invalid, what differs and whom it reaches is told before it is saved.

import {Problem, ask, listed} from "./api.js";
import {here} from "./address.js";
import {Changes, Reach} from "./changes.js";
import {contextOf, effectivePath, parametersOf, scopeOf} from "./contexts.js";
import {differences, merged} from "./documents.js";
import {Destination, Drafted, draftOf, drafted} from "./drafting.js";
import {Form, Json, faultsIn} from "./form.js";
import {Glass, glassOf, isBreakable} from "./glass.js";
import {Empty, Trouble, Waiting} from "./messages.js";
import {environmentOf} from "./places.js";
import {mayChange, whyNot} from "./session.js";
import {html, useEffect, useState} from "./view.js";
import {counted, layerText} from "./words.js";

const PAUSE_MS = 250; // after the last key, before the service is asked
const WAITS = 202; // the change became a change set, since others must approve of it
const NOTHING_SAVED = {busy: false, problem: null, saved: null, set: null, newer: null};

export function Edit({query, environments}) {
  const environment = environmentOf(query, environments);
  const [scope, type] = [query.get("scope") ?? "global", query.get("type")];
  const context = query.get("context") ?? "";
  const changeSet = query.get("change_set");
  const slot = useSlot(environment, scope, type, changeSet);
  if (!mayChange(environment, scope)) return html`<${Empty} title="You may look, and not change this"><p>${whyNot(`${layerText(scope)} in ${environment} is changed by others: ask an admin for a key with another role.`)}</p><//>`;
  if (slot.problem) return html`<${Trouble} problem=${slot.problem} />`;
  if (!slot.definition) return html`<${Waiting} />`;
  return html`<${Editor} key=${`${environment} ${scope} ${type} ${slot.config?.id} ${changeSet}`} ...${{environment, scope, type, context, slot, changeSet}} />`;
}

/** The type, the config that is the default of the slot, and what a change set says of it: null where there is none. */
function useSlot(environment, scope, type, changeSet) {
  const [slot, setSlot] = useState({definition: null, config: null, drafted: null, problem: null});
  useEffect(() => {
    const ending = new AbortController();
    const {signal} = ending;
    const query = [["environment", environment], ["scope", scope], ["config_type", type], ["is_default", "true"]];
    const config = listed("/api/runtime-configs/", {query, signal}).then(({items}) => items[0] ?? null);
    const drafted = changeSet ? config.then((found) => draftOf(changeSet, {scope, type, config: found, signal})) : null;
    Promise.all([ask(`/api/config-types/${encodeURIComponent(type)}`, {signal}), config, drafted]).then(
      ([{data}, ...found]) => setSlot({definition: data, config: found[0], drafted: found[1], problem: null}),
      (problem) => problem.name !== "AbortError" && setSlot({definition: null, config: null, drafted: null, problem}),
    );
    return () => ending.abort();
  }, [environment, scope, type, changeSet]);
  return slot;
}

function Editor({environment, scope, type, context, slot, changeSet}) {
  const [base, setBase] = useState(slot.config);
  const [draft, setDraft] = useState(slot.drafted ?? {data: base?.config_data ?? {}, mode: base?.mode ?? "overlay"});
  const [into, setInto] = useState(changeSet ?? "");
  const [asJson, setAsJson] = useState(false);
  const [saving, setSaving] = useState(NOTHING_SAVED);
  const inherited = useInherited(environment, scope, type);
  const effect = useOutcome(environment, scope, type, base, draft);
  const edits = differences(base?.config_data ?? {}, draft.data);
  const isChanged = edits.length > 0 || draft.mode !== (base?.mode ?? draft.mode) || !base;

  const save = async (event) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const reason = form.get("reason").trim() || null;
    setSaving({...NOTHING_SAVED, busy: true});
    try {
      if (into) {
        const set = await drafted(into, {environment, draft: asDraft({base, scope, type, draft, form}), reason, said: form});
        setInto(set.id);
        return setSaving({...NOTHING_SAVED, set});
      }
      const {data, status} = base ? await change(base, draft, reason, glassOf(form)) : await create({environment, scope, type, draft, reason, form});
      if (status === WAITS) return setSaving({...NOTHING_SAVED, set: data});
      setBase(data);
      setDraft({data: data.config_data, mode: data.mode});
      setSaving({...NOTHING_SAVED, saved: data});
    } catch (problem) {
      const newer = problem.status === 412 && !into ? (await ask(`/api/runtime-configs/${base.id}`)).data : null;
      setSaving({...NOTHING_SAVED, problem: newer ? null : problem, newer});
    }
  };
  const rebase = (newer) => {
    setDraft((was) => ({...was, data: merged(base.config_data, was.data, newer.config_data)}));
    setBase(newer);
    setSaving(NOTHING_SAVED);
  };
  return html`
    <header class="page-head">
      <h1>${type} <small>for ${layerText(scope)} in ${environment}</small></h1>
      <${Scopes} ...${{scope, context}} />
      <p class="quiet">${slot.definition.description}</p>
    </header>
    <form class="edit" onSubmit=${save}>
      <div class="edit-form">
        <p class="edit-state">${base ? html`${base.name}, version ${base.version}. <a href=${`/history?id=${base.id}`}>Its history</a>` : "Nothing is set here yet: what you set makes a new config."}</p>
        <div class="toggles">
          <label>How it is laid over the layers below
            <select value=${draft.mode} onChange=${(event) => setDraft({...draft, mode: event.target.value})}>
              <option value="overlay" selected=${draft.mode === "overlay"}>overlay: only the fields that are set</option>
              <option value="replace" selected=${draft.mode === "replace"}>replace: all of it, defaults for the rest</option>
            </select>
          </label>
          <label><input type="checkbox" checked=${asJson} onChange=${() => setAsJson(!asJson)} /> as JSON</label>
        </div>
        ${asJson
          ? html`<${Json} common=${{"aria-label": "the config as JSON"}} value=${draft.data} put=${(data) => setDraft({...draft, data})} rows=${16} />`
          : html`<${Form} schema=${slot.definition.schema} data=${draft.data} inherited=${inherited} faults=${effect.faults} onData=${(data) => setDraft({...draft, data})} />`}
      </div>
      <aside class="edit-effect" aria-live="polite">
        <h2>What would change</h2>
        <${Trouble} problem=${effect.problem} />
        ${!effect.problem && effect.changes && html`<${Changes} changes=${effect.changes} empty="Nothing, for ${layerText(scope)}." />`}
        ${!effect.problem && effect.impact && isChanged && html`<${Reach} impact=${effect.impact} />`}
        ${!effect.problem && effect.hidden > 0 && html`<p class="quiet">${counted(effect.hidden, "field")} hidden by higher layers.</p>`}
        ${!base && html`
          <label>Name <input name="name" defaultValue=${slot.drafted?.name ?? "default"} required maxlength="255" /></label>
          ${!scope.startsWith("collection:") && html`<label><input type="checkbox" name="in_force" defaultChecked /> bring it into force ${into ? "when the change set is published" : "at once"}</label>`}`}
        <${Destination} ...${{environment, into, onInto: setInto}} />
        <label class="reason-field">Why <input name="reason" autocomplete="off" maxlength="1000" placeholder="what you hope for" /></label>
        <${Trouble} problem=${saving.problem} />
        ${isBreakable(saving.problem) && html`<${Glass} environment=${environment} />`}
        ${saving.newer && html`<${Newer} ...${{base, newer: saving.newer, edits, onRebase: rebase}} />`}
        ${saving.saved && html`<p role="status" class="done">Saved as version ${saving.saved.version}. <a href=${`/history?id=${saving.saved.id}`}>Undo it in its history</a></p>`}
        ${saving.set && html`<${Drafted} set=${saving.set} />`}
        <p class="acts"><button type="submit" class="main" disabled=${saving.busy || !isChanged || Boolean(effect.problem)}>${into ? "Save the draft" : base ? "Save" : "Create"}</button></p>
      </aside>
    </form>`;
}

function Scopes({scope, context}) {
  const scopes = [...new Set(["global", ...context.split(",").filter(Boolean).map((text) => `${text.split(":", 1)[0]}:${scopeOf(text).id}`), scope])];
  return html`<nav class="tabs" aria-label="Layer">${scopes.map((one) => html`<a href=${here({scope: one})} aria-current=${one === scope ? "page" : undefined}>${layerText(one)}</a>`)}</nav>`;
}

/** Somebody else saved meanwhile: both sides are shown, and nothing is lost. */
function Newer({base, newer, edits, onRebase}) {
  return html`
    <div class="notice" role="alert">
      <h2>${newer.updated_by} saved version ${newer.version} meanwhile</h2>
      <p>Theirs:</p><${Changes} changes=${differences(base.config_data, newer.config_data)} />
      <p>Yours:</p><${Changes} changes=${edits} />
      <button type="button" onClick=${() => onRebase(newer)}>Put yours over theirs</button>
    </div>`;
}

function change(base, draft, reason, breakGlass) {
  const body = {config_data: draft.data, mode: draft.mode, reason};
  return ask(`/api/runtime-configs/${base.id}`, {method: "PUT", body, ifMatch: `"${base.version}"`, breakGlass});
}

/** What is typed, as a change set takes it. */
function asDraft({base, scope, type, draft, form}) {
  const fields = {config_data: draft.data, mode: draft.mode};
  if (base) return {config_id: base.id, base_version: base.version, ...fields};
  return {scope, config_type: type, name: form.get("name").trim(), is_default: isForced(scope, form), ...fields};
}

/** Whether a new config is brought into force: of a collection there is one, which always is. */
function isForced(scope, form) {
  return scope.startsWith("collection:") || form.has("in_force");
}

function create({environment, scope, type, draft, reason, form}) {
  const body = {environment, scope, config_type: type, name: form.get("name").trim(), mode: draft.mode, config_data: draft.data, is_default: isForced(scope, form), reason};
  return ask("/api/runtime-configs/", {method: "POST", body, breakGlass: glassOf(form)});
}

/** What each field would be without this layer. */
function useInherited(environment, scope, type) {
  const [inherited, setInherited] = useState({});
  useEffect(() => {
    const ending = new AbortController();
    const context = scope === "global" ? [] : contextOf(`${scope.split(":", 1)[0]}:${encodeURIComponent(scope.slice(scope.indexOf(":") + 1))}`);
    const query = [...parametersOf(environment, context), ["explain", "true"], ["config_types", type]];
    ask(effectivePath(context), {query, signal: ending.signal}).then(
      ({data}) => setInherited(Object.fromEntries(Object.entries(data.provenance[type] ?? {}).map(([pointer, source]) => [pointer, below(source, scope)]))),
      () => {},
    );
    return () => ending.abort();
  }, [environment, scope, type]);
  return inherited;
}

function below(source, scope) {
  return source.layer === scope ? (source.shadowed[0] ?? {value: undefined, layer: "default"}) : source;
}

/** What the draft would do; asked when nobody has typed for a moment. */
function useOutcome(environment, scope, type, base, draft) {
  const [effect, setEffect] = useState({faults: {}, changes: null, impact: null, hidden: 0, problem: null});
  const said = JSON.stringify(draft);
  useEffect(() => {
    const ending = new AbortController();
    const {signal} = ending;
    const fields = {config_data: draft.data, mode: draft.mode};
    const place = base ? {config_id: base.id} : {scope, config_type: type};
    const tried = {method: "POST", body: {environment, ...place, ...fields}, signal};
    const changes = [{action: base ? "update" : "put", ...place, ...fields}];
    const timer = setTimeout(() => {
      Promise.all([
        ask("/api/runtime-configs/test", tried),
        ask("/api/runtime-configs/impact", {method: "POST", body: {environment, changes}, signal}),
      ]).then(
        ([{data: tested}, {data: impact}]) => {
          const all = tested.contexts[0].changes;
          const own = all.filter((one) => !one.hidden_by);
          setEffect({faults: {}, changes: own, impact, hidden: all.length - own.length, problem: null});
        },
        (problem) => {
          if (problem.name === "AbortError") return;
          const faults = problem instanceof Problem ? problem.faults : [];
          setEffect((was) => ({...was, faults: faultsIn(faults), problem}));
        },
      );
    }, PAUSE_MS);
    return () => (ending.abort(), clearTimeout(timer));
  }, [environment, scope, type, base, said]);
  return effect;
}
