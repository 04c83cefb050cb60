// Now, as it would be were a change set published.

import {ask} from "./api.js";
import {here} from "./address.js";
import {useAnswer} from "./asking.js";
import {addressOf} from "./change_sets.js";
import {html} from "./view.js";

/** Says that what is shown is not in force. */
export function Preview({id}) {
  const found = useAnswer((signal) => ask(`/api/change-sets/${encodeURIComponent(id)}`, {signal}), [id]);
  const name = found.data ? html`<bdi>${found.data.data.title}</bdi>` : "the change set";
  return html`
    <div class="notice preview" role="status">
      <p><strong>Not in force yet.</strong> This is what everybody here would get were <a href=${addressOf(id)}>${name}</a> published now; beside it stands what it would take the place of. <em>Change</em> saves into it.</p>
      <p><a href=${here({change_set: null, differing: null})}>Show what is in force</a></p>
    </div>`;
}
