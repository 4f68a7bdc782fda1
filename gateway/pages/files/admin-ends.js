// Cancelling and deleting an event: what cannot be undone is asked for twice.

import { useAction } from './actions.js';
import { Dialog } from './dialog.js';
import { Field } from './fields.js';
import { tell } from './notices.js';
import { html } from './preact.js';
import { client } from './session.js';
import { t } from './texts.js';

/** @typedef {{ event: import('./booked.js').Event, onClose: () => void, onChange: () => Promise<void> }} Props */

/** @param {Props} props */
export function CancelDialog({ event, onClose, onChange }) {
  const [busy, start] = useAction();
  const submit = (/** @type {SubmitEvent} */ submitted) => {
    submitted.preventDefault();
    const form = /** @type {HTMLFormElement} */ (submitted.currentTarget);
    const reason = String(new FormData(form).get('reason')).trim();
    start('cancel', async (key) => {
      await client.cancelEvent(event.id, reason || undefined, { key });
      onClose();
      tell({ kind: 'good', text: t('eventCancelled') });
      await onChange();
    });
  };
  return html`<${Dialog} title=${`${t('cancelEvent')}: ${event.name}`} onClose=${onClose}>
    <form class="stack fields" onSubmit=${submit}>
      <p>${t('cancelSays')}</p>
      <${Field} label=${t('reason')} name="reason" />
      <button class=${busy ? 'danger busy' : 'danger'} aria-disabled=${busy ? 'true' : undefined}>${t('yesCancel')}</button>
    </form>
  <//>`;
}

/** @param {Props} props */
export function DeleteDialog({ event, onClose, onChange }) {
  const [busy, start] = useAction();
  const remove = () =>
    start('delete', async (key) => {
      await client.deleteEvent(event.id, { key });
      onClose();
      tell({ kind: 'good', text: t('eventDeleted') });
      await onChange();
    });
  return html`<${Dialog} title=${`${t('deleteEvent')}: ${event.name}`} onClose=${onClose}>
    <p>${t('deleteSays')}</p>
    <p><button type="button" class=${busy ? 'danger busy' : 'danger'} aria-disabled=${busy ? 'true' : undefined}
      onClick=${remove}>${t('yesDelete')}</button></p>
  <//>`;
}
