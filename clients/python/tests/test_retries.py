"""What is sent again, how often, and after how long."""

from typing import Any

import httpx
import pytest

from booked import ApiError, BookedError, NotSentError, TransportError, codes
from tests.conftest import Reply, Time, refusal

HELD = httpx.Response(200, json={"ticket_ids": ["t"], "expires_unix_time": 5})
HOLDS = httpx.Response(200, json={"holds": []})
TOKEN = httpx.Response(200, json={"token": "t"})
LOST = httpx.RemoteProtocolError("Server disconnected without sending a response.")
LATE = httpx.ReadTimeout("late")
REFUSED = httpx.ConnectError("Connection refused")
GATEWAY_TIMEOUT = refusal(504, "SYS-08")
AGAIN_BY_ANYONE: list[Reply] = [
    refusal(503, "SYS-07"),
    refusal(429, "SYS-06"),
    refusal(409, "IDEM-03"),
    REFUSED,
    httpx.ConnectTimeout("late"),
]
AGAIN_IF_SAFE: list[Reply] = [
    GATEWAY_TIMEOUT,
    httpx.Response(504, text="from a proxy"),
    LOST,
    LATE,
    httpx.WriteError(""),
]
NEVER = [
    refusal(400, "TICKET-02"),
    refusal(401, "USER-06"),
    refusal(409, "EVENT-06"),
    refusal(422, "IDEM-02"),
    refusal(500, "DB-03"),
    refusal(500, "SYS-02"),
    refusal(418, "NEW-01"),
    httpx.Response(502, text="from a proxy"),
    httpx.Response(503, text="from a proxy"),
    httpx.Response(302, headers={"Location": "/elsewhere/"}),
]


@pytest.mark.parametrize("reply", AGAIN_BY_ANYONE + AGAIN_IF_SAFE)
def test_what_reads_and_what_has_a_key_is_sent_again_unchanged(connect: Any, time: Time, reply: Reply) -> None:
    client, gateway = connect(reply, reply, HELD)
    assert client.reserve_tickets("e", 1).ticket_ids == ("t",)
    assert len(gateway.requests) == 3
    assert len(set(gateway.keys())) == 1
    assert len({(request.url, request.content) for request in gateway.requests}) == 1
    client, gateway = connect(reply, HOLDS)
    client.list_holds()
    assert len(gateway.requests) == 2
    assert len(time.slept) == 3


@pytest.mark.parametrize("reply", AGAIN_BY_ANYONE)
def test_without_a_key_it_is_sent_again_if_nothing_was_done(connect: Any, time: Time, reply: Reply) -> None:
    client, gateway = connect(reply, TOKEN)
    client.log_in("ada@example.com", "correct horse")
    assert len(gateway.requests) == 2
    assert len(time.slept) == 1


@pytest.mark.parametrize("reply", AGAIN_IF_SAFE)
def test_without_a_key_it_is_not_sent_again_if_it_may_have_been_done(connect: Any, time: Time, reply: Reply) -> None:
    client, gateway = connect(reply, httpx.Response(201))
    with pytest.raises(BookedError) as raised:
        client.register_user("Ada", "ada@example.com", "correct horse")
    assert raised.value.outcome_unknown
    assert (len(gateway.requests), time.slept) == (1, [])


@pytest.mark.parametrize("reply", NEVER)
def test_other_answers_are_final(connect: Any, time: Time, reply: Reply) -> None:
    client, gateway = connect(reply, HELD)
    with pytest.raises(ApiError):
        client.reserve_tickets("e", 1)
    assert (len(gateway.requests), time.slept) == (1, [])


@pytest.mark.parametrize("tries", [1, 4])
def test_the_tries_are_counted_and_the_last_error_is_raised(connect: Any, time: Time, tries: int) -> None:
    client, gateway = connect(*[LOST] * (tries - 1), refusal(503, "SYS-07"), tries=tries)
    with pytest.raises(codes.ServiceUnavailable):
        client.reserve_tickets("e", 1)
    assert len(gateway.requests) == tries
    assert len(time.slept) == tries - 1


def test_there_are_four_tries_by_default(connect: Any, time: Time) -> None:
    client, gateway = connect(LOST)
    with pytest.raises(TransportError):
        client.list_holds()
    assert len(gateway.requests) == 4
    assert len(time.slept) == 3


