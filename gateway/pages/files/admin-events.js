// The events, with what an admin does to them.

import { EventDialog } from './admin-form.js';
import { CancelDialog, DeleteDialog } from './admin-ends.js';
import { tellError, useAction } from './actions.js';
import { tell } from './notices.js';
import { usePolled } from './polling.js';
import { html, useEffect, useState } from './preact.js';
import { StateBadge } from './sale-state.js';
import { client } from './session.js';
import { moment, t } from './texts.js';

const PAGE = 50;
const EVERY_MS = 5_000;

/** @typedef {import('./booked.js').Event} Event */
/** @typedef {{ kind: 'create' } | { kind: 'edit' | 'cancel' | 'delete', event: Event }} Open */

export function EventsView() {
  const [pages, setPages] = useState(1);
  const [open, setOpen] = useState(/** @type {Open | undefined} */ (undefined));
  const events = usePolled((signal) => firstEvents(pages, signal), EVERY_MS, [pages]);
  useEffect(() => {
    if (events.error) tellError(events.error, () => void events.refresh());
  }, [events.error]);
  const props = { onClose: () => setOpen(undefined), onChange: events.refresh };
  return html`
    <h1>${t('adminTitle')}</h1>
    <p><button type="button" class="main" onClick=${() => setOpen({ kind: 'create' })}>${t('newEvent')}</button></p>
    ${events.value === undefined && html`<p>${t('loading')}</p>`}
    <ul class="cards">
      ${events.value?.events.map((event) => html`<${Row} key=${event.id} event=${event} onOpen=${setOpen} onChange=${events.refresh} />`)}
    </ul>
    ${events.value?.hasMore && html`<button type="button" onClick=${() => setPages(pages + 1)}>${t('more')}</button>`}
    ${open?.kind === 'create' && html`<${EventDialog} ...${props} />`}
    ${open?.kind === 'edit' && html`<${EventDialog} event=${open.event} ...${props} />`}
    ${open?.kind === 'cancel' && html`<${CancelDialog} event=${open.event} ...${props} />`}
    ${open?.kind === 'delete' && html`<${DeleteDialog} event=${open.event} ...${props} />`}
  `;
}

/**
 * @param {number} pages
 * @param {AbortSignal} signal
 */
async function firstEvents(pages, signal) {
  /** @type {Event[]} */
  const events = [];
  for await (const event of client.events({ limit: PAGE }, { signal })) {
    if (events.length >= PAGE * pages) return { events, hasMore: true };
    events.push(event);
  }
  return { events, hasMore: false };
}

/** @param {{ event: Event, onOpen: (open: Open) => void, onChange: () => Promise<void> }} props */
function Row({ event, onOpen, onChange }) {
  const [busy, start] = useAction();
  const change = (/** @type {Omit<import('./booked.js').EventChange, 'id'>} */ fields, /** @type {string} */ done) =>
    start(done, async (key) => {
      await client.updateEvent({ id: event.id, ...fields }, { key });
      tell({ kind: 'good', text: done });
      await onChange();
    });
  const button = (/** @type {string} */ text, /** @type {() => void} */ onClick, kind = '') =>
    html`<button type="button" class=${kind} aria-disabled=${busy ? 'true' : undefined} aria-label=${`${text}: ${event.name}`}
      onClick=${onClick}>${text}</button>`;
  const isEnded = event.status === 'cancelled' || event.status === 'closed';
  return html`<li class="card stack">
    <h2>${event.name}</h2>
    <p><${StateBadge} event=${event} /></p>
    <p>${moment(event.unix_time)}<br />${event.address}</p>
    <p class="number">${t('freeSeats')}: ${t('freeOf', { free: event.available_seats_count, total: event.seat_count })}</p>
    ${event.on_sale_unix_time !== undefined && event.status === 'scheduled' &&
    html`<p>${t('opensAt', { when: moment(event.on_sale_unix_time) })}</p>`}
    <div class="row">
      <a href=${`#/live/${event.id}`} aria-label=${`${t('watch')}: ${event.name}`}>${t('watch')}</a>
      ${event.status === 'scheduled' && button(t('open'), () => change({ on_sale_unix_time: 0 }, t('opened')), 'main')}
      ${event.status === 'paused' && button(t('resume'), () => change({ paused: false }, t('resumed')), 'main')}
      ${!isEnded && event.status !== 'paused' && button(t('pause'), () => change({ paused: true }, t('pausedNow')))}
      ${event.status !== 'cancelled' && button(t('edit'), () => onOpen({ kind: 'edit', event }))}
      ${event.status !== 'cancelled' && button(t('cancelEvent'), () => onOpen({ kind: 'cancel', event }), 'danger')}
      ${button(t('deleteEvent'), () => onOpen({ kind: 'delete', event }), 'danger')}
    </div>
  </li>`;
}
