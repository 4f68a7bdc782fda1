// The client of booked for browsers and Node. Made of src by npm run build.

// src/codes.ts
var Code = {
  /** The body is not one JSON object with fields of the right types. */
  BodyUndecodable: "SYS-01",
  /** Something failed that has no code of its own. */
  Unknown: "SYS-02",
  /** An id is not a hyphenated UUID. */
  InvalidUuid: "SYS-03",
  /** No route has this path. */
  NoSuchRoute: "SYS-04",
  /** The route has no such method. */
  MethodNotAllowed: "SYS-05",
  /** The caller's rate limit is used up. */
  TooManyRequests: "SYS-06",
  /** Nothing was done; the client may try again. */
  Unavailable: "SYS-07",
  /** It may have been done. */
  UpstreamTimedOut: "SYS-08",
  /** The body is larger than what is accepted. */
  BodyTooLarge: "SYS-09",
  /** The caller's role may not do this. */
  RoleNotAllowed: "USER-01",
  /** The password is empty. */
  EmptyPassword: "USER-02",
  /** No account has this email. */
  NoSuchUser: "USER-03",
  /** The password is not the account's. */
  WrongPassword: "USER-04",
  /** The token could not be signed. */
  TokenNotSigned: "USER-05",
  /** No token, or none that is valid. */
  TokenInvalid: "USER-06",
  /** The email is empty. */
  EmptyEmail: "USER-07",
  /** The name is empty. */
  EmptyName: "USER-08",
  /** An account has this email already. */
  EmailTaken: "USER-09",
  /** The email does not have the form of one. */
  EmailInvalid: "USER-10",
  /** The password is longer than the 72 bytes that bcrypt reads. */
  PasswordTooLong: "USER-11",
  /** The seat count is outside of the range that an event can have. */
  InvalidSeatCount: "EVENT-01",
  /** The event id is missing or not a UUID. */
  InvalidEventId: "EVENT-02",
  /** No event has this id. */
  NoSuchEvent: "EVENT-03",
  /** A field of the event is missing or out of range. */
  InvalidEventData: "EVENT-04",
  /** An event's number of seats cannot be reduced. */
  SeatCountReduced: "EVENT-05",
  /** The event's sale has not begun. */
  NotOnSaleYet: "EVENT-06",
  /** The event's sale is paused, or over. */
  SaleClosed: "EVENT-07",
  /** The event was cancelled. */
  EventCancelled: "EVENT-08",
  /** There are fewer tickets than were asked for, or the number asked for is out of range. */
  TooFewTickets: "TICKET-01",
  /** The ticket is not reserved by the caller, or no longer. */
  NotReserved: "TICKET-02",
  /** The ticket is somebody else's. */
  NotYourTicket: "TICKET-03",
  /** With these the caller would hold and have more of the event's tickets than one buyer may. */
  OverBuyerLimit: "TICKET-04",
  /** The caller is already waiting for this event. */
  AlreadyWaiting: "WAITLIST-01",
  /** The number of seats waited for is out of range. */
  InvalidWaitCount: "WAITLIST-02",
  /** Reading from the database failed. */
  ReadFailed: "DB-01",
  /** Writing to the database failed. */
  WriteFailed: "DB-02",
  /** The transaction failed. */
  TransactionFailed: "DB-03",
  /** The idempotency key does not have the form of one. */
  IdempotencyKeyMalformed: "IDEM-01",
  /** The same caller has sent another request with this key. */
  IdempotencyKeyReused: "IDEM-02",
  /** What became of the first request with this key is not known yet. */
  FirstRequestUnderWay: "IDEM-03"
};

