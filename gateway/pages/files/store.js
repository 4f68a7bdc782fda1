// A value that components watch.

import { useEffect, useState } from './preact.js';

/**
 * @template T
 * @param {T} initial
 */
export function store(initial) {
  let value = initial;
  /** @type {Set<() => void>} */
  const watchers = new Set();
  return {
    get: () => value,
    /** @param {T} next */
    set(next) {
      value = next;
      for (const watcher of [...watchers]) watcher();
    },
    /** @param {() => void} watcher */
    watch(watcher) {
      watchers.add(watcher);
      return () => {
        watchers.delete(watcher);
      };
    },
  };
}

/**
 * The store's value; the component is drawn again when it changes.
 * @template T
 * @param {{ get: () => T, watch: (watcher: () => void) => () => void }} watched
 */
export function useStore(watched) {
  const [, drawAgain] = useState(0);
  useEffect(() => watched.watch(() => drawAgain((count) => count + 1)), [watched]);
  return watched.get();
}
