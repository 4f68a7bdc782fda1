// What happened, told in words at the top of the page, also to screen readers.

import { html } from './preact.js';
import { store, useStore } from './store.js';
import { t } from './texts.js';

/** @typedef {{ kind: 'good' | 'bad' | 'warn', text: string, again?: () => void }} Notice */

/** @type {ReturnType<typeof store<Notice[]>>} */
const notices = store([]);

/**
 * Tells something in the place of what was told before.
 * @param {Notice} notice
 */
export const tell = (notice) => notices.set([notice]);

export const clear = () => notices.set([]);

/** @param {{ notice: Notice }} props */
function Shown({ notice }) {
  return html`<div class=${`notice ${notice.kind}`}>
    <span>${notice.text}</span>
    ${notice.again && html`<button type="button" onClick=${notice.again}>${t('tryAgain')}</button>`}
    <button type="button" onClick=${clear}>${t('close')}</button>
  </div>`;
}

export function Notices() {
  const all = useStore(notices);
  const of = (/** @type {boolean} */ good) => all.filter((notice) => (notice.kind === 'good') === good);
  const shown = (/** @type {Notice[]} */ some) =>
    some.map((notice) => html`<${Shown} key=${notice.text} notice=${notice} />`);
  return html`<div class="notices">
    <div role="status">${shown(of(true))}</div>
    <div role="alert">${shown(of(false))}</div>
  </div>`;
}
