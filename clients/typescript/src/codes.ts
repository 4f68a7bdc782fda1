// The error codes of the API, by the names that they have in its source.

/** What an error of the API means: `error.code === Code.TooFewTickets`. There may be codes that are not here. */
export const Code = {
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
  FirstRequestUnderWay: "IDEM-03",
} as const;

export type Code = (typeof Code)[keyof typeof Code];
