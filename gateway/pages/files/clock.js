// The server's time, second by second.

import { useEffect, useState } from './preact.js';
import { client } from './session.js';

/** The server's time in milliseconds; the component is drawn again each second, as the second begins. */
export function useNow() {
  const [now, setNow] = useState(client.serverNow());
  useEffect(() => {
    /** @type {number | undefined} */
    let timer;
    const tick = () => {
      setNow(client.serverNow());
      timer = window.setTimeout(tick, 1000 - (client.serverNow() % 1000));
    };
    tick();
    return () => window.clearTimeout(timer);
  }, []);
  return now;
}
