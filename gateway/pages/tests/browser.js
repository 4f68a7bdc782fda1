// A browser with pages that are watched: nothing may leave the origin, and nothing may be written to the console.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

/** Long enough for a machine that is busy with other work. */
const PATIENCE_MS = 60_000;

export const origin = process.env['BOOKED'] ?? 'http://localhost:8080';
export const admin = {
  email: process.env['BOOKED_ADMIN_EMAIL'] ?? 'admin@booked.local',
  password: readFileSync(process.env['BOOKED_ADMIN_PASSWORD_FILE'] ?? '../../.booked/secrets/admin-password', 'utf8').trim(),
};

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {import('playwright-core').BrowserContextOptions} Options */

/**
 * Starts the browser; it ends with the tests.
 * @param {{ after: (end: () => Promise<void>) => void }} tests
 */
export async function start(tests) {
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    // There is no sandbox for root, and no large shared memory in containers.
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
  tests.after(() => browser.close());
  return browser;
}

/**
 * A page of somebody who has nothing in common with the others, at this path.
 * @param {import('playwright-core').Browser} browser
 * @param {string} path
 * @param {Options} [options]
 */
export async function open(browser, path, options = {}) {
  const context = await browser.newContext({ locale: 'en-US', ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  /** @type {string[]} */
  const wrong = [];
  page.on('pageerror', (error) => wrong.push(`error: ${error.stack}`));
  page.on('console', (message) => {
    // The browser writes a line for each answer that is an error; the page tells it in words.
    const isAnswer = /^Failed to load resource: (the server responded with a status of (4|5)|net::ERR_)/.test(message.text());
    if (['error', 'warning'].includes(message.type()) && !isAnswer) wrong.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== origin) wrong.push(`request: ${request.url()}`);
  });
  await page.goto(origin + path);
  return { page, wrong, close: () => context.close() };
}

/**
 * Fails if axe-core finds anything on the page, as it is now.
 * @param {Page} page
 */
export async function isAccessible(page) {
  // Through the debugger, since the page's policy lets no other script in.
  const client = await page.context().newCDPSession(page);
  await client.send('Runtime.evaluate', { expression: axe });
  const { result } = await client.send('Runtime.evaluate', {
    expression: `axe.run(document, { resultTypes: ['violations'] }).then((found) => JSON.stringify(found.violations.map(
      (violation) => [violation.id, violation.help, violation.nodes.map((node) => node.html)])))`,
    awaitPromise: true,
  });
  assert.deepEqual(JSON.parse(result.value), [], `axe-core at ${page.url()}`);
}

/**
 * Clicks what a person would click.
 * @param {Page} page
 * @param {string} name
 */
export const press = (page, name) => page.getByRole('button', { name, exact: true }).click();

/**
 * Waits until the page says this.
 * @param {Page} page
 * @param {string | RegExp} text
 */
export const says = (page, text) => page.getByText(text).first().waitFor();

/**
 * @param {Page} page
 * @param {{ email: string, password: string }} account
 */
export async function logIn(page, { email, password }) {
  await page.getByRole('banner').getByRole('button', { name: 'Log in' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Email').fill(email);
  await dialog.getByLabel('Password').fill(password);
  await dialog.getByRole('button', { name: 'Log in', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
}

/**
 * Makes an account in the page, which logs in.
 * @param {Page} page
 * @param {string} name
 */
export async function register(page, name) {
  const email = `${name.toLowerCase()}-${process.pid}-${Math.random().toString(36).slice(2)}@example.com`;
  await page.getByRole('banner').getByRole('button', { name: 'Log in' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'I have no account yet' }).click();
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByLabel('Email').fill(email);
  await dialog.getByLabel('Password').fill('correct horse');
  await dialog.getByRole('button', { name: 'Create an account' }).click();
  await dialog.waitFor({ state: 'detached' });
  return email;
}
