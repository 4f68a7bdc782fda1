// The client has every operation of the API's document, as the document has it, and every error code.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { Booked, Code } from "booked-client";

import { EVENT, fakeGateway, TICKET } from "./fake-gateway.js";

const REPOSITORY = new URL("../../../", import.meta.url);
const document = JSON.parse(readFileSync(new URL("gateway/openapi.json", REPOSITORY), "utf8"));

const DETAILS = { name: "n", unix_time: 1, address: "a", description: "d", latitude: 1, longitude: 1, seat_count: 1 };
const TERMS = { on_sale_unix_time: 1, off_sale_unix_time: 2, paused: true, max_per_buyer: 1 };
const EVENTS = { limit: 1, timestamp: 1, from: 1, to: 2, status: "on_sale", q: "q" };
const TICKETS = { event_id: EVENT, after: "a", limit: 1 };
const TAG = { etag: '"tag"' };

/**
 * The methods of each operation, with arguments that name all that can be named.
 * @type {Record<string, [keyof Booked, ...unknown[]][]>}
 */
const METHODS = {
  health: [["health"]],
  list_public_keys: [["publicKeys"]],
  register_user: [["register", { name: "n", email: "e", password: "p" }]],
  log_in: [["login", "e", "p"]],
  list_bookings: [["bookings"]],
  list_tickets: [
    ["ticketsPage", TICKETS],
    ["tickets", TICKETS],
  ],
  list_events: [
    ["eventsPage", EVENTS, TAG],
    ["events", EVENTS],
  ],
  get_event: [
    ["eventIfChanged", EVENT, TAG],
    ["event", EVENT],
  ],
  create_event: [["createEvent", { ...DETAILS, ...TERMS }]],
  update_event: [["updateEvent", { id: EVENT, ...DETAILS, ...TERMS }]],
  cancel_event: [["cancelEvent", EVENT, "reason"]],
  delete_event: [["deleteEvent", EVENT]],
  reserve_tickets: [["reserve", EVENT, 1]],
  list_holds: [["holds", EVENT]],
  book_tickets: [["book", [TICKET]]],
  release_tickets: [["release", [TICKET]]],
  cancel_tickets: [["cancel", EVENT, 1]],
  cancel_chosen_tickets: [["cancelTickets", [TICKET]]],
  add_to_waitlist: [["joinWaitlist", EVENT, 1]],
  count_waiting: [["waitlistLength", EVENT]],
  list_analytics: [["analytics"]],
  list_cancellation_rates: [["cancellationRates"]],
};
/** What calls nothing. */
const OTHER_MEMBERS = ["constructor", "serverNow", "token"];

const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), ...operation })),
);
/** @type {(operation: any, place: string) => string[]} */
const parameters = (operation, place) => {
  const all = /** @type {{ in: string, name: string }[]} */ (operation.parameters ?? []);
  return all.filter((it) => it.in === place).map((it) => it.name);
};
const sorted = (/** @type {Iterable<string>} */ texts) => [...texts].sort();

test("every operation of the document has a method, and every method is of an operation", () => {
  assert.ok(operations.length > 20);
  assert.deepEqual(sorted(Object.keys(METHODS)), sorted(operations.map((it) => it.operationId)));
  const named = Object.values(METHODS).flatMap((methods) => methods.map(([name]) => name));
  assert.deepEqual(sorted([...named, ...OTHER_MEMBERS]), sorted(Object.getOwnPropertyNames(Booked.prototype)));
});

for (const operation of operations) {
  for (const [name, ...given] of METHODS[operation.operationId] ?? []) {
    test(`${name} sends ${operation.operationId} as the document has it`, async (t) => {
      const headers = { Location: `/event/${EVENT}/` };
      const body = { token: "t", events: [], tickets: [], next_time_to_fetch: 0 };
      const { client, requests } = await fakeGateway(t, [{ headers, body }]);
      const result = /** @type {any} */ (client)[name](...given);
      await (Symbol.asyncIterator in result ? result.next() : result);

      const [request] = requests;
      assert.ok(request);
      assert.equal(`${request.method} ${request.path}`, `${operation.method} ${operation.path.replace("{id}", EVENT)}`);
      assert.deepEqual(sorted(request.query.keys()), sorted(parameters(operation, "query")));
      assert.equal("authorization" in request.headers, operation.security !== undefined);
      assert.equal("idempotency-key" in request.headers, parameters(operation, "header").includes("Idempotency-Key"));
      const takesTag = parameters(operation, "header").includes("If-None-Match");
      assert.equal("if-none-match" in request.headers, takesTag && given.includes(TAG));

      const reference = operation.requestBody?.content["application/json"].schema.$ref;
      const schema = document.components.schemas[reference?.split("/").at(-1)];
      assert.deepEqual(sorted(Object.keys(request.body ?? {})), sorted(Object.keys(schema?.properties ?? {})));
    });
  }
}

test("headers that the document takes can be sent", () => {
  const all = new Set(operations.flatMap((it) => parameters(it, "header")));
  assert.deepEqual(sorted(all), ["Idempotency-Key", "If-None-Match"]);
  const tagged = operations.filter((it) => parameters(it, "header").includes("If-None-Match"));
  for (const { operationId } of tagged) {
    assert.ok(METHODS[operationId]?.some((method) => method.includes(TAG)), operationId);
  }
});

test("every code has the name that it has in the source of the API", () => {
  const source = readFileSync(new URL("crates/contract/src/code.rs", REPOSITORY), "utf8");
  const codes = [...source.matchAll(/^ {4}(\w+) = "([A-Z]+-\d+)", \d+,/gm)].map(([, name, code]) => [name, code]);
  assert.ok(codes.length > 30);
  assert.deepEqual(Code, Object.fromEntries(codes));
  const mentioned = JSON.stringify(document).match(/\b[A-Z]+-\d\d\b/g) ?? [];
  const known = Object.values(Code);
  assert.deepEqual(mentioned.filter((code) => !known.some((it) => it === code)), []);
});

test("package, document and workspace have one version", () => {
  const { version, license } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  assert.equal(version, document.info.version);
  assert.match(readFileSync(new URL("Cargo.toml", REPOSITORY), "utf8"), new RegExp(`^license = "${license}"$`, "m"));
});
