"""The client that blocks."""

from collections.abc import Iterator
from contextlib import closing
from time import sleep
from types import TracebackType
from typing import Self, TypeVar

import httpx

from booked import operations
from booked.call import Answer, Call, RawAnswer
from booked.errors import BookedError
from booked.methods import Methods, Turn
from booked.retries import Limits, TimeLeft, Tries, failure

T = TypeVar("T")
Item = TypeVar("Item")


class Client(Methods):
    """Calls booked and waits for the answers. Threads may share it."""

    def __init__(
        self,
        base_url: str = "http://localhost:8080",
        *,
        token: str | None = None,
        timeout: float = 10.0,
        total_timeout: float = 30.0,
        tries: int = 4,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """`timeout` is for each try, `total_timeout` for all tries of a call, both in seconds."""
        super().__init__(base_url, token, Limits(timeout, total_timeout, tries))
        self._http = httpx.Client(transport=transport)

    def log_in(self, email: str, password: str) -> None:
        """Asks for a token and keeps it for the calls that follow."""
        self.token = self._value(operations.log_in(email, password)).token

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self.close()

    def _value(self, call: Call[T]) -> T:
        return self._send(call).value

    def _each(self, first: Call[T], turn: Turn[T, Item]) -> Iterator[Item]:
        call: Call[T] | None = first
        while call is not None:
            items, call = turn(call, self._value(call))
            yield from items

    def _send(self, call: Call[T]) -> Answer[T]:
        tries = Tries(call, self._limits)
        while True:
            try:
                return call.answer(self._exchange(call, tries.begin()))
            except BookedError as error:
                wait = tries.wait_after(error)
                if wait is None:
                    raise
            sleep(wait)

    def _exchange(self, call: Call[T], time_left: TimeLeft) -> RawAnswer:
        pieces = []
        try:
            with closing(self._http.send(self._request(call, time_left), stream=True)) as response:
                for piece in response.iter_bytes():
                    time_left.check()
                    pieces.append(piece)
        except httpx.RequestError as error:
            raise failure(call, error) from error
        return RawAnswer(response.status_code, response.headers, b"".join(pieces))
