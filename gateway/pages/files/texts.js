// The language of the page, and its texts, times and numbers.

import { de } from './texts-de.js';
import { en } from './texts-en.js';

const catalogs = { en, de };

/** @typedef {keyof typeof catalogs} Language */
/** @typedef {Exclude<keyof typeof en, 'errors'>} Key */

export const languages = /** @type {Language[]} */ (Object.keys(catalogs));

/** @type {Language} */
let language = languages.find((known) => navigator.language.startsWith(known)) ?? 'en';
document.documentElement.lang = language;

export const current = () => language;

/** @param {Language} chosen */
export function choose(chosen) {
  language = chosen;
  document.documentElement.lang = chosen;
}

/** @param {Language} of */
export const nameOf = (of) => catalogs[of].languageName;

/**
 * A text in the page's language, with values in the place of `{names}`.
 * @param {Key} key
 * @param {Record<string, string | number>} [values]
 */
export function t(key, values = {}) {
  const texts = catalogs[language][key];
  const plural = new Intl.PluralRules(language).select(Number(values.count)) === 'one' ? 'one' : 'other';
  const text = typeof texts === 'string' ? texts : texts[plural];
  return text.replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name];
    return typeof value === 'number' ? number(value) : String(value);
  });
}

/**
 * What an error code of the contract means, or the server's own words for a code that is newer than this page.
 * @param {string} code
 * @param {string} msg
 */
export function errorText(code, msg) {
  /** @type {Record<string, string>} */
  const known = catalogs[language].errors;
  return known[code] ?? t('unknownError', { msg });
}

/** @param {number} value */
export const number = (value) => new Intl.NumberFormat(language).format(value);

/** @param {number} share from 0 to 1 */
export const percent = (share) => new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 }).format(share);

/** @param {number} unixTime in seconds */
export const moment = (unixTime) =>
  new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }).format(unixTime * 1000);

/**
 * A span of time as a clock shows it: `0:07`, `12:30`, `2:00:00`; in days if it is long.
 * @param {number} ms
 */
export function clock(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const days = Math.floor(seconds / 86_400);
  if (days >= 2) {
    return new Intl.NumberFormat(language, { style: 'unit', unit: 'day', unitDisplay: 'long' }).format(days);
  }
  const two = (/** @type {number} */ part) => String(part).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}