// src/errors.ts
var GATEWAY_TIMEOUT = 504;
var SERVER_ERRORS = 500;
var UNAUTHORIZED = 401;
var BookedError = class extends Error {
  name = "BookedError";
  /** The key that the request was sent with: with it, the same call finds out what became of the request. */
  key;
  /** Whether what was asked for may have been done, or may be done later. */
  outcomeUnknown = false;
};
var TransportError = class extends BookedError {
  name = "TransportError";
  outcomeUnknown = true;
};
var UnreadableAnswer = class extends BookedError {
  name = "UnreadableAnswer";
  outcomeUnknown = true;
};
var ApiError = class extends BookedError {
  name = "ApiError";
  status;
  /** The first part of the code; empty if something other than the API has answered, such as a proxy. */
  category;
  /** Empty if something other than the API has answered. There may be codes that `Code` does not have. */
  code;
  /** What it means, for a person. */
  msg;
  /** What is wrong in this case. */
  error;
  requestId;
  /** After how many seconds to try again, if the answer says so. */
  retryAfter;
  /** Whether this is the first answer again, to a request that was sent before with the same key. */
  replayed;
  constructor(status, body, headers) {
    const msg = body?.msg ?? "an answer that is not the API's";
    const detail = body?.error ? ` (${body.error})` : "";
    const request = headers.requestId === void 0 ? "" : `, request ${headers.requestId}`;
    super(`${body?.category_code ?? "no code"}: ${msg}${detail} [status ${status}${request}]`);
    this.status = status;
    this.category = body?.category ?? "";
    this.code = body?.category_code ?? "";
    this.msg = msg;
    this.error = body?.error ?? void 0;
    this.requestId = headers.requestId;
    this.retryAfter = headers.retryAfter;
    this.replayed = headers.replayed;
    const isOfProxy = body === void 0 && status >= SERVER_ERRORS;
    this.outcomeUnknown = isOfProxy || status === GATEWAY_TIMEOUT || this.code === Code.FirstRequestUnderWay;
  }
};
function saysTryAgain(error) {
  const codes = [Code.TooManyRequests, Code.Unavailable, Code.FirstRequestUnderWay];
  return error instanceof ApiError && codes.includes(error.code);
}
function isLost(error) {
  return error instanceof TransportError || error instanceof ApiError && error.status === GATEWAY_TIMEOUT;
}
function isFinal(error) {
  return error instanceof ApiError && error.code !== "" && error.status < SERVER_ERRORS && error.status !== UNAUTHORIZED && !saysTryAgain(error);
}

// src/call.ts
var NOT_MODIFIED = 304;
var SECONDS = /^[0-9]{1,9}$/;
var VISIBLE = /^[\x21-\x7e]+$/;
function visible(what, text) {
  if (!VISIBLE.test(text)) {
    throw new TypeError(`${what} must be visible ASCII characters`);
  }
  return text;
}
function mayBeRepeated(call) {
  return call.method === "GET" || call.key !== void 0;
}
function urlOf(baseUrl, call) {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(call.query ?? {})) {
    if (value !== void 0) {
      given.set(name, String(value));
    }
  }
  const query = given.toString();
  return `${baseUrl}${call.path}${query === "" ? "" : `?${query}`}`;
}
function initOf(call, token) {
  const headers = { Accept: "application/json" };
  if (call.needsToken && token !== void 0) {
    headers.Authorization = `Bearer ${token}`;
  }
  if (call.key !== void 0) {
    headers["Idempotency-Key"] = call.key;
  }
  if (call.etag !== void 0) {
    headers["If-None-Match"] = visible("an etag", call.etag);
  }
  const init = { method: call.method, headers, cache: "no-store", redirect: "error" };
  if (call.body !== void 0) {
    headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(call.body);
  }
  return init;
}
function valueOf(call, raw) {
  const isSuccess = raw.status >= 200 && raw.status < 300;
  if (!isSuccess && !(raw.status === NOT_MODIFIED && call.etag !== void 0)) {
    throw errorOf(raw);
  }
  return call.read(raw);
}
function answerOf(call, { status, headers }) {
  return { status, ...told(headers), etag: headers.get("ETag") ?? void 0, key: call.key };
}
function json({ text }) {
  const value = parsed(text);
  if (typeof value !== "object" || value === null) {
    throw new UnreadableAnswer("a success without the JSON that it should have");
  }
  return value;
}
function jsonIfChanged(etag) {
  return (raw) => raw.status === NOT_MODIFIED && etag !== void 0 ? { changed: false, etag } : { changed: true, value: json(raw), etag: raw.headers.get("ETag") ?? void 0 };
}
function nothing() {
}
function errorOf(raw) {
  const retryAfter = raw.headers.get("Retry-After") ?? "";
  const body = parsed(raw.text);
  return new ApiError(raw.status, isErrorBody(body) ? body : void 0, {
    ...told(raw.headers),
    retryAfter: SECONDS.test(retryAfter) ? Number(retryAfter) : void 0
  });
}
function told(headers) {
  return {
    replayed: headers.get("Idempotency-Replayed") === "true",
    requestId: headers.get("X-Request-Id") ?? void 0
  };
}
function isErrorBody(value) {
  const { category, category_code, msg } = value ?? {};
  return [category, category_code, msg].every((member) => typeof member === "string");
}
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return void 0;
  }
}

