// One request and its answer, within a time.

import type { RawAnswer } from "./call.js";
import { TransportError } from "./errors.js";
import type { ServerClock } from "./server-clock.js";

/** Throws the reason of the signal if the caller has given up, otherwise a `TransportError` if there is no answer. */
export async function exchange(
  url: string,
  init: RequestInit,
  timeoutMs: number,
  signal: AbortSignal | undefined,
  clock: ServerClock,
): Promise<RawAnswer> {
  signal?.throwIfAborted();
  const ending = new AbortController();
  const end = (): void => ending.abort();
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

/** Throws the reason of the signal if the caller gives up meanwhile. */
export function sleep(waitMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
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
