"""A class for each error code of the API, by the names that the code has in its source."""

from booked.errors import ApiError


class BodyUndecodable(ApiError, code="SYS-01"):
    """The body is not one JSON object with fields of the right types."""


class UnknownError(ApiError, code="SYS-02"):
    """Something failed that has no code of its own."""


class InvalidUuid(ApiError, code="SYS-03"):
    """An id is not a hyphenated UUID."""


class NoSuchRoute(ApiError, code="SYS-04"):
    """No route has this path."""


class MethodNotAllowed(ApiError, code="SYS-05"):
    """The route has no such method."""


class TooManyRequests(ApiError, code="SYS-06"):
    """The caller's rate limit is used up."""


class ServiceUnavailable(ApiError, code="SYS-07"):
    """Nothing was done; the client may try again."""


class UpstreamTimedOut(ApiError, code="SYS-08"):
    """It may have been done."""


class BodyTooLarge(ApiError, code="SYS-09"):
    """The body is larger than what is accepted."""


class RoleNotAllowed(ApiError, code="USER-01"):
    """The caller's role may not do this."""


class EmptyPassword(ApiError, code="USER-02"):
    """The password is empty."""


class NoSuchUser(ApiError, code="USER-03"):
    """No account has this email."""


class WrongPassword(ApiError, code="USER-04"):
    """The password is not the account's."""


class TokenNotSigned(ApiError, code="USER-05"):
    """The token could not be signed."""


class TokenInvalid(ApiError, code="USER-06"):
    """No token, or none that is valid."""


class EmptyEmail(ApiError, code="USER-07"):
    """The email is empty."""


class EmptyName(ApiError, code="USER-08"):
    """The name is empty."""


class EmailTaken(ApiError, code="USER-09"):
    """An account has this email already."""


class EmailInvalid(ApiError, code="USER-10"):
    """The email does not have the form of one."""


class PasswordTooLong(ApiError, code="USER-11"):
    """The password is longer than the 72 bytes that bcrypt reads."""


class InvalidSeatCount(ApiError, code="EVENT-01"):
    """The seat count is outside of the range that an event can have."""


class InvalidEventId(ApiError, code="EVENT-02"):
    """The event id is missing or not a UUID."""


class NoSuchEvent(ApiError, code="EVENT-03"):
    """No event has this id."""


class InvalidEventData(ApiError, code="EVENT-04"):
    """A field of the event is missing or out of range."""


class SeatCountReduced(ApiError, code="EVENT-05"):
    """An event's number of seats cannot be reduced."""


class NotOnSaleYet(ApiError, code="EVENT-06"):
    """The event's sale has not begun."""


class SaleClosed(ApiError, code="EVENT-07"):
    """The event's sale is paused, or over."""


class EventCancelled(ApiError, code="EVENT-08"):
    """The event was cancelled."""


class TooFewTickets(ApiError, code="TICKET-01"):
    """There are fewer tickets than were asked for, or the number asked for is out of range."""


class NotReserved(ApiError, code="TICKET-02"):
    """The ticket is not reserved by the caller, or no longer."""


class NotYourTicket(ApiError, code="TICKET-03"):
    """The ticket is somebody else's."""


class OverBuyerLimit(ApiError, code="TICKET-04"):
    """With these the caller would hold and have more of the event's tickets than one buyer may."""


class AlreadyWaiting(ApiError, code="WAITLIST-01"):
    """The caller is already waiting for this event."""


class InvalidWaitCount(ApiError, code="WAITLIST-02"):
    """The number of seats waited for is out of range."""


class ReadFailed(ApiError, code="DB-01"):
    """Reading from the database failed."""


class WriteFailed(ApiError, code="DB-02"):
    """Writing to the database failed."""


class TransactionFailed(ApiError, code="DB-03"):
    """The transaction failed."""


class IdempotencyKeyMalformed(ApiError, code="IDEM-01"):
    """The idempotency key does not have the form of one."""


class IdempotencyKeyReused(ApiError, code="IDEM-02"):
    """The same caller has sent another request with this key."""


class FirstRequestUnderWay(ApiError, code="IDEM-03"):
    """What became of the first request with this key is not known yet."""