// src/exchange.ts
async function exchange(url, init, timeoutMs, signal, clock) {
  signal?.throwIfAborted();
  const ending = new AbortController();
  const end = () => ending.abort();
  const timer = setTimeout(end, timeoutMs);
  signal?.addEventListener("abort", end);
  try {
    const sentAt = performance.now();
    const response = await fetch(url, { ...init, signal: ending.signal });
    clock.note(response.headers.get("Date"), sentAt, performance.now());
    return { status: response.status, headers: response.headers, text: await response.text() };
  } catch (cause) {
    signal?.throwIfAborted();
    throw new TransportError(ending.signal.aborted ? "no answer in time" : "the connection failed", { cause });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", end);
  }
}
function sleep(waitMs, signal) {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      if (signal?.aborted) {
        reject(signal.reason);
      } else {
        resolve();
      }
    };
    const timer = setTimeout(end, waitMs);
    signal?.addEventListener("abort", end);
    if (signal?.aborted) {
      end();
    }
  });
}

// src/ids.ts
var UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
var SEAT_DIGITS = 8;
function checkedUuid(text) {
  if (!UUID.test(text)) {
    throw new TypeError("not a hyphenated UUID");
  }
  return text.toLowerCase();
}
function eventOf(ticketId) {
  return parts(ticketId).event + "0".repeat(SEAT_DIGITS);
}
function seatOf(ticketId) {
  return parts(ticketId).seat;
}
function parts(ticketId) {
  const uuid = checkedUuid(ticketId);
  const seat = Number.parseInt(uuid.slice(-SEAT_DIGITS), 16);
  if (seat === 0) {
    throw new TypeError("the id of an event, not of a ticket");
  }
  return { event: uuid.slice(0, -SEAT_DIGITS), seat };
}

// src/keys.ts
async function keyOr(given) {
  return given === void 0 ? await randomUuid() : visible("an idempotency key", given);
}
async function randomUuid() {
  const crypto = globalThis.crypto ?? (await import("node:crypto")).webcrypto;
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const variant = "89ab"[Number.parseInt(hex.charAt(16), 16) % 4];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}

// src/options.ts
var TIMEOUT_MAX_MS = 2 ** 31 - 1;
function checkedBaseUrl(baseUrl) {
  if (baseUrl !== "") {
    const url = new URL(baseUrl);
    if (!/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash) {
      throw new TypeError("the base URL must be http:// or https://, a host and perhaps a path");
    }
  }
  return baseUrl.replace(/\/+$/, "");
}
function checkedLimits({ timeoutMs = 1e4, totalTimeoutMs = 3e4, tries = 4 }) {
  const isTimeout = (ms) => ms > 0 && ms <= TIMEOUT_MAX_MS;
  if (!isTimeout(timeoutMs) || !isTimeout(totalTimeoutMs) || !Number.isInteger(tries) || tries < 1) {
    throw new TypeError("timeouts and the number of tries must be above 0");
  }
  return { timeoutMs, totalTimeoutMs, tries };
}

// src/server-clock.ts
var ANSWERS_MAX = 16;
var DATE_LAGS_MAX_MS = 1500;
var ServerClock = class {
  #answers = [];
  /** Notes an answer. Local times are those of `performance.now()`, which nobody can set. */
  note(date, sentAt, answeredAt) {
    const time = Date.parse(date ?? "");
    if (Number.isNaN(time)) {
      return;
    }
    this.#answers.unshift({ least: time - answeredAt, most: time + DATE_LAGS_MAX_MS - sentAt });
    this.#answers.length = Math.min(this.#answers.length, ANSWERS_MAX);
  }
  /** The server's time in milliseconds; the local time before the first answer. */
  now() {
    const [latest, ...earlier] = this.#answers;
    if (latest === void 0) {
      return Date.now();
    }
    let { least, most } = latest;
    for (const offsets of earlier) {
      if (offsets.least > most || offsets.most < least) {
        break;
      }
      least = Math.max(least, offsets.least);
      most = Math.min(most, offsets.most);
    }
    return performance.now() + (least + most) / 2;
  }
};

