"""Errors have a class for each code, and what is new, broken or secret does no harm."""

import json
import pickle
import traceback
from typing import Any

import httpx
import pytest

from booked import ApiError, BookedError, EventStatus, NotModified, TransportError, UnreadableAnswer, codes, operations
from booked.call import RawAnswer
from tests.conftest import Time, refusal


def raised_by(connect: Any, reply: httpx.Response | Exception, **kwargs: Any) -> BookedError:
    client, _ = connect(reply, tries=1, **kwargs)
    with pytest.raises(BookedError) as raised:
        client.reserve_tickets("e", 1)
    return raised.value


def test_an_error_says_all_that_its_answer_says(connect: Any) -> None:
    body = {"category": "EVENT", "category_code": "EVENT-06", "msg": "not on sale yet", "error": "at noon", "new": {}}
    headers = {"X-Request-Id": "r-1", "Retry-After": "7"}
    error = raised_by(connect, httpx.Response(409, json=body, headers=headers))
    assert type(error) is codes.NotOnSaleYet
    assert isinstance(error, ApiError)
    assert (error.status, error.category, error.code) == (409, "EVENT", "EVENT-06")
    assert (error.msg, error.error) == ("not on sale yet", "at noon")
    assert (error.request_id, error.retry_after, error.replayed) == ("r-1", 7, False)
    assert str(error) == "EVENT-06: not on sale yet (at noon) [status 409, request r-1]"
    assert not error.outcome_unknown


def test_each_code_raises_its_class(connect: Any) -> None:
    assert len(ApiError.class_of_code) > 30
    for code, kind in ApiError.class_of_code.items():
        assert type(raised_by(connect, refusal(400, code))) is kind


def test_a_new_code_is_an_error_of_the_api(connect: Any) -> None:
    error = raised_by(connect, refusal(451, "NEW-01"))
    assert type(error) is ApiError
    assert (error.status, error.category, error.code, error.error) == (451, "NEW", "NEW-01", None)


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"[]", b"{}", b'{"category": 1, "category_code": 2, "msg": 3}', b"\xff"]
)
@pytest.mark.parametrize(("status", "unknown"), [(400, False), (413, False), (500, True), (502, True), (504, True)])
def test_an_error_without_the_shape_is_an_error_of_the_api(
    connect: Any, content: bytes, status: int, unknown: bool
) -> None:
    error = raised_by(connect, httpx.Response(status, content=content))
    assert type(error) is ApiError
    assert (error.status, error.code, error.outcome_unknown) == (status, "", unknown)
    assert str(error) == f"no code: an answer that is not the API's [status {status}]"


@pytest.mark.parametrize(("status", "code"), [(504, "SYS-08"), (409, "IDEM-03")])
def test_an_answer_can_say_that_the_outcome_is_unknown(connect: Any, status: int, code: str) -> None:
    assert raised_by(connect, refusal(status, code)).outcome_unknown


@pytest.mark.parametrize("reply", [httpx.ReadError("reset"), httpx.ReadTimeout("late"), httpx.DecodingError("gzip")])
def test_after_no_answer_the_outcome_is_unknown(connect: Any, reply: Exception) -> None:
    error = raised_by(connect, reply)
    assert type(error) is TransportError
    assert error.outcome_unknown
    assert str(error) == f"POST /ticket/reserve/: {type(reply).__name__}"


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b"{}", b'{"ticket_ids": "t", "expires_unix_time": 5}'])
def test_a_success_that_cannot_be_read_is_not_taken_for_one(connect: Any, content: bytes) -> None:
    client, gateway = connect(httpx.Response(200, content=content))
    with pytest.raises(UnreadableAnswer) as raised:
        client.reserve_tickets("e", 1)
    assert raised.value.outcome_unknown
    assert len(gateway.requests) == 1


def test_a_new_event_without_its_location_is_not_taken_for_one(connect: Any) -> None:
    new = {"name": "n", "unix_time": 1, "address": "a", "description": "d", "seat_count": 1}
    client, _ = connect(httpx.Response(201, headers={"Location": "/elsewhere/e/"}))
    with pytest.raises(UnreadableAnswer):
        client.create_event(**new)


@pytest.mark.parametrize(
    "location", ["/event/e-1/", "/below/event/e-1/", "https://booked.example/event/e-1/", "/event/e-1"]
)
def test_a_new_event_is_found_in_its_location(connect: Any, location: str) -> None:
    client, _ = connect(httpx.Response(201, headers={"Location": location}))
    assert client.create_event(name="n", unix_time=1, address="a", description="d", seat_count=1) == "e-1"


