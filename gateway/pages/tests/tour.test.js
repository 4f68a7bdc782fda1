// The tour of the README, by clicking.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { admin, isAccessible, logIn, open, press, register, says, start } from './browser.js';

const browser = await start({ after });

test('an event is announced, opened, sold, given back and cancelled', async () => {
  const name = `House concert ${process.pid}`;
  const organizer = await open(browser, '/admin/');
  await logIn(organizer.page, admin);
  await press(organizer.page, 'New event');
  const form = organizer.page.getByRole('dialog');
  await form.getByLabel('Name').fill(name);
  await form.getByLabel('Address').fill('Prenzlauer Berg, Berlin');
  await form.getByLabel('Description').fill('Schubert, and soup');
  await form.getByLabel('Begins').fill('2031-03-01T20:00');
  await form.getByLabel('Seats').fill('3');
  await form.getByLabel('Sale opens').fill('2031-02-01T20:00');
  await form.getByLabel('Most tickets for each buyer').fill('2');
  await isAccessible(organizer.page);
  await form.getByRole('button', { name: 'Create', exact: true }).click();
  await says(organizer.page, 'The event is created.');

  // Ada is early, finds the event, and sees when its sale opens.
  const ada = await open(browser, '/');
  await register(ada.page, 'Ada');
  await ada.page.getByLabel('Search').fill(`schubert ${process.pid}`);
  await press(ada.page, 'Find');
  await ada.page.getByRole('link', { name }).click();
  await says(ada.page, 'You can reserve as soon as the sale opens.');
  await says(ada.page, /Sale opens in [\d,]+ days/);
  await isAccessible(ada.page);

  // The admin opens the sale, and Ada's page shows it by itself.
  await press(organizer.page, `Open the sale: ${name}`);
  await says(organizer.page, 'The sale is open.');
  await ada.page.getByLabel('How many?').fill('2');
  await press(ada.page, 'Reserve');
  await says(ada.page, '2 seats are held for you.');
  await says(ada.page, /Held for \d+:\d\d/);
  await says(ada.page, 'You may take 0 more.');
  await says(ada.page, '1 of 3');
  await isAccessible(ada.page);

  // A third seat is more than she may have; the field says so, and so does the server.
  await ada.page.getByLabel('How many?').evaluate((field) => field.removeAttribute('max'));
  await ada.page.getByLabel('How many?').fill('1');
  await press(ada.page, 'Reserve');
  await says(ada.page, 'That is more than one buyer may have.');

  await press(ada.page, 'Book');
  await says(ada.page, '2 tickets are yours.');
  await ada.page.getByRole('checkbox').first().check();
  await isAccessible(ada.page);
  await press(ada.page, 'Cancel chosen tickets');
  await says(ada.page, 'One ticket is cancelled.');
  await says(ada.page, '2 of 3');

  await press(organizer.page, `Cancel the event: ${name}`);
  await organizer.page.getByRole('dialog').getByLabel('Reason').fill('There is no soup');
  await press(organizer.page, 'Yes, cancel it');
  await says(organizer.page, 'The event is cancelled.');
  await says(ada.page, 'This event is cancelled.');
  assert.equal(await ada.page.getByRole('button', { name: 'Reserve' }).count(), 0);

  // She keeps her ticket.
  await ada.page.getByRole('link', { name: 'My tickets' }).click();
  const ticket = ada.page.getByRole('listitem').filter({ hasText: name });
  await ticket.getByText('One ticket').waitFor();
  await ticket.getByText('cancelled').waitFor();
  await isAccessible(ada.page);

  assert.deepEqual([...organizer.wrong, ...ada.wrong], []);
});
