// What is sent again, how often and after what wait; and what is not.
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";

import { ApiError, Booked, Code, TransportError } from "booked-client";

import { EVENT, failure, fakeGateway, thrown, withoutJitter } from "./fake-gateway.js";

/** @typedef {import("booked-client").Booked} Client */
/** @typedef {import("booked-client").Retry} Retry */

/** For what would wait for ever if the client did. */
const BOUNDED = { timeout: 120_000 };

/** @type {[string, (client: Client) => Promise<unknown>][]} */
const REPEATABLE = [
  ["a read", (client) => client.bookings()],
  ["a write with a key", (client) => client.cancel(EVENT, 1)],
];
/** @type {[string, (client: Client) => Promise<unknown>][]} */
const WITHOUT_KEY = [
  ["a log-in", (client) => client.login("e", "p")],
  ["a registration", (client) => client.register({ name: "n", email: "e", password: "p" })],
];
const GOOD = { body: { token: "t" } };

for (const [status, code] of /** @type {[number, string][]} */ ([[429, "SYS-06"], [503, "SYS-07"], [409, "IDEM-03"]])) {
  for (const [what, call] of [...REPEATABLE, ...WITHOUT_KEY]) {
    test(`${what} is sent again after ${code}`, async (t) => {
      withoutJitter(t);
      const { client, requests } = await fakeGateway(t, [failure(status, code, { "Retry-After": "0" }), GOOD]);
      await call(client);
      assert.equal(requests.length, 2);
    });
  }
}

for (const answer of /** @type {import("./fake-gateway.js").Answer[]} */ ([
  "lost",
  "broken off",
  failure(504, "SYS-08"),
  { status: 504 },
])) {
  const name = typeof answer === "string" ? answer : JSON.stringify(answer.body ?? "504 of a proxy");
  for (const [what, call] of REPEATABLE) {
    test(`${what} is sent again if its answer is lost: ${name}`, async (t) => {
      withoutJitter(t);
      const { client, requests } = await fakeGateway(t, [answer, GOOD]);
      await call(client);
      assert.equal(requests.length, 2);
    });
  }
  for (const [what, call] of WITHOUT_KEY) {
    test(`${what} is not sent again if its answer is lost: ${name}`, async (t) => {
      const { client, requests } = await fakeGateway(t, [answer, GOOD]);
      const error = await thrown(() => call(client));
      assert.equal(error.outcomeUnknown, true);
      assert.equal(requests.length, 1);
    });
  }
}

test("a try that takes too long is given up, and sent again if that is safe", BOUNDED, async (t) => {
  withoutJitter(t);
  const options = { timeoutMs: 300, tries: 2 };
  const { client, requests } = await fakeGateway(t, ["silent"], options);
  const read = await thrown(() => client.bookings());
  assert.ok(read instanceof TransportError);
  assert.equal(read.message, "no answer in time");
  assert.equal(requests.length, 2);
  const login = await thrown(() => client.login("e", "p"));
  assert.ok(login instanceof TransportError && login.outcomeUnknown);
  assert.equal(requests.length, 3);
});

for (const [status, code] of /** @type {[number, string][]} */ ([
  [400, "TICKET-01"],
  [401, "USER-06"],
  [409, "TICKET-04"],
  [422, "IDEM-02"],
  [500, "DB-02"],
  [503, "NEW-01"],
])) {
  test(`${code} is not sent again`, async (t) => {
    const { client, requests } = await fakeGateway(t, [failure(status, code, { "Retry-After": "0" })]);
    const error = await thrown(() => client.cancel(EVENT, 1));
    assert.deepEqual([error.code, error.outcomeUnknown, requests.length], [code, false, 1]);
  });
}

test("there are four tries, then the last error is thrown", async (t) => {
  withoutJitter(t);
  const three = [1, 2, 3].map(() => failure(503, "SYS-07"));
  const { client, requests } = await fakeGateway(t, [...three, failure(429, "SYS-06"), GOOD]);
  const error = await thrown(() => client.bookings());
  assert.equal(error.code, Code.TooManyRequests);
  assert.equal(requests.length, 4);
});

test("a client can be told to try once", async (t) => {
  const { client, requests } = await fakeGateway(t, [failure(503, "SYS-07")], { tries: 1 });
  await thrown(() => client.bookings());
  assert.equal(requests.length, 1);
});

test("the wait is what was asked for and a random time that grows, and the page is told", async (t) => {
  withoutJitter(t, 0.1);
  /** @type {[string, number, number][]} */
  const retries = [];
  const onRetry = (/** @type {Retry} */ { error, tries, waitMs }) => {
    retries.push([/** @type {ApiError} */ (error).code, tries, waitMs]);
  };
  const told = failure(503, "SYS-07", { "Retry-After": "1" });
  const answers = [told, failure(429, "SYS-06"), failure(409, "IDEM-03"), GOOD];
  const { client } = await fakeGateway(t, answers, { totalTimeoutMs: 600_000, onRetry });
  await client.bookings();
  assert.deepEqual(retries, [["SYS-07", 1, 1050], ["SYS-06", 2, 100], ["IDEM-03", 3, 200]]);
});

