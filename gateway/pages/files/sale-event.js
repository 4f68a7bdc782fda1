// One event: its state and its free seats as they change, and what one can do there.

import { askForAccount } from './account.js';
import { tellError, useAction } from './actions.js';
import { useNow } from './clock.js';
import { Field, Submit } from './fields.js';
import { tell } from './notices.js';
import { usePolled } from './polling.js';
import { html, useEffect } from './preact.js';
import { Holds } from './sale-holds.js';
import { Countdown, StateBadge, stateOf } from './sale-state.js';
import { EventTickets, ticketsOf } from './sale-tickets.js';
import { client, user } from './session.js';
import { useStore } from './store.js';
import { clock, moment, t } from './texts.js';

const EVERY_MS = 2_500;
/** What is somebody's own changes by what they do here, after which it is read at once. */
const OWN_EVERY_MS = 15_000;
/** What one call reserves at most. */
const RESERVED_MAX = 100;

/** @typedef {import('./booked.js').Event} Event */

/** @param {{ id: string }} props */
export function EventView({ id }) {
  const who = useStore(user);
  const event = usePolled((signal) => client.event(id, { signal }), EVERY_MS, [id]);
  const holds = usePolled(who && ((signal) => client.holds(id, { signal })), OWN_EVERY_MS, [id, who]);
  const tickets = usePolled(who && ((signal) => ticketsOf(id, signal)), OWN_EVERY_MS, [id, who]);
  useEffect(() => {
    if (event.error && !event.value) tellError(event.error, () => void event.refresh());
  }, [event.error]);
  if (!event.value) return html`<p>${event.error ? '' : t('loading')}</p><p><a href="#/">${t('back')}</a></p>`;

  const refresh = async () => {
    await Promise.all([event.refresh(), holds.refresh(), tickets.refresh()]);
  };
  return html`
    <p><a href="#/">${t('back')}</a></p>
    <h1>${event.value.name}</h1>
    <${Stale} polled=${event} />
    <div class="columns">
      <${About} event=${event.value} />
      <div class="stack">
        <${Sale} event=${event.value} left=${holds.value?.left} onChange=${refresh} />
        ${who && html`<${Holds} holds=${holds.value?.holds ?? []} onChange=${refresh} />`}
        ${who && html`<${EventTickets} tickets=${tickets.value ?? []} onChange=${refresh} />`}
      </div>
    </div>
  `;
}

/** Says how old what one sees is, if the newest state cannot be read. */
function Stale(/** @type {{ polled: import('./polling.js').Polled<unknown> }} */ { polled }) {
  useNow();
  const age = Date.now() - polled.readAt;
  return html`<div role="status">
    ${polled.error && html`<p class="notice warn">${t('stale', { time: clock(age) })}</p>`}
  </div>`;
}

/** @param {{ event: Event }} props */
function About({ event }) {
  return html`<section class="card stack" aria-labelledby="about">
    <h2 id="about">${t('details')}</h2>
    <p>${event.description}</p>
    <p><strong>${t('when')}:</strong> ${moment(event.unix_time)}</p>
    <p><strong>${t('where')}:</strong> ${event.address}</p>
    ${event.max_per_buyer !== undefined && html`<p>${t('perBuyer', { count: event.max_per_buyer })}</p>`}
  </section>`;
}

/** @param {{ event: Event, left: number | undefined, onChange: () => Promise<void> }} props */
function Sale({ event, left, onChange }) {
  const state = stateOf(event);
  const says = /** @type {const} */ ({
    scheduled: 'scheduledSays', paused: 'pausedSays', closed: 'closedSays', cancelled: 'cancelledSays', sold_out: 'soldOutSays',
  });
  const saying = Object.hasOwn(says, state) ? t(says[/** @type {keyof typeof says} */ (state)]) : undefined;
  return html`<section class="card stack" aria-labelledby="sale">
    <h2 id="sale"><${StateBadge} event=${event} /></h2>
    <p>
      ${t('freeSeats')}<br />
      <span class="large number" data-testid="free">${t('freeOf', { free: event.available_seats_count, total: event.seat_count })}</span>
    </p>
    <${Countdown} event=${event} />
    ${saying && html`<p>${saying}</p>`}
    ${state === 'on_sale' && html`<${Reserve} event=${event} left=${left} onChange=${onChange} />`}
    ${state === 'sold_out' && html`<${Waitlist} event=${event} />`}
  </section>`;
}

/** @param {{ event: Event, left: number | undefined, onChange: () => Promise<void> }} props */
function Reserve({ event, left, onChange }) {
  const who = useStore(user);
  const [busy, start] = useAction();
  const most = Math.min(RESERVED_MAX, event.available_seats_count, left ?? event.max_per_buyer ?? RESERVED_MAX);
  const submit = (/** @type {SubmitEvent} */ submitted) => {
    submitted.preventDefault();
    if (!who) return askForAccount();
    const count = countIn(submitted);
    start('reserve', async (key) => {
      const { ticket_ids } = await client.reserve(event.id, count, { key });
      tell({ kind: 'good', text: t('reserved', { count: ticket_ids.length }) });
      await onChange();
    });
  };
  return html`<form class="row" onSubmit=${submit}>
    <${Field} label=${t('howMany')} name="count" type="number" min="1" max=${Math.max(1, most)} value="1" required />
    <${Submit} busy=${busy !== undefined}>${who ? t('reserve') : t('pleaseLogIn')}<//>
    ${left !== undefined && html`<p class="quiet">${t('left', { count: left })}</p>`}
  </form>`;
}

/** @param {{ event: Event }} props */
function Waitlist({ event }) {
  const who = useStore(user);
  const [busy, start] = useAction();
  const submit = (/** @type {SubmitEvent} */ submitted) => {
    submitted.preventDefault();
    if (!who) return askForAccount();
    const count = countIn(submitted);
    start('wait', async (key) => {
      await client.joinWaitlist(event.id, count, { key });
      tell({ kind: 'good', text: t('joined', { count }) });
    });
  };
  return html`<form class="stack" onSubmit=${submit} aria-labelledby="waitlist">
    <h3 id="waitlist">${t('waitlist')}</h3>
    <p>${t('waitlistSays')}</p>
    <div class="row">
      <${Field} label=${t('howMany')} name="count" type="number" min="1" max="100" value="1" required />
      <${Submit} busy=${busy !== undefined}>${who ? t('join') : t('pleaseLogIn')}<//>
    </div>
  </form>`;
}

/** @param {SubmitEvent} submitted */
const countIn = (submitted) =>
  Number(new FormData(/** @type {HTMLFormElement} */ (submitted.currentTarget)).get('count'));
