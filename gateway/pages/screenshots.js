// Takes the pictures of the README from a system with sample events, while a crowd buys:
//   clients/with_system --demo --limits off -- npm --prefix gateway/pages run screenshots

import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { admin, logIn, open, origin, press, says, start } from './tests/browser.js';
import { asAdmin } from './tests/system.js';

const FOLDER = '../../docs/pictures';
const SIZE = { viewport: { width: 1100, height: 820 } };

const browser = await start({ after: () => {} });
const client = await asAdmin();
await mkdir(FOLDER, { recursive: true });

const buyer = await open(browser, '/', SIZE);
await logIn(buyer.page, { email: 'ada@example.com', password: 'correct horse' });
await buyer.page.getByRole('link', { name: 'Jazz at noon' }).click();
await buyer.page.getByLabel('How many?').fill('2');
await press(buyer.page, 'Reserve');
await says(buyer.page, /Held for \d/);
await press(buyer.page, 'Close');
await buyer.page.screenshot({ path: `${FOLDER}/sale.png` });

const before = new Set();
for await (const event of client.events({ limit: 100 })) before.add(event.id);
const load = spawn(`${process.env['BOOKED_PROGRAMS']}/booked`, ['load', 'onsale', '--url', origin, '--seats', '1500', '--seats-each', '2',
  '--rate', '25', '--seconds', '60', '--accounts', '50', '--max-per-buyer', '100', '--data-dir', `${process.env['BOOKED_DATA_DIR']}`],
  { stdio: 'inherit' });
const organizer = await open(browser, '/admin/', SIZE);
await logIn(organizer.page, admin);
/** @type {string | undefined} */
let event;
while (event === undefined) for await (const { id } of client.events({ limit: 100 })) if (!before.has(id)) event = id;
await organizer.page.goto(`${origin}/admin/#/live/${event}`);
await organizer.page.waitForFunction(() => Number(document.querySelector('svg[data-samples]')?.getAttribute('data-samples')) > 35);
await press(organizer.page, 'Close');
await organizer.page.screenshot({ path: `${FOLDER}/admin.png` });

load.kill();
await browser.close();
