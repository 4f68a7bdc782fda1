// Somebody's tickets: all of them by event, and those of one event to choose from.

import { tellError, useAction } from './actions.js';
import { tell } from './notices.js';
import { usePolled } from './polling.js';
import { html, useEffect, useState } from './preact.js';
import { client, user } from './session.js';
import { useStore } from './store.js';
import { moment, t } from './texts.js';

const EVERY_MS = 15_000;
/** More tickets of one event than a person can choose from. */
const SHOWN_MAX = 1_000;

/** @typedef {import('./booked.js').OwnTicket} OwnTicket */

export function TicketsView() {
  const who = useStore(user);
  const bookings = usePolled(who && ((signal) => client.bookings({ signal })), EVERY_MS, [who]);
  useEffect(() => {
    if (bookings.error && !bookings.value) tellError(bookings.error, () => void bookings.refresh());
  }, [bookings.error]);
  if (!who) return html`<h1>${t('myTickets')}</h1><p>${t('pleaseLogIn')}</p>`;
  return html`
    <h1>${t('myTickets')}</h1>
    ${bookings.value === undefined
      ? html`<p>${t('loading')}</p>`
      : bookings.value.length === 0 && html`<p>${t('noTickets')}</p>`}
    <ul class="cards">
      ${bookings.value?.map((booking) => html`<li key=${booking.event_id} class="card stack">
        <h2><a href=${`#/event/${booking.event_id}`}>${booking.event_name}</a></h2>
        ${booking.event_status === 'cancelled' && html`<p class="bad">${t('cancelled')}</p>`}
        <p>${moment(booking.event_unix_time)}<br />${booking.event_address}</p>
        <p class="number">
          ${t('ticketCount', { count: booking.number_of_tickets })}
          <span class="quiet"> (${t('bookedAt', { when: moment(booking.booking_unix_time) })})</span>
        </p>
      </li>`)}
    </ul>
  `;
}

/** @param {{ tickets: OwnTicket[], onChange: () => Promise<void> }} props */
export function EventTickets({ tickets, onChange }) {
  const [chosen, setChosen] = useState(/** @type {ReadonlySet<string>} */ (new Set()));
  const [busy, start] = useAction();
  if (tickets.length === 0) return null;

  const choose = (/** @type {string} */ id, /** @type {boolean} */ isChosen) => {
    const next = new Set(chosen);
    if (isChosen) next.add(id);
    else next.delete(id);
    setChosen(next);
  };
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    // A ticket that is gone in the meantime cannot be given back.
    const ticket_ids = tickets.map((ticket) => ticket.ticket_id).filter((id) => chosen.has(id));
    if (ticket_ids.length === 0) return tell({ kind: 'warn', text: t('nothingChosen') });
    start('cancel', async (key) => {
      await client.cancelTickets(ticket_ids, { key });
      setChosen(new Set());
      tell({ kind: 'good', text: t('ticketsCancelled', { count: ticket_ids.length }) });
      await onChange();
    });
  };
  return html`<form class="card stack" onSubmit=${submit} aria-labelledby="tickets">
    <h2 id="tickets">${t('yourTickets')}</h2>
    <fieldset>
      <legend>${t('chooseTickets')}</legend>
      ${tickets.map((ticket) => html`<label key=${ticket.ticket_id} class="choice">
        <input type="checkbox" checked=${chosen.has(ticket.ticket_id)}
          onChange=${(/** @type {Event} */ event) =>
            choose(ticket.ticket_id, /** @type {HTMLInputElement} */ (event.currentTarget).checked)} />
        ${' '}${t('seat', { seat: ticket.seat })}
        <span class="quiet"> (${t('bookedAt', { when: moment(ticket.booked_unix_time) })})</span>
      </label>`)}
    </fieldset>
    <button class=${busy ? 'danger busy' : 'danger'} aria-disabled=${busy ? 'true' : undefined}>${t('cancelChosen')}</button>
  </form>`;
}

/**
 * @param {string} eventId
 * @param {AbortSignal} signal
 */
export async function ticketsOf(eventId, signal) {
  /** @type {OwnTicket[]} */
  const tickets = [];
  for await (const ticket of client.tickets({ event_id: eventId }, { signal })) {
    tickets.push(ticket);
    if (tickets.length >= SHOWN_MAX) break;
  }
  return tickets;
}
