// The events, to look through and to search.

import { tellError } from './actions.js';
import { Field, Select } from './fields.js';
import { html, useEffect, useState } from './preact.js';
import { usePolled } from './polling.js';
import { Countdown, StateBadge } from './sale-state.js';
import { client } from './session.js';
import { moment, t } from './texts.js';

const PAGE = 12;
const EVERY_MS = 5_000;
const STATUSES = /** @type {const} */ (['scheduled', 'on_sale', 'paused', 'closed', 'cancelled']);

/** @typedef {import('./booked.js').Event} Event */
/** @typedef {{ q?: string, status?: typeof STATUSES[number] }} Search */

export function EventList() {
  const [search, setSearch] = useState(/** @type {Search} */ ({}));
  const [pages, setPages] = useState(1);
  const events = usePolled((signal) => firstEvents(search, pages, signal), EVERY_MS, [search, pages]);
  useEffect(() => {
    if (events.error && !events.value) tellError(events.error, () => void events.refresh());
  }, [events.error]);

  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const data = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    const [q, status] = [String(data.get('q')).trim(), String(data.get('status'))];
    setPages(1);
    setSearch({ q: q || undefined, status: /** @type {Search['status']} */ (status || undefined) });
  };
  const shown = events.value;
  return html`
    <h1>${t('events')}</h1>
    <form class="row" role="search" onSubmit=${submit}>
      <${Field} label=${t('search')} name="q" type="search" placeholder=${t('searchHint')} />
      <${Select} label=${t('status')} name="status"
        options=${[['', t('anyStatus')], ...STATUSES.map((status) => [status, t(status)])]} />
      <button>${t('find')}</button>
    </form>
    <p role="status" class="quiet">
      ${shown === undefined ? t('loading') : shown.events.length === 0 ? t('noEvents') : t('eventsShown', { count: shown.events.length })}
    </p>
    <ul class="cards">
      ${shown?.events.map((event) => html`<${Card} key=${event.id} event=${event} />`)}
    </ul>
    ${shown?.hasMore && html`<button type="button" onClick=${() => setPages(pages + 1)}>${t('more')}</button>`}
  `;
}

/**
 * @param {Search} search
 * @param {number} pages
 * @param {AbortSignal} signal
 */
async function firstEvents(search, pages, signal) {
  // What is over is found by searching for it, not by looking through.
  const from = Math.floor(client.serverNow() / 1000);
  /** @type {Event[]} */
  const events = [];
  for await (const event of client.events({ ...search, from, limit: PAGE }, { signal })) {
    if (events.length >= PAGE * pages) return { events, hasMore: true };
    events.push(event);
  }
  return { events, hasMore: false };
}

/** @param {{ event: Event }} props */
function Card({ event }) {
  return html`<li class="card stack">
    <h2><a href=${`#/event/${event.id}`}>${event.name}</a></h2>
    <p><${StateBadge} event=${event} /></p>
    <p>${moment(event.unix_time)}<br />${event.address}</p>
    <p class="number">${t('freeSeats')}: ${t('freeOf', { free: event.available_seats_count, total: event.seat_count })}</p>
    <${Countdown} event=${event} />
  </li>`;
}
