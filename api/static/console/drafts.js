// What a change set would change: each draft with what it was, what it is to be, and what others did meanwhile.

import {ask} from "./api.js";
import {useAnswer} from "./asking.js";
import {Changes, Value} from "./changes.js";
import {differences, keysOf, merged, pointerOf, valueAt, withValue, without} from "./documents.js";
import {Trouble} from "./messages.js";
import {Person} from "./person.js";
import {mayChange, may} from "./session.js";
import {html, useState} from "./view.js";
import {counted, fieldName, layerText} from "./words.js";

const FIRST = 30; // drafts that are shown at once
const DATA = "config_data";
const DONE = {create: "new", update: "change", delete: "delete"};
const PATHS = {config: "runtime-configs", profile: "profiles", experiment: "experiments", type: "config-types"};

/** Whether the caller may change what a draft is about. */
export function mayDraft(environment, {kind, scope, name}) {
  if (kind === "type" && !may("definitions.change")) return false;
  return mayChange(environment, kind === "config" ? scope : `${kind}:${name}`);
}

export function titleOf({kind, config_type: type, scope, name}) {
  return kind === "config" ? `${type} ${scope === "global" ? "for everybody" : `for ${layerText(scope)}`}` : `the ${kind} ${name}`;
}

/** What a document says in a form that can be compared: the fields of a config by their own names. */
export function plain(document) {
  if (!document) return {};
  const {[DATA]: data, default: _, name: __, description, unset, mode, is_active: isActive, ...others} = document;
  const said = {...others, ...(description ? {description} : {}), ...(unset?.length ? {unset} : {}), ...(isActive === false ? {is_active: false} : {})};
  if (data === undefined) return mode ? {...said, mode} : said;
  const about = mode === "replace" ? {...said, mode} : said;
  return {...data, ...Object.fromEntries(Object.entries(about).map(([key, value]) => [`(${key})`, value]))};
}

/**
 * @param {{one: object, problems: object[], isOpen: boolean, onDone: (said: string) => void}} props `problems` as a check told them,
 *   by the number of the draft
 */
export function Drafts({one, problems, isOpen, onDone}) {
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? one.drafts : one.drafts.slice(0, FIRST);
  return html`
    <section aria-labelledby="drafts">
      <h2 id="drafts">${one.drafts.length ? counted(one.drafts.length, "draft") : "No drafts yet"}</h2>
      ${one.drafts.length === 0 && html`<p class="quiet">Choose what to change in <a href=${`/?${new URLSearchParams({environment: one.environment, change_set: one.id})}`}>what is in force</a>: the forms there save into this change set.</p>`}
      ${shown.map((draft, n) => html`<${Draft} key=${draft.id} ...${{one, draft, isOpen, onDone, problems: problems.filter(({pointer}) => keysOf(pointer)[1] === String(n) && keysOf(pointer)[0] === "drafts")}} />`)}
      ${shown.length < one.drafts.length && html`<p class="acts"><button type="button" onClick=${() => setWhole(true)}>Show the other ${one.drafts.length - shown.length}</button></p>`}
    </section>`;
}

function Draft({one, draft, problems, isOpen, onDone}) {
  const [problem, setProblem] = useState(null);
  const isOurs = isOpen && mayDraft(one.environment, draft);
  const {base, wanted, operation} = draft;
  const hasMoved = (found) => found.base !== undefined || found.theirs !== undefined;
  const out = () => ask(`/api/change-sets/${one.id}/drafts/${draft.id}`, {method: "DELETE", ifMatch: `"${one.version}"`}).then(() => onDone(`${titleOf(draft)} is taken out.`), setProblem);
  const changed = operation === "delete" ? [] : differences(plain(base), plain(wanted));
  return html`
    <article class="type draft" aria-label=${titleOf(draft)}>
      <header class="type-head">
        <h3><bdi>${titleOf(draft)}</bdi> <span class="badge">${DONE[operation]}</span></h3>
        ${isOurs && html`<span class="acts">
          ${isSlot(draft) && html`<a href=${editAddress(one, draft)} aria-label=${`Change the draft of ${titleOf(draft)}`}>Change</a>`}
          <button type="button" aria-label=${`Take ${titleOf(draft)} out`} onClick=${out}>Take it out</button>
        </span>`}
      </header>
      <div class="draft-body">
        ${operation === "delete" ? html`<p>It is deleted${draft.kind === "config" ? ": layers below it come through" : ""}.</p>` : html`<${Changes} changes=${changed} empty=${isDefaultNew(draft) ? "It becomes the one in force here." : "Nothing but its name."} />`}
        ${operation !== "delete" && changed.length > 0 && isDefaultNew(draft) && base && html`<p>It becomes the one in force here.</p>`}
        <p class="quiet">${draft.kind === "config" && html`<bdi>${draft.name}</bdi>, `}drafted by <${Person} name=${draft.author} />${draft.base_version ? `, over version ${draft.base_version}` : ""}</p>
        ${problems.some(hasMoved)
          ? html`<${Conflict} ...${{one, draft, faults: problems.filter(hasMoved), isOurs, onDone}} />`
          : isOpen && base && html`<${Meanwhile} draft=${draft} />`}
        ${problems.filter((found) => !hasMoved(found)).map((found) => html`<p class="fault"><bdi>${found.message}</bdi></p>`)}
        <${Trouble} problem=${problem} />
      </div>
    </article>`;
}

