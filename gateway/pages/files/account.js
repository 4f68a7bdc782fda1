// Logging in, and making an account.

import { useAction } from './actions.js';
import { Dialog } from './dialog.js';
import { Field, Submit } from './fields.js';
import { tell } from './notices.js';
import { html, useState } from './preact.js';
import { client, logIn } from './session.js';
import { store, useStore } from './store.js';
import { t } from './texts.js';

const isOpen = store(false);

export const askForAccount = () => isOpen.set(true);

/** @param {{ mayRegister: boolean }} props */
export function AccountDialog({ mayRegister }) {
  const open = useStore(isOpen);
  return open && html`<${Dialog} title=${t('accountTitle')} onClose=${() => isOpen.set(false)}>
    <${AccountForm} mayRegister=${mayRegister} />
  <//>`;
}

/** @param {{ mayRegister: boolean }} props */
function AccountForm({ mayRegister }) {
  const [isNew, setIsNew] = useState(false);
  const [busy, start] = useAction();
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const data = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    const [name, email, password] = ['name', 'email', 'password'].map((field) => String(data.get(field) ?? ''));
    start('account', async () => {
      if (isNew) await client.register({ name: name ?? '', email: email ?? '', password: password ?? '' });
      await logIn(email ?? '', password ?? '');
      isOpen.set(false);
      tell({ kind: 'good', text: isNew ? t('registered') : t('loggedInAs', { email: email ?? '' }) });
    });
  };
  return html`<form class="stack fields" onSubmit=${submit} novalidate>
    ${isNew && html`<${Field} label=${t('name')} name="name" autocomplete="name" />`}
    <${Field} label=${t('email')} name="email" type="email" autocomplete="username" />
    <${Field} label=${t('password')} name="password" type="password"
      autocomplete=${isNew ? 'new-password' : 'current-password'} />
    <div class="row">
      <${Submit} busy=${busy !== undefined}>${isNew ? t('register') : t('logIn')}<//>
      ${mayRegister && html`<button type="button" onClick=${() => setIsNew(!isNew)}>
        ${isNew ? t('haveAccount') : t('haveNoAccount')}
      </button>`}
    </div>
  </form>`;
}
