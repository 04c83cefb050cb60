// What several pages are made of: an answer or why there is none, a form that sends one command, a secret that is told once.

import {Trouble, Waiting} from "./messages.js";
import {html, useEffect, useRef, useState} from "./view.js";

/** What was asked for, or why it cannot be shown. */
export function Shown({answer, children}) {
  return html`<${Trouble} problem=${answer.problem} />${answer.data ? children(answer.data) : !answer.problem && html`<${Waiting} />`}`;
}

/**
 * A form that sends one command, and tells what is wrong with it; what was typed stays then.
 * @param {{title: string, act: string, send: (said: FormData) => Promise<unknown>, done?: string, keeps?: boolean, isFolded?: boolean, beside?: unknown, children?: unknown}} props
 *   `done` is said after it; `keeps` leaves the fields as they are; `isFolded` shows the title alone at first; `beside` stands beside the button
 */
export function Act({title, act, send, done = "", keeps = false, isFolded = false, beside, children}) {
  const [state, setState] = useState({busy: false, problem: null, said: ""});
  const submit = async (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    setState({busy: true, problem: null, said: ""});
    try {
      await send(new FormData(form));
      if (!keeps) form.reset();
      setState({busy: false, problem: null, said: done});
    } catch (problem) {
      setState({busy: false, problem, said: ""});
    }
  };
  return html`
    <form class="panel" onSubmit=${submit}>
      <details open=${!isFolded}>
        <summary>${title}</summary>
        ${children}
        <${Trouble} problem=${state.problem} />
        <p class="acts"><button type="submit" class="main" disabled=${state.busy}>${act}</button>${beside}</p>
      </details>
      <p role="status" class=${state.said ? "done" : "unseen"}>${state.said}</p>
    </form>`;
}

/** A button that does one thing at once, and tells what is wrong with it. */
export function Button({act, children, ...more}) {
  const [state, setState] = useState({busy: false, problem: null});
  const run = async () => {
    setState({busy: true, problem: null});
    try {
      await act();
      setState({busy: false, problem: null});
    } catch (problem) {
      setState({busy: false, problem});
    }
  };
  return html`<button type="button" disabled=${state.busy} onClick=${run} ...${more}>${children}</button><${Trouble} problem=${state.problem} />`;
}

/** A document in full, which the keyboard can scroll. */
export function Whole({name, value}) {
  return html`<pre class="value" tabindex="0" role="region" aria-label=${name}>${JSON.stringify(value, null, 2)}</pre>`;
}

/** A secret that the service tells this once. */
export function Once({title, text, children, onDone}) {
  const [said, setSaid] = useState("");
  const [copied, button] = [useRef(null), useRef(null)];
  useEffect(() => button.current.focus(), [text]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid("Copied.");
    } catch {
      getSelection().selectAllChildren(copied.current);
      setSaid("It is selected: copy it with the keyboard.");
    }
  };
  return html`
    <div class="notice" role="status">
      <h2>${title}</h2>
      <p><code class="value" ref=${copied}>${text}</code></p>
      <p>${children}</p>
      <p class="acts"><button type="button" class="main" ref=${button} onClick=${copy}>Copy</button> <button type="button" onClick=${onDone}>I have it</button> ${said}</p>
    </div>`;
}

/** Raises an error in words where a text is no JSON. */
export function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`this is no JSON yet: ${error.message}`);
  }
}
