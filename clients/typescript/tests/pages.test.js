// Pages as iterators, tags, and answers with what is new.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Booked } from "booked-client";

import { EVENT, fakeGateway, TICKET } from "./fake-gateway.js";

const page = (/** @type {number} */ next, /** @type {string[]} */ ...ids) => ({
  body: { next_time_to_fetch: next, events: ids.map((id) => ({ id, status: "postponed", color: "red" })) },
});

test("events come one after the other until a page is empty", async (t) => {
  const { client, requests } = await fakeGateway(t, [page(10, "a", "b"), page(20, "c"), page(0)]);
  const events = [];
  for await (const event of client.events({ q: "schubert berlin", limit: 2 })) {
    events.push(event.id);
  }
  assert.deepEqual(events, ["a", "b", "c"]);
  const asked = requests.map(({ query }) => [query.get("timestamp"), query.get("q"), query.get("limit")]);
  assert.deepEqual(asked, [
    [null, "schubert berlin", "2"],
    ["10", "schubert berlin", "2"],
    ["20", "schubert berlin", "2"],
  ]);
});

test("a page is asked for when the loop comes to it", async (t) => {
  const { client, requests } = await fakeGateway(t, [page(10, "a", "b"), page(20, "c")]);
  const events = client.events({ timestamp: 5 });
  assert.equal(requests.length, 0);
  await events.next();
  await events.next();
  assert.equal(requests.length, 1);
  await events.next();
  await events.return();
  assert.deepEqual(requests.map((request) => request.query.get("timestamp")), ["5", "10"]);
});

test("tickets come until a page has no next one", async (t) => {
  const ticket = { ticket_id: TICKET, event_id: EVENT, seat: 31, booking_id: "b", booked_unix_time: 1 };
  const { client, requests } = await fakeGateway(t, [
    { body: { tickets: [ticket, ticket], next: "a+/=" } },
    { body: { tickets: [], next: "b" } },
    { body: { tickets: [ticket] } },
  ]);
  const tickets = [];
  for await (const { seat } of client.tickets({ event_id: EVENT })) {
    tickets.push(seat);
  }
  assert.deepEqual(tickets, [31, 31, 31]);
  assert.deepEqual(requests.map((request) => request.query.get("after")), [null, "a+/=", "b"]);
  assert.ok(requests.every((request) => request.query.get("event_id") === EVENT));
});

test("an iterator throws what a page does", async (t) => {
  const { client } = await fakeGateway(t, [page(10, "a"), { status: 500 }]);
  const events = client.events();
  assert.equal((await events.next()).value?.id, "a");
  await assert.rejects(() => events.next(), { name: "ApiError", status: 500 });
});

test("a page and an event have a tag, and with it they come only if they changed", async (t) => {
  const tagged = { headers: { ETag: '"1"' }, body: { id: EVENT, next_time_to_fetch: 0, events: [] } };
  const { client, requests } = await fakeGateway(t, [tagged, { status: 304 }, tagged, { status: 304 }]);
  const events = await client.eventsPage({ from: 1 });
  assert.deepEqual(events, { changed: true, value: tagged.body, etag: '"1"' });
  assert.deepEqual(await client.eventsPage({ from: 1 }, { etag: '"1"' }), { changed: false, etag: '"1"' });
  assert.deepEqual(await client.eventIfChanged(EVENT), { changed: true, value: tagged.body, etag: '"1"' });
  assert.deepEqual(await client.eventIfChanged(EVENT, { etag: '"1"' }), { changed: false, etag: '"1"' });
  assert.deepEqual(requests.map((request) => request.headers["if-none-match"]), [undefined, '"1"', undefined, '"1"']);
});

test("not modified is no answer to a question without a tag", async (t) => {
  const { client } = await fakeGateway(t, [{ status: 304 }]);
  await assert.rejects(() => client.event(EVENT), { name: "ApiError", status: 304 });
});

test("members and values that are new come as they are", async (t) => {
  const { client } = await fakeGateway(t, [{ body: { id: EVENT, status: "postponed", color: "red" } }]);
  assert.deepEqual(await client.event(EVENT), { id: EVENT, status: "postponed", color: "red" });
});

test("the base URL may have a path and a last slash", async (t) => {
  const { baseUrl, requests } = await fakeGateway(t, [{ body: {} }]);
  await new Booked({ baseUrl: `${baseUrl}/` }).health();
  await new Booked({ baseUrl: `${baseUrl}/tickets/` }).health();
  assert.deepEqual(requests.map((request) => request.path), ["/health/", "/tickets/health/"]);
});
