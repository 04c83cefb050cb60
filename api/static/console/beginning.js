// Ways in: the example, or a file of one's own. What a file would do is told before it is done.

import {ask} from "./api.js";
import {useAnswer} from "./asking.js";
import {Trouble} from "./messages.js";
import {may} from "./session.js";
import {html, useState} from "./view.js";
import {counted} from "./words.js";

const IMPORTS = "/api/imports";
const ENDINGS = ".env, .toml, .yaml, .yml, .json";

/** Where nothing is set yet at all. */
export function Beginning({environment}) {
  const any = useAnswer((signal) => ask("/api/runtime-configs/", {query: [["limit", "1"]], signal}), [environment]);
  if (!any.data || any.data.data.items.length || !may("settings.import", environment)) return null;
  return html`
    <section class="beginning" aria-labelledby="beginning">
      <h2 id="beginning">Nothing is set here yet</h2>
      <p class="quiet">Below is what everybody gets: the defaults of the types. Begin with the example, or with settings that you have.</p>
      <div class="sides halves"><${Example} environment=${environment} /><${FileIn} environment=${environment} /></div>
    </section>`;
}

function Example({environment}) {
  const [state, setState] = useState({busy: false, problem: null});
  const load = async () => {
    setState({busy: true, problem: null});
    try {
      const {data} = await ask("/console/example.json");
      await ask(IMPORTS, {method: "POST", body: {kind: "bundle", bundle: placed(data, environment), reason: "the example"}});
      setState({busy: false, problem: null});
    } catch (problem) {
      setState({busy: false, problem});
    }
  };
  return html`
    <div class="panel">
      <h3>The example</h3>
      <p>Settings of a RAG application, as its environment variables give them, and one collection of contracts with longer chunks.</p>
      <${Trouble} problem=${state.problem} />
      <p class="acts"><button type="button" class="main" disabled=${state.busy} onClick=${load}>Load the example</button></p>
    </div>`;
}

/** The bundle, for another environment than it was made for. */
function placed(bundle, environment) {
  const [variables] = Object.values(bundle.environment_variables);
  return {...bundle, environment_variables: {[environment]: variables}, configs: bundle.configs.map((one) => ({...one, environment}))};
}

/** A file that is chosen, or dropped: first what it would do, then whether it shall. */
export function FileIn({environment}) {
  const [file, setFile] = useState(null);
  const [over, setOver] = useState(false);
  const [defines, setDefines] = useState(false);
  const [state, setState] = useState({would: null, done: null, problem: null});
  const send = async (asked, query) => (await ask(IMPORTS, {method: "POST", query, body: {kind: "file", environment, ...asked}})).data;
  const look = async (asked) => {
    setFile(asked);
    setState({would: null, done: null, problem: null});
    send(asked, [["dry_run", "true"]]).then((would) => setState({would, done: null, problem: null}), (problem) => setState({would: null, done: null, problem}));
  };
  const take = async (files) => {
    if (files.length) look({name: files[0].name, text: await files[0].text(), define: defines});
  };
  const drop = (event) => {
    event.preventDefault();
    setOver(false);
    take(event.dataTransfer.files);
  };
  const carryOut = () => send(file, []).then((done) => setState({would: null, done, problem: null}), (problem) => setState((was) => ({...was, problem})));
  const {would, done, problem} = state;
  return html`
    <div class=${`panel drop ${over ? "is-over" : ""}`} onDragOver=${(event) => (event.preventDefault(), setOver(true))} onDragLeave=${() => setOver(false)} onDrop=${drop}>
      <h3>A file of yours</h3>
      <p>Drop it here: environment variables, what <code>varve export</code> wrote, or a document whose sections bear the names of types.</p>
      <label>File (${ENDINGS}) <input type="file" accept=${ENDINGS} onChange=${(event) => take(event.target.files)} /></label>
      <label class="check"><input type="checkbox" checked=${defines} onChange=${(event) => (setDefines(event.target.checked), file && look({...file, define: event.target.checked}))} /> make types for sections that have none</label>
      <${Trouble} problem=${problem} />
      ${would && html`<div role="status"><h4>${file.name} would set</h4><${Told} told=${would} /></div><p class="acts"><button type="button" class="main" onClick=${carryOut}>Import it</button></p>`}
      ${done && html`<div role="status" class="done"><h4>Imported from ${file.name}</h4><${Told} told=${done} /></div>`}
    </div>`;
}

function Told({told}) {
  const lines = told.kind === "env" ? variablesOf(told) : documentsOf(told);
  return html`<ul>${lines.map((line) => html`<li>${line}</li>`)}</ul>`;
}

function variablesOf({values, problems, hidden}) {
  const set = Object.entries(values).map(([type, fields]) => `${type}: ${counted(Object.keys(fields).length, "field")}`);
  const skipped = problems.map(({variable, message}) => `skipped ${variable}: ${message}`);
  return [...(set.length ? set : ["nothing: no variable is a setting"]), ...skipped, ...hidden.map((one) => `${one.config_type}${one.pointer} is hidden by ${one.hidden_by}`)];
}

function documentsOf(told) {
  const counts = [`${told.created} new, ${told.updated} changed, ${told.unchanged} as they were`];
  const lists = [["types made", told.types_defined], ["not taken, for no type bears the name", told.unmapped], ["left out", told.dropped]];
  return [...counts, ...lists.filter(([, names]) => names.length).map(([what, names]) => `${what}: ${names.join(", ")}`)];
}
