// What is read again and again while somebody looks at it.

import { useCallback, useEffect, useRef, useState } from './preact.js';

/** The longest wait between two reads that fail. */
const WAIT_MAX_MS = 20_000;

/**
 * @template T
 * @typedef {{ value: T | undefined, error: unknown, readAt: number, refresh: () => Promise<void> }} Polled
 */

/**
 * Reads at once, then about every `everyMs`, while the page is visible. Waits differ a little, so that a crowd that came in the
 * same second does not ask in the same second for ever. After a failure the last value stays, and waits grow.
 * @template T
 * @param {((signal: AbortSignal) => Promise<T>) | undefined} read nothing is read without it
 * @param {number} everyMs
 * @param {unknown[]} of what it is about: if this changes, the old value is gone
 * @returns {Polled<T>}
 */
export function usePolled(read, everyMs, of) {
  const [state, setState] = useState(/** @type {Omit<Polled<T>, 'refresh'>} */ ({ value: undefined, error: undefined, readAt: 0 }));
  const current = useRef(read);
  current.current = read;
  const now = useRef(async () => {});

  useEffect(() => {
    const controller = new AbortController();
    /** @type {number | undefined} */
    let timer;
    let failures = 0;
    let turn = 0;
    const once = async () => {
      turn += 1;
      const mine = turn;
      // What was asked for first says nothing new, even if it comes last.
      const isOld = () => controller.signal.aborted || mine !== turn;
      window.clearTimeout(timer);
      try {
        const value = await current.current?.(controller.signal);
        if (isOld()) return;
        failures = 0;
        setState({ value, error: undefined, readAt: Date.now() });
      } catch (error) {
        if (isOld()) return;
        failures += 1;
        setState((before) => ({ ...before, error }));
      }
      window.clearTimeout(timer);
      const wait = Math.min(everyMs * 2 ** failures, Math.max(everyMs, WAIT_MAX_MS));
      timer = window.setTimeout(whenVisible, wait * (0.8 + Math.random() * 0.4));
    };
    const whenVisible = () => {
      if (!document.hidden) void once();
    };
    setState({ value: undefined, error: undefined, readAt: 0 });
    if (read) {
      now.current = once;
      void once();
      document.addEventListener('visibilitychange', whenVisible);
    } else {
      now.current = async () => {};
    }
    return () => {
      controller.abort();
      window.clearTimeout(timer);
      document.removeEventListener('visibilitychange', whenVisible);
    };
  }, [everyMs, Boolean(read), ...of]);

  const refresh = useCallback(() => now.current(), []);
  return { ...state, refresh };
}
