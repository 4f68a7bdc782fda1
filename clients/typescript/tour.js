// The tour of the main README on a running system, then the program of the client's README.
//
//     BOOKED=http://localhost:8080 node tour.js
//
// BOOKED_ADMIN_EMAIL and BOOKED_ADMIN_PASSWORD_FILE say who the admin is, as in the main README.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import { ApiError, Booked, Code, eventOf, seatOf } from "booked-client";

import { programOfTheReadme, written } from "./tests/readme.js";

const REPOSITORY = new URL("../../", import.meta.url);
const {
  BOOKED = "http://localhost:8080",
  BOOKED_ADMIN_EMAIL = "admin@booked.local",
  BOOKED_ADMIN_PASSWORD_FILE = new URL(".booked/secrets/admin-password", REPOSITORY),
} = process.env;
const PASSWORD = "correct horse";
const BEFORE_SALE = 1_899_000_000;
const AWAIT_MS = 120_000;

const newEmail = () => `ada-${randomUUID()}@example.com`;
/** A word that only this run has, so that its events are found on a system with many others. */
const newWord = () => `w${randomUUID().replaceAll("-", "")}`;
/** @type {<T>(items: AsyncIterable<T>) => Promise<T[]>} */
const all = async (items) => {
  const list = [];
  for await (const item of items) {
    list.push(item);
  }
  return list;
};

async function refused(/** @type {Code} */ code, /** @type {Promise<unknown>} */ call) {
  const error = await call.then(() => assert.fail(`not refused with ${code}`), (error) => error);
  assert.ok(error instanceof ApiError, error);
  assert.equal(error.code, code, error.message);
  return error;
}

/** Looks until it is so; the bound is only for a system that will never show it. */
async function becomes(/** @type {string} */ what, /** @type {() => Promise<boolean>} */ isSo) {
  const end = performance.now() + AWAIT_MS;
  while (!(await isSo())) {
    assert.ok(performance.now() < end, `not seen: ${what}`);
    await sleep(200);
  }
}

const ada = new Booked({ baseUrl: BOOKED });
const admin = new Booked({ baseUrl: BOOKED });

async function arrive() {
  assert.equal((await ada.health()).health, "ok");
  assert.equal((await ada.publicKeys()).keys[0]?.alg, "EdDSA");
  const email = newEmail();
  await ada.register({ name: "Ada", email, password: PASSWORD });
  await refused(Code.EmailTaken, ada.register({ name: "Ada", email, password: PASSWORD }));
  await refused(Code.TokenInvalid, ada.bookings());
  await refused(Code.WrongPassword, ada.login(email, "wrong"));
  assert.equal(await ada.login(email, PASSWORD), ada.token);
  await admin.login(BOOKED_ADMIN_EMAIL, readFileSync(BOOKED_ADMIN_PASSWORD_FILE, "utf8").trim());
  await refused(Code.RoleNotAllowed, ada.analytics());
}

async function announce() {
  const word = newWord();
  const event = await admin.createEvent({
    name: "House concert",
    unix_time: 1_900_000_000,
    address: "Prenzlauer Berg, Berlin",
    description: `Schubert, and soup ${word}`,
    seat_count: 3,
    on_sale_unix_time: BEFORE_SALE,
    max_per_buyer: 2,
  });
  const { status, seat_count, available_seats_count, on_sale_unix_time, max_per_buyer } = await ada.event(event);
  assert.deepEqual([status, seat_count, available_seats_count], ["scheduled", 3, 3]);
  assert.deepEqual([on_sale_unix_time, max_per_buyer], [BEFORE_SALE, 2]);
  const first = await ada.eventIfChanged(event);
  assert.ok(first.changed && first.etag);
  assert.deepEqual(await ada.eventIfChanged(event, { etag: first.etag }), { changed: false, etag: first.etag });

  const query = { q: `schubert berlin ${word}`, status: "scheduled" };
  assert.deepEqual((await all(ada.events({ ...query, limit: 1 }))).map((it) => it.id), [event]);
  assert.deepEqual(await all(ada.events({ q: word, status: "on_sale" })), []);
  const page = await ada.eventsPage(query);
  assert.ok(page.changed && page.etag);
  assert.deepEqual(page.value.events.map((it) => it.id), [event]);
  assert.deepEqual(await ada.eventsPage(query, { etag: page.etag }), { changed: false, etag: page.etag });
  return event;
}