def test_what_was_not_modified_is_not_sent_again(connect: Any, time: Time) -> None:
    client, gateway = connect(httpx.Response(304))
    with pytest.raises(NotModified):
        client.list_events(if_none_match='"tag"')
    assert gateway.requests[0].headers["If-None-Match"] == '"tag"'
    assert time.slept == []


def test_an_answer_gives_its_tag_and_its_request(connect: Any) -> None:
    page = {"events": [], "next_time_to_fetch": 0}
    client, _ = connect(httpx.Response(200, json=page, headers={"ETag": '"tag"', "X-Request-Id": "r-1"}))
    answer = client.list_events.answer()
    assert (answer.status, answer.etag, answer.request_id, answer.idempotency_key) == (200, '"tag"', "r-1", None)


def test_new_members_and_values_are_accepted(connect: Any) -> None:
    row = {"event_id": "e", "event_name": "n", "event_unix_time": 1, "event_address": "a", "event_description": "d"}
    row |= {"event_status": "postponed", "number_of_tickets": 1, "booking_unix_time": 1, "seats": [{"row": 1}]}
    client, _ = connect(httpx.Response(200, json=[row, {**row, "event_status": "on_sale"}]))
    first, second = client.list_bookings()
    assert first.event_status == "postponed"
    assert second.event_status == EventStatus.ON_SALE


@pytest.mark.parametrize("reply", [refusal(409, "EVENT-06"), refusal(451, "NEW-01"), httpx.ReadError("reset")])
def test_errors_pass_between_processes(connect: Any, reply: httpx.Response | Exception) -> None:
    error = raised_by(connect, reply)
    copied = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert (type(copied), str(copied), copied.__dict__) == (type(error), str(error), error.__dict__)


SECRETS = ["secret-token", "secret-password"]


@pytest.mark.parametrize("reply", [httpx.ReadError("reset"), refusal(401, "USER-04"), httpx.Response(200, text="?")])
def test_errors_do_not_show_secrets(connect: Any, reply: httpx.Response | Exception) -> None:
    client, gateway = connect(reply, token=SECRETS[0], tries=1)
    for name, given in {"log_in": ("ada@example.com", SECRETS[1]), "reserve_tickets": ("e", 1)}.items():
        with pytest.raises(BookedError) as raised:
            getattr(client, name)(*given)
        shown = "".join(traceback.format_exception(raised.value)) + repr(raised.value) + repr(raised.value.__dict__)
        assert not [secret for secret in SECRETS if secret in shown]
    # They were sent, so they could have been shown.
    assert SECRETS[1] in gateway.requests[0].content.decode()
    assert gateway.requests[1].headers["Authorization"] == f"Bearer {SECRETS[0]}"


def test_what_is_sent_and_what_is_answered_do_not_show_secrets(make: Any) -> None:
    call = operations.log_in("ada@example.com", SECRETS[1])
    token = call.answer(RawAnswer(200, {}, json.dumps({"token": SECRETS[0]}).encode()))
    shown = repr(call) + repr(token) + repr(make(token=SECRETS[0]))
    assert "log" in shown
    assert not [secret for secret in SECRETS if secret in shown]


@pytest.mark.parametrize("latitude", [float("nan"), float("inf")])
def test_a_number_that_json_does_not_have_is_not_sent(connect: Any, latitude: float) -> None:
    client, gateway = connect(httpx.Response(201))
    with pytest.raises(ValueError):
        client.update_event("e", latitude=latitude)
    assert gateway.requests == []


@pytest.mark.parametrize("token", ["secret-token\n", "secret token", ""])
def test_a_token_that_cannot_be_sent_is_refused_and_not_shown(make: Any, token: str) -> None:
    with pytest.raises(ValueError) as raised:
        make(token=token)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    "url",
    ["", "localhost:8080", "ftp://localhost", "http://", "http://ada:secret@localhost", "http://localhost/?secret"],
)
def test_a_base_url_that_cannot_be_used_is_refused_and_not_shown(make: Any, url: str) -> None:
    with pytest.raises(ValueError) as raised:
        make(url)
    assert "secret" not in str(raised.value)


def test_the_base_url_may_have_a_path(connect: Any) -> None:
    client, gateway = connect(
        httpx.Response(200, json={"health": "ok", "message": "hello"}), base_url="https://a.example/b/"
    )
    assert client.health().health == "ok"
    assert str(gateway.requests[0].url) == "https://a.example/b/health/"


def test_logging_in_keeps_the_token(connect: Any) -> None:
    client, gateway = connect(httpx.Response(200, json={"token": "new-token", "holds": []}), token=None)
    client.list_holds()
    client.log_in("ada@example.com", "correct horse")
    assert client.token == "new-token"
    client.list_holds()
    sent = [request.headers.get("Authorization") for request in gateway.requests]
    assert sent == [None, None, "Bearer new-token"]
