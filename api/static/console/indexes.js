// Indexes of applications: which is read, whether it fits what is in force, and how far the others are.

import {Shown} from "./acts.js";
import {ask, listed} from "./api.js";
import {useAnswer} from "./asking.js";
import {Dialog} from "./dialog.js";
import {may} from "./session.js";
import {html, useState} from "./view.js";
import {counted, timeText} from "./words.js";

const STATES = {building: "being filled", ready: "ready", live: "is read", replaced: "was read before", dropped: "dropped"};
const STATUS = {live: "running", building: "paused"};

export function Indexes({environment, news}) {
  const found = useAnswer((signal) => indexesIn(environment, signal), [environment, news]);
  const [asked, setAsked] = useState(null);
  const [said, setSaid] = useState("");
  const isOurs = may("locks.change", environment);
  const done = (text) => () => (setSaid(text), found.again());
  return html`
    <section class="panel" aria-labelledby="indexes">
      <h2 id="indexes">Indexes</h2>
      <p role="status" class=${said ? "done" : "unseen"}>${said}</p>
      <${Shown} answer=${found}>${({items, routes}) => html`
        ${items.length === 0 && html`<p class="quiet">No application has said that it has an index here: settings change without one. <code>varve index register</code> makes them move together.</p>`}
        ${items.length > 0 && html`<div class="scroll" tabindex="0" role="region" aria-label="Indexes"><table class="list">
          <thead><tr><th scope="col">Table</th><th scope="col">Of</th><th scope="col">State</th><th scope="col">Filled</th><th scope="col">Built with</th>${isOurs && html`<th scope="col"><span class="unseen">Acts</span></th>`}</tr></thead>
          <tbody>${items.map((index) => html`<${Index} key=${index.id} ...${{index, needed: routes.get(index.collection_id)?.fingerprint, onAsk: isOurs && ((what) => setAsked({index, what}))}} />`)}</tbody>
        </table></div>`}
        ${[...routes.values()].filter(({index_id: id, matches}) => id && !matches).map((route) => html`<p class="trouble" key=${route.collection_id}>${route.table ?? route.index_id} is read${route.collection_id ? ` for the collection ${route.collection_id}` : ""}, and was built with other settings than are in effect: build one with the fingerprint <code class="value">${route.fingerprint.slice(0, 12)}…</code></p>`)}`}<//>
      ${asked && html`<${Question} ...${{...asked, done, onClose: () => setAsked(null)}} />`}
    </section>`;
}

/** The indexes, and where reads of each collection among them go. */
async function indexesIn(environment, signal) {
  const {items} = await listed("/api/indexes", {query: [["environment", environment]], signal});
  const collections = [...new Set(items.map((one) => one.collection_id))];
  const routes = await Promise.all(collections.map((id) => ask("/api/indexes/route", {query: [["environment", environment], ...(id ? [["collection_id", id]] : [])], signal})));
  return {items: items.reverse(), routes: new Map(collections.map((id, n) => [id, routes[n].data]))};
}

function nameOf({table, id}) {
  return table ?? id;
}

function Index({index, needed, onAsk}) {
  const {status, chunks, of, collection_id: collection, fingerprint, version_label: label, is_shadow: isShadow, kept_until: kept} = index;
  return html`
    <tr>
      <th scope="row">${nameOf(index)}<br /><span class="quiet">${[label, isShadow && "a shadow", `by ${index.registered_by}`].filter(Boolean).join(", ")}</span></th>
      <td>${collection ? `collection ${collection}` : "everybody"}</td>
      <td><span class="badge" data-status=${STATUS[status]}>${STATES[status]}</span>${status === "replaced" && html`<br /><span class="quiet">kept until ${timeText(kept)}</span>`}</td>
      <td>${of ? html`<progress max=${of} value=${Math.min(chunks, of)} aria-label=${`${nameOf(index)} is filled`}></progress><br />` : ""}${counted(chunks, "chunk")}${of ? ` of ${of.toLocaleString()}` : ""}</td>
      <td>${needed === fingerprint ? "what is in effect" : html`<span class="other">other settings</span>`}<br /><code class="value quiet" title=${fingerprint}>${fingerprint.slice(0, 12)}…</code></td>
      ${onAsk && html`<td><span class="acts">
        ${status === "building" && html`<button type="button" onClick=${() => onAsk("ready")} aria-label=${`It is ready: ${nameOf(index)}`}>It is ready</button>`}
        ${["ready", "replaced"].includes(status) && html`<button type="button" onClick=${() => onAsk("switch")} aria-label=${`Read it: ${nameOf(index)}`}>Read it</button>`}
        ${status !== "live" && html`<button type="button" onClick=${() => onAsk("drop")} aria-label=${`Drop ${nameOf(index)}`}>Drop</button>`}
      </span></td>`}
    </tr>`;
}

function Question({index, what, done, onClose}) {
  const name = nameOf(index);
  const path = `/api/indexes/${index.id}`;
  const post = (act, told) => (reason) => ask(`${path}/${act}`, {method: "POST", body: {reason}}).then(done(told));
  if (what === "ready") return html`<${Dialog} title=${`${name} is ready`} act="It is ready" onClose=${onClose} onAct=${post("ready", `${name} is ready.`)}><p>It is whole: settings of its fingerprint may come into force, and reads follow them to it.</p><//>`;
  if (what === "switch") return html`<${Dialog} title=${`Read ${name}`} act="Read it" onClose=${onClose} onAct=${post("switch", `${name} is read now.`)}><p>Reads go to it from now on. What was read before is kept for 48 hours.</p><//>`;
  const drop = (reason, said) => ask(path, {method: "DELETE", query: [["confirm", said.get("confirm")], ...(said.has("force") ? [["force", "true"]] : []), ...(reason ? [["reason", reason]] : [])]}).then(done(`${name} is dropped.`));
  return html`
    <${Dialog} title=${`Drop ${name}`} act="Drop it" onClose=${onClose} onAct=${drop}>
      <p>${index.is_shadow ? "Its table is dropped with all that is in it: this cannot be undone." : "It is forgotten here; its table is left alone."}</p>
      <label class="reason-field">Type its name, ${name} <input name="confirm" required autocomplete="off" spellcheck=${false} /></label>
      ${index.status === "replaced" && html`<label class="check"><input type="checkbox" name="force" /> although it was read until a while ago</label>`}
    <//>`;
}
