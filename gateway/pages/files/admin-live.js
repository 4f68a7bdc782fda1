// A sale as it runs: free, held and sold seats, and bookings a second as a curve that moves.

import { tellError } from './actions.js';
import { Bar, Curve } from './charts.js';
import { usePolled } from './polling.js';
import { html, useEffect, useRef } from './preact.js';
import { Countdown, StateBadge } from './sale-state.js';
import { client } from './session.js';
import { number, percent, t } from './texts.js';

const EVERY_MS = 1_000;
/** How much of the past the curve shows. */
const SPAN_MS = 120_000;

/** @typedef {{ at: number, sold: number }} Reading */

/** @param {{ id: string }} props */
export function LiveView({ id }) {
  const state = usePolled((signal) => read(id, signal), EVERY_MS, [id]);
  const readings = useRef(/** @type {Reading[]} */ ([]));
  useEffect(() => {
    if (state.error && !state.value) tellError(state.error, () => void state.refresh());
  }, [state.error]);
  const { value } = state;
  const last = readings.current.at(-1);
  if (value && value.at !== last?.at) {
    readings.current = [...readings.current, value].filter((reading) => value.at - reading.at <= SPAN_MS);
  }
  if (!value) return html`<p>${t('loading')}</p>`;

  const { event, sold, held, waitlist } = value;
  const free = event.available_seats_count;
  const rates = ratesOf(readings.current);
  const [now, most] = [rates.at(-1)?.value ?? 0, Math.max(0, ...rates.map((rate) => rate.value))];
  const parts = [{ kind: 'sold', value: sold }, { kind: 'held', value: held }];
  return html`
    <p><a href="#/">${t('events')}</a></p>
    <h1>${t('live', { name: event.name })}</h1>
    <p><${StateBadge} event=${event} /></p>
    <${Countdown} event=${event} />
    <section class="card stack" aria-labelledby="seats">
      <h2 id="seats">${t('share')}</h2>
      <${Bar} parts=${parts} whole=${event.seat_count} label=${t('share')} />
      <div class="scroll" tabindex="0" role="group" aria-labelledby="seats">
        <table>
          <thead><tr>
            <th scope="col">${t('seatCount')}</th>
            ${[t('free'), t('held'), t('sold'), t('waiting')].map((name) => html`<th key=${name} scope="col" class="number">${name}</th>`)}
          </tr></thead>
          <tbody><tr>
            <th scope="row" class="number">${number(event.seat_count)}</th>
            <${Share} name="free" count=${free} of=${event.seat_count} />
            <${Share} name="held" count=${held} of=${event.seat_count} />
            <${Share} name="sold" count=${sold} of=${event.seat_count} />
            <td class="number" data-testid="waiting">${t('waitingSays', waitlist)}</td>
          </tr></tbody>
        </table>
      </div>
    </section>
    <section class="card stack" aria-labelledby="rate">
      <h2 id="rate">${t('perSecond')}</h2>
      <${Curve} samples=${rates} spanMs=${SPAN_MS} label=${t('perSecond')} />
      <p data-testid="rate" data-most=${most}>${t('perSecondSays', { now, most })}</p>
    </section>
  `;
}

/** @param {{ name: string, count: number, of: number }} props */
function Share({ name, count, of }) {
  return html`<td class="number" data-testid=${name}>${number(count)}<br /><span class="quiet">${percent(of > 0 ? count / of : 0)}</span></td>`;
}

/**
 * One reading. Sold seats come from analytics, which may be a moment behind: what is neither free nor sold is held, or was booked
 * just now.
 * @param {string} id
 * @param {AbortSignal} signal
 */
async function read(id, signal) {
  const [event, rows, waitlist] = await Promise.all([
    client.event(id, { signal }),
    client.analytics({ signal }),
    client.waitlistLength(id, { signal }),
  ]);
  const sold = rows.find((row) => row.event_id === id)?.sold_tickets ?? 0;
  const held = Math.max(0, event.seat_count - event.available_seats_count - sold);
  return { at: Date.now(), event, sold, held, waitlist: { entries: waitlist.entries, tickets: waitlist.tickets } };
}

/**
 * Tickets booked a second, from each reading to the next. Cancels are no negative bookings.
 * @param {Reading[]} readings
 */
function ratesOf(readings) {
  return readings.slice(1).map((reading, index) => {
    const before = /** @type {Reading} */ (readings[index]);
    const booked = Math.max(0, reading.sold - before.sold);
    return { at: reading.at, value: Math.round((booked * 10_000) / (reading.at - before.at)) / 10 };
  });
}
