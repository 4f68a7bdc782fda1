// What is sent and answered, by the names of the API's document. Answers may have members that are not here.

import type { components } from "./schema.js";

type Schemas = components["schemas"];

/** Where an event stands. There may be values that are not listed here. */
export type EventStatus = Schemas["EventStatus"] | (string & {});

export type Event = Omit<Schemas["Event"], "status"> & { status: EventStatus };
export type EventPage = Omit<Schemas["EventPage"], "events"> & { events: Event[] };
export type Booking = Omit<Schemas["Booking"], "event_status"> & { event_status: EventStatus };

export type NewEvent = Schemas["NewEvent"];
export type EventChange = Schemas["EventChange"];
export type EventAnalytics = Schemas["EventAnalytics"];
export type ErrorBody = Schemas["ErrorBody"];
export type EventCancellations = Schemas["EventCancellations"];
export type Health = Schemas["Health"];
export type Hold = Schemas["Hold"];
export type Holds = Schemas["Holds"];
export type Jwk = Schemas["Jwk"];
export type Jwks = Schemas["Jwks"];
export type OwnTicket = Schemas["OwnTicket"];
export type OwnTicketPage = Schemas["OwnTicketPage"];
export type Registration = Schemas["Registration"];
export type Reservation = Schemas["Reservation"];
export type WaitlistLength = Schemas["WaitlistLength"];

/** Which events are asked for; all of this must be true for one. */
export interface EventQuery {
  /** Inclusive, in Unix seconds. */
  from?: number | undefined;
  /** Exclusive, in Unix seconds. */
  to?: number | undefined;
  status?: EventStatus | undefined;
  /** Words that all begin a word of its name, address or description. */
  q?: string | undefined;
  /** How many a page has at least, if there are as many. */
  limit?: number | undefined;
  /** Strictly later than this: the `next_time_to_fetch` of the page before. */
  timestamp?: number | undefined;
}

/** Which of the caller's tickets are asked for. */
export interface TicketQuery {
  event_id?: string | undefined;
  /** How many a page has at most. */
  limit?: number | undefined;
  /** The `next` of the page before. */
  after?: string | undefined;
}

/** An answer with its tag, or that it has not changed since the one whose tag was given. */
export type IfChanged<T> = { changed: true; value: T; etag: string | undefined } | { changed: false; etag: string };
