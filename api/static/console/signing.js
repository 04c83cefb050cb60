// Signing in, and out.

import {actor} from "./api.js";
import {Trouble} from "./messages.js";
import {comeBack, signIn, signInElsewhere, signOut} from "./session.js";
import {html, useEffect, useRef, useState} from "./view.js";

/** In place of the page, where nobody is signed in. */
export function Welcome({session}) {
  return html`
    <section class="welcome" aria-labelledby="welcome">
      <h1 id="welcome">Sign in</h1>
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
      <${Ways} session=${session} inWindow=${true} />
      <p class="acts"><button type="button" onClick=${signOut}>Leave</button></p>
    </dialog>`;
}

/** @param {{session: object, inWindow?: boolean}} props `inWindow` leaves this page as it is */
function Ways({session, inWindow = false}) {
  const [state, setState] = useState({busy: false, problem: null});
  const elsewhere = async () => {
    const opened = inWindow ? open("", "_blank", "popup,width=560,height=680") : null;
    try {
      if (inWindow && !opened) throw new Error("the browser opened no window: allow this page to, and try again");
      await signInElsewhere(inWindow ? "/signed-in" : location.pathname + location.search, (to) => (opened ?? window).location.assign(to));
    } catch (problem) {
      opened?.close();
      setState({busy: false, problem});
    }
  };
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
    <${Trouble} problem=${state.problem ?? (session.problem && new Error(session.problem))} />
    ${session.issuer && html`
      <p class="elsewhere"><button type="button" class="main" onClick=${elsewhere}>Sign in with your organisation</button> <span class="quiet">at ${new URL(session.issuer).host}</span></p>`}
    <form class="panel" onSubmit=${submit}>
      <label>${session.issuer ? `Or with ${session.mode === "oidc" ? "a token" : "an API key"}` : name} <input type="password" name="credential" required autocomplete="current-password" spellcheck=${false} placeholder=${session.mode === "oidc" ? "" : "varve_…"} /></label>
      <p class="acts"><button type="submit" class=${session.issuer ? "" : "main"} disabled=${state.busy}>Sign in</button></p>
      <p class="quiet">It is kept in a cookie that no script can read, until you sign out or close the browser.
        ${session.mode !== "oidc" && html` An admin issues keys: <code>varve keys create</code>.`}</p>
    </form>`;
}

/** Where the window ends that was opened to sign in. */
export function SignedIn({session}) {
  const isIn = Boolean(session.principal);
  useEffect(() => void (isIn && comeBack()), [isIn]);
  const problem = !isIn && new Error(session.problem ?? "nobody is signed in");
  return html`<section class="empty"><h1>You can close this window</h1><${Trouble} problem=${problem} /><p>The console goes on in the one that you came from.</p></section>`;
}

export function NoRole({name}) {
  return html`<section class="empty"><h1>You have no role here yet</h1><p>You are known as <code>${name}</code>: ask an admin for a role, and sign in again.</p></section>`;
}

/** Who acts: whoever is signed in, or, where nobody is asked, whoever one says. */
export function Who({session}) {
  if (session?.mode === "open") return html`<${Actor} />`;
  if (!session?.principal) return null;
  const {name, roles} = session.principal;
  const places = Object.entries(roles).map(([environment, role]) => (environment === "*" ? role : `${role} in ${environment}`));
  return html`
    <span class="who"><span class="who-name" title=${name}>${name}</span> <span class="quiet">${places.join(", ") || "no role here"}</span>
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
