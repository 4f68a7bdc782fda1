// The sale page while others buy, time passes, and services die.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { open, press, register, says, start } from './browser.js';
import { announce, asAdmin, signal } from './system.js';

const browser = await start({ after });
const admin = await asAdmin();

test('of two who race for the last seat one has it, and the other is told', async () => {
  const event = await announce(admin, 'One chair', { seat_count: 1 });
  const both = await Promise.all(['Ada', 'Grace'].map(async (name) => {
    const buyer = await open(browser, `/#/event/${event}`);
    await register(buyer.page, name);
    await buyer.page.getByLabel('How many?').fill('1');
    return buyer;
  }));

  await Promise.all(both.map(({ page }) => press(page, 'Reserve')));
  const outcomes = await Promise.all(both.map(async ({ page }) => {
    const [held, refused] = ['One seat is held for you.', 'There are not that many seats or tickets.'];
    await says(page, new RegExp(`${held}|${refused}`.replaceAll('.', '\\.')));
    return (await page.getByText(held).count()) > 0;
  }));

  assert.deepEqual([...outcomes].sort(), [false, true]);
  const loser = both[outcomes.indexOf(false)];
  const winner = both[outcomes.indexOf(true)];
  assert.ok(loser && winner);
  await says(loser.page, 'No seat is free at the moment.');
  await press(loser.page, 'Join the waitlist');
  await says(loser.page, 'You are on the waitlist for one ticket.');
  await press(winner.page, 'Give back');
  await says(winner.page, 'One seat is given back.');
  await says(loser.page, '1 of 1');
  assert.deepEqual([...loser.wrong, ...winner.wrong], []);
});

test('a hold that runs out while the page is open is told, and its seat is free again', async () => {
  const event = await announce(admin, 'Held too long', { seat_count: 1 });
  const { page, wrong } = await open(browser, `/#/event/${event}`);
  await register(page, 'Ada');
  await press(page, 'Reserve');
  await says(page, 'One seat is held for you.');
  await says(page, '0 of 1');

  await says(page, 'The hold has run out. Its seats are free again.');

  await says(page, '1 of 1');
  assert.equal(await page.getByRole('button', { name: 'Book' }).count(), 0);
  assert.deepEqual(wrong, []);
});

test('while a service hangs the page says so, and what was asked for is done once another process has taken its place', async () => {
  const event = await announce(admin, 'Through a crash', { seat_count: 2 });
  const { page, wrong } = await open(browser, `/#/event/${event}`);
  await register(page, 'Ada');
  await says(page, '2 of 2');

  signal('ticketing', 'SIGSTOP');
  await says(page, /The newest state could not be read|Trying again in/);
  await press(page, 'Reserve');
  signal('ticketing', 'SIGKILL');

  // Whoever presses in this moment is told to wait, or to try again, and is never left without an answer.
  const [held, again] = [page.getByText('One seat is held for you.'), page.getByRole('button', { name: 'Try again' })];
  while ((await held.count()) === 0) {
    await held.or(again).first().waitFor();
    if ((await again.count()) > 0) await again.click();
  }
  await says(page, '1 of 2');
  assert.deepEqual(wrong, []);
});

test('under overload the page waits as long as the server says, and tells so', async () => {
  const event = await announce(admin, 'Crowded');
  const { page, wrong } = await open(browser, `/#/event/${event}`);
  await register(page, 'Ada');
  let refusals = 0;
  await page.route('**/ticket/reserve/', async (route) => {
    refusals += 1;
    if (refusals > 2) return route.continue();
    const json = { category: 'SYS', category_code: 'SYS-07', msg: 'service unavailable' };
    return route.fulfill({ status: 503, headers: { 'Retry-After': '2' }, json });
  });

  await press(page, 'Reserve');
  await says(page, /Many people want this at once\. Trying again in 0:0\d/);
  await says(page, 'One seat is held for you.');

  assert.equal(refusals, 3);
  assert.deepEqual(wrong, []);
});

test('a lost answer is told, and trying again does nothing twice', async () => {
  const event = await announce(admin, 'Lost on the way', { seat_count: 9 });
  const { page, wrong } = await open(browser, `/#/event/${event}`);
  await register(page, 'Ada');
  let lost = 0;
  // Each try reaches the server, and no answer comes back.
  await page.route('**/ticket/reserve/', async (route) => {
    await route.fetch();
    lost += 1;
    await route.abort('connectionreset');
  });
  await press(page, 'Reserve');
  await says(page, 'No answer came, so it may have been done or not.');
  assert.ok(lost >= 2, `${lost} tries`);

  await page.unroute('**/ticket/reserve/');
  await press(page, 'Try again');
  await says(page, 'One seat is held for you.');
  await says(page, '8 of 9');
  assert.deepEqual(wrong, []);
});

test('a session that has ended is told, and nothing is lost but the token', async () => {
  const event = await announce(admin, 'Logged out');
  const { page, wrong } = await open(browser, `/#/event/${event}`);
  await register(page, 'Ada');
  await page.route('**/ticket/reserve/', (route) =>
    route.continue({ headers: { ...route.request().headers(), authorization: 'Bearer of-yesterday' } }));

  await press(page, 'Reserve');

  await says(page, 'You have been logged out. Please log in again.');
  await page.getByRole('button', { name: 'Log in to reserve tickets.' }).click();
  await page.getByRole('dialog').getByLabel('Email').waitFor();
  assert.deepEqual(wrong, []);
});
