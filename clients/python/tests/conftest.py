"""Both clients, in front of a fake gateway whose answers a test writes down, with time that does not pass by itself."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

import booked.async_client
import booked.client
import booked.retries
from booked import Client
from tests.in_loop import InLoop

Reply = httpx.Response | Exception
Make = Callable[..., Any]
REQUESTS_MAX = 50
KINDS = {"Client": Client, "AsyncClient": InLoop}


def refusal(status: int, code: str, **headers: str) -> httpx.Response:
    body = {"category": code.split("-", maxsplit=1)[0], "category_code": code, "msg": f"it is {code}"}
    return httpx.Response(status, json=body, headers={name.replace("_", "-"): text for name, text in headers.items()})


@dataclass
class Gateway:
    """Gives the replies in their order, then the last one forever; notes what it was asked."""

    replies: list[Reply]
    requests: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        assert len(self.requests) < REQUESTS_MAX, "the client does not stop"
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        # A response can be read once, and the last one is given more often.
        return httpx.Response(reply.status_code, headers=reply.headers, content=reply.content)

    def keys(self) -> list[str | None]:
        return [request.headers.get("Idempotency-Key") for request in self.requests]


@dataclass
class Time:
    """Passes only while somebody sleeps, and notes how long that was."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)
    windows: list[float] = field(default_factory=list)
    share: float = 0.0
    """Which part of the window the random wait is."""

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    async def async_sleep(self, seconds: float) -> None:
        self.sleep(seconds)

    def uniform(self, low: float, high: float) -> float:
        assert low == 0
        self.windows.append(high)
        return high * self.share


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    time = Time()
    monkeypatch.setattr(booked.client, "sleep", time.sleep)
    monkeypatch.setattr(booked.async_client, "sleep", time.async_sleep)
    monkeypatch.setattr(booked.retries, "monotonic", lambda: time.now)
    monkeypatch.setattr(booked.retries, "uniform", time.uniform)
    return time


@pytest.fixture(params=KINDS)
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    """Makes a client of either kind, with the arguments of both."""
    made = []

    def make(*args: Any, **kwargs: Any) -> Any:
        made.append(KINDS[request.param](*args, **kwargs))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def connect(make: Make) -> Callable[..., tuple[Any, Gateway]]:
    """Makes a client and the gateway that it asks, which gives these replies."""

    def connect(*replies: Reply, token: str | None = "the-token", **kwargs: Any) -> tuple[Any, Gateway]:
        gateway = Gateway(list(replies))
        return make(token=token, transport=httpx.MockTransport(gateway), **kwargs), gateway

    return connect
