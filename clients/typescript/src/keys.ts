// Idempotency keys.

import { visible } from "./call.js";

/** The caller's key, or a new one: a random UUID (version 4). */
export async function keyOr(given: string | undefined): Promise<string> {
  return given === undefined ? await randomUuid() : visible("an idempotency key", given);
}

/** `crypto.randomUUID()`, which browsers do not have on pages that came by plain HTTP. */
async function randomUuid(): Promise<string> {
  // Node 18 has it only as a module.
  const crypto = globalThis.crypto ?? (await import("node:crypto")).webcrypto;
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const variant = "89ab"[Number.parseInt(hex.charAt(16), 16) % 4];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}
