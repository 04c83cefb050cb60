// What somebody got at a moment, made from the raw events alone, beside what the views say.

import {Whole} from "./acts.js";
import {ask} from "./api.js";
import {useAnswer} from "./asking.js";
import {go, here} from "./address.js";
import {Trouble, Waiting} from "./messages.js";
import {environmentOf} from "./places.js";
import {html} from "./view.js";
import {counted, momentOf} from "./words.js";

const NOW = "now";

/** The address holds what is replayed: `replay` is the moment, `in` the environment. */
export function Replay({query, environments}) {
  const asked = query.get("replay");
  const [user, collection] = [query.get("user"), query.get("collection")];
  const environment = environments.includes(query.get("in")) ? query.get("in") : environmentOf(query, environments);
  const who = {environment, user_id: user, collection_id: collection};
  const found = useAnswer((signal) => (asked === null ? Promise.resolve(null) : replayed(who, asked, signal)), [asked, user, collection, environment]);
  const submit = (event) => {
    event.preventDefault();
    const said = new FormData(event.currentTarget);
    const address = here({in: said.get("in"), user: said.get("user").trim(), collection: said.get("collection").trim(), replay: said.get("moment").trim() || NOW});
    if (address === location.pathname + location.search) found.again();
    else go(address);
  };
  const data = asked !== null && found.data?.data;
  return html`
    <form class="panel" onSubmit=${submit}>
      <h2>Replay to a moment</h2>
      <p class="quiet">What somebody got then, made from the raw events alone, beside what the views say.</p>
      <label>Environment <select name="in">${environments.map((name) => html`<option value=${name} selected=${name === environment}>${name}</option>`)}</select></label>
      <label>User <input name="user" autocomplete="off" placeholder="everybody" defaultValue=${user ?? ""} /></label>
      <label>Collection <input name="collection" autocomplete="off" placeholder="none" defaultValue=${collection ?? ""} /></label>
      <label>Moment <input name="moment" autocomplete="off" placeholder="now; a time, a position, tag:NAME" defaultValue=${asked === NOW ? "" : (asked ?? "")} /></label>
      <p class="acts"><button type="submit" class="main">Replay</button></p>
      <${Trouble} problem=${found.problem} />
      ${asked !== null && !data && !found.problem && html`<${Waiting} />`}
      ${data && html`
        <p role="status" class=${data.equal ? "done" : "trouble"}>${data.equal ? "Equal" : "Not equal"}, after ${counted(data.events_read, "event")} to position ${data.position}.</p>
        <p class="digest">digest <code class="value">${data.replayed_digest}</code></p>
        ${data.effective && html`<details><summary>What was served</summary><${Whole} name="What was served" value=${data.effective} /></details>`}`}
    </form>`;
}

function replayed(who, asked, signal) {
  const moment = asked === NOW ? {} : /^\d+$/.test(asked) ? {position: Number(asked)} : {as_of: momentOf(asked)};
  return ask("/api/audits/replay", {method: "POST", body: {...who, ...moment, explain: true}, signal});
}
