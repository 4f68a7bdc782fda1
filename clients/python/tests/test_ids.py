"""Ids of tickets are taken apart, and nothing else is taken for one."""

import pytest

from booked import event_of, seat_of

EVENT = "01890a5d-ac96-874b-bd2f-cd3f00000000"


@pytest.mark.parametrize(("digits", "seat"), [("00000001", 1), ("0000002a", 42), ("000f4240", 1_000_000)])
def test_a_ticket_says_its_event_and_its_seat(digits: str, seat: int) -> None:
    ticket = EVENT[:-8] + digits
    assert event_of(ticket) == EVENT
    assert seat_of(ticket) == seat
    assert (event_of(ticket.upper()), seat_of(ticket.upper())) == (EVENT, seat)


@pytest.mark.parametrize(
    "text",
    [
        EVENT,
        "",
        "ticket",
        EVENT[:-1],
        EVENT[:-8] + "000000012",
        EVENT[:-8] + "0000000g",
        EVENT[:-8] + "00000001\n",
        EVENT[:-8] + "0000_001",
        "01890a5dac96874bbd2fcd3f00000001",
        "{" + EVENT[:-8] + "00000001}",
        EVENT[:-8] + "0000000\u0661",  # a digit, but not of hexadecimal
        "\u212a" + EVENT[1:-8] + "00000001",
    ],
)
def test_what_is_no_ticket_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        event_of(text)
    with pytest.raises(ValueError):
        seat_of(text)
