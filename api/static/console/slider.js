// The time slider: a step for each change of what is shown, and now at the end.

import {html, useEffect, useRef, useState} from "./view.js";
import {counted, timeText} from "./words.js";

const PLAY_MS = 700;

/**
 * @param {{turns: Turn[], index: number, pinned: number | null, onIndex: (index: number) => void, onPin: () => void}} props
 *   `index` is the number of a turn; `turns.length` is now.
 * @typedef {{position: number, at: string, actor: string, operation: string, changes: Record<string, object[]>}} Turn
 */
export function Slider({turns, index, pinned, onIndex, onPin}) {
  const [playing, setPlaying] = useState(false);
  const now = turns.length;
  useEffect(() => {
    if (!playing) return undefined;
    if (index >= now) return void setPlaying(false);
    const timer = setTimeout(() => onIndex(index + 1), PLAY_MS);
    return () => clearTimeout(timer);
  }, [playing, index, now]);
  const play = () => {
    if (!playing && index >= now) onIndex(0);
    setPlaying(!playing);
  };
  const step = (by) => {
    setPlaying(false);
    onIndex(Math.min(Math.max(index + by, 0), now));
  };
  return html`
    <section class="slider" aria-label="Time">
      <div class="slider-said">
        <output for="moment">${said(turns, index)}</output>
        <span class="slider-steps">
          <button type="button" disabled=${index <= 0} onClick=${() => step(-1)} title="the change before">◂<span class="unseen">previous change</span></button>
          <button type="button" aria-pressed=${playing} disabled=${now === 0} onClick=${play}>${playing ? "Pause" : "Play"}</button>
          <button type="button" disabled=${index >= now} onClick=${() => step(1)} title="the change after">▸<span class="unseen">next change</span></button>
          <button type="button" disabled=${index >= now} onClick=${() => step(now)}>Now</button>
          <button type="button" aria-pressed=${pinned !== null} onClick=${onPin}>${pinned === null ? "Pin this moment" : "Unpin"}</button>
        </span>
      </div>
      <div class="slider-track">
        <${Ticks} count=${now} pinned=${pinned} />
        <input id="moment" type="range" min="0" max=${now} step="1" value=${index} aria-label="Moment"
          aria-valuetext=${said(turns, index)} onInput=${(event) => (setPlaying(false), onIndex(Number(event.target.value)))} />
      </div>
    </section>`;
}

/** One line for each turn; one path for all of them, so that a thousand cost no more than one. */
function Ticks({count, pinned}) {
  const drawn = useRef(null);
  if (drawn.current?.count !== count) {
    const lines = Array.from({length: count}, (_, n) => `M${(n / count) * 1000} 0v10`).join("");
    drawn.current = {count, lines};
  }
  return html`
    <svg class="ticks" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">
      <path d=${drawn.current.lines} />
      ${pinned !== null && count > 0 && html`<path class="pin" d=${`M${(pinned / count) * 1000} 0v10`} />`}
    </svg>`;
}

function said(turns, index) {
  if (index >= turns.length) return turns.length ? `Now, after ${counted(turns.length, "change")}` : "Now: nothing has changed yet";
  const {at, actor, position, changes} = turns[index];
  const fields = Object.values(changes).reduce((sum, found) => sum + found.length, 0);
  return `${timeText(at)}: ${actor} changed ${counted(fields, "field")} (position ${position})`;
}
