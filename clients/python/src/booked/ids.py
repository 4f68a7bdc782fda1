"""What the id of a ticket says: it is its event's id with the number of the seat in place of the last eight zeros."""

import re

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SEAT_DIGITS = 8


def checked_uuid(text: str) -> str:
    """The UUID in lower case; ValueError unless it is a hyphenated one."""
    lower = text.lower()
    if not _UUID.fullmatch(lower):
        raise ValueError("not a hyphenated UUID")
    return lower


def event_of(ticket_id: str) -> str:
    """The id of the ticket's event; ValueError if this is not the id of a ticket."""
    return _parts(ticket_id)[0] + "0" * _SEAT_DIGITS


def seat_of(ticket_id: str) -> int:
    """The number of the ticket's seat, from 1; ValueError if this is not the id of a ticket."""
    return int(_parts(ticket_id)[1], 16)


def _parts(ticket_id: str) -> tuple[str, str]:
    uuid = checked_uuid(ticket_id)
    event, seat = uuid[:-_SEAT_DIGITS], uuid[-_SEAT_DIGITS:]
    if int(seat, 16) == 0:
        raise ValueError("the id of an event, not of a ticket")
    return event, seat
