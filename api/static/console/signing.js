// Signing in, and out.

import {actor} from "./api.js";
import {Trouble} from "./messages.js";
import {signIn, signOut} from "./session.js";
import {html, useEffect, useRef, useState} from "./view.js";

/** In place of the page, where nobody is signed in. */
export function Welcome({session}) {
  return html`
    <section class="welcome" aria-labelledby="welcome">
      <h1 id="welcome">Sign in</h1>
      ${session.problem && html`<p class="trouble" role="alert">${session.problem}</p>`}
      <${Ways} session=${session} />
    </section>`;
}

/** Over the page, where the session has ended: what was typed stays, and what was asked is asked again. */
export function Again({session}) {
  const dialog = useRef(null);
  useEffect(() => {
    dialog.current.showModal();
  }, []);
  const stay = (event) => event.preventDefault();
  return html`
    <dialog ref=${dialog} class="again" onCancel=${stay} aria-labelledby="again">
      <h2 id="again">Sign in again</h2>
      <p>Your session has ended. Nothing on the page is lost: it goes on where it was.</p>
      <${Ways} session=${session} />
      <p class="acts"><button type="button" onClick=${signOut}>Leave</button></p>
    </dialog>`;
}

function Ways({session}) {
  const [state, setState] = useState({busy: false, problem: null});
  const submit = async (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    setState({busy: true, problem: null});
    try {
      await signIn(new FormData(form).get("credential").trim());
    } catch (problem) {
      setState({busy: false, problem});
    }
  };
  const name = session.mode === "oidc" ? "Token" : "API key";
  return html`
    <form class="panel" onSubmit=${submit}>
      <label>${name} <input type="password" name="credential" required autocomplete="current-password" spellcheck="false" placeholder=${session.mode === "oidc" ? "" : "varve_…"} /></label>
      <${Trouble} problem=${state.problem} />
      <p class="acts"><button type="submit" class="main" disabled=${state.busy}>Sign in</button></p>
      <p class="quiet">It is kept in a cookie that no script can read, until you sign out or close the browser.
        ${session.mode !== "oidc" && html` An admin issues keys: <code>varve keys create</code>.`}</p>
    </form>`;
}

/** Who acts: whoever is signed in, or, where nobody is asked, whoever one says. */
export function Who({session}) {
  if (session?.mode === "open") return html`<${Actor} />`;
  if (!session?.principal) return null;
  const {name, roles} = session.principal;
  const places = Object.entries(roles).map(([environment, role]) => (environment === "*" ? role : `${role} in ${environment}`));
  return html`
    <span class="who"><span class="who-name" title=${name}>${name}</span> <span class="quiet">${places.join(", ")}</span>
      <button type="button" onClick=${signOut}>Sign out</button>
    </span>`;
}

function Actor() {
  const [name, setName] = useState(actor.get());
  const keep = (event) => (actor.set(event.target.value.trim()), setName(event.target.value.trim()));
  return html`
    <label class="actor" title="This service asks for no key: it believes who you say you are.">You are
      <input value=${name} placeholder="anonymous" autocomplete="name" onChange=${keep} />
    </label>`;
}
