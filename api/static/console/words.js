// Values, times and layers as people read them.

const TIME = new Intl.DateTimeFormat(undefined, {dateStyle: "medium", timeStyle: "medium"});
const PLAIN = ["default", "environment", "global", "release", "profile", "experiment", "user", "collection"];
const OTHERS = 4; // colours for kinds of scope that an installation adds

/** A value as it stands in JSON, but texts without quotes where they cannot be taken for anything else. */
export function valueText(value) {
  if (value === undefined) return "nothing";
  if (typeof value !== "string") return JSON.stringify(value);
  return /^[\p{L}\p{N} ._/:@-]*[\p{L}/][\p{L}\p{N} ._/:@-]*$/u.test(value) && !/^(true|false|null)$/.test(value) ? value : JSON.stringify(value);
}

/** "/a/b" as "a.b". */
export function fieldName(pointer) {
  return pointer.slice(1).split("/").map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~")).join(".");
}

/** @param {string} text a time of the service */
export function timeText(text) {
  return text ? TIME.format(new Date(text)) : "";
}

/** "collection:c-9" as "collection c-9"; the layer of environment variables is called so. */
export function layerText(layer) {
  if (layer === "environment") return "environment variables";
  const colon = layer.indexOf(":");
  return colon < 0 ? layer : `${layer.slice(0, colon)} ${layer.slice(colon + 1)}`;
}

/** The class that colours a layer, by its kind. */
export function layerClass(layer) {
  const kind = layer.split(":", 1)[0];
  if (PLAIN.includes(kind)) return `layer layer-${kind}`;
  const sum = [...kind].reduce((total, letter) => total + letter.codePointAt(0), 0);
  return `layer layer-other${sum % OTHERS}`;
}

/** Who did something: a key by the beginning of its id. */
export function whoText(name) {
  return name.replace(/^key:([0-9a-f]{8})[0-9a-f]+$/, "key $1");
}

/** "1 change", "2 changes". */
export function counted(count, one) {
  return `${count.toLocaleString()} ${count === 1 ? one : `${one}s`}`;
}

/** A number without digits that say nothing. */
export function numberText(value) {
  return Number(value.toPrecision(5)).toLocaleString();
}

/** A moment as the service takes it: times without an offset are those of this clock. */
export function momentOf(text) {
  if (text.startsWith("tag:") || /(Z|[+-]\d\d:?\d\d)$/i.test(text)) return text;
  const found = new Date(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00` : text.replace(" ", "T"));
  return Number.isNaN(found.getTime()) ? text : found.toISOString();
}