def test_the_wait_is_what_the_answer_asks_for_and_a_random_part_that_grows(connect: Any, time: Time) -> None:
    time.share = 0.5
    client, _ = connect(*[refusal(503, "SYS-07", retry_after="2")] * 5, HOLDS, tries=6)
    client.list_holds()
    assert time.windows == [0.5, 1.0, 2.0, 4.0, 4.0]
    assert time.slept == [2.25, 2.5, 3.0, 4.0, 4.0]


def test_without_the_header_the_wait_is_the_random_part(connect: Any, time: Time) -> None:
    time.share = 1.0
    client, _ = connect(LOST, refusal(503, "SYS-07"), HOLDS)
    client.list_holds()
    assert time.slept == [0.5, 1.0]


@pytest.mark.parametrize("text", ["soon", "-1", "1.5", "", "\u00b2", "9" * 5000])
def test_a_header_that_is_no_number_of_seconds_is_ignored(connect: Any, time: Time, text: str) -> None:
    body = {"category": "SYS", "category_code": "SYS-07", "msg": "service unavailable"}
    headers = httpx.Headers({"Retry-After": text}, encoding="latin-1")
    client, _ = connect(httpx.Response(503, json=body, headers=headers), HOLDS)
    client.list_holds()
    assert time.slept == [0.0]


@pytest.mark.parametrize("seconds", ["30", "99999999999999999"])
def test_a_wait_beyond_the_bound_is_not_begun(connect: Any, time: Time, seconds: str) -> None:
    client, gateway = connect(refusal(429, "SYS-06", retry_after=seconds), HOLDS)
    with pytest.raises(codes.TooManyRequests) as raised:
        client.list_holds()
    assert raised.value.retry_after == int(seconds)
    assert (len(gateway.requests), time.slept) == (1, [])


def test_all_tries_together_have_a_bound(connect: Any, time: Time) -> None:
    client, gateway = connect(refusal(503, "SYS-07", retry_after="2"), total_timeout=5, tries=100)
    with pytest.raises(codes.ServiceUnavailable):
        client.list_holds()
    assert time.slept == [2, 2]
    assert len(gateway.requests) == 3


def test_each_step_of_a_try_has_what_is_left_of_its_time(make: Any, time: Time) -> None:
    seen: list[tuple[object, ...]] = []

    def gateway(request: httpx.Request) -> httpx.Response:
        left = request.extensions["timeout"]
        time.now += 3
        seen.append((left.get("connect"), left["read"], dict(left).keys()))
        time.now += 4
        seen.append((left.get("pool"), left["write"], left.get("other")))
        return refusal(503, "SYS-07", retry_after="1")

    client = make(transport=httpx.MockTransport(gateway), timeout=10, total_timeout=15)
    with pytest.raises(codes.ServiceUnavailable):
        client.health()
    steps = {"connect", "pool", "read", "write"}
    # The second try begins after 8 seconds, so it has 7 of the 15.
    assert seen == [(7, 7, steps), (3, 3, None), (4, 4, steps), (0.001, 0.001, None)]


@pytest.mark.parametrize("limit", ["timeout", "total_timeout", "tries"])
def test_limits_are_above_zero(make: Any, limit: str) -> None:
    with pytest.raises(ValueError):
        make(**{limit: 0})


@pytest.mark.parametrize("earlier", AGAIN_IF_SAFE)
@pytest.mark.parametrize(
    ("last", "unknown"),
    [
        (refusal(503, "SYS-07"), True),
        (refusal(429, "SYS-06"), True),
        (refusal(401, "USER-06"), True),
        (refusal(500, "DB-03"), True),
        (REFUSED, True),
        (refusal(400, "TICKET-01"), False),
        (refusal(409, "EVENT-07"), False),
    ],
)
def test_what_became_of_an_earlier_try_is_not_forgotten(
    connect: Any, time: Time, earlier: Reply, last: Reply, unknown: bool
) -> None:
    client, _ = connect(earlier, refusal(503, "SYS-07"), last)
    with pytest.raises(BookedError) as raised:
        client.reserve_tickets("e", 1)
    assert raised.value.outcome_unknown is unknown
    assert time.slept


@pytest.mark.parametrize("reply", [refusal(503, "SYS-07"), refusal(429, "SYS-06"), refusal(500, "DB-03"), REFUSED])
def test_an_outcome_that_is_known_is_not_called_unknown(connect: Any, time: Time, reply: Reply) -> None:
    client, _ = connect(reply)
    with pytest.raises(BookedError) as raised:
        client.reserve_tickets("e", 1)
    assert not raised.value.outcome_unknown
    assert isinstance(raised.value, NotSentError) == (reply is REFUSED)
    assert len(time.slept) in (0, 3)
