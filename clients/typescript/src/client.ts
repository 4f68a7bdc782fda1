// The client: a method for each operation of the API.

import {
  answerOf,
  type Call,
  initOf,
  json,
  jsonIfChanged,
  mayBeRepeated,
  nothing,
  type Query,
  type RawAnswer,
  urlOf,
  valueOf,
  visible,
} from "./call.js";
import { UnreadableAnswer } from "./errors.js";
import { exchange, sleep } from "./exchange.js";
import { checkedUuid } from "./ids.js";
import { keyOr } from "./keys.js";
import {
  type BookedOptions,
  type CallOptions,
  checkedBaseUrl,
  checkedLimits,
  type TaggedOptions,
  type WriteOptions,
} from "./options.js";
import { ServerClock } from "./server-clock.js";
import { type Limits, type Retry, withTries } from "./tries.js";
import type * as api from "./types.js";

const LOCATION = /^\/event\/([0-9a-f-]{36})\/$/;

/** Speaks with a gateway. Calls may run at the same time. */
export class Booked {
  readonly #baseUrl: string;
  readonly #limits: Limits;
  readonly #onRetry: ((retry: Retry) => void) | undefined;
  readonly #clock = new ServerClock();
  #token: string | undefined;

  constructor(options: BookedOptions = {}) {
    this.#baseUrl = checkedBaseUrl(options.baseUrl ?? "http://localhost:8080");
    this.#limits = checkedLimits(options);
    this.#onRetry = options.onRetry;
    this.token = options.token;
  }

  /** What `login` was answered. It is kept in memory alone, and sent only where it is needed. */
  get token(): string | undefined {
    return this.#token;
  }

  set token(token: string | undefined) {
    this.#token = token === undefined ? undefined : visible("a token", token);
  }

  /** The server's time in milliseconds since 1970, by the `Date` of its last answers; before these, the local time. */
  serverNow(): number {
    return this.#clock.now();
  }

  /** Whether the gateway is alive. */
  health(options: CallOptions = {}): Promise<api.Health> {
    return this.#send({ method: "GET", path: "/health/", read: json<api.Health> }, options);
  }

  /** The keys that tokens are verified with. */
  publicKeys(options: CallOptions = {}): Promise<api.Jwks> {
    return this.#send({ method: "GET", path: "/.well-known/jwks.json", read: json<api.Jwks> }, options);
  }

  /** Makes an account. It is not sent again after a lost answer, since it has no key. */
  register(account: api.Registration, options: CallOptions = {}): Promise<void> {
    return this.#send({ method: "POST", path: "/user/register/", body: account, read: nothing }, options);
  }

  /** Logs in: calls from now on are this user's. Answers with the token. */
  async login(email: string, password: string, options: CallOptions = {}): Promise<string> {
    const body = { email, password };
    const token = await this.#send({ method: "POST", path: "/user/login/", body, read: tokenIn }, options);
    this.token = token;
    return token;
  }

  /** What the caller has of each event, the latest booked first. */
  bookings(options: CallOptions = {}): Promise<api.Booking[]> {
    return this.#read("/user/bookings/", json<api.Booking[]>, {}, options);
  }

  /** The caller's tickets, the latest booked first; a page is asked for when the loop comes to it. */
  async *tickets(query: api.TicketQuery = {}, options: CallOptions = {}): AsyncGenerator<api.OwnTicket, void> {
    let after = query.after;
    do {
      const page = await this.ticketsPage({ ...query, after }, options);
      yield* page.tickets;
      after = page.next;
    } while (after !== undefined);
  }

  /** A page of the caller's tickets; its `next` is the `after` of the next one. */
  ticketsPage(query: api.TicketQuery = {}, options: CallOptions = {}): Promise<api.OwnTicketPage> {
    return this.#read("/user/tickets/", json<api.OwnTicketPage>, { ...query }, options);
  }

  /** Events by time; a page is asked for when the loop comes to it. */
  async *events(query: api.EventQuery = {}, options: CallOptions = {}): AsyncGenerator<api.Event, void> {
    let timestamp = query.timestamp;
    do {
      const path = "/event/";
      const call = { method: "GET", path, query: { ...query, timestamp }, read: json<api.EventPage> } as const;
      const page = await this.#send<api.EventPage>(call, options);
      yield* page.events;
      timestamp = page.next_time_to_fetch;
    } while (timestamp !== 0);
  }

  /** A page of events; its `next_time_to_fetch` is the `timestamp` of the next one, or 0 if it is empty. */
  eventsPage(query: api.EventQuery = {}, options: TaggedOptions = {}): Promise<api.IfChanged<api.EventPage>> {
    const { etag } = options;
    const read = jsonIfChanged<api.EventPage>(etag);
    return this.#send({ method: "GET", path: "/event/", query: { ...query }, etag, read }, options);
  }

  /** One event. */
  async event(id: string, options: CallOptions = {}): Promise<api.Event> {
    return await this.#send({ method: "GET", path: pathOf(id), read: json<api.Event> }, options);
  }

  /** One event, unless it is as it was in the answer with this tag. */
  async eventIfChanged(id: string, options: TaggedOptions = {}): Promise<api.IfChanged<api.Event>> {
    const { etag } = options;
    return await this.#send({ method: "GET", path: pathOf(id), etag, read: jsonIfChanged<api.Event>(etag) }, options);
  }

  /** Announces an event, and answers with its id (admins only). */
  createEvent(event: api.NewEvent, options: WriteOptions = {}): Promise<string> {
    return this.#write("POST", "/event/", { body: event, read: idInLocation }, options);
  }

