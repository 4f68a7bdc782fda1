// The system behind the pages: events for a test, and processes that are stopped and killed.

import { execFileSync } from 'node:child_process';
import { Booked } from '../files/booked.js';
import { admin, origin } from './browser.js';

/** Distinct seconds, since a second has room for a bounded number of events. */
let unixTime = 1_900_000_000 + (Date.now() % 100_000_000);

/** A client of the admin. */
export async function asAdmin() {
  const client = new Booked({ baseUrl: origin });
  await client.login(admin.email, admin.password);
  return client;
}

/**
 * A new event; its id.
 * @param {import('../files/booked.js').Booked} client
 * @param {string} name
 * @param {Partial<import('../files/booked.js').NewEvent>} [fields]
 */
export function announce(client, name, fields = {}) {
  unixTime += 1;
  const given = { name, unix_time: unixTime, address: 'Berlin', description: 'A test', seat_count: 3, ...fields };
  return client.createEvent(given);
}

/**
 * Processes of a service, by their ids. Each is the child of a shell that watches over it.
 * @param {string} service
 */
function processesOf(service) {
  const system = process.env['BOOKED_PID'];
  if (system === undefined) throw new Error('BOOKED_PID names the system: clients/with_system sets it');
  const find = (/** @type {string[]} */ ...selection) =>
    execFileSync('pgrep', ['--delimiter', ',', ...selection], { encoding: 'utf8' }).trim();
  return find('--parent', find('--parent', system), '--full', `^[^ ]*booked-${service} serve`).split(',').map(Number);
}

/**
 * Sends a signal to each process of a service.
 * @param {string} service
 * @param {NodeJS.Signals} name
 */
export function signal(service, name) {
  for (const id of processesOf(service)) process.kill(id, name);
}
