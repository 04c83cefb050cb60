// What was sent to a webhook, what waits, and what was given up.

import {Shown} from "./acts.js";
import {ask, listed} from "./api.js";
import {useAnswer} from "./asking.js";
import {here} from "./address.js";
import {Trouble} from "./messages.js";
import {may} from "./session.js";
import {html, useState} from "./view.js";
import {counted, timeText} from "./words.js";

const PAGE = 100;
const STATES = {waiting: "Waiting", delivered: "Delivered", dead: "Given up"};

export function Deliveries({path, state}) {
  const query = [["limit", String(PAGE)], ...(state ? [["state", state]] : [])];
  const found = useAnswer((signal) => listed(`${path}/deliveries`, {query, most: PAGE, signal}), [path, state]);
  const [told, setTold] = useState({busy: false, said: "", problem: null});
  const send = async (deliveries) => {
    setTold({busy: true, said: "", problem: null});
    try {
      for (const {id} of deliveries) await ask(`${path}/deliveries/${id}/redeliver`, {method: "POST"});
      setTold({busy: false, said: `${deliveries.length === 1 ? "It is" : `All ${deliveries.length} are`} sent again now.`, problem: null});
    } catch (problem) {
      setTold({busy: false, said: "", problem});
    }
    found.again();
  };
  const dead = found.data?.items.filter((one) => one.state === "dead") ?? [];
  const isOurs = may("webhooks.manage");
  return html`
    <section class="panel" aria-labelledby="deliveries">
      <div class="with-acts"><h2 id="deliveries">Deliveries</h2><span class="acts"><button type="button" onClick=${found.again}>Look again</button>${isOurs && dead.length > 1 && html`<button type="button" disabled=${told.busy} onClick=${() => send(dead)}>Send these ${dead.length} that were given up again</button>`}</span></div>
      <nav class="tabs" aria-label="Which deliveries">${Object.entries({"": "All", ...STATES}).map(([name, text]) => html`<a href=${here({deliveries: name || null})} aria-current=${name === (state ?? "") ? "page" : undefined}>${text}</a>`)}</nav>
      <p role="status" class=${told.said ? "done" : "unseen"}>${told.said}</p>
      <${Trouble} problem=${told.problem} />
      <${Shown} answer=${found}>${({items, more}) => html`
        ${items.length === 0 && html`<p class="quiet">${state ? "None of these." : "Nothing was sent yet."}</p>`}
        ${items.length > 0 && html`<div class="scroll" tabindex="0" role="region" aria-label="Deliveries"><table class="list">
          <thead><tr><th scope="col">Event</th><th scope="col">State</th><th scope="col">Tried</th><th scope="col">The receiver said</th><th scope="col"><span class="unseen">Act</span></th></tr></thead>
          <tbody>${items.map((one) => html`<${Delivery} key=${one.id} ...${{one, send: isOurs ? () => send([one]) : null, busy: told.busy}} />`)}</tbody>
        </table></div>`}
        ${more && html`<p class="quiet">These are the newest ${PAGE}.</p>`}`}<//>
    </section>`;
}

function Delivery({one, send, busy}) {
  const {position, event_type: type, state, attempts, status, answer, attempted_at: attempted, due_at: due} = one;
  return html`
    <tr>
      <th scope="row">${position ? html`<a href=${`/audit?before=${position + 1}`}>${type}</a>` : type}<br /><span class="quiet">position ${position}</span></th>
      <td><span class="badge" data-status=${{waiting: "paused", delivered: "running", dead: "failed"}[state]}>${STATES[state]}</span></td>
      <td>${counted(attempts, "time")}${attempted ? `, last ${timeText(attempted)}` : ""}${state === "waiting" && due ? html`<br /><span class="quiet">next ${timeText(due)}</span>` : ""}</td>
      <td>${[status, answer].filter(Boolean).join(": ")}</td>
      <td>${send && html`<button type="button" disabled=${busy} onClick=${send} aria-label=${`Send again: ${type} at position ${position}`}>Send again</button>`}</td>
    </tr>`;
}
