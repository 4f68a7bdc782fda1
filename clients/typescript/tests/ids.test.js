// The ids of tickets, taken apart.
import assert from "node:assert/strict";
import { test } from "node:test";

import { eventOf, seatOf } from "booked-client";

import { EVENT, TICKET } from "./fake-gateway.js";

test("a ticket's id names its event and its seat", () => {
  assert.equal(eventOf(TICKET), EVENT);
  assert.equal(seatOf(TICKET), 31);
  assert.equal(eventOf(TICKET.toUpperCase()), EVENT);
  assert.equal(seatOf(TICKET.toUpperCase()), 31);
  const last = EVENT.replace(/0{8}$/, "000f4240");
  assert.deepEqual([eventOf(last), seatOf(last)], [EVENT, 1_000_000]);
});

for (const malformed of [
  "",
  EVENT,
  TICKET.slice(1),
  `${TICKET}\n`,
  ` ${TICKET}`,
  `{${TICKET}}`,
  TICKET.replaceAll("-", ""),
  TICKET.replace("f", "g"),
  TICKET.replace("1f", "１f"),
]) {
  test(`is not the id of a ticket: ${JSON.stringify(malformed)}`, () => {
    assert.throws(() => eventOf(malformed), TypeError);
    assert.throws(() => seatOf(malformed), TypeError);
  });
}
