// The history of one config: every version with its difference, who gave each field, and the ways back.

import {ask, listed} from "./api.js";
import {Changes} from "./changes.js";
import {Dialog} from "./dialog.js";
import {differences, leaves} from "./documents.js";
import {Drafted} from "./drafting.js";
import {Empty, Trouble, Waiting} from "./messages.js";
import {mayAnywhere, mayChange} from "./session.js";
import {FieldName} from "./stack.js";
import {html, useEffect, useState} from "./view.js";
import {timeText, valueText} from "./words.js";

/** Versions that make a config what it was before, or bring it back, are told from those that change it. */
const DONE = {CREATE: "created", UPDATE: "changed", DELETE: "deleted", DEFAULT: "default", ROLLBACK: "rolled back"};

export function History({query}) {
  const id = query.get("id");
  const [asked, setAsked] = useState(null);
  const [set, setSet] = useState(null); // the change set that it became, where others must approve
  const {steps, config, problem, again} = useHistory(id);
  useEffect(() => document.getElementById(location.hash.slice(1))?.scrollIntoView(), [id, Boolean(steps)]);
  if (problem) return html`<${Trouble} problem=${problem} />`;
  if (!steps) return html`<${Waiting} />`;
  if (!steps.length) return html`<${Empty} title="This config has no history" />`;
  const newest = steps[0];
  const isOurs = config ? mayChange(config.environment, scopeText(config)) : mayAnywhere("configs.change");
  const place = config && `for ${config.scope === "global" ? "everybody" : `${config.scope_kind} ${config.scope_id}`} in ${config.environment}, named ${config.name}`;
  return html`
    <header class="page-head">
      <h1>${config?.config_type ?? "A config that was deleted"} <small>${place}</small></h1>
      ${config && isOurs && html`<p><a href=${`/edit?environment=${encodeURIComponent(config.environment)}&scope=${encodeURIComponent(scopeText(config))}&type=${encodeURIComponent(config.config_type)}`}>Change it</a></p>`}
    </header>
    ${set && html`<${Drafted} set=${set} />`}
    <div class="history">
      <ol class="versions" aria-label="Versions, newest first">
        ${steps.map((step) => html`<${Version} key=${step.position} ...${{step, newest, onAsk: isOurs ? setAsked : null}} />`)}
      </ol>
      <${Blame} steps=${steps} />
    </div>
    ${asked && html`<${Question} ...${{asked, id, steps, onClose: () => setAsked(null), onDone: ({data, status}) => (setSet(status === 202 ? data : null), again())}} />`}`;
}

export function scopeText({scope_kind: kind, scope_id: id}) {
  return id ? `${kind}:${id}` : kind;
}

function useHistory(id) {
  const [count, setCount] = useState(0);
  const [found, setFound] = useState({steps: null, config: null, problem: null});
  useEffect(() => {
    const ending = new AbortController();
    const {signal} = ending;
    const path = `/api/runtime-configs/${encodeURIComponent(id)}`;
    const present = ask(path, {signal}).catch((problem) => (problem.status === 404 ? {data: null} : Promise.reject(problem)));
    Promise.all([listed(`${path}/history`, {query: [["limit", "500"]], signal}), present]).then(
      ([{items}, {data}]) => setFound({steps: items, config: data, problem: null}),
      (problem) => problem.name !== "AbortError" && setFound((was) => ({...was, problem})),
    );
    return () => ending.abort();
  }, [id, count]);
  return {...found, again: () => setCount((n) => n + 1)};
}

function Version({step, newest, onAsk}) {
  const {version, operation, changed_at: at, changed_by: by, reason, restores, changed} = step;
  const others = Object.entries(changed).map(([name, [before, after]]) => ({pointer: `/${name}`, before, after}));
  return html`
    <li class=${`version ${location.hash === `#version-${version}` ? "is-meant" : ""}`} id=${`version-${version}`}>
      <div class="version-head">
        <strong>Version ${version}</strong>
        <span>${DONE[operation] ?? operation}${restores ? ` to version ${restores}` : ""} by ${by}</span>
        <time datetime=${at}>${timeText(at)}</time>
      </div>
      ${reason && html`<p class="reason">${reason}</p>`}
      <${Changes} changes=${[...differences(step.old_data, step.new_data), ...others]} empty="No field changed." />
      ${onAsk && html`<p class="acts">
        ${step !== newest && operation !== "DELETE" && html`<button type="button" onClick=${() => onAsk({act: "roll back", step})}>Roll back to this</button>`}
        <button type="button" onClick=${() => onAsk({act: "undo", step})}>Undo this change</button>
      </p>`}
    </li>`;
}

function Question({asked: {act, step}, id, steps, onClose, onDone}) {
  const newest = steps[0];
  const rollback = (reason) => ask(`/api/runtime-configs/${id}/rollback`, {method: "POST", body: {to_version: step.version, reason}}).then(onDone);
  const undo = async (reason) => onDone(await ask(`/api/events/${await eventOf(step, steps, id)}/undo`, {method: "POST", body: {reason}}));
  if (act === "undo")
    return html`
      <${Dialog} title=${`Undo version ${step.version}`} act="Undo it" onAct=${undo} onClose=${onClose}>
        <p>Its fields become again what they were before it. What was changed since stays; where both touch the same field, you are told.</p>
        <${Changes} changes=${differences(step.new_data, step.old_data)} />
      <//>`;
  return html`
    <${Dialog} title=${`Roll back to version ${step.version}`} act="Roll back" onAct=${rollback} onClose=${onClose}>
      <p>It becomes the newest version. Nothing is lost: this can be rolled back too.</p>
      <${Changes} changes=${differences(newest.new_data, step.new_data)} />
    <//>`;
}

/** Where the event of a version stands in the log: a version tells where its commit ends, which others may share. */
async function eventOf(step, steps, id) {
  const after = steps.find(({position}) => position < step.position)?.position ?? 0;
  const {items} = await listed("/api/events", {query: [["subject", id], ["after", String(after)]], most: 1});
  return items.find(({stream_version: version}) => version === step.version).position;
}

/** Who gave each field the value that it has. */
function Blame({steps}) {
  const fields = leaves(steps[0].new_data ?? {});
  const giver = (pointer) => steps.find(({old_data: before, new_data: after}) => differences(before, after).some((one) => one.pointer === pointer)) ?? steps.at(-1);
  return html`
    <section class="blame type" aria-labelledby="blame">
      <h2 id="blame">Who gave each field</h2>
      <table>
        <thead class="unseen"><tr><th scope="col">Field</th><th scope="col">Value</th><th scope="col">By</th></tr></thead>
        <tbody>
          ${fields.map(([pointer, value]) => {
            const {version, changed_by: by} = giver(pointer);
            return html`<tr key=${pointer}><th scope="row"><${FieldName} pointer=${pointer} /></th><td class="value">${valueText(value)}</td><td>${by}, <a href=${`#version-${version}`}>version ${version}</a></td></tr>`;
          })}
        </tbody>
      </table>
    </section>`;
}
