//! The error codes of the contract, each with its usual status and its message.

use std::fmt;

macro_rules! codes {
    ($($(#[doc = $doc:expr])* $name:ident = $code:literal, $status:literal, $msg:literal;)*) => {
        /// An error code of the contract.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[doc = $doc])* $name,)*
        }

        impl Code {
            /// All codes, in the order of the contract.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The whole code, as in `category_code`: `"TICKET-02"`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code),* }
            }

            /// The HTTP status that the code usually comes with.
            #[must_use]
            pub fn status(self) -> u16 {
                match self { $(Self::$name => $status),* }
            }

            /// What it means, for a person.
            #[must_use]
            pub fn msg(self) -> &'static str {
                match self { $(Self::$name => $msg),* }
            }
        }
    };
}

codes! {
    /// The body is not one JSON object with fields of the right types.
    BodyUndecodable = "SYS-01", 400, "body cannot be decoded";
    /// Something failed that has no code of its own.
    Unknown = "SYS-02", 500, "unknown error";
    /// An id is not a hyphenated UUID.
    InvalidUuid = "SYS-03", 400, "invalid UUID";
    /// No route has this path.
    NoSuchRoute = "SYS-04", 404, "no such route";
    /// The route has no such method.
    MethodNotAllowed = "SYS-05", 405, "method not allowed";
    /// The caller's rate limit is used up.
    TooManyRequests = "SYS-06", 429, "too many requests";
    /// Nothing was done; the client may try again.
    Unavailable = "SYS-07", 503, "service unavailable";
    /// It may have been done.
    UpstreamTimedOut = "SYS-08", 504, "upstream timed out";
    /// The body is larger than what is accepted.
    BodyTooLarge = "SYS-09", 413, "body too large";
    /// The caller's role may not do this.
    RoleNotAllowed = "USER-01", 401, "role not allowed";
    /// The password is empty.
    EmptyPassword = "USER-02", 400, "empty password";
    /// No account has this email.
    NoSuchUser = "USER-03", 401, "no such user";
    /// The password is not the account's.
    WrongPassword = "USER-04", 401, "wrong password";
    /// The token could not be signed.
    TokenNotSigned = "USER-05", 500, "token could not be signed";
    /// No token, or none that is valid.
    TokenInvalid = "USER-06", 401, "token missing or invalid";
    /// The email is empty.
    EmptyEmail = "USER-07", 400, "empty email";
    /// The name is empty.
    EmptyName = "USER-08", 400, "empty name";
    /// An account has this email already.
    EmailTaken = "USER-09", 409, "email already registered";
    /// The email does not have the form of one.
    EmailInvalid = "USER-10", 400, "email not valid";
    /// The password is longer than the 72 bytes that bcrypt reads.
    PasswordTooLong = "USER-11", 400, "password longer than 72 bytes";
    /// The seat count is outside of the range that an event can have.
    InvalidSeatCount = "EVENT-01", 400, "invalid seat count";
    /// The event id is missing or not a UUID.
    InvalidEventId = "EVENT-02", 400, "invalid event id";
    /// No event has this id.
    NoSuchEvent = "EVENT-03", 400, "no such event";
    /// A field of the event is missing or out of range.
    InvalidEventData = "EVENT-04", 400, "invalid event data";
    /// An event's number of seats cannot be reduced.
    SeatCountReduced = "EVENT-05", 400, "seat count cannot be reduced";
    /// The event's sale has not begun.
    NotOnSaleYet = "EVENT-06", 409, "not on sale yet";
    /// The event's sale is paused, or over.
    SaleClosed = "EVENT-07", 409, "sale is paused or closed";
    /// The event was cancelled.
    EventCancelled = "EVENT-08", 409, "event is cancelled";
    /// There are fewer tickets than were asked for, or the number asked for is out of range.
    TooFewTickets = "TICKET-01", 400, "too few tickets";
    /// The ticket is not reserved by the caller, or no longer.
    NotReserved = "TICKET-02", 400, "ticket is not reserved or its reservation expired";
    /// The ticket is somebody else's.
    NotYourTicket = "TICKET-03", 400, "not your ticket";
    /// With these the caller would hold and have more of the event's tickets than one buyer may.
    OverBuyerLimit = "TICKET-04", 409, "more than one buyer may have";
    /// The caller is already waiting for this event.
    AlreadyWaiting = "WAITLIST-01", 400, "already on the waitlist";
    /// The number of seats waited for is out of range.
    InvalidWaitCount = "WAITLIST-02", 400, "invalid count";
    /// Reading from the database failed.
    ReadFailed = "DB-01", 500, "read failed";
    /// Writing to the database failed.
    WriteFailed = "DB-02", 500, "write failed";
    /// The transaction failed.
    TransactionFailed = "DB-03", 500, "transaction failed";
    /// The idempotency key does not have the form of one.
    IdempotencyKeyMalformed = "IDEM-01", 400, "idempotency key malformed";
    /// The same caller has sent another request with this key.
    IdempotencyKeyReused = "IDEM-02", 422, "idempotency key was used for another request";
    /// What became of the first request with this key is not known yet.
    FirstRequestUnderWay = "IDEM-03", 409, "first request with this key is still under way";
}

impl Code {
    /// The code that is written so, as [`Code::as_str`] writes it.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == name)
    }

    /// The first part of the code, as in `category`: `"TICKET"`.
    #[must_use]
    pub fn category(self) -> &'static str {
        self.as_str().split('-').next().unwrap_or_default()
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
