// JSON documents by pointer, never changed in place.

const PLAIN = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/** @param {string} pointer such as "/a/b" */
export function keysOf(pointer) {
  return pointer.split("/").slice(1).map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
}

export function pointerOf(keys) {
  return keys.map((key) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** The value there; undefined where there is none. */
export function valueAt(document, keys) {
  return keys.reduce((value, key) => (PLAIN(value) && Object.hasOwn(value, key) ? value[key] : undefined), document);
}

/** The document with a value there. */
export function withValue(document, [key, ...rest], value) {
  const inner = PLAIN(document) ? document : {};
  return {...inner, [key]: rest.length ? withValue(inner[key], rest, value) : value};
}

/** The document without what is there, and without the objects that this empties. */
export function without(document, [key, ...rest]) {
  if (!PLAIN(document) || !Object.hasOwn(document, key)) return document;
  const {[key]: found, ...others} = document;
  const left = rest.length ? without(found, rest) : undefined;
  return rest.length && (!PLAIN(left) || Object.keys(left).length) ? {...document, [key]: left} : others;
}

/** Every field, as [pointer, value]; an empty object is a field. */
export function leaves(document, keys = []) {
  if (!PLAIN(document) || (keys.length && !Object.keys(document).length)) return keys.length ? [[pointerOf(keys), document]] : [];
  return Object.entries(document).flatMap(([key, value]) => leaves(value, [...keys, key]));
}

/** What differs between two documents, as {pointer, before, after}. */
export function differences(before, after) {
  const [left, right] = [new Map(leaves(before ?? {})), new Map(leaves(after ?? {}))];
  return [...new Set([...left.keys(), ...right.keys()])]
    .map((pointer) => ({pointer, before: left.get(pointer), after: right.get(pointer)}))
    .filter((one) => JSON.stringify(one.before) !== JSON.stringify(one.after));
}

/** Their document with my changes. */
export function merged(base, mine, theirs) {
  return differences(base, mine).reduce(
    (document, {pointer, after}) => (after === undefined ? without(document, keysOf(pointer)) : withValue(document, keysOf(pointer), after)),
    theirs,
  );
}
