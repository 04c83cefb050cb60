// For whom settings are looked up: as text in addresses, as parameters in requests.

/**
 * @typedef {{kind: string, id: string}} Scope
 * @typedef {Scope[]} Context the scopes that are known; of several collections the first is the strongest
 */

/** @param {string} text such as "user:u-1,collection:c-9" */
export function contextOf(text) {
  return text.split(",").filter(Boolean).map(scopeOf);
}

/** @returns {Scope} */
export function scopeOf(text) {
  const [kind, ...id] = text.split(":");
  return {kind, id: decodeURIComponent(id.join(":"))};
}

/** @param {Context} context */
export function textOf(context) {
  return context.map(({kind, id}) => `${kind}:${encodeURIComponent(id)}`).join(",");
}

/** @param {Context} context */
export function nameOf(context) {
  return context.map(({kind, id}) => `${kind} ${id}`).join(" · ") || "everybody";
}

/** What a request says of a context. */
export function parametersOf(environment, context) {
  const parameters = [["environment", environment]];
  for (const {kind, id} of context) {
    if (kind === "collection") parameters.push(["collection_id", id]);
    else if (kind !== "user") parameters.push(["scope", encodeURIComponent(`${kind}:${id}`)]);
  }
  return parameters;
}

/** The user of a context, null where none is known. */
export function userOf(context) {
  return context.find(({kind}) => kind === "user")?.id ?? null;
}

/** The address of the effective configs of a context. */
export function effectivePath(context) {
  const user = userOf(context);
  const path = "/api/runtime-configs/effective";
  return user === null ? path : `${path}/${encodeURIComponent(user)}`;
}