async function reserve(/** @type {string} */ event) {
  const early = await refused(Code.NotOnSaleYet, ada.reserve(event, 2));
  assert.match(early.error ?? "", /\d/);
  assert.equal(early.retryAfter, undefined);
  await admin.updateEvent({ id: event, on_sale_unix_time: 0 });
  assert.equal((await ada.event(event)).status, "on_sale");

  const key = randomUUID();
  /** @type {boolean[]} */
  const replayed = [];
  const onAnswer = (/** @type {import("booked-client").Answer} */ answer) => replayed.push(answer.replayed);
  const reservation = await ada.reserve(event, 2, { key, onAnswer });
  assert.deepEqual(await ada.reserve(event, 2, { key, onAnswer }), reservation);
  assert.deepEqual(replayed, [false, true]);
  await refused(Code.IdempotencyKeyReused, ada.reserve(event, 1, { key }));
  await refused(Code.OverBuyerLimit, ada.reserve(event, 1));
  const [left = "", right = ""] = reservation.ticket_ids;
  assert.equal(reservation.ticket_ids.length, 2);
  assert.deepEqual([eventOf(left), eventOf(right)], [event, event]);
  assert.equal(Math.abs(seatOf(left) - seatOf(right)), 1, "they are neighbors");
  assert.ok(reservation.expires_unix_time * 1000 > ada.serverNow(), "they are held for some time");

  const { holds, ...limit } = await ada.holds(event);
  assert.deepEqual(holds.map((hold) => [...hold.ticket_ids].sort()), [[...reservation.ticket_ids].sort()]);
  assert.deepEqual(limit, { max_per_buyer: 2, left: 0 });
  await ada.release(reservation.ticket_ids);
  assert.deepEqual((await ada.holds()).holds, []);
  await refused(Code.NotReserved, ada.book(reservation.ticket_ids));
  return (await ada.reserve(event, 2)).ticket_ids;
}

async function book(/** @type {string} */ event, /** @type {string[]} */ tickets) {
  await ada.book(tickets);
  const [booking, ...others] = await ada.bookings();
  assert.deepEqual(others, []);
  assert.deepEqual([booking?.event_id, booking?.number_of_tickets], [event, 2]);
  assert.deepEqual([booking?.event_name, booking?.event_status], ["House concert", "on_sale"]);
}

async function giveBack(/** @type {string} */ event, /** @type {string[]} */ [given = "", kept = ""]) {
  const tickets = await all(ada.tickets({ event_id: event, limit: 1 }));
  const asSold = [given, kept].map((id) => [id, event, seatOf(id)]);
  assert.deepEqual(tickets.map((it) => [it.ticket_id, it.event_id, it.seat]).sort(), asSold.sort());
  await ada.joinWaitlist(event, 1);
  await refused(Code.AlreadyWaiting, ada.joinWaitlist(event, 1));
  assert.deepEqual(await admin.waitlistLength(event), { event_id: event, entries: 1, tickets: 1 });
  await ada.cancelTickets([given]);
  await refused(Code.NotYourTicket, ada.cancelTickets([given]));
  assert.deepEqual((await ada.ticketsPage({ event_id: event })).tickets.map((it) => it.ticket_id), [kept]);
  assert.deepEqual((await ada.bookings()).map((it) => it.number_of_tickets), [1]);
}

async function count(/** @type {string} */ event) {
  await becomes("one of three seats is sold", async () => {
    const row = (await admin.analytics()).find((it) => it.event_id === event);
    return row?.total_seats === 3 && row.sold_tickets === 1;
  });
  await becomes("half of the tickets came back", async () => {
    const row = (await admin.cancellationRates()).find((it) => it.event_id === event);
    return row?.cancellation_rate === 0.5;
  });
}

async function cancel(/** @type {string} */ event) {
  await admin.cancelEvent(event, "There is no soup");
  await admin.cancelEvent(event);
  await refused(Code.EventCancelled, ada.reserve(event, 1));
  assert.deepEqual((await ada.bookings()).map((it) => [it.number_of_tickets, it.event_status]), [[1, "cancelled"]]);
  await ada.cancel(event, 1);
  assert.deepEqual(await ada.bookings(), []);
  await admin.deleteEvent(event);
  await refused(Code.NoSuchEvent, ada.event(event));
}

/** It buys two seats of an event that only this run has, and says which. */
async function runTheProgramOfTheReadme() {
  const program = written("buy.mjs", programOfTheReadme());
  const word = newWord();
  const name = `Matinee ${word}`;
  const about = { name, unix_time: 1_900_000_000, address: "Berlin", description: "Schubert" };
  const event = await admin.createEvent({ ...about, seat_count: 3 });
  const env = { ...process.env, BOOKED, BOOKED_EMAIL: newEmail(), BOOKED_PASSWORD: PASSWORD };
  const buy = () =>
    execFileSync(process.execPath, [program, "schubert", word], { env, encoding: "utf8", timeout: AWAIT_MS });
  assert.match(buy(), new RegExp(`^${name}: seats \\d, \\d\n$`));
  assert.match(buy(), new RegExp(`^Welcome back\\.\n${name}: too few tickets\nNothing is on sale\\.\n$`));
  await admin.deleteEvent(event);
}

await arrive();
const event = await announce();
const tickets = await reserve(event);
await book(event, tickets);
await giveBack(event, tickets);
await count(event);
await cancel(event);
console.log("The tour was taken.");
await runTheProgramOfTheReadme();
console.log("The README's program bought two seats.");
