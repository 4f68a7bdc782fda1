// The admin page: events through their lives, and a sale as it runs.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, test } from 'node:test';
import { admin as account, logIn, open, origin, press, says, start } from './browser.js';
import { announce, asAdmin } from './system.js';

const browser = await start({ after });
const admin = await asAdmin();

test('an event is changed, paused, resumed and deleted', async () => {
  const name = `Changing ${process.pid}`;
  const event = await announce(admin, name, { on_sale_unix_time: 1_700_000_000, max_per_buyer: 4 });
  const { page, wrong } = await open(browser, '/admin/');
  await logIn(page, account);
  await press(page, `Change: ${name}`);
  const form = page.getByRole('dialog');
  await form.getByLabel('Seats').fill('8');
  await form.getByLabel('Most tickets for each buyer').fill('');
  await form.getByRole('button', { name: 'Save' }).click();
  await says(page, 'The event is changed.');
  const changed = await admin.event(event);
  assert.equal(changed.seat_count, 8);
  assert.equal(changed.max_per_buyer, undefined);
  assert.equal(changed.on_sale_unix_time, 1_700_000_000, 'what was not touched stays');

  await press(page, `Pause the sale: ${name}`);
  await says(page, 'The sale is paused.');
  assert.equal((await admin.event(event)).status, 'paused');
  await press(page, `Resume the sale: ${name}`);
  await says(page, 'The sale goes on.');
  assert.equal((await admin.event(event)).status, 'on_sale');

  await press(page, `Delete the event: ${name}`);
  await press(page, 'Yes, delete it');
  await says(page, 'The event is deleted.');
  await page.getByRole('heading', { name }).waitFor({ state: 'detached' });
  assert.deepEqual(wrong, []);
});

test('what the server refuses is told in the form, and what was typed stays', async () => {
  const event = await announce(admin, `Shrinking ${process.pid}`, { seat_count: 5 });
  const { page, wrong } = await open(browser, '/admin/');
  await logIn(page, account);
  await press(page, `Change: Shrinking ${process.pid}`);
  const seats = page.getByRole('dialog').getByLabel('Seats');
  await seats.evaluate((field) => field.removeAttribute('min'));
  await seats.fill('4');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();

  await page.getByRole('dialog').getByText('An event can get more seats, but not fewer.').waitFor();
  assert.equal(await seats.inputValue(), '4');
  assert.equal((await admin.event(event)).seat_count, 5);
  assert.deepEqual(wrong, []);
});

test('a sale is watched live while a crowd buys', async () => {
  const before = await ids();
  const load = spawn(`${process.env['BOOKED_PROGRAMS']}/booked`, ['load', 'onsale', '--url', origin, '--seats', '200', '--seats-each', '1',
    '--rate', '10', '--seconds', '25', '--warm-up', '1', '--think-ms', '200', '--abandon', '0', '--accounts', '10',
    '--accounts-prefix', `watched-${process.pid}`, '--data-dir', `${process.env['BOOKED_DATA_DIR']}`], { stdio: 'inherit' });
  const ended = once(load, 'exit');
  const event = await newcomer(before);
  const { page, wrong } = await open(browser, '/admin/');
  await logIn(page, account);
  await page.goto(`${page.url().split('#')[0]}#/live/${event}`);

  const rate = page.getByTestId('rate');
  const curve = page.locator('svg.chart').filter({ has: page.locator('polyline') });
  await page.waitForFunction(() => Number(document.querySelector('[data-testid=rate]')?.getAttribute('data-most')) > 0);
  const early = Number(await curve.getAttribute('data-samples'));
  await page.waitForFunction(
    (samples) => Number(document.querySelector('svg[data-samples]')?.getAttribute('data-samples')) > samples + 3, early);
  assert.ok(Number(await rate.getAttribute('data-most')) > 0);

  const [code] = await ended;
  assert.equal(code, 0, 'the load kit found nothing wrong');
  const sold = (await admin.analytics()).find((row) => row.event_id === event)?.sold_tickets ?? 0;
  assert.ok(sold > 0);
  await page.getByTestId('sold').getByText(new RegExp(`^${sold}`)).waitFor();
  assert.deepEqual(wrong, []);
});

test('people who wait are counted', async () => {
  const event = await announce(admin, 'Awaited', { seat_count: 1 });
  const { ticket_ids } = await admin.reserve(event, 1);
  await admin.book(ticket_ids);
  await admin.joinWaitlist(event, 3);
  const { page, wrong } = await open(browser, '/admin/');
  await logIn(page, account);
  await page.goto(`${page.url().split('#')[0]}#/live/${event}`);

  await page.getByTestId('waiting').getByText('1 people for 3 tickets').waitFor();
  await page.getByTestId('sold').getByText(/^1/).waitFor();
  await page.getByTestId('free').getByText(/^0/).waitFor();
  assert.deepEqual(wrong, []);
});

test('rates are shown as bars with their table', async () => {
  const name = `Half given back ${process.pid}`;
  const event = await announce(admin, name, { seat_count: 4 });
  const { ticket_ids } = await admin.reserve(event, 2);
  await admin.book(ticket_ids);
  await admin.cancelTickets(ticket_ids.slice(0, 1));
  const { page, wrong } = await open(browser, '/admin/#/rates');
  await logIn(page, account);

  const row = page.getByRole('row').filter({ hasText: name });
  await page.waitForFunction((text) => {
    const button = [...document.querySelectorAll('button')].find((element) => element.textContent === 'Read again');
    const shown = [...document.querySelectorAll('tr')].find((element) => element.textContent?.includes(text));
    if (!shown?.textContent?.includes('50%')) button?.click();
    return shown?.textContent?.includes('50%');
  }, name, { polling: 500 });
  await row.getByRole('img', { name: 'Utilization: 25%' }).waitFor();
  await row.getByRole('img', { name: 'Cancellation rate: 50%' }).waitFor();
  assert.deepEqual(wrong, []);
});

async function ids() {
  const all = new Set();
  for await (const event of admin.events({ limit: 100 })) all.add(event.id);
  return all;
}

/**
 * The event that the load kit has made.
 * @param {Set<string>} before
 */
async function newcomer(before) {
  for (;;) {
    for (const id of await ids()) if (!before.has(id)) return id;
  }
}
