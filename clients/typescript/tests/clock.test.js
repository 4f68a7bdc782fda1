// The server's time. The bounds follow from what was answered, however long it took.
import assert from "node:assert/strict";
import { test } from "node:test";

import { fakeGateway } from "./fake-gateway.js";

const TIME = Date.UTC(2030, 0, 1);
const DATE_LAGS_MAX_MS = 1500;

/** A client that was answered by a server whose clock showed these seconds after `TIME`, and how long that took. */
async function answered(/** @type {import("node:test").TestContext} */ t, /** @type {number[]} */ ...seconds) {
  const answer = (/** @type {number} */ second) => ({
    headers: { Date: new Date(TIME + second * 1000).toUTCString() },
    body: {},
  });
  const { client } = await fakeGateway(t, seconds.map(answer));
  const begin = performance.now();
  for (const _ of seconds) {
    await client.health();
  }
  return { now: client.serverNow() - TIME, tookMs: performance.now() - begin };
}

test("before the first answer, the local time is the best guess", async (t) => {
  const { client } = await fakeGateway(t, [{}]);
  const before = Date.now();
  const now = client.serverNow();
  assert.ok(before <= now && now <= Date.now());
});

test("one answer tells the second; what it leaves out is made up for", async (t) => {
  const { now, tookMs } = await answered(t, 0);
  const halfMs = DATE_LAGS_MAX_MS / 2;
  assert.ok(halfMs - tookMs <= now && now <= halfMs + tookMs, `${now} after ${tookMs}`);
});

test("several answers together tell it better than the last one", async (t) => {
  for (const seconds of [[0, 1], [1, 0]]) {
    const { now, tookMs } = await answered(t, ...seconds);
    assert.ok(1000 <= now && now <= DATE_LAGS_MAX_MS + tookMs, `${now} after ${tookMs}`);
  }
});

test("what is long past is forgotten, since no two clocks run equally fast", async (t) => {
  const { now, tookMs } = await answered(t, 1, ...Array(16).fill(0));
  assert.ok(now <= DATE_LAGS_MAX_MS / 2 + tookMs, `${now} after ${tookMs}`);
});

test("after a clock was set, only answers since then count", async (t) => {
  const { now, tookMs } = await answered(t, 0, 3600, 3601);
  assert.ok(3_601_000 <= now && now <= 3_600_000 + DATE_LAGS_MAX_MS + tookMs, `${now} after ${tookMs}`);
  const back = await answered(t, 3600, 0);
  assert.ok(0 <= back.now && back.now <= DATE_LAGS_MAX_MS + back.tookMs, `${back.now} after ${back.tookMs}`);
});

test("errors tell the time too, and a `Date` that is none tells nothing", async (t) => {
  const { client } = await fakeGateway(t, [
    { status: 404, headers: { Date: new Date(TIME).toUTCString() } },
    { headers: { Date: "soon" }, body: {} },
  ]);
  await client.health().catch(() => undefined);
  await client.health();
  assert.ok(client.serverNow() >= TIME);
});
