// Small pictures of numbers; each says in words what it shows.

import {html} from "./view.js";
import {numberText} from "./words.js";

const [WIDTH, HEIGHT, EDGE] = [150, 20, 5];

/** "at least 30, at most 60". */
export function boundText({at_least: low, at_most: high}) {
  if (low !== null && low === high) return `exactly ${numberText(low)}`;
  const parts = [low !== null && `at least ${numberText(low)}`, high !== null && `at most ${numberText(high)}`];
  return parts.filter(Boolean).join(", ") || "nothing to hold it to";
}

/**
 * Where a value lies, over the range that it may have.
 * @param {{value: number | null, bound: {at_least: number | null, at_most: number | null}, state: string}} props
 */
export function BoundPlot({value, bound, state}) {
  const {at_least: low, at_most: high} = bound;
  const known = [0, value, low, high].filter((one) => one !== null);
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const span = (most - least || 1) * 1.25;
  const x = (one) => EDGE + ((one - least) / span) * (WIDTH - 2 * EDGE);
  const [from, to] = [low === null ? 0 : x(low), high === null ? WIDTH : x(high)];
  return html`
    <svg class="plot" data-state=${state} viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} width=${WIDTH} height=${HEIGHT} role="img" aria-label=${`${value === null ? "not measured" : numberText(value)}; ${boundText(bound)}`}>
      <line class="axis" x1="0" x2=${WIDTH} y1="10" y2="10" />
      ${(low !== null || high !== null) && html`<rect class="range" x=${Math.min(from, to - 4)} y="5" width=${Math.max(to - from, 4)} height="10" rx="2" />`}
      ${value !== null && html`<circle cx=${x(value)} cy="10" r="4.5" />`}
    </svg>`;
}

/**
 * How a value went, the oldest first; null where it was not measured.
 * @param {{values: (number | null)[], isBad: (value: number) => boolean, name: string}} props
 */
export function Sparkline({values, isBad, name}) {
  const known = values.filter((one) => one !== null);
  if (known.length < 2) return html`<span class="quiet">${known.length ? "one report" : ""}</span>`;
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const x = (n) => EDGE + (n / (values.length - 1)) * (WIDTH - 2 * EDGE);
  const y = (one) => HEIGHT - EDGE - (most === least ? 0.5 : (one - least) / (most - least)) * (HEIGHT - 2 * EDGE);
  const path = values.map((one, n) => (one === null ? "" : `${n === 0 || values[n - 1] === null ? "M" : "L"}${x(n).toFixed(1)} ${y(one).toFixed(1)}`)).join("");
  const bad = values.flatMap((one, n) => (one !== null && isBad(one) ? [[n, one]] : []));
  const text = `${name} over ${known.length} reports: ${numberText(least)} to ${numberText(most)}, ${bad.length} of them beyond the bounds`;
  return html`
    <svg class="plot" viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} width=${WIDTH} height=${HEIGHT} role="img" aria-label=${text}>
      <path class="course" d=${path} />
      ${bad.map(([n, one]) => html`<circle class="bad" cx=${x(n)} cy=${y(one)} r="2.5" />`)}
    </svg>`;
}
