// Releases: the environments side by side, what moves from one to the next, and each change set by itself.

import {here} from "./address.js";
import {ChangeSet} from "./change_set.js";
import {Board} from "./change_sets.js";
import {Differing} from "./differing.js";
import {Trouble, Waiting} from "./messages.js";
import {useStages} from "./stages.js";
import {useTold} from "./told.js";
import {html, useState} from "./view.js";

const VIEWS = [
  {name: null, title: "Change sets", view: Board},
  {name: "differences", title: "What differs", view: Differing},
];

export function Releases({query, environments}) {
  const id = query.get("change_set");
  return id ? html`<${ChangeSet} key=${id} id=${id} />` : html`<${Overview} ...${{query, last: environments.at(-1)}} />`;
}

function Overview({query, last}) {
  const [said, setSaid] = useState("");
  const {told, looks} = useTold(query.get("to") ?? last);
  const stages = useStages([looks]);
  const chosen = VIEWS.find(({name}) => name === query.get("view")) ?? VIEWS[0];
  const done = (text) => (setSaid(text), stages.again());
  return html`
    <header class="page-head">
      <h1>Releases <small>drafts that come into force together, one environment after the other</small></h1>
      <nav class="tabs" aria-label="Views">${VIEWS.map((one) => html`<a href=${here({view: one.name, to: null})} aria-current=${one === chosen ? "page" : undefined}>${one.title}</a>`)}</nav>
    </header>
    <p role="status" class=${said ? "done" : "unseen"}>${said}</p>
    <${Trouble} problem=${stages.problem} />
    ${stages.data ? html`<${chosen.view} ...${{query, stages: stages.data, told, looks, onDone: done}} />` : !stages.problem && html`<${Waiting} />`}`;
}
