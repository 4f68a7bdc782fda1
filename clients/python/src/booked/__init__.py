"""Client of booked, which sells seats: every seat at most once, nothing acknowledged is lost."""

from booked import codes as codes
from booked.async_client import AsyncClient as AsyncClient
from booked.call import Answer as Answer
from booked.client import Client as Client
from booked.errors import (
    ApiError as ApiError,
    BookedError as BookedError,
    ErrorBody as ErrorBody,
    NotModified as NotModified,
    NotSentError as NotSentError,
    TransportError as TransportError,
    UnreadableAnswer as UnreadableAnswer,
)
from booked.ids import event_of as event_of, seat_of as seat_of
from booked.models import (
    Booking as Booking,
    Event as Event,
    EventAnalytics as EventAnalytics,
    EventCancellations as EventCancellations,
    EventPage as EventPage,
    EventStatus as EventStatus,
    Health as Health,
    Hold as Hold,
    Holds as Holds,
    Jwk as Jwk,
    Jwks as Jwks,
    OwnTicket as OwnTicket,
    OwnTicketPage as OwnTicketPage,
    Reservation as Reservation,
    Token as Token,
    WaitlistLength as WaitlistLength,
)
