"""Client of booked, which sells seats: every seat at most once, nothing acknowledged is lost."""

from booked import codes
from booked.async_client import AsyncClient
from booked.call import Answer
from booked.client import Client
from booked.errors import (
    ApiError,
    BookedError,
    ErrorBody,
    NotModified,
    NotSentError,
    TransportError,
    UnreadableAnswer,
)
from booked.ids import event_of, seat_of
from booked.models import (
    Booking,
    Event,
    EventAnalytics,
    EventCancellations,
    EventPage,
    EventStatus,
    Health,
    Hold,
    Holds,
    Jwk,
    Jwks,
    OwnTicket,
    OwnTicketPage,
    Reservation,
    Token,
)

__all__ = [
    "Answer",
    "ApiError",
    "AsyncClient",
    "BookedError",
    "Booking",
    "Client",
    "ErrorBody",
    "Event",
    "EventAnalytics",
    "EventCancellations",
    "EventPage",
    "EventStatus",
    "Health",
    "Hold",
    "Holds",
    "Jwk",
    "Jwks",
    "NotModified",
    "NotSentError",
    "OwnTicket",
    "OwnTicketPage",
    "Reservation",
    "Token",
    "TransportError",
    "UnreadableAnswer",
    "codes",
    "event_of",
    "seat_of",
]