/** Whether it changes which config of its slot is in force. */
function isDefaultNew({id, base, wanted}) {
  return wanted?.default === id && base?.default !== id;
}

/** Whether the page for changing a slot is about this config. */
function isSlot({kind, id, wanted}) {
  return kind === "config" && wanted?.default === id;
}

function editAddress({id, environment}, {scope, config_type: type}) {
  return `/edit?${new URLSearchParams({environment, scope, type, change_set: id})}`;
}

/** What others changed about the thing since it was drafted, which publishing leaves as it is. */
function Meanwhile({draft}) {
  const now = usePresent(draft);
  if (!now || !draft.base) return null;
  const theirs = differences(plain(draft.base), plain(now));
  return theirs.length > 0 && html`<div class="meanwhile"><h4>Others changed since, and it stays so</h4><${Changes} changes=${theirs} /></div>`;
}

/** The thing as it is, in the fields that a draft knows. */
function usePresent({kind, id, name, base}) {
  const path = `/api/${PATHS[kind]}/${encodeURIComponent(kind === "type" ? name : id)}`;
  const present = useAnswer((signal) => ask(path, {signal}), [path, JSON.stringify(base)]);
  const data = present.data?.data;
  return data && base && Object.fromEntries(Object.keys(base).filter((key) => key in data).map((key) => [key, data[key]]));
}

/** Fields that both sides changed: both are shown, and whoever drafts again says which stays. */
function Conflict({one, draft, faults, isOurs, onDone}) {
  const [theirs, setTheirs] = useState(new Set());
  const [problem, setProblem] = useState(null);
  const now = usePresent(draft);
  const choose = (pointer, isTheirs) => setTheirs((was) => new Set(isTheirs ? [...was, pointer] : [...was].filter((found) => found !== pointer)));
  const again = () => ask(`/api/change-sets/${one.id}/drafts`, {method: "POST", ifMatch: `"${one.version}"`, body: {drafts: [redrafted(draft, now, theirs)]}}).then(() => onDone(`${titleOf(draft)} is drafted again, over what is there now.`), setProblem);
  return html`
    <div class="notice conflict">
      <h4>Others changed the same since</h4>
      ${faults.map(({pointer, rule, base, theirs: other, ours}) => {
        const field = pointerOf(keysOf(pointer).slice(2));
        const name = fieldName(field.replace(`/${DATA}`, ""));
        const side = (isTheirs, text, value) => html`
          <label class="side"><input type="radio" name=${`${draft.id}${field}`} checked=${theirs.has(field) === isTheirs} disabled=${!isOurs} onChange=${() => choose(field, isTheirs)} />
            <span>${text}</span> <${Value} value=${value} /></label>`;
        return html`
          <fieldset key=${pointer}>
            <legend>${name} <span class="quiet">was <${Value} value=${base} />${rule === "tied" ? "; a rule ties it to another field that was changed" : ""}</span></legend>
            ${side(false, "as drafted", ours)} ${side(true, "as it is by now", other)}
          </fieldset>`;
      })}
      ${isOurs && draft.kind === "config" && now && html`<p class="acts"><button type="button" onClick=${again}>Draft it again with these</button></p>`}
      <${Trouble} problem=${problem} />
    </div>`;
}

/** A draft over what is there now, with one's own changes but those in which theirs stays. */
export function redrafted({id, base, wanted}, now, theirs) {
  const document = [...theirs].filter((pointer) => pointer.startsWith(`/${DATA}/`)).reduce((found, pointer) => {
    const keys = keysOf(pointer).slice(1);
    const value = valueAt(now[DATA], keys);
    return value === undefined ? without(found, keys) : withValue(found, keys, value);
  }, merged(base[DATA], wanted[DATA], now[DATA]));
  const others = Object.keys(wanted).filter((key) => key !== DATA && key !== "default" && !theirs.has(`/${key}`) && JSON.stringify(wanted[key]) !== JSON.stringify(base[key]));
  const isDefault = wanted.default === id && base.default !== id ? {is_default: true} : {};
  return {config_id: id, [DATA]: document, ...isDefault, ...Object.fromEntries(others.map((key) => [key, wanted[key]]))};
}
