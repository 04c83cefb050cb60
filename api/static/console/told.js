// When what a page shows may have become another.

import {follow} from "./live.js";
import {useEffect, useState} from "./view.js";

const LOOK_MS = 5000;
const PAUSE_MS = 500; // between two that are told, however much is changed meanwhile

/**
 * @param {string | null} environment whose changes are followed; null follows none
 * @returns {{told: number, looks: number}} `told` goes up when a setting there was changed, or somebody is back at the page; `looks` every few
 *   seconds too, for what the stream does not tell: proposals, approvals, freezes
 */
export function useTold(environment) {
  const [count, setCount] = useState({told: 0, looks: 0});
  useEffect(() => {
    const look = () => document.visibilityState === "visible" && setCount((was) => ({...was, looks: was.looks + 1}));
    const tell = () => setCount(({told, looks}) => ({told: told + 1, looks: looks + 1}));
    let pause = null;
    const hear = () => (pause ??= setTimeout(() => ((pause = null), tell()), PAUSE_MS));
    const back = () => document.visibilityState === "visible" && tell();
    let isNew = true; // what it begins with is no news
    const reset = () => (isNew ? (isNew = false) : hear());
    const stop = environment === null ? () => {} : follow(environment, {changed: hear, reset, state: () => {}});
    const timer = setInterval(look, LOOK_MS);
    addEventListener("focus", back);
    document.addEventListener("visibilitychange", back);
    return () => {
      stop();
      clearInterval(timer);
      clearTimeout(pause);
      removeEventListener("focus", back);
      document.removeEventListener("visibilitychange", back);
    };
  }, [environment]);
  return count;
}
