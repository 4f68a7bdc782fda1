// How the pages look and are used: in both colors, narrow and wide, in both languages, and with the keyboard alone.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { admin as account, isAccessible, logIn, open, register, says, start } from './browser.js';
import { announce, asAdmin } from './system.js';

const browser = await start({ after });
const admin = await asAdmin();

/** An event in each state. */
const states = {
  'not on sale yet': await announce(admin, 'Early bird', { on_sale_unix_time: 1_899_000_000 }),
  'on sale': await announce(admin, 'Open house'),
  'sold out': await announce(admin, 'Full house', { seat_count: 1 }),
  paused: await announce(admin, 'Intermission', { paused: true }),
  'sale closed': await announce(admin, 'Too late', { off_sale_unix_time: 1_700_000_000 }),
  cancelled: await announce(admin, 'No soup'),
};
const { ticket_ids } = await admin.reserve(states['sold out'], 1);
await admin.book(ticket_ids);
await admin.cancelEvent(states.cancelled, 'There is no soup');

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  for (const width of [360, 1440]) {
    const look = { colorScheme, viewport: { width, height: 900 } };

    test(`the sale page, ${colorScheme}, ${width} pixels wide`, async () => {
      const { page, wrong } = await open(browser, '/', look);
      await says(page, 'events are shown');
      await isAccessible(page);
      await fits(page);
      await register(page, 'Ada');
      for (const [state, event] of Object.entries(states)) {
        await page.goto(`${page.url().split('#')[0]}#/event/${event}`);
        await page.locator('.badge').getByText(state, { exact: true }).waitFor();
        await isAccessible(page);
        await fits(page);
      }
      assert.deepEqual(wrong, []);
    });

    test(`the admin page, ${colorScheme}, ${width} pixels wide`, async () => {
      const { page, wrong } = await open(browser, '/admin/', look);
      await says(page, 'This page is for admins.');
      await isAccessible(page);
      await logIn(page, account);
      await says(page, 'Early bird');
      await isAccessible(page);
      await fits(page);
      for (const [view, text] of [[`live/${states['on sale']}`, 'Live: Open house'], ['rates', 'Cancellation rate']]) {
        await page.goto(`${page.url().split('#')[0]}#/${view}`);
        await says(page, text ?? '');
        await isAccessible(page);
        await fits(page);
      }
      assert.deepEqual(wrong, []);
    });
  }
}

test('everything is there in German', async () => {
  const { page, wrong } = await open(browser, `/#/event/${states['on sale']}`, { locale: 'de-DE' });
  await says(page, 'Freie Plätze');
  assert.equal(await page.locator('html').getAttribute('lang'), 'de');
  await isAccessible(page);

  await page.getByLabel('Sprache').selectOption('en');
  await says(page, 'Free seats');
  assert.equal(await page.locator('html').getAttribute('lang'), 'en');
  assert.deepEqual(wrong, []);
});

test('a ticket is bought with the keyboard alone', async () => {
  const { page, wrong } = await open(browser, `/#/event/${states['on sale']}`);
  await says(page, 'Free seats');
  await tabTo(page, 'Log in');
  await page.keyboard.press('Enter');
  await tabTo(page, 'I have no account yet');
  await page.keyboard.press('Enter');
  await page.getByLabel('Name').waitFor();
  for (const [label, text] of [['Name', 'Ada'], ['Email', `keys-${process.pid}@example.com`], ['Password', 'correct horse']]) {
    await tabTo(page, label ?? '');
    await page.keyboard.type(text ?? '');
  }
  await page.keyboard.press('Enter');
  await says(page, 'Your account is ready.');
  await tabTo(page, 'Reserve');
  await page.keyboard.press('Enter');
  await says(page, 'One seat is held for you.');
  await tabTo(page, 'Book');
  await page.keyboard.press('Enter');
  await says(page, 'One ticket is yours.');
  assert.deepEqual(wrong, []);
});

/**
 * Presses Tab until this has the focus; fails if it never has.
 * @param {import('playwright-core').Page} page
 * @param {string} name
 */
async function tabTo(page, name) {
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      return element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : element?.textContent;
    });
    if (focused?.trim() === name) return;
  }
  assert.fail(`the keyboard does not come to ${name}`);
}

/**
 * Nothing is cut off at the right.
 * @param {import('playwright-core').Page} page
 */
async function fits(page) {
  const [needed, there] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  assert.ok(Number(needed) <= Number(there), `${page.url()} needs ${needed} pixels of ${there}`);
}
