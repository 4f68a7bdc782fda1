"""Every operation of the API, by its `operationId`, as the call that it is."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar
from uuid import uuid4

from booked.call import Call, RawAnswer, Scalar, json_as, visible
from booked.errors import UnreadableAnswer
from booked.ids import checked_uuid
from booked.models import (
    Booking,
    Event,
    EventAnalytics,
    EventCancellations,
    EventPage,
    Health,
    Holds,
    Jwks,
    OwnTicket,
    OwnTicketPage,
    Reservation,
    Token,
    WaitlistLength,
)

T = TypeVar("T")
_LOCATION = re.compile(r"(?:https?://[^/]+)?/(?:.*/)?event/([^/]+)/?")


def health() -> Call[Health]:
    """Whether the gateway is alive."""
    return Call(method="GET", path="/health/", read=json_as(Health))


def list_public_keys() -> Call[Jwks]:
    """The keys that tokens are verified with."""
    return Call(method="GET", path="/.well-known/jwks.json", read=json_as(Jwks))


def register_user(name: str, email: str, password: str) -> Call[None]:
    """Makes an account. This has no key: after a lost answer, try to log in."""
    body = {"name": name, "email": email, "password": password}
    return Call(method="POST", path="/user/register/", read=_nothing, body=body)


def log_in(email: str, password: str) -> Call[Token]:
    """Asks for a token."""
    body = {"email": email, "password": password}
    return Call(method="POST", path="/user/login/", read=json_as(Token), body=body)


def list_bookings() -> Call[tuple[Booking, ...]]:
    """How many tickets of each event the caller has, the latest booked first."""
    return Call(method="GET", path="/user/bookings/", read=json_as(tuple[Booking, ...]), needs_token=True)


def list_tickets(
    *, event_id: str | None = None, after: str | None = None, limit: int | None = None
) -> Call[OwnTicketPage]:
    """A page of the caller's tickets, the latest booked first; `after` is the `next` of the page before."""
    query = _given(event_id=event_id, after=after, limit=limit)
    return Call(method="GET", path="/user/tickets/", read=json_as(OwnTicketPage), needs_token=True, query=query)


def after_tickets(
    call: Call[OwnTicketPage], page: OwnTicketPage
) -> tuple[Iterable[OwnTicket], Call[OwnTicketPage] | None]:
    """What a page holds, and the call for the next one."""
    if page.next is None:
        return page.tickets, None
    return page.tickets, replace(call, query={**call.query, "after": page.next})


def list_events(
    *,
    limit: int | None = None,
    timestamp: int | None = None,
    from_time: int | None = None,
    to_time: int | None = None,
    status: str | None = None,
    q: str | None = None,
    if_none_match: str | None = None,
) -> Call[EventPage]:
    """A page of events later than `timestamp`, which is the `next_time_to_fetch` of the page before."""
    query = _given(limit=limit, timestamp=timestamp, to=to_time, status=status, q=q)
    query |= {} if from_time is None else {"from": from_time}
    return Call(method="GET", path="/event/", read=json_as(EventPage), query=query, headers=_unless(if_none_match))


def after_events(call: Call[EventPage], page: EventPage) -> tuple[Iterable[Event], Call[EventPage] | None]:
    """What a page holds, and the call for the next one."""
    if page.next_time_to_fetch == 0:
        return page.events, None
    return page.events, replace(call, query={**call.query, "timestamp": page.next_time_to_fetch})


def get_event(event_id: str, *, if_none_match: str | None = None) -> Call[Event]:
    """One event."""
    path = f"/event/{checked_uuid(event_id)}/"
    return Call(method="GET", path=path, read=json_as(Event), headers=_unless(if_none_match))


def create_event(
    *,
    name: str,
    unix_time: int,
    address: str,
    description: str,
    seat_count: int,
    latitude: float | None = None,
    longitude: float | None = None,
    on_sale_unix_time: int | None = None,
    off_sale_unix_time: int | None = None,
    paused: bool | None = None,
    max_per_buyer: int | None = None,
    key: str | None = None,
) -> Call[str]:
    """Announces an event, and answers with its id (admins only)."""
    body = _given(
        name=name,
        unix_time=unix_time,
        address=address,
        description=description,
        seat_count=seat_count,
        latitude=latitude,
        longitude=longitude,
        on_sale_unix_time=on_sale_unix_time,
        off_sale_unix_time=off_sale_unix_time,
        paused=paused,
        max_per_buyer=max_per_buyer,
    )
    return _write("/event/", body, key, _id_in_location)


