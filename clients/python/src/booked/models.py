"""What answers say. Members that are not listed here are ignored, and texts may have values that are new."""

from dataclasses import dataclass, field
from enum import StrEnum


class EventStatus(StrEnum):
    """Where an event stands. Answers have plain texts, since there may be new values; they compare equal to these."""

    SCHEDULED = "scheduled"
    ON_SALE = "on_sale"
    PAUSED = "paused"
    CLOSED = "closed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True, slots=True)
class Health:
    """The gateway is alive."""

    health: str
    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Jwk:
    """One public key."""

    kty: str
    crv: str
    x: str
    kid: str
    use: str
    alg: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Jwks:
    """The public keys that tokens are verified with."""

    keys: tuple[Jwk, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Token:
    """A token to send as `Authorization: Bearer …`."""

    token: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """An event with the seats that are free."""

    id: str
    name: str
    unix_time: int
    address: str
    description: str
    seat_count: int
    available_seats_count: int
    status: str
    latitude: float | None = None
    longitude: float | None = None
    on_sale_unix_time: int | None = None
    off_sale_unix_time: int | None = None
    paused: bool = False
    max_per_buyer: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class EventPage:
    """A page of events, by time; `next_time_to_fetch` is 0 if it is empty."""

    events: tuple[Event, ...]
    next_time_to_fetch: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Reservation:
    """Seats that are held for the caller, until this Unix second."""

    ticket_ids: tuple[str, ...]
    expires_unix_time: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Hold:
    """Tickets of one event that are held until the same moment."""

    event_id: str
    ticket_ids: tuple[str, ...]
    expires_unix_time: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Holds:
    """What the caller holds; with the limit of a buyer and what is left of it, if an event with one was named."""

    holds: tuple[Hold, ...]
    max_per_buyer: int | None = None
    left: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class WaitlistLength:
    """How many people wait for seats of an event, and for how many tickets together."""

    event_id: str
    entries: int
    tickets: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Booking:
    """How many tickets of an event the caller has."""

    event_id: str
    event_name: str
    event_unix_time: int
    event_address: str
    event_description: str
    event_status: str
    number_of_tickets: int
    booking_unix_time: int
    event_latitude: float | None = None
    event_longitude: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnTicket:
    """A ticket that the caller has."""

    ticket_id: str
    event_id: str
    seat: int
    booking_id: str
    booked_unix_time: int


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnTicketPage:
    """A page of the caller's tickets, those that were booked latest first; `next` is None at the end."""

    tickets: tuple[OwnTicket, ...]
    next: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class EventAnalytics:
    """How well an event sells."""

    event_id: str
    total_seats: int
    sold_tickets: int
    capacity_utilisation: float
    today_booked_tickets: int


@dataclass(frozen=True, kw_only=True, slots=True)
class EventCancellations:
    """How many of an event's tickets come back, from 0 to 1."""

    event_id: str
    cancellation_rate: float