// src/tries.ts
var JITTER_BASE_MS = 500;
var JITTER_CAP_MS = 4e3;
async function withTries(call, limits) {
  const deadline = performance.now() + limits.totalTimeoutMs;
  let outcomeUnknown = false;
  for (let tries = 1; ; tries += 1) {
    try {
      return await call.once(Math.min(limits.timeoutMs, deadline - performance.now()));
    } catch (error) {
      if (!(error instanceof BookedError)) {
        throw error;
      }
      error.key = call.key;
      error.outcomeUnknown ||= outcomeUnknown && !isFinal(error);
      outcomeUnknown = error.outcomeUnknown;
      const isSafe = saysTryAgain(error) || isLost(error) && call.mayBeRepeated;
      const waitMs = waitAfter(error, tries);
      if (!isSafe || tries >= limits.tries || performance.now() + waitMs >= deadline) {
        throw error;
      }
      call.onRetry?.({ error, tries, waitMs });
      await call.sleep(waitMs);
      if (performance.now() >= deadline) {
        throw error;
      }
    }
  }
}
function waitAfter(error, tries) {
  const askedMs = error instanceof ApiError ? (error.retryAfter ?? 0) * 1e3 : 0;
  return askedMs + Math.random() * Math.min(JITTER_CAP_MS, JITTER_BASE_MS * 2 ** (tries - 1));
}

