// The form in which an event is created and changed.

import { useAction } from './actions.js';
import { Dialog } from './dialog.js';
import { Field, Submit, TextArea } from './fields.js';
import { tell } from './notices.js';
import { html } from './preact.js';
import { client } from './session.js';
import { t } from './texts.js';

/** @typedef {import('./booked.js').Event} Event */

/** @param {{ event?: Event, onClose: () => void, onChange: () => Promise<void> }} props */
export function EventDialog({ event, onClose, onChange }) {
  const [busy, start] = useAction();
  const submit = (/** @type {SubmitEvent} */ submitted) => {
    submitted.preventDefault();
    const fields = fieldsOf(/** @type {HTMLFormElement} */ (submitted.currentTarget));
    start('save', async (key) => {
      if (event) await client.updateEvent({ id: event.id, ...changesIn(fields) }, { key });
      else await client.createEvent(newEventOf(fields), { key });
      onClose();
      tell({ kind: 'good', text: event ? t('changed') : t('created') });
      await onChange();
    });
  };
  const time = (/** @type {number | undefined} */ unixTime) => (unixTime === undefined ? '' : localTime(unixTime));
  return html`<${Dialog} wide title=${event ? t('editEvent') : t('newEvent')} onClose=${onClose}>
    <form class="stack fields" onSubmit=${submit}>
      <${Field} label=${t('name')} name="name" maxlength="200" required defaultValue=${event?.name ?? ''} />
      <${Field} label=${t('address')} name="address" maxlength="500" required defaultValue=${event?.address ?? ''} />
      <${TextArea} label=${t('description')} name="description" maxlength="10000" required defaultValue=${event?.description ?? ''} />
      <div class="columns">
        <${Field} label=${t('eventTime')} name="unix_time" type="datetime-local" required defaultValue=${time(event?.unix_time)} />
        <${Field} label=${t('seatCount')} name="seat_count" type="number" min=${event?.seat_count ?? 1} max="1000000" required
          defaultValue=${event?.seat_count ?? ''} />
        <${Field} label=${t('opensField')} name="on_sale_unix_time" type="datetime-local" defaultValue=${time(event?.on_sale_unix_time)} />
        <${Field} label=${t('closesField')} name="off_sale_unix_time" type="datetime-local" defaultValue=${time(event?.off_sale_unix_time)} />
        <${Field} label=${t('limitField')} name="max_per_buyer" type="number" min="1" max="100" defaultValue=${event?.max_per_buyer ?? ''} />
        <${Field} label=${t('latitude')} name="latitude" type="number" step="any" min="-90" max="90" defaultValue=${event?.latitude ?? ''} />
        <${Field} label=${t('longitude')} name="longitude" type="number" step="any" min="-180" max="180" defaultValue=${event?.longitude ?? ''} />
      </div>
      <${Submit} busy=${busy !== undefined}>${event ? t('save') : t('create')}<//>
    </form>
  <//>`;
}

/** @typedef {{ name: string, text: string, isChanged: boolean }} Filled a field with what was typed */

/** @type {Record<string, (text: string) => string | number>} */
const READ = {
  name: String,
  address: String,
  description: String,
  unix_time: unixTimeOf,
  seat_count: Number,
  on_sale_unix_time: unixTimeOf,
  off_sale_unix_time: unixTimeOf,
  max_per_buyer: Number,
  latitude: Number,
  longitude: Number,
};

/**
 * @param {HTMLFormElement} form
 * @returns {Filled[]}
 */
function fieldsOf(form) {
  const fields = /** @type {HTMLInputElement[]} */ ([...form.elements].filter((element) => 'defaultValue' in element));
  return fields.map(({ name, value, defaultValue }) => ({ name, text: value.trim(), isChanged: value !== defaultValue }));
}

/**
 * Only what was typed is sent, so that what two admins do at the same time does not undo each other. An empty field takes a time
 * of the sale or the limit away, which is a 0.
 * @param {Filled[]} fields
 * @returns {Partial<import('./booked.js').EventChange>}
 */
const changesIn = (fields) =>
  Object.fromEntries(fields.filter((field) => field.isChanged).map(({ name, text }) => [name, text === '' ? 0 : READ[name]?.(text)]));

/**
 * @param {Filled[]} fields
 * @returns {import('./booked.js').NewEvent}
 */
function newEventOf(fields) {
  const given = fields.filter(({ text }) => text !== '').map(({ name, text }) => [name, READ[name]?.(text)]);
  return { name: '', address: '', description: '', unix_time: 0, seat_count: 0, ...Object.fromEntries(given) };
}

/**
 * @param {string} text a moment in local time
 */
function unixTimeOf(text) {
  return Math.floor(new Date(text).getTime() / 1000);
}

/**
 * A moment as the field for local times writes it.
 * @param {number} unixTime
 */
function localTime(unixTime) {
  const date = new Date(unixTime * 1000);
  const shifted = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}
