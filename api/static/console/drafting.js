// Where what was typed in a form goes: into force at once, or as a draft into a change set.

import {ask} from "./api.js";
import {useAnswer} from "./asking.js";
import {OPEN, addressOf, changeSetsOf} from "./change_sets.js";
import {merged} from "./documents.js";
import {html, useEffect} from "./view.js";

/**
 * @param {{environment: string, into: string, onInto: (into: string) => void, isConfig?: boolean}} props `into`: "" for at once, "new", or the id of
 *   a change set. A change of a config that others must approve becomes one by itself; others have to be drafted
 */
export function Destination({environment, into, onInto, isConfig = true}) {
  const stage = useAnswer((signal) => ask(`/api/environments/${encodeURIComponent(environment)}`, {signal}), [environment]);
  const sets = useAnswer((signal) => changeSetsOf(environment, signal), [environment, into]);
  const open = (sets.data?.items ?? []).filter(({state}) => OPEN.includes(state));
  const needsOthers = stage.data?.data.approvals > 0;
  useEffect(() => void (needsOthers && !isConfig && !into && onInto("new")), [needsOthers]);
  const option = (value, text) => html`<option value=${value} selected=${value === into}>${text}</option>`;
  return html`
    <label class="reason-field">Save it
      <select name="into" value=${into} onChange=${(event) => onInto(event.target.value)}>
        ${(isConfig || !needsOthers) && option("", needsOthers ? "for approval, as a change set of its own" : "in force, at once")}
        ${option("new", "as a draft, in a new change set")}
        ${open.map(({id, title}) => option(id, `as a draft, in “${title}”`))}
        ${into && into !== "new" && !open.some(({id}) => id === into) && option(into, "as a draft, in the change set that you came from")}
      </select>
    </label>
    ${into === "new" && html`<label class="reason-field">What the change set is for <input name="title" required maxlength="255" autocomplete="off" /></label>`}`;
}

/** Saves a draft; answers with its change set. */
export async function drafted(into, {environment, draft, reason, said}) {
  const body = {drafts: [draft], reason};
  const {data} =
    into === "new"
      ? await ask("/api/change-sets", {method: "POST", body: {...body, environment, title: said.get("title").trim()}})
      : await ask(`/api/change-sets/${encodeURIComponent(into)}/drafts`, {method: "POST", body});
  return data;
}

/** What a change set says of a slot already, over what is there now; null where it says nothing. */
export async function draftOf(id, {scope, type, config, signal}) {
  const {data} = await ask(`/api/change-sets/${encodeURIComponent(id)}`, {signal});
  const found = data.drafts.find((one) => one.wanted && (config ? one.id === config.id : one.scope === scope && one.config_type === type && !one.base));
  if (!found || !OPEN.includes(data.state)) return null;
  const document = merged(found.base?.config_data ?? {}, found.wanted.config_data, config?.config_data ?? {});
  return {name: found.name, mode: found.wanted.mode, data: document};
}

/** What was saved is not in force. */
export function Drafted({set}) {
  const waits = set.state === "draft" ? "It is not in force until that is published." : "It waits there for approval, and is not in force yet.";
  return html`<p role="status" class="done">Saved as a draft in the change set <a href=${addressOf(set.id)}><bdi>${set.title}</bdi></a>. ${waits}</p>`;
}