test("the random time is bounded", async (t) => {
  withoutJitter(t, 0.01);
  /** @type {number[]} */
  const waits = [];
  const { client } = await fakeGateway(t, [failure(503, "SYS-07")], { totalTimeoutMs: 600_000, tries: 7 });
  await thrown(() => client.bookings({ onRetry: ({ waitMs }) => waits.push(waitMs) }));
  assert.deepEqual(waits, [5, 10, 20, 40, 40, 40]);
});

test("a call's own hook comes instead of the client's", async (t) => {
  withoutJitter(t);
  /** @type {string[]} */
  const told = [];
  const { client } = await fakeGateway(t, [failure(503, "SYS-07"), GOOD], { onRetry: () => told.push("client's") });
  await client.bookings({ onRetry: () => told.push("call's") });
  assert.deepEqual(told, ["call's"]);
});

for (const retryAfter of ["3600", "999999999"]) {
  test(`if the wait would be too long, the error is thrown at once: ${retryAfter}`, async (t) => {
    const { client, requests } = await fakeGateway(t, [failure(503, "SYS-07", { "Retry-After": retryAfter })]);
    const onRetry = () => assert.fail("must not wait");
    const error = await thrown(() => client.bookings({ onRetry }));
    assert.ok(error instanceof ApiError);
    assert.equal(error.retryAfter, Number(retryAfter));
    assert.equal(requests.length, 1);
  });
}

for (const retryAfter of ["-1", "1.5", "Fri, 31 Dec 1999 23:59:59 GMT", "9999999999999"]) {
  test(`a \`Retry-After\` that is no number of seconds is not looked at: ${retryAfter}`, async (t) => {
    withoutJitter(t);
    const { client, requests } = await fakeGateway(t, [failure(503, "SYS-07", { "Retry-After": retryAfter }), GOOD]);
    /** @type {(retry: Retry) => void} */
    const onRetry = ({ error }) => assert.equal(/** @type {ApiError} */ (error).retryAfter, undefined);
    await client.bookings({ onRetry });
    assert.equal(requests.length, 2);
  });
}

test("all tries together have a bound, which a try does not exceed", BOUNDED, async (t) => {
  withoutJitter(t);
  const options = { timeoutMs: 600_000, totalTimeoutMs: 300 };
  const { client, requests } = await fakeGateway(t, ["silent"], options);
  assert.ok((await thrown(() => client.bookings())) instanceof TransportError);
  assert.equal(requests.length, 1);
});

test("after a wait that took longer than the bound, nothing is sent", async (t) => {
  withoutJitter(t);
  const totalTimeoutMs = 300;
  const { client, requests } = await fakeGateway(t, [failure(503, "SYS-07"), "silent"], { totalTimeoutMs });
  const onRetry = () => {
    const end = performance.now() + totalTimeoutMs;
    while (performance.now() < end) {
      // The page is busy.
    }
  };
  const error = await thrown(() => client.bookings({ onRetry }));
  assert.deepEqual([error.code, requests.length], ["SYS-07", 1]);
});

for (const later of [
  failure(503, "SYS-07"),
  failure(429, "SYS-06"),
  failure(401, "USER-06"),
  failure(500, "DB-02"),
  { status: 403, body: "of a proxy" },
]) {
  test(`a later try that was not carried out says nothing of an earlier one: ${later.status}`, async (t) => {
    withoutJitter(t);
    const { client } = await fakeGateway(t, ["lost", later], { tries: 2 });
    const error = await thrown(() => client.cancel(EVENT, 1, { key: "k" }));
    assert.deepEqual([error.status, error.outcomeUnknown, error.key], [later.status, true, "k"]);
  });
}

test("while the first request is under way, its outcome is unknown", async (t) => {
  const { client } = await fakeGateway(t, [failure(409, "IDEM-03")], { tries: 1 });
  const error = await thrown(() => client.cancel(EVENT, 1));
  assert.deepEqual([error.code, error.outcomeUnknown], ["IDEM-03", true]);
});

test("a refusal with a key tells what became of the earlier try too", async (t) => {
  withoutJitter(t);
  const { client } = await fakeGateway(t, ["lost", failure(400, "TICKET-02")]);
  const error = await thrown(() => client.book([]));
  assert.deepEqual([error.code, error.outcomeUnknown], ["TICKET-02", false]);
});

test("without a server, there is no answer", async () => {
  const port = await new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
  const client = new Booked({ baseUrl: `http://127.0.0.1:${port}`, tries: 1 });
  const error = await thrown(() => client.health());
  assert.ok(error instanceof TransportError);
  assert.equal(error.message, "the connection failed");
});
