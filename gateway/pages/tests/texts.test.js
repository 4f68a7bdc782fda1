// The catalogs of texts: complete, the same in each language, and without texts that nobody shows.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Code } from '../files/booked.js';
import { de } from '../files/texts-de.js';
import { en } from '../files/texts-en.js';

const catalogs = { en, de };

/** @param {unknown} text */
const textsOf = (text) => (typeof text === 'string' ? [text] : Object.values(/** @type {Record<string, string>} */ (text)));

/** @param {string} text */
const placeholders = (text) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();

test('every error code has a text in every language', () => {
  for (const catalog of Object.values(catalogs)) {
    assert.deepEqual(Object.keys(catalog.errors).sort(), Object.values(Code).sort());
  }
});

test('a text has the same values in every language', () => {
  for (const [key, text] of Object.entries(en)) {
    if (key === 'errors') continue;
    const translated = /** @type {Record<string, unknown>} */ (de)[key];
    const valuesOf = (/** @type {unknown} */ of) => placeholders(textsOf(of).at(-1) ?? '');
    assert.deepEqual(valuesOf(translated), valuesOf(text), key);
  }
});

test('every text is shown somewhere', () => {
  const folder = new URL('../files/', import.meta.url);
  const pages = readdirSync(folder).filter((name) => name.endsWith('.js') && !/^(texts-|booked|preact)/.test(name));
  const source = pages.map((name) => readFileSync(new URL(name, folder), 'utf8')).join('\n');
  const unused = Object.keys(en).filter((key) => !source.includes(`'${key}'`) && !['errors', 'languageName'].includes(key));
  assert.deepEqual(unused, []);
});

test('every key of a text exists', () => {
  assert.deepEqual(Object.keys(de), Object.keys(en));
});
