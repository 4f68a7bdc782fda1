// Fields of forms, each with its label.

import { html, useId } from './preact.js';

/** @param {{ label: string, name: string } & Record<string, unknown>} props */
export function Field({ label, ...rest }) {
  const id = useId();
  return html`<div><label for=${id}>${label}</label><input id=${id} ...${rest} /></div>`;
}

/** @param {{ label: string, name: string } & Record<string, unknown>} props */
export function TextArea({ label, ...rest }) {
  const id = useId();
  return html`<div><label for=${id}>${label}</label><textarea id=${id} rows="3" ...${rest}></textarea></div>`;
}

/** @param {{ label: string, name: string, options: [string, string][] } & Record<string, unknown>} props values and their texts */
export function Select({ label, options, ...rest }) {
  const id = useId();
  return html`<div>
    <label for=${id}>${label}</label>
    <select id=${id} ...${rest}>
      ${options.map(([value, text]) => html`<option key=${value} value=${value}>${text}</option>`)}
    </select>
  </div>`;
}

/**
 * A form's main button. While something is under way it says so, and stays where the keyboard is.
 * @param {{ busy: boolean, children?: unknown }} props
 */
export function Submit({ busy, children }) {
  return html`<button class=${busy ? 'main busy' : 'main'} aria-disabled=${busy ? 'true' : undefined}>${children}</button>`;
}
