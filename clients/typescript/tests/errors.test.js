// What is thrown, what it tells, and what it keeps secret.
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";

import { ApiError, Booked, BookedError, Code, TransportError, UnreadableAnswer } from "booked-client";

import { EVENT, failure, fakeGateway, thrown } from "./fake-gateway.js";

test("an error of the API tells all that its answer tells", async (t) => {
  const headers = { "X-Request-Id": "r-1", "Idempotency-Replayed": "true" };
  const { client } = await fakeGateway(t, [failure(409, "EVENT-06", headers, "opens at 5")]);
  const error = await thrown(() => client.reserve(EVENT, 2, { key: "k" }));
  assert.ok(error instanceof ApiError && error instanceof BookedError);
  assert.equal(error.code, Code.NotOnSaleYet);
  const { name, status, category, msg, error: detail, requestId, retryAfter, replayed, key, outcomeUnknown } = error;
  assert.deepEqual(
    { name, status, category, msg, detail, requestId, retryAfter, replayed, key, outcomeUnknown },
    {
      name: "ApiError",
      status: 409,
      category: "EVENT",
      msg: "msg of EVENT-06",
      detail: "opens at 5",
      requestId: "r-1",
      retryAfter: undefined,
      replayed: true,
      key: "k",
      outcomeUnknown: false,
    },
  );
  assert.equal(error.message, "EVENT-06: msg of EVENT-06 (opens at 5) [status 409, request r-1]");
});

test("a code that is new is given as it is, also with members that are new", async (t) => {
  const { status, body } = failure(418, "TEA-01");
  const { client } = await fakeGateway(t, [{ status, body: { ...body, pot: { size: 2 } } }]);
  const error = await thrown(() => client.health());
  assert.ok(error instanceof ApiError);
  assert.deepEqual([error.code, error.category, error.status], ["TEA-01", "TEA", 418]);
});

for (const body of ["<h1>Bad gateway</h1>", "null", "[]", '{"category": "SYS"}']) {
  test(`an error that is not the API's has no code: ${body}`, async (t) => {
    const { client, requests } = await fakeGateway(t, [{ status: 502, body }, { status: 403, body }]);
    const failed = await thrown(() => client.book([]));
    assert.ok(failed instanceof ApiError);
    assert.deepEqual([failed.code, failed.status, failed.outcomeUnknown], ["", 502, true]);
    const refused = await thrown(() => client.book([]));
    assert.deepEqual([refused.code, refused.status, refused.outcomeUnknown], ["", 403, false]);
    assert.equal(requests.length, 2);
  });
}

for (const body of ["", "<h1>Welcome</h1>", "null", "1"]) {
  test(`a success that cannot be read is none: ${body}`, async (t) => {
    const { client, requests } = await fakeGateway(t, [{ body }]);
    const error = await thrown(() => client.reserve(EVENT, 1, { key: "k" }));
    assert.ok(error instanceof UnreadableAnswer);
    assert.deepEqual([error.outcomeUnknown, error.key, requests.length], [true, "k", 1]);
  });
}

test("a log-in without a token and an event without a place are no successes", async (t) => {
  const { client } = await fakeGateway(t, [{ body: { tokens: [] } }, { headers: { Location: "/elsewhere/" } }]);
  assert.ok((await thrown(() => client.login("e", "p"))) instanceof UnreadableAnswer);
  assert.equal(client.token, "token");
  const event = { name: "n", unix_time: 1, address: "a", description: "d", seat_count: 1 };
  assert.ok((await thrown(() => client.createEvent(event))) instanceof UnreadableAnswer);
});

test("a redirect is not followed: a password and a token stay where they were sent", async (t) => {
  const elsewhere = await fakeGateway(t, [{ body: { token: "t" } }]);
  const { client } = await fakeGateway(t, [{ status: 307, headers: { Location: `${elsewhere.baseUrl}/user/login/` } }]);
  assert.ok((await thrown(() => client.login("e", "p"))) instanceof TransportError);
  assert.equal(elsewhere.requests.length, 0);
});

test("neither the client nor an error shows the token or the password", async (t) => {
  const options = { token: "SECRET", tries: 1 };
  const { client } = await fakeGateway(t, ["lost", failure(401, "USER-04"), { body: "SECRET" }], options);
  const lost = await thrown(() => client.bookings());
  const refused = await thrown(() => client.login("e", "SECRET"));
  const unreadable = await thrown(() => client.login("e", "SECRET"));
  const malformed = await thrown(async () => new Booked({ token: "SECRET\n" }));
  for (const shown of [client, lost, refused, unreadable, malformed]) {
    const text = `${inspect(shown, { depth: 9, showHidden: true })} ${JSON.stringify(shown)} ${shown.stack}`;
    assert.ok(!text.includes("SECRET"), text);
  }
});

test("what cannot be sent is refused before it is", async (t) => {
  const { client, requests } = await fakeGateway(t, [{}]);
  const calls = [
    () => client.event("../../health"),
    () => client.eventIfChanged(""),
    () => client.book([], { key: "" }),
    () => client.book([], { key: "two words" }),
    () => client.eventsPage({}, { etag: "\n" }),
    async () => new Booked({ baseUrl: "localhost:8080" }),
    async () => new Booked({ baseUrl: "http://user@localhost" }),
    async () => new Booked({ baseUrl: "http://:password@localhost" }),
    async () => new Booked({ baseUrl: "http://localhost/?a=b" }),
    async () => new Booked({ token: "" }),
    async () => new Booked({ tries: 0 }),
    async () => new Booked({ tries: 1.5 }),
    async () => new Booked({ timeoutMs: 0 }),
    async () => new Booked({ totalTimeoutMs: Number.NaN }),
    async () => new Booked({ totalTimeoutMs: Number.POSITIVE_INFINITY }),
  ];
  for (const call of calls) {
    assert.ok((await thrown(call)) instanceof TypeError, call.toString());
  }
  assert.equal(requests.length, 0);
});
