"""What changes something has a key: a new one for each call, the caller's own if they give one."""

import uuid
from typing import Any

import httpx
import pytest

from booked import TransportError, codes
from tests.conftest import refusal

HELD = httpx.Response(200, json={"ticket_ids": ["t"], "expires_unix_time": 5})
OK = httpx.Response(200)


def test_each_call_has_a_new_key(connect: Any) -> None:
    client, gateway = connect(HELD)
    client.reserve_tickets("e", 1)
    client.reserve_tickets("e", 1)
    keys = gateway.keys()
    assert len(set(keys)) == 2
    assert all(uuid.UUID(key).version == 4 and str(uuid.UUID(key)) == key for key in keys)


def test_a_key_can_be_given(connect: Any) -> None:
    client, gateway = connect(OK)
    answer = client.book_tickets.answer(["t"], key="order-7")
    assert gateway.keys() == ["order-7"]
    assert answer.idempotency_key == "order-7"


def test_what_only_reads_and_what_has_no_token_has_no_key(connect: Any) -> None:
    client, gateway = connect(httpx.Response(200, json={"holds": [], "token": "t"}))
    client.list_holds()
    client.log_in("ada@example.com", "correct horse")
    client.register_user("Ada", "ada@example.com", "correct horse")
    assert gateway.keys() == [None, None, None]


@pytest.mark.parametrize(("headers", "replayed"), [({}, False), ({"idempotency-replayed": "true"}, True)])
def test_an_answer_tells_whether_it_was_given_before(connect: Any, headers: dict[str, str], replayed: bool) -> None:
    client, _ = connect(httpx.Response(200, headers=headers))
    assert client.book_tickets.answer(["t"]).replayed is replayed
    client, _ = connect(refusal(400, "TICKET-02", **headers))
    with pytest.raises(codes.NotReserved) as raised:
        client.book_tickets(["t"])
    assert raised.value.replayed is replayed


def test_an_error_tells_the_key(connect: Any) -> None:
    client, gateway = connect(httpx.ReadTimeout("late"), tries=1)
    with pytest.raises(TransportError) as raised:
        client.reserve_tickets("e", 1)
    assert [raised.value.idempotency_key] == gateway.keys()


@pytest.mark.parametrize("key", ["", "a b", "a\n", "\u00e4"])
def test_a_key_that_cannot_be_sent_is_refused(connect: Any, key: str) -> None:
    client, gateway = connect(OK)
    with pytest.raises(ValueError):
        client.book_tickets(["t"], key=key)
    assert gateway.requests == []
