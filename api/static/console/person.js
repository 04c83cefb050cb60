// Who did something.

import {ownName} from "./session.js";
import {html} from "./view.js";
import {whoText} from "./words.js";

/** A name as others recorded it; one's own is "you". */
export function Person({name}) {
  return html`<bdi class="person" title=${name}>${name === ownName() ? "you" : name === "varve" ? "the service" : whoText(name)}</bdi>`;
}

export function People({names}) {
  return names.map((name, n) => html`${n > 0 && ", "}<${Person} key=${name} name=${name} />`);
}
