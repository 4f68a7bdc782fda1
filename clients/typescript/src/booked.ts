// The module: all that its users need, and nothing else.

export type { Answer } from "./call.js";
export { Booked } from "./client.js";
export { Code } from "./codes.js";
export { ApiError, BookedError, TransportError, UnreadableAnswer } from "./errors.js";
export { eventOf, seatOf } from "./ids.js";
export type { BookedOptions, CallOptions, TaggedOptions, WriteOptions } from "./options.js";
export type { Retry } from "./tries.js";
export type * from "./types.js";
