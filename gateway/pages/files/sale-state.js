// What the state of an event's sale is, in a word and in a sentence, counted down by the server's time.

import { useNow } from './clock.js';
import { html } from './preact.js';
import { clock, moment, t } from './texts.js';

/** @typedef {import('./booked.js').Event} Event */

const kinds = /** @type {const} */ ({
  scheduled: 'warn', on_sale: 'good', sold_out: 'bad', paused: 'warn', closed: 'quiet', cancelled: 'bad',
});

/**
 * An event's status as people see it: on sale with nothing left is sold out. A status that is newer than this page is shown as
 * it is.
 * @param {Event} event
 */
export const stateOf = (event) =>
  event.status === 'on_sale' && event.available_seats_count === 0 ? 'sold_out' : event.status;

/** @param {{ event: Event }} props */
export function StateBadge({ event }) {
  const state = stateOf(event);
  const isKnown = Object.hasOwn(kinds, state);
  const known = /** @type {keyof typeof kinds} */ (state);
  return html`<span class=${`badge ${isKnown ? kinds[known] : 'quiet'}`}>${isKnown ? t(known) : state}</span>`;
}

/** @param {{ event: Event }} props */
export function Countdown({ event }) {
  const now = useNow();
  const opens = (event.on_sale_unix_time ?? 0) * 1000;
  const closes = (event.off_sale_unix_time ?? 0) * 1000;
  if (event.status === 'scheduled' && opens > 0) {
    if (opens <= now) return html`<p class="warn">${t('opensNow')}</p>`;
    return html`<p>
      <span role="timer" class="number">${t('opensIn', { time: clock(opens - now) })}</span>
      <span class="quiet"> (${moment(opens / 1000)})</span>
    </p>`;
  }
  if (event.status === 'on_sale' && closes > now) {
    return html`<p role="timer" class="number">${t('closesIn', { time: clock(closes - now) })}</p>`;
  }
  return null;
}
