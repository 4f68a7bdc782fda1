"""Pages are asked for one after the other, when they are needed, and nothing is left out."""

from typing import Any

import httpx
import pytest

from booked import codes
from tests.conftest import refusal


def event(number: int) -> dict[str, Any]:
    return {
        "id": f"01890a5d-ac96-874b-bd2f-{number:04}00000000",
        "name": "Proms",
        "unix_time": number,
        "address": "London",
        "description": "Songs",
        "seat_count": 3,
        "available_seats_count": 2,
        "status": "on_sale",
    }


def events(*numbers: int) -> httpx.Response:
    page = {"events": [event(number) for number in numbers], "next_time_to_fetch": max(numbers, default=0)}
    return httpx.Response(200, json=page)


def tickets(*seats: int, following: str | None = None) -> httpx.Response:
    listed = [
        {"ticket_id": f"t{seat}", "event_id": "e", "seat": seat, "booking_id": "b", "booked_unix_time": 1}
        for seat in seats
    ]
    return httpx.Response(200, json={"tickets": listed, **({"next": following} if following else {})})


def test_events_come_until_a_page_is_empty(connect: Any) -> None:
    client, gateway = connect(events(1, 2, 2), events(3), events())
    assert [each.unix_time for each in client.events(q="proms", limit=2)] == [1, 2, 2, 3]
    asked = [dict(request.url.params) for request in gateway.requests]
    every = {"q": "proms", "limit": "2"}
    assert asked == [every, {**every, "timestamp": "2"}, {**every, "timestamp": "3"}]


def test_tickets_come_until_a_page_has_no_next(connect: Any) -> None:
    client, gateway = connect(tickets(3, 2, following="x/+ =1"), tickets(following="y"), tickets(1))
    assert [each.seat for each in client.tickets(event_id="e")] == [3, 2, 1]
    asked = [dict(request.url.params) for request in gateway.requests]
    assert asked == [{"event_id": "e"}, {"event_id": "e", "after": "x/+ =1"}, {"event_id": "e", "after": "y"}]


def test_a_page_is_asked_for_when_it_is_needed(connect: Any) -> None:
    client, gateway = connect(events(1, 2), events(3), events())
    listed = client.events()
    assert len(gateway.requests) == 0
    assert [next(listed).unix_time, next(listed).unix_time] == [1, 2]
    assert len(gateway.requests) == 1
    assert next(listed).unix_time == 3
    assert len(gateway.requests) == 2


def test_an_error_ends_the_list_where_it_occurs(connect: Any) -> None:
    client, _ = connect(events(1), refusal(500, "DB-01"))
    listed = client.events()
    assert next(listed).unix_time == 1
    with pytest.raises(codes.ReadFailed):
        next(listed)