// src/client.ts
var LOCATION = /^\/event\/([0-9a-f-]{36})\/$/;
var Booked = class {
  #baseUrl;
  #limits;
  #onRetry;
  #clock = new ServerClock();
  #token;
  constructor(options = {}) {
    this.#baseUrl = checkedBaseUrl(options.baseUrl ?? "http://localhost:8080");
    this.#limits = checkedLimits(options);
    this.#onRetry = options.onRetry;
    this.token = options.token;
  }
  /** What `login` was answered. It is kept in memory alone, and sent only where it is needed. */
  get token() {
    return this.#token;
  }
  set token(token) {
    this.#token = token === void 0 ? void 0 : visible("a token", token);
  }
  /** The server's time in milliseconds since 1970, by the `Date` of its last answers; before these, the local time. */
  serverNow() {
    return this.#clock.now();
  }
  /** Whether the gateway is alive. */
  health(options = {}) {
    return this.#send({ method: "GET", path: "/health/", read: json }, options);
  }
  /** The keys that tokens are verified with. */
  publicKeys(options = {}) {
    return this.#send({ method: "GET", path: "/.well-known/jwks.json", read: json }, options);
  }
  /** Makes an account. It is not sent again after a lost answer, since it has no key. */
  register(account, options = {}) {
    return this.#send({ method: "POST", path: "/user/register/", body: account, read: nothing }, options);
  }
  /** Logs in: calls from now on are this user's. Answers with the token. */
  async login(email, password, options = {}) {
    const body = { email, password };
    const token = await this.#send({ method: "POST", path: "/user/login/", body, read: tokenIn }, options);
    this.token = token;
    return token;
  }
  /** What the caller has of each event, the latest booked first. */
  bookings(options = {}) {
    return this.#read("/user/bookings/", json, {}, options);
  }
  /** The caller's tickets, the latest booked first; a page is asked for when the loop comes to it. */
  async *tickets(query = {}, options = {}) {
    let after = query.after;
    do {
      const page = await this.ticketsPage({ ...query, after }, options);
      yield* page.tickets;
      after = page.next;
    } while (after !== void 0);
  }
  /** A page of the caller's tickets; its `next` is the `after` of the next one. */
  ticketsPage(query = {}, options = {}) {
    return this.#read("/user/tickets/", json, { ...query }, options);
  }
  /** Events by time; a page is asked for when the loop comes to it. */
  async *events(query = {}, options = {}) {
    let timestamp = query.timestamp;
    do {
      const path = "/event/";
      const call = { method: "GET", path, query: { ...query, timestamp }, read: json };
      const page = await this.#send(call, options);
      yield* page.events;
      timestamp = page.next_time_to_fetch;
    } while (timestamp !== 0);
  }
  /** A page of events; its `next_time_to_fetch` is the `timestamp` of the next one, or 0 if it is empty. */
  eventsPage(query = {}, options = {}) {
    const { etag } = options;
    const read = jsonIfChanged(etag);
    return this.#send({ method: "GET", path: "/event/", query: { ...query }, etag, read }, options);
  }
  /** One event. */
  async event(id, options = {}) {
    return await this.#send({ method: "GET", path: pathOf(id), read: json }, options);
  }
  /** One event, unless it is as it was in the answer with this tag. */
  async eventIfChanged(id, options = {}) {
    const { etag } = options;
    return await this.#send({ method: "GET", path: pathOf(id), etag, read: jsonIfChanged(etag) }, options);
  }
  /** Announces an event, and answers with its id (admins only). */
  createEvent(event, options = {}) {
    return this.#write("POST", "/event/", { body: event, read: idInLocation }, options);
  }
  /** Changes what is given; 0 takes a time of the sale or the limit of a buyer away (admins only). */
  updateEvent(change, options = {}) {
    return this.#write("POST", "/event/update/", { body: change, read: nothing }, options);
  }
  /** Nothing more is sold of the event; tickets stay with their owners (admins only). */
  cancelEvent(id, reason, options = {}) {
    return this.#write("POST", "/event/cancel/", { body: { id, reason }, read: nothing }, options);
  }
  /** Deletes an event and its tickets (admins only). */
  deleteEvent(id, options = {}) {
    return this.#write("DELETE", "/event/", { query: { id }, read: nothing }, options);
  }
  /** Holds this many seats for the caller, or none. */
  reserve(eventId, count, options = {}) {
    const body = { event_id: eventId, count };
    return this.#write("POST", "/ticket/reserve/", { body, read: json }, options);
  }
  /** What the caller holds, of one event or of all. */
  holds(eventId, options = {}) {
    return this.#read("/ticket/holds/", json, { event_id: eventId }, options);
  }
  /** Books these tickets, which the caller holds, or none. */
  book(ticketIds, options = {}) {
    return this.#write("POST", "/ticket/book/", { body: { ticket_ids: ticketIds }, read: nothing }, options);
  }
  /** Gives these holds back, or none. */
  release(ticketIds, options = {}) {
    return this.#write("POST", "/ticket/release/", { body: { ticket_ids: ticketIds }, read: nothing }, options);
  }
  /** Cancels this many of the caller's tickets of an event, the latest booked first, or none. */
  cancel(eventId, count, options = {}) {
    return this.#write("POST", "/ticket/cancel/", { body: { event_id: eventId, count }, read: nothing }, options);
  }
  /** Cancels exactly these tickets of the caller, or none. */
  cancelTickets(ticketIds, options = {}) {
    return this.#write("POST", "/ticket/cancel_tickets/", { body: { ticket_ids: ticketIds }, read: nothing }, options);
  }
  /** Waits for this many seats of an event; the caller is told when seats come free. */
  joinWaitlist(eventId, count, options = {}) {
    return this.#write("POST", "/waitlist/add/", { body: { event_id: eventId, count }, read: nothing }, options);
  }
  /** How many people wait for seats of an event, and for how many tickets together (admins only). */
  waitlistLength(eventId, options = {}) {
    return this.#read("/waitlist/", json, { event_id: eventId }, options);
  }
  /** How well every event sells, the best first (admins only). */
  analytics(options = {}) {
    return this.#read("/analytics/", json, {}, options);
  }
  /** How many of every event's tickets come back (admins only). */
  cancellationRates(options = {}) {
    return this.#read("/analytics/cancellation_rates/", json, {}, options);
  }
  #read(path, read, query, options) {
    return this.#send({ method: "GET", path, query, needsToken: true, read }, options);
  }
  async #write(method, path, content, options) {
    const token = this.#token;
    const key = await keyOr(options.key);
    return await this.#send({ ...content, method, path, needsToken: true, key }, options, token);
  }
  async #send(call, options, token = this.#token) {
    const url = urlOf(this.#baseUrl, call);
    const init = initOf(call, token);
    const tries = {
      key: call.key,
      mayBeRepeated: mayBeRepeated(call),
      once: async (timeoutMs) => {
        const raw2 = await exchange(url, init, timeoutMs, options.signal, this.#clock);
        return { raw: raw2, value: valueOf(call, raw2) };
      },
      sleep: (waitMs) => sleep(waitMs, options.signal),
      onRetry: options.onRetry ?? this.#onRetry
    };
    const { raw, value } = await withTries(tries, this.#limits);
    options.onAnswer?.(answerOf(call, raw));
    return value;
  }
};
function pathOf(eventId) {
  return `/event/${checkedUuid(eventId)}/`;
}
function tokenIn(answer) {
  const { token } = json(answer);
  if (typeof token !== "string") {
    throw new UnreadableAnswer("a log-in without a token");
  }
  return token;
}
function idInLocation({ headers }) {
  const id = LOCATION.exec(headers.get("Location") ?? "")?.[1];
  if (id === void 0) {
    throw new UnreadableAnswer("an event was made, but `Location` does not say where");
  }
  return id;
}
export {
  ApiError,
  Booked,
  BookedError,
  Code,
  TransportError,
  UnreadableAnswer,
  eventOf,
  seatOf
};
