// Whose settings are shown: an environment, and one context or several.

import {go, here} from "./address.js";
import {nameOf, textOf} from "./contexts.js";
import {EnvironmentPicker} from "./places.js";
import {html} from "./view.js";

export function Picker({environment, environments, contexts}) {
  const put = (texts) => go(here({context: texts.length === 1 && texts[0] === "" ? null : texts.map((text) => text || " ")}));
  const texts = contexts.map(textOf);
  const change = (n, event) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const context = [];
    if (form.get("user").trim()) context.push({kind: "user", id: form.get("user").trim()});
    for (const id of form.get("collections").split(",").map((part) => part.trim()).filter(Boolean)) context.push({kind: "collection", id});
    context.push(...contexts[n].filter(({kind}) => kind !== "user" && kind !== "collection"));
    put(texts.with(n, textOf(context)));
  };
  return html`
    <section class="picker" aria-label="Context">
      <${EnvironmentPicker} ...${{environment, environments}} />
      ${contexts.map(
        (context, n) => html`
          <form key=${`${n} ${texts[n]}`} onSubmit=${(event) => change(n, event)} aria-label=${nameOf(context)}>
            <label>User <input name="user" defaultValue=${idsOf(context, "user")} placeholder="everybody" autocomplete="off" spellcheck=${false} /></label>
            <label>Collections <input name="collections" defaultValue=${idsOf(context, "collection")} placeholder="none" autocomplete="off" spellcheck=${false} /></label>
            <button type="submit">Show</button>
            ${contexts.length > 1 && html`<button type="button" onClick=${() => put(texts.toSpliced(n, 1))}>Remove</button>`}
          </form>`,
      )}
      <button type="button" onClick=${() => put([...texts, texts.at(-1)])}>Compare with another</button>
    </section>`;
}

function idsOf(context, kind) {
  return context.filter((scope) => scope.kind === kind).map(({id}) => id).join(", ");
}
