// A call: what is sent, and how its answer is read.

import { ApiError, UnreadableAnswer } from "./errors.js";
import type { ErrorBody, IfChanged } from "./types.js";

const NOT_MODIFIED = 304;
// More could not be waited for.
const SECONDS = /^[0-9]{1,9}$/;
const VISIBLE = /^[\x21-\x7e]+$/;

/** An answer as it came. */
export interface RawAnswer {
  status: number;
  headers: Headers;
  text: string;
}

export type Query = Record<string, string | number | undefined>;

/** What is sent. Each try of a call sends the same, with the same key. */
export interface Call<T> {
  method: "GET" | "POST" | "DELETE";
  path: string;
  query?: Query;
  body?: object;
  needsToken?: boolean;
  key?: string;
  etag?: string | undefined;
  read(answer: RawAnswer): T;
}

/** What the headers of a success say. */
export interface Answer {
  status: number;
  /** Whether this is the first answer again, to a request that was sent before with the same key. */
  replayed: boolean;
  requestId: string | undefined;
  etag: string | undefined;
  /** The key that the request was sent with. */
  key: string | undefined;
}

/** Throws a `TypeError` that does not show the text unless it can stand in a header. */
export function visible(what: string, text: string): string {
  if (!VISIBLE.test(text)) {
    throw new TypeError(`${what} must be visible ASCII characters`);
  }
  return text;
}

/** Whether nothing can be done twice if the call is sent again after its answer was lost. */
export function mayBeRepeated(call: Call<unknown>): boolean {
  return call.method === "GET" || call.key !== undefined;
}

export function urlOf(baseUrl: string, call: Call<unknown>): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(call.query ?? {})) {
    if (value !== undefined) {
      given.set(name, String(value));
    }
  }
  const query = given.toString();
  return `${baseUrl}${call.path}${query === "" ? "" : `?${query}`}`;
}

export function initOf(call: Call<unknown>, token: string | undefined): RequestInit {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (call.needsToken && token !== undefined) {
    headers.Authorization = `Bearer ${token}`;
  }
  if (call.key !== undefined) {
    headers["Idempotency-Key"] = call.key;
  }
  if (call.etag !== undefined) {
    headers["If-None-Match"] = visible("an etag", call.etag);
  }
  // A kept answer would tell an old time, and a redirect would take a password or a token somewhere else.
  const init: RequestInit = { method: call.method, headers, cache: "no-store", redirect: "error" };
  if (call.body !== undefined) {
    headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(call.body);
  }
  return init;
}

/** Reads the answer, or throws the error that it is. */
export function valueOf<T>(call: Call<T>, raw: RawAnswer): T {
  const isSuccess = raw.status >= 200 && raw.status < 300;
  if (!isSuccess && !(raw.status === NOT_MODIFIED && call.etag !== undefined)) {
    throw errorOf(raw);
  }
  return call.read(raw);
}

export function answerOf(call: Call<unknown>, { status, headers }: RawAnswer): Answer {
  return { status, ...told(headers), etag: headers.get("ETag") ?? undefined, key: call.key };
}

export function json<T extends object>({ text }: RawAnswer): T {
  const value = parsed(text);
  if (typeof value !== "object" || value === null) {
    throw new UnreadableAnswer("a success without the JSON that it should have");
  }
  return value as T;
}

export function jsonIfChanged<T extends object>(etag: string | undefined): (raw: RawAnswer) => IfChanged<T> {
  return (raw) =>
    raw.status === NOT_MODIFIED && etag !== undefined
      ? { changed: false, etag }
      : { changed: true, value: json<T>(raw), etag: raw.headers.get("ETag") ?? undefined };
}

export function nothing(): void {}

function errorOf(raw: RawAnswer): ApiError {
  const retryAfter = raw.headers.get("Retry-After") ?? "";
  const body = parsed(raw.text);
  return new ApiError(raw.status, isErrorBody(body) ? body : undefined, {
    ...told(raw.headers),
    retryAfter: SECONDS.test(retryAfter) ? Number(retryAfter) : undefined,
  });
}

function told(headers: Headers): { replayed: boolean; requestId: string | undefined } {
  return {
    replayed: headers.get("Idempotency-Replayed") === "true",
    requestId: headers.get("X-Request-Id") ?? undefined,
  };
}

function isErrorBody(value: unknown): value is ErrorBody {
  const { category, category_code, msg } = (value ?? {}) as Partial<ErrorBody>;
  return [category, category_code, msg].every((member) => typeof member === "string");
}

/** `undefined` if this is not JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
