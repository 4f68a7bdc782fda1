"""The tour of the main README, with both clients and on a running system; then the program of the client's README.

    BOOKED=http://localhost:8080 python tour.py

BOOKED_ADMIN_EMAIL and BOOKED_ADMIN_PASSWORD_FILE say who the admin is, as in the main README.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from booked import ApiError, Client, EventStatus, NotModified, codes, event_of, seat_of
from tests.in_loop import InLoop

T = TypeVar("T")

CLIENT = Path(__file__).resolve().parent
BOOKED = os.environ.get("BOOKED", "http://localhost:8080")
ADMIN_EMAIL = os.environ.get("BOOKED_ADMIN_EMAIL", "admin@booked.local")
ADMIN_PASSWORD_FILE = os.environ.get(
    "BOOKED_ADMIN_PASSWORD_FILE", str(CLIENT.parent.parent / ".booked" / "secrets" / "admin-password")
)
PASSWORD = "correct horse"
BEFORE_SALE = 1_899_000_000
AWAIT_S = 120.0


def new_email() -> str:
    return f"ada-{uuid4()}@example.com"


def await_value(look: Callable[[], T | None], what: str) -> T:
    """Looks until there is something; the bound is only for a system that will never show it."""
    deadline = time.monotonic() + AWAIT_S
    while (found := look()) is None:
        assert time.monotonic() < deadline, f"not seen: {what}"
        time.sleep(0.2)
    return found


def refused_with(kind: type[ApiError], call: Callable[[], object]) -> ApiError:
    try:
        call()
    except kind as refusal:
        return refusal
    raise AssertionError(f"not refused with {kind.__name__}")


def tour(buyer: Client, admin: Client) -> None:
    """The same text for both clients: one that is not in the way of the event loop runs in it."""
    assert buyer.health().health == "ok"
    assert buyer.list_public_keys().keys[0].alg == "EdDSA"
    email = new_email()
    buyer.register_user("Ada", email, PASSWORD)
    refused_with(codes.EmailTaken, lambda: buyer.register_user("Ada", email, PASSWORD))
    refused_with(codes.TokenInvalid, buyer.list_bookings)
    refused_with(codes.WrongPassword, lambda: buyer.log_in(email, "wrong"))
    buyer.log_in(email, PASSWORD)
    admin.log_in(ADMIN_EMAIL, Path(ADMIN_PASSWORD_FILE).read_text().strip())
    refused_with(codes.RoleNotAllowed, buyer.list_analytics)

    event = announced(buyer, admin)
    held = reserved(buyer, admin, event)
    buyer.book_tickets(held)
    [booking] = buyer.list_bookings()
    assert (booking.event_id, booking.number_of_tickets) == (event, 2)
    assert (booking.event_name, booking.event_status) == ("House concert", EventStatus.ON_SALE)
    given_back(buyer, event, held)
    counted(admin, event)
    cancelled(buyer, admin, event)


def announced(buyer: Client, admin: Client) -> str:
    # A word that only this event has, so that it is found on a system with many others.
    word = f"w{uuid4().hex}"
    event = admin.create_event(
        name="House concert",
        unix_time=1_900_000_000,
        address="Prenzlauer Berg, Berlin",
        description=f"Schubert, and soup {word}",
        seat_count=3,
        on_sale_unix_time=BEFORE_SALE,
        max_per_buyer=2,
    )
    answer = buyer.get_event.answer(event)
    assert answer.value.status == EventStatus.SCHEDULED
    assert (answer.value.seat_count, answer.value.available_seats_count) == (3, 3)
    assert (answer.value.on_sale_unix_time, answer.value.max_per_buyer) == (BEFORE_SALE, 2)
    assert answer.etag is not None
    try:
        buyer.get_event(event, if_none_match=answer.etag)
    except NotModified:
        pass
    else:
        raise AssertionError("the event was not changed")
    found = list(buyer.events(q=f"schubert berlin {word}", status=EventStatus.SCHEDULED, limit=1))
    assert [each.id for each in found] == [event]
    assert not list(buyer.events(q=word, status=EventStatus.ON_SALE))
    return event


def reserved(buyer: Client, admin: Client, event: str) -> tuple[str, ...]:
    early = refused_with(codes.NotOnSaleYet, lambda: buyer.reserve_tickets(event, 2))
    assert early.error is not None
    assert early.retry_after is None
    admin.update_event(event, on_sale_unix_time=0)

    key = str(uuid4())
    first = buyer.reserve_tickets.answer(event, 2, key=key)
    again = buyer.reserve_tickets.answer(event, 2, key=key)
    assert (first.replayed, again.replayed) == (False, True)
    assert first.value == again.value
    refused_with(codes.IdempotencyKeyReused, lambda: buyer.reserve_tickets(event, 1, key=key))
    refused_with(codes.OverBuyerLimit, lambda: buyer.reserve_tickets(event, 1))
    held = first.value.ticket_ids
    assert [event_of(ticket) for ticket in held] == [event, event]
    assert abs(seat_of(held[0]) - seat_of(held[1])) == 1

    holds = buyer.list_holds(event_id=event)
    assert [set(hold.ticket_ids) for hold in holds.holds] == [set(held)]
    assert (holds.max_per_buyer, holds.left) == (2, 0)
    buyer.release_tickets(held)
    assert buyer.list_holds().holds == ()
    refused_with(codes.NotReserved, lambda: buyer.book_tickets(held))
    return buyer.reserve_tickets(event, 2).ticket_ids


def given_back(buyer: Client, event: str, held: tuple[str, ...]) -> None:
    tickets = list(buyer.tickets(event_id=event, limit=1))
    assert {ticket.ticket_id for ticket in tickets} == set(held)
    assert {ticket.seat for ticket in tickets} == {seat_of(ticket) for ticket in held}
    buyer.add_to_waitlist(event, 1)
    refused_with(codes.AlreadyWaiting, lambda: buyer.add_to_waitlist(event, 1))
    buyer.cancel_chosen_tickets(held[:1])
    refused_with(codes.NotYourTicket, lambda: buyer.cancel_chosen_tickets(held[:1]))
    assert [ticket.ticket_id for ticket in buyer.tickets(event_id=event)] == [held[1]]
    [booking] = buyer.list_bookings()
    assert booking.number_of_tickets == 1


def counted(admin: Client, event: str) -> None:
    def sold() -> bool | None:
        rows = [row for row in admin.list_analytics() if row.event_id == event]
        return True if [(row.total_seats, row.sold_tickets) for row in rows] == [(3, 1)] else None

    def come_back() -> bool | None:
        rows = [row for row in admin.list_cancellation_rates() if row.event_id == event]
        return True if [row.cancellation_rate for row in rows] == [0.5] else None

    await_value(sold, "one of three seats is sold")
    await_value(come_back, "half of the tickets came back")


def cancelled(buyer: Client, admin: Client, event: str) -> None:
    admin.cancel_event(event, reason="There is no soup")
    admin.cancel_event(event)
    refused_with(codes.EventCancelled, lambda: buyer.reserve_tickets(event, 1))
    [booking] = buyer.list_bookings()
    assert (booking.number_of_tickets, booking.event_status) == (1, EventStatus.CANCELLED)
    buyer.cancel_tickets(event, 1)
    assert buyer.list_bookings() == ()
    admin.delete_event(event)
    refused_with(codes.NoSuchEvent, lambda: buyer.get_event(event))


def program_of_the_readme(admin: Client) -> None:
    """It buys two seats of an event that only this run has, and says which."""
    [program] = re.findall(
        r"^```python\n(# Buys .*?)^```$", (CLIENT / "README.md").read_text(), re.DOTALL | re.MULTILINE
    )
    word = f"w{uuid4().hex}"
    event = admin.create_event(
        name=f"Matinee {word}", unix_time=1_900_000_000, address="Berlin", description="Schubert", seat_count=3
    )
    environment = {**os.environ, "BOOKED": BOOKED, "BOOKED_EMAIL": new_email(), "BOOKED_PASSWORD": PASSWORD}
    command = [sys.executable, "-c", program, "schubert", word]
    said = []
    for _ in range(2):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=AWAIT_S)
        assert done.returncode == 0, done.stderr
        said.append(done.stdout)
    assert re.fullmatch(rf"Matinee {word}: seats \d, \d\n", said[0])
    assert re.fullmatch(rf"Welcome back\.\nMatinee {word}: too few tickets.*\nNothing is on sale\.\n", said[1])
    admin.delete_event(event)


def main() -> None:
    for kind in (Client, InLoop):
        buyer, admin = kind(BOOKED), kind(BOOKED)
        # `InLoop` gets its methods from the async client as they are asked for, which types cannot say.
        tour(buyer, admin)  # type: ignore[arg-type]
        buyer.close()
        admin.close()
        print(f"The tour was taken with {'Client' if kind is Client else 'AsyncClient'}.")
    with Client(BOOKED) as admin:
        admin.log_in(ADMIN_EMAIL, Path(ADMIN_PASSWORD_FILE).read_text().strip())
        program_of_the_readme(admin)
    print("The README's program bought two seats.")


if __name__ == "__main__":
    main()
