// Idempotency keys: which requests have one, and what is told of a replay.
import assert from "node:assert/strict";
import { test } from "node:test";

import { EVENT, failure, fakeGateway, withoutJitter } from "./fake-gateway.js";

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const RESERVED = { body: { ticket_ids: [], expires_unix_time: 1 } };

test("each call has a new key, and each of its tries the same", async (t) => {
  withoutJitter(t);
  const { client, requests } = await fakeGateway(t, [failure(503, "SYS-07"), "lost", RESERVED]);
  await client.reserve(EVENT, 1);
  await client.reserve(EVENT, 1);
  const keys = requests.map((request) => String(request.headers["idempotency-key"]));
  assert.equal(keys.length, 4);
  assert.match(keys[0] ?? "", UUID_V4);
  assert.match(keys[3] ?? "", UUID_V4);
  assert.deepEqual(keys.slice(0, 3), [keys[0], keys[0], keys[0]]);
  assert.notEqual(keys[3], keys[0]);
  const [first, ...others] = requests;
  for (const { method, path, body } of others) {
    assert.deepEqual({ method, path, body }, { method: first?.method, path: first?.path, body: first?.body });
  }
});

test("random keys differ in all of their places", async (t) => {
  const { client, requests } = await fakeGateway(t, [{}]);
  for (let count = 0; count < 100; count += 1) {
    await client.deleteEvent(EVENT);
  }
  const keys = requests.map((request) => String(request.headers["idempotency-key"]));
  const places = Array.from({ length: 36 }, (_, place) => place);
  const fixed = places.filter((place) => keys.every((key) => key[place] === keys[0]?.[place]));
  assert.deepEqual(fixed, [8, 13, 14, 18, 23], "the hyphens and the version");
  assert.ok(keys.every((key) => UUID_V4.test(key)));
});

test("the caller's key is sent as it is", async (t) => {
  const { client, requests } = await fakeGateway(t, [RESERVED]);
  await client.reserve(EVENT, 1, { key: "order-7" });
  assert.equal(requests[0]?.headers["idempotency-key"], "order-7");
});

test("a caller who wants to know is told what the headers say", async (t) => {
  const headers = { "Idempotency-Replayed": "true", "X-Request-Id": "r-1", ETag: '"tag"' };
  const { client } = await fakeGateway(t, [{ ...RESERVED, headers }, RESERVED]);
  /** @type {import("booked-client").Answer[]} */
  const answers = [];
  const onAnswer = (/** @type {import("booked-client").Answer} */ answer) => answers.push(answer);
  await client.reserve(EVENT, 1, { key: "k", onAnswer });
  await client.reserve(EVENT, 1, { key: "l", onAnswer });
  assert.deepEqual(answers, [
    { status: 200, replayed: true, requestId: "r-1", etag: '"tag"', key: "k" },
    { status: 200, replayed: false, requestId: undefined, etag: undefined, key: "l" },
  ]);
});

test("a call is of the user who is logged in when it is made", async (t) => {
  const { client, requests } = await fakeGateway(t, [{}]);
  const call = client.release([]);
  client.token = undefined;
  await call;
  await client.release([]);
  assert.deepEqual(requests.map((request) => request.headers.authorization), ["Bearer token", undefined]);
});

test("a log-in gives the calls after it its token", async (t) => {
  const { client, requests } = await fakeGateway(t, [{ body: { token: "new", more: 1 } }, { body: [] }]);
  assert.equal(await client.login("e", "p"), "new");
  await client.bookings();
  assert.deepEqual(requests.map((request) => request.headers.authorization), [undefined, "Bearer new"]);
});
