// Keys: who has one, for what, until when.

import {Act, Once, Shown} from "./acts.js";
import {ask, listed} from "./api.js";
import {useAnswer} from "./asking.js";
import {here} from "./address.js";
import {Dialog} from "./dialog.js";
import {may} from "./session.js";
import {html, useState} from "./view.js";
import {timeText} from "./words.js";

const ROLES = {
  reader: "reader: what an application needs",
  viewer: "viewer: sees everything but secrets",
  editor: "editor: changes what is its own",
  maintainer: "maintainer: changes every scope",
  admin: "admin: everything",
};

export function Keys({query, environments}) {
  const all = query.get("keys") === "all";
  const keys = useAnswer((signal) => listed("/api/keys", {query: all ? [] : [["is_live", "true"]], signal}), [all]);
  const [issued, setIssued] = useState(null);
  const [asked, setAsked] = useState(null);
  const [said, setSaid] = useState("");
  const issue = (said) => ask("/api/keys", {method: "POST", body: wanted(said)}).then(({data}) => (setIssued(data), keys.again()));
  const revoke = (reason) => ask(`/api/keys/${asked.id}`, {method: "DELETE", query: reason ? [["reason", reason]] : []}).then(() => (setSaid(`Revoked the key of ${asked.label}.`), keys.again()));
  return html`
    ${issued && html`<${Once} title=${`The key of ${issued.label}`} text=${issued.api_key} onDone=${() => setIssued(null)}>It is shown this once: of its secret only a digest is kept.<//>`}
    <div class=${may("keys.manage") ? "sides audit" : ""}>
      <section class="panel" aria-label="The keys">
        <nav class="tabs" aria-label="Which keys"><a href=${here({keys: null})} aria-current=${all ? undefined : "page"}>Good ones</a><a href=${here({keys: "all"})} aria-current=${all ? "page" : undefined}>All there ever were</a></nav>
        <p role="status" class=${said ? "done" : "unseen"}>${said}</p>
        <${Shown} answer=${keys}>${({items}) => html`<${Table} items=${items} onRevoke=${may("keys.manage") && setAsked} />`}<//>
      </section>
      ${may("keys.manage") && html`<${Issue} ...${{environments, issue}} />`}
    </div>
    ${asked && html`<${Dialog} title=${`Revoke the key of ${asked.label}`} act="Revoke it" onClose=${() => setAsked(null)} onAct=${revoke}><p>It opens nothing from then on, open streams included. It does not come back: issue another instead.</p><//>`}`;
}

function wanted(said) {
  const text = (name) => said.get(name).trim() || null;
  const environments = said.getAll("environments");
  const expires = text("expires");
  return {
    label: text("label") ?? "",
    role: said.get("role"),
    environments: environments.length ? environments : ["*"],
    user_id: text("user"),
    collection_id: text("collection"),
    expires_at: expires && new Date(expires).toISOString(),
    reason: text("reason"),
  };
}

function Issue({environments, issue}) {
  return html`
    <${Act} title="Issue a key" act="Issue it" send=${issue}>
      <label>Who uses it <input name="label" required maxlength="255" autocomplete="off" /></label>
      <label>Role <select name="role">${Object.entries(ROLES).map(([role, text]) => html`<option value=${role}>${text}</option>`)}</select></label>
      <fieldset><legend>Where (none: everywhere)</legend>${environments.map((name) => html`<label class="check" key=${name}><input type="checkbox" name="environments" value=${name} /> ${name}</label>`)}</fieldset>
      <label>Good until <input type="datetime-local" name="expires" /></label>
      <label>For this user alone <input name="user" autocomplete="off" /></label>
      <label>For this collection alone <input name="collection" autocomplete="off" /></label>
      <label>Why <input name="reason" maxlength="1000" autocomplete="off" /></label>
    <//>`;
}

function Table({items, onRevoke}) {
  if (!items.length) return html`<p class="quiet">No keys yet.</p>`;
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label="Keys"><table class="list">
      <thead><tr><th scope="col">Who</th><th scope="col">Role</th><th scope="col">Where</th><th scope="col">Issued</th><th scope="col">State</th></tr></thead>
      <tbody>${items.map((one) => html`
        <tr key=${one.id}>
          <th scope="row">${one.label} <a class="quiet" href=${`/audit?actor=key:${one.id}`}>what it did</a></th>
          <td>${one.role}</td>
          <td>${reachText(one)}</td>
          <td>${timeText(one.issued_at)} by ${one.issued_by}</td>
          <td>${stateText(one)} ${one.is_live && onRevoke && html`<button type="button" onClick=${() => onRevoke(one)} aria-label=${`revoke the key of ${one.label}`}>Revoke</button>`}</td>
        </tr>`)}</tbody>
    </table></div>`;
}

function reachText({environments, user_id: user, collection_id: collection}) {
  const places = environments.includes("*") ? "everywhere" : environments.join(", ");
  return [places, user && `user ${user}`, collection && `collection ${collection}`].filter(Boolean).join("; ");
}

function stateText({is_live: isLive, revoked_at: revoked, expires_at: expires}) {
  if (revoked) return `revoked ${timeText(revoked)}`;
  if (!isLive) return `expired ${timeText(expires)}`;
  return expires ? `until ${timeText(expires)}` : "good";
}
