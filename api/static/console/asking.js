// Answers that a page shows, asked again when what they are asked with changes.

import {useConnection} from "./connection.js";
import {useEffect, useState} from "./view.js";

/**
 * @template T
 * @param {(signal: AbortSignal) => Promise<T>} load
 * @param {unknown[]} inputs asked again when one of them is another, and when the service has come back
 * @returns {{data: T | null, problem: Error | null, again: () => void}} what was there stays until the next is
 */
export function useAnswer(load, inputs) {
  const [count, setCount] = useState(0);
  const {returns} = useConnection();
  const [found, setFound] = useState({data: null, problem: null});
  useEffect(() => {
    const ending = new AbortController();
    load(ending.signal).then(
      (data) => ending.signal.aborted || setFound({data, problem: null}),
      (problem) => problem.name === "AbortError" || setFound((was) => ({...was, problem})),
    );
    return () => ending.abort();
  }, [...inputs, count, returns]);
  return {...found, again: () => setCount((n) => n + 1)};
}
