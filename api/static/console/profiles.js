// Profiles: named sets of settings, and the users who are given them.

import {ask, listed} from "./api.js";
import {useAnswer} from "./asking.js";
import {go, here} from "./address.js";
import {Changes} from "./changes.js";
import {Dialog} from "./dialog.js";
import {differences, leaves} from "./documents.js";
import {Destination, Drafted, drafted} from "./drafting.js";
import {Form} from "./form.js";
import {Empty, Trouble, Waiting} from "./messages.js";
import {EnvironmentPicker, environmentOf} from "./places.js";
import {mayChange} from "./session.js";
import {html, useState} from "./view.js";
import {counted, timeText, valueText} from "./words.js";

const SHOWN_USERS = 100;

export function Profiles({query, environments}) {
  const environment = environmentOf(query, environments);
  const profiles = useAnswer((signal) => listed("/api/profiles", {query: [["environment", environment]], signal}), [environment]);
  const types = useAnswer((signal) => listed("/api/config-types", {signal}), []);
  const chosen = query.get("profile");
  if (!profiles.data || !types.data) return html`<${Trouble} problem=${profiles.problem ?? types.problem} /><${Waiting} />`;
  const profile = profiles.data.items.find(({id}) => id === chosen) ?? profiles.data.items[0];
  return html`
    <header class="page-head with-acts">
      <h1>Profiles <small>sets of settings that users are given</small></h1>
      <${EnvironmentPicker} ...${{environment, environments}} />
    </header>
    <${Trouble} problem=${profiles.problem} />
    <div class="sides">
      <section aria-label="All profiles">
        ${profiles.data.items.length === 0 && html`<${Empty} title="There are no profiles yet"><p>A profile sets some fields, and everybody who is given it gets them at the next read.</p><//>`}
        <ul class="cards">
          ${profiles.data.items.map((one) => html`
            <li key=${one.id}>
              <a class="card" href=${here({profile: one.id})} aria-current=${one === profile ? "true" : undefined}>
                <strong>${one.name}</strong> ${!one.is_active && html`<span class="badge">off</span>`}
                <span class="quiet">${one.description ?? Object.keys(one.settings).join(", ")}</span>
              </a>
            </li>`)}
        </ul>
        ${mayChange(environment, "profile") && html`<${NewProfile} ...${{isFirst: profiles.data.items.length === 0, environment, onDone: (id) => (profiles.again(), go(here({profile: id})))}} />`}
      </section>
      ${profile && html`<${Profile} key=${`${profile.id} ${profile.version}`} ...${{profile, types: types.data.items, onDone: profiles.again}} />`}
    </div>`;
}

function NewProfile({isFirst, environment, onDone}) {
  const [problem, setProblem] = useState(null);
  const make = async (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    const said = new FormData(form);
    try {
      const {data} = await ask("/api/profiles", {method: "POST", body: {environment, name: said.get("name").trim(), description: said.get("description").trim() || null, settings: {}}});
      form.reset();
      setProblem(null);
      onDone(data.id);
    } catch (found) {
      setProblem(found);
    }
  };
  return html`
    <form class="panel" onSubmit=${make}>
      <details open=${isFirst}>
        <summary>A new profile</summary>
        <label>Name <input name="name" required maxlength="255" autocomplete="off" /></label>
        <label>What it is for <input name="description" maxlength="1000" autocomplete="off" /></label>
        <${Trouble} problem=${problem} />
        <p class="acts"><button type="submit" class="main">Make it</button></p>
      </details>
    </form>`;
}

function Profile({profile, types, onDone}) {
  const [settings, setSettings] = useState(profile.settings);
  const [asked, setAsked] = useState(null);
  const [set, setSet] = useState(null); // the change set that it was drafted in
  const path = `/api/profiles/${profile.id}`;
  const edits = differences(profile.settings, settings);
  const put = (body) => ask(path, {method: "PUT", body, ifMatch: `"${profile.version}"`}).then(onDone);
  const isOurs = mayChange(profile.environment, "profile");
  const missing = types.filter(({name}) => !(name in settings));
  return html`
    <section class="profile" aria-labelledby="profile-name">
      <header class="page-head with-acts">
        <h1 id="profile-name">${profile.name} <small>version ${profile.version}, by ${profile.updated_by}, ${timeText(profile.updated_at)}</small></h1>
        ${isOurs && html`<span class="acts">
          <button type="button" onClick=${() => setAsked("switch")}>${profile.is_active ? "Switch off" : "Switch on"}</button>
          <button type="button" onClick=${() => setAsked("delete")}>Delete</button>
        </span>`}
      </header>
      ${Object.entries(settings).map(([type, data]) => html`
        <details key=${type} open class="panel">
          <summary><strong>${type}</strong> <span class="quiet">${counted(leaves(data).length, "field")} set</span></summary>
          <fieldset disabled=${!isOurs} class="bare"><${Form} schema=${types.find(({name}) => name === type)?.schema ?? {}} data=${data} inherited=${{}} faults=${{}} onData=${(next) => setSettings({...settings, [type]: next})} /></fieldset>
        </details>`)}
      ${isOurs && html`<p class="acts">
        <label>Another type
          <select value="" onChange=${(event) => event.target.value && setSettings({...settings, [event.target.value]: {}})}>
            <option value="">choose</option>
            ${missing.map(({name}) => html`<option value=${name}>${name}</option>`)}
          </select>
        </label>
        <button type="button" class="main" disabled=${edits.length === 0} onClick=${() => setAsked("save")}>Save ${edits.length > 0 && counted(edits.length, "change")}</button>
      </p>`}
      <${Users} profile=${profile} />
      ${set && html`<${Drafted} set=${set} />`}
      ${asked === "save" && html`<${Saving} ...${{profile, settings: withoutEmpty(settings), edits, put, onDrafted: setSet, onClose: () => setAsked(null)}} />`}
      ${asked === "switch" && html`<${Dialog} title=${profile.is_active ? `Switch ${profile.name} off` : `Switch ${profile.name} on`} act=${profile.is_active ? "Switch off" : "Switch on"} onClose=${() => setAsked(null)} onAct=${(reason) => put({is_active: !profile.is_active, reason})}><p>${profile.is_active ? "Its users get what lies below, until it is switched on again." : "Its users get what it sets again."}</p><//>`}
      ${asked === "delete" && html`<${Dialog} title=${`Delete ${profile.name}`} act="Delete it" asksReason=${false} onClose=${() => setAsked(null)} onAct=${() => ask(path, {method: "DELETE", ifMatch: `"${profile.version}"`}).then(() => (onDone(), go(here({profile: null}))))}><p>Nobody may be given it still. A profile of this name can be made again.</p><//>`}
    </section>`;
}

/** What is to be changed, and whether now or as a draft. */
function Saving({profile, settings, edits, put, onDrafted, onClose}) {
  const [into, setInto] = useState("");
  const {name, environment, version} = profile;
  const draft = {kind: "profile", name, settings, base_version: version};
  const save = async (reason, said) => (into ? onDrafted(await drafted(into, {environment, draft, reason, said})) : put({settings, reason}));
  return html`
    <${Dialog} title=${`Change ${name}`} act="Save" onClose=${onClose} onAct=${save}>
      <p>${into ? "Everybody who is given it gets this when the change set is published." : "Everybody who is given it gets this at the next read."}</p>
      <${Changes} changes=${edits} />
      <${Destination} ...${{environment, into, onInto: setInto, isConfig: false}} />
    <//>`;
}

