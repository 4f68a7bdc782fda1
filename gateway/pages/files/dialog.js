// A dialog over the page.

import { Notices } from './notices.js';
import { html, useEffect, useRef } from './preact.js';
import { t } from './texts.js';

/**
 * A dialog over the page, which tells what happens too: what is behind it cannot be heard. Escape closes it, and the keyboard comes back to where it was.
 * @param {{ title: string, wide?: boolean, onClose: () => void, children?: unknown }} props
 */
export function Dialog({ title, wide, onClose, children }) {
  const element = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => {
    const before = /** @type {HTMLElement | null} */ (document.activeElement);
    element.current?.showModal();
    return () => before?.focus();
  }, []);
  return html`<dialog ref=${element} class=${wide ? 'wide' : ''} aria-label=${title} onClose=${onClose}>
    <div class="row"><h2>${title}</h2></div>
    <${Notices} />
    ${children}
    <p><button type="button" onClick=${onClose}>${t('close')}</button></p>
  </dialog>`;
}
