// A caller can give a call up, whatever it is doing.
import assert from "node:assert/strict";
import { test } from "node:test";

import { failure, fakeGateway, thrown } from "./fake-gateway.js";

/** For what would wait for ever if the client did. */
const BOUNDED = { timeout: 120_000 };
const REASON = new Error("the page was left");

test("a call that was given up before is not sent", async (t) => {
  const { client, requests } = await fakeGateway(t, [{ body: [] }]);
  const error = await thrown(() => client.bookings({ signal: AbortSignal.abort(REASON) }));
  assert.equal(error, REASON);
  assert.equal(requests.length, 0);
});

for (const tries of [1, 4]) {
  test(`a call that waits for its answer is given up, and not sent again: ${tries} tries`, BOUNDED, async (t) => {
    const options = { tries, timeoutMs: 600_000, totalTimeoutMs: 600_000 };
    const { client, requests } = await fakeGateway(t, ["silent"], options);
    const leaving = new AbortController();
    const onRetry = () => assert.fail("must not be sent again");
    const call = thrown(() => client.book([], { signal: leaving.signal, onRetry }));
    while (requests.length === 0) {
      await new Promise(setImmediate);
    }
    leaving.abort(REASON);
    assert.equal(await call, REASON);
    assert.equal(requests.length, 1);
  });
}

for (const when of ["while it waits", "when it is told"]) {
  test(`a call that is about to be sent again is given up ${when}`, BOUNDED, async (t) => {
    const { client, requests } = await fakeGateway(t, [failure(503, "SYS-07", { "Retry-After": "1000" })], {
      totalTimeoutMs: 2_000_000,
    });
    const leaving = new AbortController();
    const leave = () => leaving.abort(REASON);
    const onRetry = () => (when === "while it waits" ? setImmediate(leave) : leave());
    const error = await thrown(() => client.bookings({ signal: leaving.signal, onRetry }));
    assert.equal(error, REASON);
    assert.equal(requests.length, 1);
  });
}

test("the signal ends an iterator too", async (t) => {
  const { client } = await fakeGateway(t, [{ body: { next_time_to_fetch: 1, events: [{ id: "a" }] } }]);
  const leaving = new AbortController();
  const events = client.events({}, { signal: leaving.signal });
  await events.next();
  leaving.abort(REASON);
  assert.equal(await thrown(() => events.next()), REASON);
});
