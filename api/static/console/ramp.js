// A release on its way to more and more users.

import {ask} from "./api.js";
import {useAnswer} from "./asking.js";
import {html, useEffect, useState} from "./view.js";
import {timeText} from "./words.js";

const TICK_MS = 5000;
const MINUTE_MS = 60_000;

/** @param {{one: object, steps: object[]}} props `steps`: the events by which it came to more users */
export function Ramp({one, steps}) {
  const now = useNow();
  const {steps: percents, percent, bake_minutes: bake} = one.ramp;
  const since = steps.at(-1)?.commit.recorded_at;
  const next = percents.find((step) => step > percent);
  const due = since && new Date(new Date(since).getTime() + bake * MINUTE_MS);
  return html`
    <section class="panel ramp" aria-labelledby="ramp">
      <h2 id="ramp">${percent} % of the users have it</h2>
      <ol class="steps">
        ${percents.map((step) => html`
          <li key=${step} class=${step <= percent ? "is-done" : ""} aria-current=${step === percent ? "step" : undefined}>
            <strong>${step} %</strong>
            <span class="quiet">${stepText(step, {percent, next, due, steps, isHalted: Boolean(one.problem)})}</span>
          </li>`)}
      </ol>
      ${one.problem
        ? html`<p class="trouble" role="alert"><strong>It has stopped.</strong> ${one.problem}. It does not go on by itself: step it, publish it, or roll it back.</p>`
        : due && next !== undefined && html`<p>${due > now ? `It goes on to ${next} % in ${leftText(due - now)}, at ${timeText(due)}.` : `It goes on to ${next} % any moment.`}</p>`}
      <${Guard} environment=${one.environment} guardrails=${one.ramp.guardrails} />
      <p class="quiet">Whoever has it keeps it. Who is not known as a user, and who has settings of their own, gets what everybody got.</p>
    </section>`;
}

function stepText(step, {percent, next, due, steps, isHalted}) {
  const reached = steps.find(({data}) => data.percent === step);
  if (step <= percent) return reached ? `since ${timeText(reached.commit.recorded_at)}` : "passed over";
  return step === next && due && !isHalted ? `from ${timeText(due)}` : "";
}

/** What turns it back by itself. */
function Guard({environment, guardrails}) {
  const health = useAnswer((signal) => ask(`/api/environments/${encodeURIComponent(environment)}/health`, {signal}), [environment]);
  if (!health.data) return null;
  if (!health.data.data.auto_rollback) return html`<p class="quiet">Nothing rolls it back by itself: that is switched off in ${environment}.</p>`;
  return html`
    <p class="quiet">The service rolls it back by itself, and shows why: after a critical alert of health within 15 minutes of a step; where one of its
      configs fails too often${guardrails.length > 0 && html`; where, beside other users, ${guardrails.map(guardrailText).join(" or ")}`}.</p>`;
}

function guardrailText({name, better, tolerated_change_percent: percent}) {
  return `${name} is surely more than ${percent} % ${better === "lower" ? "higher" : "lower"}`;
}

/** The time, every few seconds. */
function useNow() {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}

function leftText(ms) {
  const minutes = Math.ceil(ms / MINUTE_MS);
  if (minutes < 2) return "less than two minutes";
  return minutes < 120 ? `${minutes} minutes` : `${Math.round(minutes / 60)} hours`;
}
