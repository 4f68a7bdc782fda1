// Which view of the page is shown: the part of the address behind `#`.

import { useEffect, useState } from './preact.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Whether an address names something that can be there.
 * @param {string | undefined} segment
 * @returns {segment is string}
 */
export const isId = (segment) => segment !== undefined && UUID.test(segment);

/** The segments of the address behind `#`: `#/event/some-id` is `['event', 'some-id']`. */
export function useRoute() {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const changed = () => {
      setHash(location.hash);
      // As if another page had been opened.
      window.scrollTo(0, 0);
      document.getElementById('content')?.focus();
    };
    window.addEventListener('hashchange', changed);
    return () => window.removeEventListener('hashchange', changed);
  }, []);
  return hash.replace(/^#\/?/, '').split('/').filter((segment) => segment !== '').map(decodeURIComponent);
}