def update_event(
    event_id: str,
    *,
    name: str | None = None,
    unix_time: int | None = None,
    address: str | None = None,
    description: str | None = None,
    seat_count: int | None = None,
    latitude: float | None = None,
    longitude: float | None = None,
    on_sale_unix_time: int | None = None,
    off_sale_unix_time: int | None = None,
    paused: bool | None = None,
    max_per_buyer: int | None = None,
    key: str | None = None,
) -> Call[None]:
    """Changes what is given (admins only). 0 takes a time of the sale or the limit of a buyer away."""
    body = _given(
        id=event_id,
        name=name,
        unix_time=unix_time,
        address=address,
        description=description,
        seat_count=seat_count,
        latitude=latitude,
        longitude=longitude,
        on_sale_unix_time=on_sale_unix_time,
        off_sale_unix_time=off_sale_unix_time,
        paused=paused,
        max_per_buyer=max_per_buyer,
    )
    return _write("/event/update/", body, key, _nothing)


def cancel_event(event_id: str, *, reason: str | None = None, key: str | None = None) -> Call[None]:
    """Cancels an event: nothing more is sold, and tickets stay with their owners (admins only)."""
    return _write("/event/cancel/", _given(id=event_id, reason=reason), key, _nothing)


def delete_event(event_id: str, *, key: str | None = None) -> Call[None]:
    """Deletes an event and its tickets (admins only)."""
    query = {"id": event_id}
    return Call(method="DELETE", path="/event/", read=_nothing, needs_token=True, key=_key(key), query=query)


def reserve_tickets(event_id: str, count: int, *, key: str | None = None) -> Call[Reservation]:
    """Holds this many seats for the caller, or none."""
    return _write("/ticket/reserve/", _seats(event_id, count), key, json_as(Reservation))


def list_holds(*, event_id: str | None = None) -> Call[Holds]:
    """What the caller holds, of one event or of all."""
    query = _given(event_id=event_id)
    return Call(method="GET", path="/ticket/holds/", read=json_as(Holds), needs_token=True, query=query)


def release_tickets(ticket_ids: Sequence[str], *, key: str | None = None) -> Call[None]:
    """Gives these holds back, or none."""
    return _write("/ticket/release/", _tickets(ticket_ids), key, _nothing)


def book_tickets(ticket_ids: Sequence[str], *, key: str | None = None) -> Call[None]:
    """Books these tickets, which the caller holds, or none."""
    return _write("/ticket/book/", _tickets(ticket_ids), key, _nothing)


def cancel_tickets(event_id: str, count: int, *, key: str | None = None) -> Call[None]:
    """Cancels this many of the caller's tickets of an event, the latest booked first, or none."""
    return _write("/ticket/cancel/", _seats(event_id, count), key, _nothing)


def cancel_chosen_tickets(ticket_ids: Sequence[str], *, key: str | None = None) -> Call[None]:
    """Cancels exactly these tickets of the caller, or none."""
    return _write("/ticket/cancel_tickets/", _tickets(ticket_ids), key, _nothing)


def add_to_waitlist(event_id: str, count: int, *, key: str | None = None) -> Call[None]:
    """Waits for this many seats of an event; the caller is told when seats come free."""
    return _write("/waitlist/add/", _seats(event_id, count), key, _nothing)


def count_waiting(event_id: str) -> Call[WaitlistLength]:
    """How many wait for seats of an event (admins only)."""
    query = _given(event_id=event_id)
    return Call(method="GET", path="/waitlist/", read=json_as(WaitlistLength), needs_token=True, query=query)


def list_analytics() -> Call[tuple[EventAnalytics, ...]]:
    """How well every event sells, the best first (admins only)."""
    kind = tuple[EventAnalytics, ...]
    return Call(method="GET", path="/analytics/", read=json_as(kind), needs_token=True)


def list_cancellation_rates() -> Call[tuple[EventCancellations, ...]]:
    """How many of every event's tickets come back (admins only)."""
    kind = tuple[EventCancellations, ...]
    return Call(method="GET", path="/analytics/cancellation_rates/", read=json_as(kind), needs_token=True)


def _write(path: str, body: Mapping[str, object], key: str | None, read: Callable[[RawAnswer], T]) -> Call[T]:
    return Call(method="POST", path=path, read=read, needs_token=True, key=_key(key), body=body)


def _key(given: str | None) -> str:
    return str(uuid4()) if given is None else visible("an idempotency key", given)


def _unless(etag: str | None) -> dict[str, str]:
    return {} if etag is None else {"If-None-Match": visible("if_none_match", etag)}


def _seats(event_id: str, count: int) -> dict[str, object]:
    return {"event_id": event_id, "count": count}


def _tickets(ticket_ids: Sequence[str]) -> dict[str, object]:
    return {"ticket_ids": list(ticket_ids)}


def _given(**values: Scalar | None) -> dict[str, Scalar]:
    return {name: value for name, value in values.items() if value is not None}


def _nothing(_: RawAnswer) -> None:
    return None


def _id_in_location(raw: RawAnswer) -> str:
    found = _LOCATION.fullmatch(raw.headers.get("Location", ""))
    if not found:
        raise UnreadableAnswer("an event was made, but `Location` does not say where")
    return found[1]
