// Which calls are sent again, when, and for how long.

import { BookedError, isFinal, isLost, saysTryAgain, ApiError } from "./errors.js";

const JITTER_BASE_MS = 500;
const JITTER_CAP_MS = 4000;

/** How long a try may take, how long a call may take with all its tries, and how many these may be. */
export interface Limits {
  timeoutMs: number;
  totalTimeoutMs: number;
  tries: number;
}

/** A call is about to be sent again. */
export interface Retry {
  /** Why. */
  error: BookedError;
  /** How many tries there have been. */
  tries: number;
  /** After how many milliseconds. */
  waitMs: number;
}

/** What one call needs for its tries. */
export interface Tries<T> {
  key: string | undefined;
  mayBeRepeated: boolean;
  once(timeoutMs: number): Promise<T>;
  sleep(waitMs: number): Promise<void>;
  onRetry: ((retry: Retry) => void) | undefined;
}

export async function withTries<T>(call: Tries<T>, limits: Limits): Promise<T> {
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
      // That this try was not carried out says nothing of an earlier one.
      error.outcomeUnknown ||= outcomeUnknown && !isFinal(error);
      outcomeUnknown = error.outcomeUnknown;

      // After a lost answer it may be done twice, unless it only reads or its key prevents that.
      const isSafe = saysTryAgain(error) || (isLost(error) && call.mayBeRepeated);
      const waitMs = waitAfter(error, tries);
      if (!isSafe || tries >= limits.tries || performance.now() + waitMs >= deadline) {
        throw error;
      }
      call.onRetry?.({ error, tries, waitMs });
      await call.sleep(waitMs);
      // The wait may have been longer than planned, on a busy computer or in a page in the background.
      if (performance.now() >= deadline) {
        throw error;
      }
    }
  }
}

/** What was asked for and a random time, so that those who were sent away together do not come back together. */
function waitAfter(error: BookedError, tries: number): number {
  const askedMs = error instanceof ApiError ? (error.retryAfter ?? 0) * 1000 : 0;
  return askedMs + Math.random() * Math.min(JITTER_CAP_MS, JITTER_BASE_MS * 2 ** (tries - 1));
}