function withoutEmpty(settings) {
  return Object.fromEntries(Object.entries(settings).filter(([, data]) => Object.keys(data).length));
}

function Users({profile}) {
  const path = "/api/assignments";
  const query = [["environment", profile.environment], ["profile_id", profile.id], ["limit", String(SHOWN_USERS)]];
  const isOurs = mayChange(profile.environment, "profile");
  const users = useAnswer((signal) => listed(path, {query, most: SHOWN_USERS, signal}), [profile.id]);
  const [problem, setProblem] = useState(null);
  const act = (asked) => asked.then(() => (setProblem(null), users.again()), setProblem);
  const assign = (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    const names = new FormData(form).get("users").split(/[\s,]+/).filter(Boolean);
    act(ask(path, {method: "POST", body: {profile_id: profile.id, users: names}}).then(() => form.reset()));
  };
  const unassign = (user) => act(ask(`${path}/${encodeURIComponent(user)}`, {method: "DELETE", query: [["environment", profile.environment]]}));
  return html`
    <section class="panel" aria-labelledby="profile-users">
      <h2 id="profile-users">Who is given it</h2>
      ${isOurs && html`<form onSubmit=${assign} class="line"><label>Users <input name="users" required placeholder="u-1, u-2" autocomplete="off" /></label><button type="submit">Give it to them</button></form>`}
      <${Trouble} problem=${problem ?? users.problem} />
      ${users.data && html`
        <ul class="users">
          ${users.data.items.map(({user_id: user}) => html`<li key=${user}><a href=${`/?environment=${encodeURIComponent(profile.environment)}&context=user:${encodeURIComponent(encodeURIComponent(user))}`}>${user}</a> ${isOurs && html`<button type="button" onClick=${() => unassign(user)} aria-label=${`take it from ${user}`}>Take away</button>`}</li>`)}
        </ul>
        ${users.data.items.length === 0 && html`<p class="quiet">Nobody yet.</p>`}
        ${users.data.more && html`<p class="quiet">These are the first ${SHOWN_USERS}.</p>`}`}
    </section>`;
}
