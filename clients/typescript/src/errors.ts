// What a call can throw, but for mistakes of the caller that are found before anything is sent.

import { Code } from "./codes.js";
import type { ErrorBody } from "./types.js";

const GATEWAY_TIMEOUT = 504;
const SERVER_ERRORS = 500;
const UNAUTHORIZED = 401;

/** Anything that a call can throw after it was sent. */
export class BookedError extends Error {
  override readonly name: string = "BookedError";
  /** The key that the request was sent with: with it, the same call finds out what became of the request. */
  key: string | undefined;
  /** Whether what was asked for may have been done, or may be done later. */
  outcomeUnknown = false;
}

/** No answer came: the connection could not be made or was lost, or the time was up. */
export class TransportError extends BookedError {
  override readonly name = "TransportError";
  override outcomeUnknown = true;
}

/** An answer that says success, but not what the API says. */
export class UnreadableAnswer extends BookedError {
  override readonly name = "UnreadableAnswer";
  override outcomeUnknown = true;
}

/** An answer that is an error. */
export class ApiError extends BookedError {
  override readonly name = "ApiError";
  readonly status: number;
  /** The first part of the code; empty if something other than the API has answered, such as a proxy. */
  readonly category: string;
  /** Empty if something other than the API has answered. There may be codes that `Code` does not have. */
  readonly code: Code | (string & {});
  /** What it means, for a person. */
  readonly msg: string;
  /** What is wrong in this case. */
  readonly error: string | undefined;
  readonly requestId: string | undefined;
  /** After how many seconds to try again, if the answer says so. */
  readonly retryAfter: number | undefined;
  /** Whether this is the first answer again, to a request that was sent before with the same key. */
  readonly replayed: boolean;

  constructor(
    status: number,
    body: ErrorBody | undefined,
    headers: { requestId?: string | undefined; retryAfter?: number | undefined; replayed: boolean },
  ) {
    const msg = body?.msg ?? "an answer that is not the API's";
    const detail = body?.error ? ` (${body.error})` : "";
    const request = headers.requestId === undefined ? "" : `, request ${headers.requestId}`;
    super(`${body?.category_code ?? "no code"}: ${msg}${detail} [status ${status}${request}]`);
    this.status = status;
    this.category = body?.category ?? "";
    this.code = body?.category_code ?? "";
    this.msg = msg;
    this.error = body?.error ?? undefined;
    this.requestId = headers.requestId;
    this.retryAfter = headers.retryAfter;
    this.replayed = headers.replayed;
    // What stands between may have passed the request on before it failed.
    const isOfProxy = body === undefined && status >= SERVER_ERRORS;
    this.outcomeUnknown = isOfProxy || status === GATEWAY_TIMEOUT || this.code === Code.FirstRequestUnderWay;
  }
}

/** Whether nothing was done, or the first request with the key is under way: any request may be sent again. */
export function saysTryAgain(error: BookedError): boolean {
  const codes: string[] = [Code.TooManyRequests, Code.Unavailable, Code.FirstRequestUnderWay];
  return error instanceof ApiError && codes.includes(error.code);
}

/** Whether the answer was lost on the way: what may not be done twice must not be sent again. */
export function isLost(error: BookedError): boolean {
  return error instanceof TransportError || (error instanceof ApiError && error.status === GATEWAY_TIMEOUT);
}

/** Whether the error also tells what became of the tries before: they were refused too, or would have been. */
export function isFinal(error: BookedError): boolean {
  return (
    error instanceof ApiError &&
    error.code !== "" &&
    error.status < SERVER_ERRORS &&
    error.status !== UNAUTHORIZED &&
    !saysTryAgain(error)
  );
}
