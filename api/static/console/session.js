// Who is signed in, and what they may do. The page offers nothing else; the service decides all the same.

import {actor, ask, door} from "./api.js";
import {useConnection} from "./connection.js";
import {useEffect, useState} from "./view.js";

const SESSION = "/console/session";
const others = new BroadcastChannel("varve.session"); // the other tabs of this browser

let known = {session: null, problem: null, isLapsed: false};
let waiting = []; // for somebody to be signed in again
const watching = new Set();

function put(changes) {
  known = {...known, ...changes};
  for (const tell of watching) tell(known);
}

/** @returns {{session: Session | null, problem: Error | null, isLapsed: boolean}} lapsed: the session ended while the page was used */
export function useSession() {
  const [found, setFound] = useState(known);
  const {returns} = useConnection();
  useEffect(() => {
    watching.add(setFound);
    others.onmessage = lookAgain;
    return () => watching.delete(setFound);
  }, []);
  useEffect(() => void lookAgain(), [returns]);
  return found;
}

/** Ask who is signed in. */
export async function lookAgain() {
  try {
    const {data} = await ask(SESSION);
    actor.isAsked = data.mode === "open";
    // Who was signed in a moment ago is asked over the page, so that what they typed stays.
    const isLapsed = !data.principal && Boolean(known.session?.principal);
    put(isLapsed ? {isLapsed, session: {...known.session, problem: data.problem}} : {session: data, problem: null, isLapsed: false});
    if (data.principal) goOn(true);
  } catch (problem) {
    put({problem});
  }
}

/** Leave for the organisation's issuer; the way back leads to `to`. */
export async function signInElsewhere(to, leave) {
  const {data} = await ask("/console/sign-in", {method: "POST", body: {to}});
  leave(data.location);
}

/** The window that was opened to sign in is back: the others may go on. */
export function comeBack() {
  others.postMessage("signed in");
  close();
}

/** @param {string} credential a key, or a token */
export async function signIn(credential) {
  await ask(SESSION, {method: "POST", body: {credential}});
  await lookAgain();
  others.postMessage("signed in");
}

export async function signOut() {
  await ask(SESSION, {method: "DELETE"});
  put({session: {...known.session, principal: null, can: null, problem: null}, isLapsed: false});
  goOn(false);
  others.postMessage("signed out");
}

function goOn(isIn) {
  for (const tell of waiting.splice(0)) tell(isIn);
}

door.reopened = async () => {
  if (!known.session?.principal) return false;
  if (!known.isLapsed) put({isLapsed: true});
  return new Promise((resolve) => waiting.push(resolve));
};

/** The name under which what the caller does is recorded. */
export function ownName() {
  return known.session?.principal?.name ?? (actor.get() || "anonymous");
}

const RECORDS_NOTHING = /\.read$|^service\.operate$/;

/** Whether this can be done now, in an environment; without one, to what all environments share. A service that is read only takes no command. */
export function may(action, environment) {
  return (RECORDS_NOTHING.test(action) || !known.session?.read_only) && mayKnow(action, environment);
}

/** Whether the caller has the right to it, also where nothing can be done: enough to see what it is about. */
export function mayKnow(action, environment) {
  if (known.session?.mode === "open") return true;
  const can = known.session?.can ?? {installation: [], environments: {}};
  if (environment === undefined) return can.installation.includes(action);
  return (can.environments[environment] ?? can.environments["*"] ?? []).includes(action);
}

/** Whether the caller sees its own alone, and of an environment nothing that is told of the whole. */
export function isBound() {
  return Boolean(known.session?.principal?.is_bound);
}

/** Whether it can be done in some environment or other. */
export function mayAnywhere(action) {
  return [undefined, ...Object.keys(known.session?.can?.environments ?? {})].some((environment) => may(action, environment));
}

/** Whether the caller may change what is set at a scope: editors change their own; of collections the service knows whose they are. */
export function mayChange(environment, scope) {
  const principal = known.session?.principal;
  if (!may("configs.change", environment)) return false;
  const role = principal?.roles[environment] ?? principal?.roles["*"];
  if (!principal || (role !== "editor" && !principal.is_bound)) return true;
  return scope === `user:${principal.user_id}` || scope.startsWith("collection:");
}

/** Why somebody may look alone: what is said of their rights, unless nobody may change anything. */
export function whyNot(rights) {
  return known.session?.read_only ? "This server takes no changes." : rights;
}