  /** Changes what is given; 0 takes a time of the sale or the limit of a buyer away (admins only). */
  updateEvent(change: api.EventChange, options: WriteOptions = {}): Promise<void> {
    return this.#write("POST", "/event/update/", { body: change, read: nothing }, options);
  }

  /** Nothing more is sold of the event; tickets stay with their owners (admins only). */
  cancelEvent(id: string, reason?: string, options: WriteOptions = {}): Promise<void> {
    return this.#write("POST", "/event/cancel/", { body: { id, reason }, read: nothing }, options);
  }

  /** Deletes an event and its tickets (admins only). */
  deleteEvent(id: string, options: WriteOptions = {}): Promise<void> {
    return this.#write("DELETE", "/event/", { query: { id }, read: nothing }, options);
  }

  /** Holds this many seats for the caller, or none. */
  reserve(eventId: string, count: number, options: WriteOptions = {}): Promise<api.Reservation> {
    const body = { event_id: eventId, count };
    return this.#write("POST", "/ticket/reserve/", { body, read: json<api.Reservation> }, options);
  }

  /** What the caller holds, of one event or of all. */
  holds(eventId?: string, options: CallOptions = {}): Promise<api.Holds> {
    return this.#read("/ticket/holds/", json<api.Holds>, { event_id: eventId }, options);
  }

  /** Books these tickets, which the caller holds, or none. */
  book(ticketIds: readonly string[], options: WriteOptions = {}): Promise<void> {
    return this.#write("POST", "/ticket/book/", { body: { ticket_ids: ticketIds }, read: nothing }, options);
  }

  /** Gives these holds back, or none. */
  release(ticketIds: readonly string[], options: WriteOptions = {}): Promise<void> {
    return this.#write("POST", "/ticket/release/", { body: { ticket_ids: ticketIds }, read: nothing }, options);
  }

  /** Cancels this many of the caller's tickets of an event, the latest booked first, or none. */
  cancel(eventId: string, count: number, options: WriteOptions = {}): Promise<void> {
    return this.#write("POST", "/ticket/cancel/", { body: { event_id: eventId, count }, read: nothing }, options);
  }

  /** Cancels exactly these tickets of the caller, or none. */
  cancelTickets(ticketIds: readonly string[], options: WriteOptions = {}): Promise<void> {
    return this.#write("POST", "/ticket/cancel_tickets/", { body: { ticket_ids: ticketIds }, read: nothing }, options);
  }

  /** Waits for this many seats of an event; the caller is told when seats come free. */
  joinWaitlist(eventId: string, count: number, options: WriteOptions = {}): Promise<void> {
    return this.#write("POST", "/waitlist/add/", { body: { event_id: eventId, count }, read: nothing }, options);
  }

  /** How many people wait for seats of an event, and for how many tickets together (admins only). */
  waitlistLength(eventId: string, options: CallOptions = {}): Promise<api.WaitlistLength> {
    return this.#read("/waitlist/", json<api.WaitlistLength>, { event_id: eventId }, options);
  }

  /** How well every event sells, the best first (admins only). */
  analytics(options: CallOptions = {}): Promise<api.EventAnalytics[]> {
    return this.#read("/analytics/", json<api.EventAnalytics[]>, {}, options);
  }

  /** How many of every event's tickets come back (admins only). */
  cancellationRates(options: CallOptions = {}): Promise<api.EventCancellations[]> {
    return this.#read("/analytics/cancellation_rates/", json<api.EventCancellations[]>, {}, options);
  }

  #read<T>(path: string, read: Call<T>["read"], query: Query, options: CallOptions): Promise<T> {
    return this.#send({ method: "GET", path, query, needsToken: true, read }, options);
  }

  async #write<T>(
    method: "POST" | "DELETE",
    path: string,
    content: Pick<Call<T>, "body" | "query" | "read">,
    options: WriteOptions,
  ): Promise<T> {
    // Taken before anything is awaited: the call is of the user who is logged in when it is made.
    const token = this.#token;
    const key = await keyOr(options.key);
    return await this.#send({ ...content, method, path, needsToken: true, key }, options, token);
  }

  async #send<T>(call: Call<T>, options: CallOptions, token = this.#token): Promise<T> {
    const url = urlOf(this.#baseUrl, call);
    const init = initOf(call, token);
    const tries = {
      key: call.key,
      mayBeRepeated: mayBeRepeated(call),
      once: async (timeoutMs: number): Promise<{ raw: RawAnswer; value: T }> => {
        const raw = await exchange(url, init, timeoutMs, options.signal, this.#clock);
        return { raw, value: valueOf(call, raw) };
      },
      sleep: (waitMs: number) => sleep(waitMs, options.signal),
      onRetry: options.onRetry ?? this.#onRetry,
    };
    const { raw, value } = await withTries(tries, this.#limits);
    options.onAnswer?.(answerOf(call, raw));
    return value;
  }
}

function pathOf(eventId: string): string {
  return `/event/${checkedUuid(eventId)}/`;
}

function tokenIn(answer: RawAnswer): string {
  const { token } = json<{ token?: unknown }>(answer);
  if (typeof token !== "string") {
    throw new UnreadableAnswer("a log-in without a token");
  }
  return token;
}

function idInLocation({ headers }: RawAnswer): string {
  const id = LOCATION.exec(headers.get("Location") ?? "")?.[1];
  if (id === undefined) {
    throw new UnreadableAnswer("an event was made, but `Location` does not say where");
  }
  return id;
}
