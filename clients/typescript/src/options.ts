// What a client and a call can be given.

import type { Answer } from "./call.js";
import type { Limits, Retry } from "./tries.js";

// What timers of browsers can wait.
const TIMEOUT_MAX_MS = 2 ** 31 - 1;

export interface BookedOptions {
  /** Where the gateway is: `http://localhost:8080` by default; `""` is where the page is from. */
  baseUrl?: string;
  /** The token of an earlier log-in. */
  token?: string;
  /** How long a try may take: 10,000 by default. */
  timeoutMs?: number;
  /** How long a call may take with all its tries: 30,000 by default. */
  totalTimeoutMs?: number;
  /** How many tries a call has at most: 4 by default. */
  tries?: number;
  /** Is told when a call is about to be sent again, unless the call has an `onRetry` of its own. */
  onRetry?: (retry: Retry) => void;
}

export interface CallOptions {
  /** Ends the call, which throws the signal's reason. What was sent may be carried out nevertheless. */
  signal?: AbortSignal | undefined;
  /** Is told when the call is about to be sent again. */
  onRetry?: ((retry: Retry) => void) | undefined;
  /** Is told what the headers of the answer say, if it is a success. */
  onAnswer?: ((answer: Answer) => void) | undefined;
}

export interface WriteOptions extends CallOptions {
  /** The idempotency key, instead of a new one: the same key for each time that the same thing is to be done. */
  key?: string | undefined;
}

export interface TaggedOptions extends CallOptions {
  /** The tag of an earlier answer. */
  etag?: string | undefined;
}

/** Without its last slash; throws a `TypeError` if requests cannot be sent there. */
export function checkedBaseUrl(baseUrl: string): string {
  if (baseUrl !== "") {
    const url = new URL(baseUrl);
    if (!/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash) {
      throw new TypeError("the base URL must be http:// or https://, a host and perhaps a path");
    }
  }
  return baseUrl.replace(/\/+$/, "");
}

export function checkedLimits({ timeoutMs = 10_000, totalTimeoutMs = 30_000, tries = 4 }: BookedOptions): Limits {
  const isTimeout = (ms: number): boolean => ms > 0 && ms <= TIMEOUT_MAX_MS;
  if (!isTimeout(timeoutMs) || !isTimeout(totalTimeoutMs) || !Number.isInteger(tries) || tries < 1) {
    throw new TypeError("timeouts and the number of tries must be above 0");
  }
  return { timeoutMs, totalTimeoutMs, tries };
}
