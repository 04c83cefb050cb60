// A form made of a config type's schema: each field is set here, or shows what it inherits.

import {keysOf, pointerOf, valueAt, withValue, without} from "./documents.js";
import {html, useState} from "./view.js";
import {layerClass, layerText, valueText} from "./words.js";

const LONG = 80; // characters, beyond which a text gets several lines

/**
 * @param {{schema: object, data: object, inherited: Record<string, {value: unknown, layer: string}>, faults: Record<string, string>,
 *   onData: (data: object) => void}} props `faults` and `inherited` by pointer
 */
export function Form({schema, data, inherited, faults, onData}) {
  return html`<div class="form">${fieldsOf(schema, []).map(
    ([keys, field]) => html`<${Field} key=${pointerOf(keys)} ...${{keys, field, data, inherited, faults, onData}} />`,
  )}</div>`;
}

/** Every field of a schema, as [keys, schema]; objects with named properties are opened. */
export function fieldsOf(schema, keys) {
  return Object.entries(schema.properties ?? {}).flatMap(([key, field]) =>
    typesOf(field).includes("object") && field.properties ? fieldsOf(field, [...keys, key]) : [[[...keys, key], field]],
  );
}

function typesOf(field) {
  return [field.type ?? []].flat();
}

function Field({keys, field, data, inherited, faults, onData}) {
  const pointer = pointerOf(keys);
  const value = valueAt(data, keys);
  const isSet = value !== undefined;
  const below = inherited[pointer] ?? {value: field.default, layer: "default"};
  const put = (next) => onData(withValue(data, keys, next));
  const toggle = (event) => (event.target.checked ? put(below.value ?? emptyOf(field)) : onData(without(data, keys)));
  const fault = faults[pointer];
  const id = `field${pointer}`;
  return html`
    <div class=${`form-field ${isSet ? "is-set" : ""}`}>
      <label class="form-set" title="give this field here, or leave it to the layers below">
        <input type="checkbox" checked=${isSet} onChange=${toggle} aria-label=${`set ${keys.join(".")} here`} />
      </label>
      <div>
        <label for=${id}>${keys.join(".")}</label>
        ${field.description && html`<p class="help" id=${`${id}-help`}>${field.description} ${boundsOf(field)}</p>`}
      </div>
      <div class="form-value">
        ${isSet
          ? html`<${Control} ...${{id, field, value, put}} isWrong=${Boolean(fault)} />`
          : html`<output id=${id} class=${`inherited ${layerClass(below.layer)}`}><span class="value">${valueText(below.value)}</span> <span class="from">${layerText(below.layer)}</span></output>`}
        ${isSet && html`<span class="instead">instead of ${valueText(below.value)} from ${layerText(below.layer)}</span>`}
        ${fault && html`<p class="fault" id=${`${id}-fault`} role="alert">${fault}</p>`}
      </div>
    </div>`;
}

/** The bounds in words, where the description does not tell them. */
function boundsOf({minimum, maximum, exclusiveMinimum, exclusiveMaximum, description}) {
  const low = minimum ?? exclusiveMinimum;
  const high = maximum ?? exclusiveMaximum;
  const isTold = [low, high].every((one) => one === undefined || description.includes(String(one)));
  if (isTold) return "";
  if (high === undefined) return `At least ${low.toLocaleString()}.`;
  return low === undefined ? `At most ${high.toLocaleString()}.` : `${low.toLocaleString()} to ${high.toLocaleString()}.`;
}

function emptyOf(field) {
  if (field.enum) return field.enum[0];
  const empty = {string: "", boolean: false, integer: field.minimum ?? 0, number: field.minimum ?? 0, array: [], object: {}};
  return empty[typesOf(field).find((type) => type !== "null")] ?? null;
}

/** The control that fits: what no other takes is written as JSON. */
function Control({id, field, value, put, isWrong}) {
  const types = typesOf(field);
  const common = {id, "aria-invalid": isWrong, "aria-describedby": `${id}-help ${id}-fault`};
  const nullable = types.includes("null");
  if (value !== null && typeof value === "object" && "$secret" in value) return html`<${Sealed} ...${{common, put}} />`;
  if (nullable && value === null) return html`<span class="null"><code>null</code> <button type="button" onClick=${() => put(emptyOf(field))}>Give a value</button></span>`;
  const toNull = nullable && html`<button type="button" onClick=${() => put(null)}>null</button>`;
  if (field.enum) return html`<${Choice} ...${{common, values: field.enum, value, put}} />`;
  if (types.includes("boolean") && typeof value === "boolean") return html`<${Choice} ...${{common, values: [true, false], value, put}} />`;
  if ((types.includes("integer") || types.includes("number")) && typeof value === "number") {
    const bounds = {min: field.minimum, max: field.maximum, step: types.includes("number") ? "any" : 1};
    return html`<input type="number" ...${common} ...${bounds} value=${value} onInput=${(event) => event.target.value !== "" && put(Number(event.target.value))} /> ${toNull}`;
  }
  if (types.includes("string") && typeof value === "string") return html`<${Text} ...${{common, field, value, put}} /> ${toNull}`;
  return html`<${Json} ...${{common, value, put}} />`;
}

function Choice({common, values, value, put}) {
  const index = values.findIndex((one) => JSON.stringify(one) === JSON.stringify(value));
  return html`
    <select ...${common} value=${String(index)} onChange=${(event) => put(values[Number(event.target.value)])}>
      ${index < 0 && html`<option value="-1" selected>${valueText(value)} (not among them)</option>`}
      ${values.map((one, n) => html`<option value=${String(n)} selected=${n === index}>${valueText(one)}</option>`)}
    </select>`;
}

function Text({common, field, value, put}) {
  const long = value.length > LONG || value.includes("\n") || field.maxLength > 1000;
  const input = (event) => put(event.target.value);
  if (long) return html`<textarea ...${common} rows=${Math.min(24, value.split("\n").length + 2)} onInput=${input} value=${value}></textarea>`;
  return html`<input type=${field["x-secret"] ? "password" : "text"} autocomplete="off" ...${common} value=${value} onInput=${input} />`;
}

function Sealed({common, put}) {
  return html`<span class="null">a secret, which stays as it is <button type="button" id=${common.id} onClick=${() => put("")}>Give another</button></span>`;
}

/** A text that must be JSON before it is taken. */
export function Json({common, value, put, rows = 4}) {
  const [text, setText] = useState(JSON.stringify(value, null, 2));
  const [fault, setFault] = useState("");
  const input = (event) => {
    setText(event.target.value);
    try {
      put(JSON.parse(event.target.value));
      setFault("");
    } catch (error) {
      setFault(error.message);
    }
  };
  return html`
    <textarea class="value" ...${common} rows=${Math.max(rows, Math.min(30, text.split("\n").length + 1))} spellcheck=${false} onInput=${input} value=${text}></textarea>
    ${fault && html`<p class="fault" role="alert">This is no JSON yet: ${fault}</p>`}`;
}

/** Faults by the pointer within the document, from those of a request that holds it. */
export function faultsIn(faults) {
  const found = {};
  for (const {pointer, message} of faults) {
    const keys = keysOf(pointer);
    const at = keys.indexOf("config_data");
    if (at >= 0) found[pointerOf(keys.slice(at + 1))] = message;
  }
  return found;
}
