// The seats that are held for somebody, each hold with its clock.

import { seatOf } from './booked.js';
import { useAction } from './actions.js';
import { useNow } from './clock.js';
import { tell } from './notices.js';
import { html, useEffect, useRef } from './preact.js';
import { client } from './session.js';
import { clock, t } from './texts.js';

/** @typedef {import('./booked.js').Hold} Hold */

/** @param {{ holds: Hold[], onChange: () => Promise<void> }} props */
export function Holds({ holds, onChange }) {
  const now = useNow();
  const good = holds.filter((hold) => hold.expires_unix_time * 1000 > now);
  const over = holds.length - good.length;
  const told = useRef(0);
  useEffect(() => {
    if (over > told.current) {
      tell({ kind: 'warn', text: t('holdOver') });
      void onChange();
    }
    told.current = over;
  }, [over]);
  if (good.length === 0) return null;
  return html`<section class="card stack" aria-labelledby="holds">
    <h2 id="holds">${t('yourHolds')}</h2>
    ${good.map((hold) => html`<${OneHold} key=${hold.ticket_ids.join()} hold=${hold} now=${now} onChange=${onChange} />`)}
  </section>`;
}

/** @param {{ hold: Hold, now: number, onChange: () => Promise<void> }} props */
function OneHold({ hold, now, onChange }) {
  const [busy, start] = useAction();
  const { ticket_ids } = hold;
  const act = (/** @type {'book' | 'release'} */ verb) =>
    start(verb, async (key) => {
      await client[verb](ticket_ids, { key });
      const count = ticket_ids.length;
      tell({ kind: 'good', text: verb === 'book' ? t('booked', { count }) : t('released', { count }) });
      await onChange();
    });
  return html`<div class="stack">
    <p>
      ${t('seats', { count: ticket_ids.length, seats: ticket_ids.map(seatOf).sort((a, b) => a - b).join(', ') })}<br />
      <span role="timer" class="large number">${t('holdRunsOut', { time: clock(hold.expires_unix_time * 1000 - now) })}</span>
    </p>
    <div class="row">
      <button type="button" class=${busy === 'book' ? 'main busy' : 'main'} aria-disabled=${busy ? 'true' : undefined}
        onClick=${() => act('book')}>${t('book')}</button>
      <button type="button" class=${busy === 'release' ? 'busy' : ''} aria-disabled=${busy ? 'true' : undefined}
        onClick=${() => act('release')}>${t('release')}</button>
    </div>
  </div>`;
}
