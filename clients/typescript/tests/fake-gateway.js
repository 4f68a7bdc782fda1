// A server that gives prepared answers and notes what it was asked.
import { createServer } from "node:http";

import { Booked } from "booked-client";

/**
 * @typedef {{ method: string, path: string, query: URLSearchParams, headers: import("node:http").IncomingHttpHeaders,
 *   body: any }} Request
 * @typedef {{ status?: number, headers?: Record<string, string>, body?: unknown }} Prepared
 * @typedef {Prepared | "lost" | "broken off" | "silent"} Answer
 */

/** Ends with the test. Each request gets the next of the answers; the last one is for all that follow. */
export async function fakeGateway(
  /** @type {import("node:test").TestContext} */ t,
  /** @type {Answer[]} */ answers,
  /** @type {import("booked-client").BookedOptions} */ options = {},
) {
  /** @type {Request[]} */
  const requests = [];
  const server = createServer(async (request, response) => {
    const content = [];
    for await (const piece of request) {
      content.push(piece);
    }
    const text = Buffer.concat(content).toString();
    const { pathname, searchParams } = new URL(request.url ?? "", "http://localhost");
    const answer = answers[Math.min(requests.length, answers.length - 1)];
    requests.push({
      method: request.method ?? "",
      path: pathname,
      query: searchParams,
      headers: request.headers,
      body: text === "" ? undefined : JSON.parse(text),
    });
    if (answer === "lost") {
      request.socket.destroy();
    } else if (answer === "broken off") {
      response.writeHead(200, { "Content-Length": "1000" });
      response.write("[", () => request.socket.destroy());
    } else if (answer !== "silent") {
      const { status = 200, headers = {}, body } = answer ?? {};
      response.writeHead(status, headers);
      response.end(typeof body === "string" || body === undefined ? body : JSON.stringify(body));
    }
  });
  // Otherwise a connection that the client is about to use could end.
  server.keepAliveTimeout = 0;
  await /** @type {Promise<void>} */ (new Promise((resolve) => server.listen(0, "127.0.0.1", resolve)));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const baseUrl = `http://127.0.0.1:${port}`;
  return { requests, baseUrl, client: new Booked({ baseUrl, token: "token", ...options }) };
}

/** An answer that is an error, and not to be waited after unless the headers say so. */
export function failure(
  /** @type {number} */ status,
  /** @type {string} */ code,
  /** @type {Record<string, string>} */ headers = {},
  /** @type {string | undefined} */ error = undefined,
) {
  return { status, headers, body: { category: code.split("-")[0], category_code: code, msg: `msg of ${code}`, error } };
}

/** Waits for no random time. Answers with what the client waits by chance, from 0 to 1, as the test sets it. */
export function withoutJitter(/** @type {import("node:test").TestContext} */ t, value = 0) {
  t.mock.method(Math, "random", () => value);
}

/** The error that the call throws. */
export async function thrown(/** @type {() => Promise<unknown>} */ call) {
  try {
    await call();
  } catch (error) {
    return /** @type {any} */ (error);
  }
  throw new Error("nothing was thrown");
}

export const EVENT = "0190a6f0-7b3c-7d4e-8f5a-123400000000";
export const TICKET = "0190a6f0-7b3c-7d4e-8f5a-12340000001f";
