// Where environments differ, slot by slot and profile by profile; what is picked becomes a release.

import {ask, listed} from "./api.js";
import {go, here} from "./address.js";
import {useAnswer} from "./asking.js";
import {Value} from "./changes.js";
import {addressOf} from "./change_sets.js";
import {Empty, Trouble, Waiting} from "./messages.js";
import {mayChange} from "./session.js";
import {FieldName} from "./stack.js";
import {Stage} from "./stages.js";
import {html, useState} from "./view.js";
import {layerText} from "./words.js";

const MOST = 10; // environments that are compared at once
const SLOTS = 2000; // that are compared
const FIRST = 200; // that are shown at once

export function Differing({query, stages, told, onDone}) {
  const shown = stages.slice(-MOST);
  const names = shown.map(({name}) => name);
  const compared = useAnswer(async (signal) => (names.length > 1 ? listed("/api/compare", {query: [...names.map((name) => ["environments", name]), ["limit", "500"]], most: SLOTS, signal}) : null), [names.join("&"), told]);
  const [picked, setPicked] = useState(new Set());
  const [isWhole, setWhole] = useState(false);
  if (names.length < 2) return html`<${Empty} title="There is one environment only"><p>Add another in the <a href="/settings?part=environments">settings</a>, or the usual four with <code>varve env init --stages</code>.</p><//>`;
  if (!compared.data) return compared.problem ? html`<${Trouble} problem=${compared.problem} />` : html`<${Waiting} />`;
  const way = wayOf(query, shown);
  const slots = compared.data.items.map((slot) => ({...slot, key: `${slot.config_type} ${slot.scope}`, profile: profileOf(slot), ...movesOf(slot, way)}));
  const isNarrow = way && query.has("differing");
  const wanted = slots.filter(({differs}) => differs || !isNarrow);
  const pick = (key) => setPicked((was) => new Set(was.has(key) ? [...was].filter((one) => one !== key) : [...was, key]));
  return html`
    <${Trouble} problem=${compared.problem} />
    ${way && html`<${Release} ...${{way, stages: shown, slots, picked, isNarrow}} />`}
    <div class="scroll" tabindex="0" role="region" aria-label="What differs">
      <table class="differing">
        <thead><tr><td><span class="unseen">Setting</span></td>${shown.map((stage) => html`<th scope="col" key=${stage.name}><${Stage} ...${{stage, onDone}} /></th>`)}</tr></thead>
        ${(isWhole ? wanted : wanted.slice(0, FIRST)).map((slot) => html`<${Slot} key=${slot.key} ...${{slot, shown, way, isPicked: picked.has(slot.key), onPick: () => pick(slot.key)}} />`)}
      </table>
    </div>
    ${slots.length === 0 && html`<${Empty} title="Nothing differs"><p>The same is in force in ${names.join(", ")}: in every slot, for every type.</p><//>`}
    ${!isWhole && wanted.length > FIRST && html`<p class="acts"><button type="button" onClick=${() => setWhole(true)}>Show the other ${wanted.length - FIRST}</button></p>`}
    ${compared.data.more && html`<p class="quiet">There is more than is looked at here: <code>varve release compare</code> has all of it.</p>`}
    <p class="quiet">Secrets, experiments, environment variables, and who is given which profile are of one environment alone.</p>`;
}

/** From where to where a release would go: as the address says, or the last step that the caller may take. */
function wayOf(query, stages) {
  const open = stages.filter(({name}) => mayChange(name, "environment"));
  const to = open.find(({name}) => name === query.get("to")) ?? open.findLast(({promoted_from: from}) => stages.some(({name}) => name === from));
  if (!to) return null;
  const others = stages.filter(({name}) => name !== to.name).map(({name}) => name);
  const fixed = others.includes(to.promoted_from);
  return {to: to.name, from: fixed ? to.promoted_from : others.includes(query.get("from")) ? query.get("from") : others[0], froms: fixed ? [to.promoted_from] : others, tos: open.map(({name}) => name)};
}

/** The name of the profile that stands where a slot does; null for a slot. */
function profileOf({config_type: type, scope}) {
  return type === null ? scope.slice("profile:".length) : null;
}

/** Whether a slot would be released, and which config of the source. */
function movesOf({environments, fields}, way) {
  if (!way) return {moves: false};
  const [source, target] = [environments[way.from], environments[way.to]];
  const laid = (side) => side && [side.mode, side.unset];
  const differs = !isSame(laid(source), laid(target)) || fields.some(({values}) => !isSame(values[way.from], values[way.to]));
  return {differs, moves: differs && Boolean(source), config: source?.config_id};
}

function isSame(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}

function Slot({slot, shown, way, isPicked, onPick}) {
  const {config_type: type, scope, environments, fields, profile} = slot;
  const name = profile === null ? html`<strong>${type}</strong> <bdi class="quiet">${scope === "global" ? "for everybody" : layerText(scope)}</bdi>` : html`<strong>profile <bdi>${profile}</bdi></strong>`;
  const modes = new Set(shown.map((stage) => environments[stage.name]?.mode).filter(Boolean));
  const before = (n) => shown.findLastIndex((stage, index) => index < n && stage.name === shown[n].promoted_from);
  return html`
    <tbody class=${isPicked ? "is-picked" : ""}>
      <tr class="slot">
        <th scope="rowgroup" colspan=${shown.length + 1}>
          ${way ? html`<label><input type="checkbox" checked=${isPicked && slot.moves} disabled=${!slot.moves} onChange=${onPick} aria-label=${`release ${profile === null ? `${type} for ${scope}` : `the profile ${profile}`}`} /> ${name}</label>` : name}
          ${way && !slot.moves && html`<span class="quiet">${slot.differs ? `not set in ${way.from}` : `the same in ${way.from} and ${way.to}`}</span>`}
        </th>
      </tr>
      ${fields.map(({pointer, values}) => html`
        <tr key=${pointer}>
          <th scope="row"><${FieldName} pointer=${pointer} /></th>
          ${shown.map((stage, n) => html`<${Cell} key=${stage.name} ...${{name: stage.name, values, isThere: Boolean(environments[stage.name]), from: shown[before(n)]?.name}} />`)}
        </tr>`)}
      ${(modes.size > 1 || fields.length === 0) && html`<tr><th scope="row">how it is laid</th>${shown.map((stage) => html`<td data-stage=${stage.name}>${environments[stage.name] ? (environments[stage.name].mode ?? "there") : html`<span class="quiet">not set</span>`}</td>`)}</tr>`}
    </tbody>`;
}

function Cell({name, values, isThere, from}) {
  const differs = from !== undefined && !isSame(values[name], values[from]);
  return html`
    <td class=${differs ? "differs" : ""} data-stage=${name}>
      ${name in values ? html`<${Value} value=${values[name]} />` : html`<span class="quiet">${isThere ? "left to other layers" : "not set"}</span>`}
      ${differs && html`<span class="unseen">, not as in ${from}</span>`}
    </td>`;
}

/** What is picked, or everything, as a release. */
function Release({way, stages, slots, picked, isNarrow}) {
  const [problem, setProblem] = useState(null);
  const {from, to, froms, tos} = way;
  const moving = slots.filter(({moves}) => moves);
  const chosen = moving.filter(({key}) => picked.has(key));
  const alone = slots.filter(({differs, moves}) => differs && !moves).length;
  const make = async (event) => {
    event.preventDefault();
    const said = new FormData(event.currentTarget);
    const part = chosen.length ? partOf(chosen) : {deletions: said.has("deletions")};
    const body = {from, to, title: said.get("title").trim(), reason: said.get("reason").trim() || null, ...part};
    try {
      const {data} = await ask("/api/releases", {method: "POST", body});
      go(addressOf(data.id));
    } catch (found) {
      setProblem(found);
    }
  };
  return html`
    <form class="panel line release" onSubmit=${make} aria-label="Make a release">
      <label>To <select value=${to} onChange=${(event) => go(here({to: event.target.value, from: null}), {replace: true})}>${tos.map((name) => html`<option value=${name} selected=${name === to}>${name}</option>`)}</select></label>
      ${froms.length > 1
        ? html`<label>From <select value=${from} onChange=${(event) => go(here({from: event.target.value}), {replace: true})}>${froms.map((name) => html`<option value=${name} selected=${name === from}>${name}</option>`)}</select></label>`
        : html`<p class="release-from"><span class="quiet">From</span> ${from}</p>`}
      <label class="grows">What it is for <input name="title" required maxlength="255" autocomplete="off" placeholder="sprint 12" /></label>
      <label class="grows">Why <input name="reason" maxlength="1000" autocomplete="off" /></label>
      <button type="submit" class="main" disabled=${!moving.length && !alone}>Make a release to ${to}</button>
      <p class="quiet release-said" role="status">${saidOf({chosen, moving, alone, from, to})}</p>
      <label class="check"><input type="checkbox" checked=${isNarrow} onChange=${() => go(here({differing: isNarrow ? null : 1}), {replace: true})} /> show only what differs between ${from} and ${to}</label>
      ${!chosen.length && alone > 0 && html`<label class="check"><input type="checkbox" name="deletions" /> also delete what ${to} has alone (${alone})</label>`}
      ${stages.find(({name}) => name === to).frozen && html`<p class="quiet">${to} is frozen: a release can be made and approved, and is published when it is thawed.</p>`}
      <${Trouble} problem=${problem} />
    </form>`;
}

/** What is picked, by the configs and the profiles of the source. */
function partOf(chosen) {
  const configs = chosen.filter(({profile}) => profile === null).map(({config}) => config);
  const profiles = chosen.filter(({profile}) => profile !== null).map(({profile}) => profile);
  return {...(configs.length ? {configs} : {}), ...(profiles.length ? {profiles} : {})};
}

function saidOf({chosen, moving, alone, from, to}) {
  if (!moving.length && !alone) return `Nothing differs between ${from} and ${to}.`;
  const what = chosen.length ? `${chosen.length} of ${moving.length} picked` : `All that differs (${moving.length}); pick some below to release only these`;
  return `${what}. It becomes a change set, proposed: nothing is in force by this.`;
}
