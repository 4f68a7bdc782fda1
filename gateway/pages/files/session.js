// The client, and who is logged in. The token is in memory only: it is gone when the page is.

import { Booked } from './booked.js';
import { store } from './store.js';

/** @typedef {{ email: string, isAdmin: boolean }} User */

/** Until when, by the browser's clock, the client waits before it tries again; nothing if it does not wait. */
export const retrying = store(/** @type {number | undefined} */ (undefined));

export const client = new Booked({
  baseUrl: '',
  onRetry: ({ waitMs }) => retrying.set(Date.now() + waitMs),
});

export const user = store(/** @type {User | undefined} */ (undefined));

/**
 * @param {string} email
 * @param {string} password
 */
export async function logIn(email, password) {
  const token = await client.login(email, password);
  user.set({ email, isAdmin: roleOf(token) === 'admin' });
}

export function endSession() {
  client.token = undefined;
  user.set(undefined);
}

/**
 * What the page shows depends on it; what is allowed, the server decides.
 * @param {string} token
 */
function roleOf(token) {
  const claims = token.split('.')[1] ?? '';
  return JSON.parse(atob(claims.replaceAll('-', '+').replaceAll('_', '/'))).role;
}
