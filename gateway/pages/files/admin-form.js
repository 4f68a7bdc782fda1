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
      // In a change, 0 takes a time or the limit away.
      const { on_sale_unix_time = 0, off_sale_unix_time = 0, max_per_buyer = 0 } = fields;
      const taken = { on_sale_unix_time, off_sale_unix_time, max_per_buyer };
      if (event) await client.updateEvent({ id: event.id, ...fields, ...taken }, { key });
      else await client.createEvent(fields, { key });
      onClose();
      tell({ kind: 'good', text: event ? t('changed') : t('created') });
      await onChange();
    });
  };
  const time = (/** @type {number | undefined} */ unixTime) => (unixTime === undefined ? '' : localTime(unixTime));
  return html`<${Dialog} wide title=${event ? t('editEvent') : t('newEvent')} onClose=${onClose}>
    <form class="stack fields" onSubmit=${submit}>
      <${Field} label=${t('name')} name="name" maxlength="200" required value=${event?.name ?? ''} />
      <${Field} label=${t('address')} name="address" maxlength="500" required value=${event?.address ?? ''} />
      <${TextArea} label=${t('description')} name="description" maxlength="10000" required value=${event?.description ?? ''} />
      <div class="columns">
        <${Field} label=${t('eventTime')} name="unix_time" type="datetime-local" required value=${time(event?.unix_time)} />
        <${Field} label=${t('seatCount')} name="seat_count" type="number" min=${event?.seat_count ?? 1} max="1000000" required
          value=${event?.seat_count ?? ''} />
        <${Field} label=${t('opensField')} name="on_sale_unix_time" type="datetime-local" value=${time(event?.on_sale_unix_time)} />
        <${Field} label=${t('closesField')} name="off_sale_unix_time" type="datetime-local" value=${time(event?.off_sale_unix_time)} />
        <${Field} label=${t('limitField')} name="max_per_buyer" type="number" min="1" max="100" value=${event?.max_per_buyer ?? ''} />
        <${Field} label=${t('latitude')} name="latitude" type="number" step="any" min="-90" max="90" value=${event?.latitude ?? ''} />
        <${Field} label=${t('longitude')} name="longitude" type="number" step="any" min="-180" max="180" value=${event?.longitude ?? ''} />
      </div>
      <${Submit} busy=${busy !== undefined}>${event ? t('save') : t('create')}<//>
    </form>
  <//>`;
}

/** @param {HTMLFormElement} form */
function fieldsOf(form) {
  const data = new FormData(form);
  const text = (/** @type {string} */ name) => String(data.get(name) ?? '').trim();
  const numberIn = (/** @type {string} */ name) => (text(name) === '' ? undefined : Number(text(name)));
  const timeIn = (/** @type {string} */ name) =>
    text(name) === '' ? undefined : Math.floor(new Date(text(name)).getTime() / 1000);
  return {
    name: text('name'),
    address: text('address'),
    description: text('description'),
    unix_time: timeIn('unix_time') ?? 0,
    seat_count: numberIn('seat_count') ?? 0,
    on_sale_unix_time: timeIn('on_sale_unix_time'),
    off_sale_unix_time: timeIn('off_sale_unix_time'),
    max_per_buyer: numberIn('max_per_buyer'),
    latitude: numberIn('latitude'),
    longitude: numberIn('longitude'),
  };
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
