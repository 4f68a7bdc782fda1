// What is around each page: the bar at the top, the language, what is told, and the waiting under overload.

import { AccountDialog, askForAccount } from './account.js';
import { useNow } from './clock.js';
import { Select } from './fields.js';
import { Notices, tell } from './notices.js';
import { html, render, useState } from './preact.js';
import { endSession, retrying, user } from './session.js';
import { useStore } from './store.js';
import { choose, clock, current, languages, nameOf, t } from './texts.js';

/**
 * Draws a page into the document.
 * @param {{ links: () => unknown, content: () => unknown, mayRegister: boolean }} page
 */
export function show(page) {
  render(html`<${Shell} page=${page} />`, document.body);
}

/** @param {{ page: Parameters<typeof show>[0] }} props */
function Shell({ page }) {
  const [language, setLanguage] = useState(current());
  const who = useStore(user);
  const onLanguage = (/** @type {Event} */ event) => {
    choose(/** @type {typeof language} */ (/** @type {HTMLSelectElement} */ (event.currentTarget).value));
    setLanguage(current());
  };
  const logOut = () => {
    endSession();
    tell({ kind: 'good', text: t('loggedOut') });
  };
  return html`
    <a class="skip" href="#content" onClick=${toContent}>${t('skip')}</a>
    <header class="bar">
      <div class="bar-inner">
        <a class="brand" href="/">${t('brand')}</a>
        <nav>
          ${page.links()}
          ${who
            ? html`<span class="quiet">${t('loggedInAs', { email: who.email })}</span>
                <button type="button" onClick=${logOut}>${t('logOut')}</button>`
            : html`<button type="button" onClick=${askForAccount}>${t('logIn')}</button>`}
        </nav>
        <${Select} label=${t('language')} name="language" value=${language} onChange=${onLanguage}
          options=${languages.map((known) => [known, nameOf(known)])} />
      </div>
    </header>
    <main id="content" tabindex="-1" key=${language}>
      <${Notices} />
      <${Retrying} />
      ${page.content()}
    </main>
    <${AccountDialog} mayRegister=${page.mayRegister} />
  `;
}

/** The address is the page's own, so the link only moves the keyboard. */
function toContent(/** @type {Event} */ event) {
  event.preventDefault();
  document.getElementById('content')?.focus();
}

/** Says that the client waits, because the server is busy, and for how long. */
function Retrying() {
  const until = useStore(retrying);
  useNow();
  const left = (until ?? 0) - Date.now();
  return html`<div role="status">
    ${left > 0 && html`<div class="notice warn"><span>${t('busy', { time: clock(left) })}</span></div>`}
  </div>`;
}
