// The stack: every field with the layer that gave it, and under it what that layer hides.

import {html} from "./view.js";
import {fieldName, layerClass, layerText, timeText, valueText} from "./words.js";

const PREVIEW = "PREVIEW"; // the operation of what is not in force yet

/**
 * @typedef {{value: unknown, layer: string, actor?: string, at?: string, reason?: string, version?: number,
 *   config_id?: string, operation?: string, shadowed: {layer: string, value: unknown}[]}} Source
 * @typedef {Record<string, Record<string, Source>>} Sources by type and pointer
 */

/**
 * @param {{columns: {name: string, sources: Sources, pinned: Sources | null, pinnedAs: string, fresh: Set<string>}[], shows: {hidden: boolean, differing: boolean},
 *   onAbout: (about: object | null) => void, editOf: (type: string) => string}} props `editOf` gives the address where a type is changed; null where the caller may not
 */
export function Stack({columns, shows, onAbout, editOf}) {
  const types = [...new Set(columns.flatMap(({sources}) => Object.keys(sources)))].sort();
  const several = columns.length > 1 || columns.some(({pinned}) => pinned);
  return html`
    <div class="stack">
      ${types.map((type) => html`<${TypeStack} key=${type} ...${{type, columns, shows, several, onAbout, editOf}} />`)}
    </div>`;
}

function TypeStack({type, columns, shows, several, onAbout, editOf}) {
  const all = [...new Set(columns.flatMap(({sources, pinned}) => [...Object.keys(sources[type] ?? {}), ...Object.keys(pinned?.[type] ?? {})]))];
  const pointers = shows.differing && several ? all.filter((pointer) => differs(type, pointer, columns)) : all;
  if (!pointers.length) return null;
  return html`
    <section class="type" aria-labelledby=${`type-${type}`}>
      <div class="type-head"><h2 id=${`type-${type}`}>${type}</h2> ${editOf(type) && html`<a href=${editOf(type)} aria-label=${`Change ${type}`}>Change</a>`}</div>
      <div class="scroll">
        <table>
          <thead class=${columns.length > 1 ? "" : "unseen"}>
            <tr><th scope="col">Field</th>${columns.map(({name}) => html`<th scope="col">${name}</th>`)}</tr>
          </thead>
          <tbody>
            ${pointers.map(
              (pointer) => html`
                <tr key=${pointer} class=${several && differs(type, pointer, columns) ? "differs" : ""}>
                  <th scope="row"><${FieldName} pointer=${pointer} /></th>
                  ${columns.map((column) => html`<td><${Cell} ...${{type, pointer, column, shows, onAbout}} /></td>`)}
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </section>`;
}

/** The name of a field, which breaks where its words do. */
export function FieldName({pointer}) {
  return fieldName(pointer).split(/(?<=[_.])/).map((part) => html`${part}<wbr />`);
}

function Cell({type, pointer, column, shows, onAbout}) {
  const source = column.sources[type]?.[pointer];
  const pinned = column.pinned?.[type]?.[pointer];
  const before = column.pinned && !same(source?.value, pinned?.value) ? pinned : undefined;
  const about = (event) => onAbout({type, pointer, source, at: event.currentTarget.getBoundingClientRect()});
  return html`
    ${before !== undefined && html`<${Value} source=${before} was=${`${column.pinnedAs}: `} />`}
    ${column.pinned && before === undefined && !same(source?.value, pinned?.value) && html`<span class="was">nothing</span>`}
    ${source
      ? html`
          <button type="button" class=${`field ${layerClass(source.layer)} ${column.fresh.has(type + pointer) ? "fresh" : ""}`}
            onMouseEnter=${about} onFocus=${about} onMouseLeave=${() => onAbout(null)} onBlur=${() => onAbout(null)}>
            <span class="value">${valueText(source.value)}</span>
            <span class="from">${layerText(source.layer)}</span>
          </button>`
      : html`<span class="nothing">nothing</span>`}
    ${shows.hidden && source?.shadowed.map((one) => html`<${Value} source=${one} />`)}`;
}

/** A value that is not in force. */
function Value({source, was = ""}) {
  return html`
    <span class=${`hidden-value ${layerClass(source.layer)}`}>
      <s class="value">${valueText(source.value)}</s>
      <span class="from">${was}${layerText(source.layer)}</span>
    </span>`;
}

/** Who gave a field, when and why, and what it hides. */
export function About({about}) {
  if (!about?.source) return null;
  const {type, pointer, source, at} = about;
  const place = {left: `${Math.max(8, Math.min(at.left, innerWidth - 340))}px`, top: `${at.bottom + 6}px`};
  return html`
    <div class="about" role="tooltip" style=${place}>
      <p><strong>${type}.${fieldName(pointer)}</strong> from ${layerText(source.layer)}${source.version ? `, version ${source.version}` : ""}</p>
      ${source.operation === PREVIEW ? html`<p>when the change set is published</p>` : source.actor && html`<p>${source.actor}, ${timeText(source.at)}</p>`}
      ${source.reason && html`<p class="reason">${source.reason}</p>`}
      ${source.shadowed.length > 0 && html`<ul>${source.shadowed.map((one) => html`<li><s>${valueText(one.value)}</s> ${layerText(one.layer)}</li>`)}</ul>`}
    </div>`;
}

function differs(type, pointer, columns) {
  const seen = columns.flatMap(({sources, pinned}) => {
    const here = [sources[type]?.[pointer]?.value];
    return pinned ? [...here, pinned[type]?.[pointer]?.value] : here;
  });
  return seen.some((value) => !same(value, seen[0]));
}

export function same(one, other) {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

/** What changed from one answer to the next, as type and pointer. */
export function changedFields(before, after) {
  const found = new Set();
  for (const [type, fields] of Object.entries(after)) {
    for (const [pointer, {value, layer}] of Object.entries(fields)) {
      const was = before[type]?.[pointer];
      if (!was || !same(was.value, value) || was.layer !== layer) found.add(type + pointer);
    }
  }
  return found;
}
