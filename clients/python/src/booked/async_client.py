"""The client for async code, on asyncio or trio."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from types import TracebackType
from typing import Self, TypeVar

import httpx
from anyio import sleep

from booked import operations
from booked.call import Answer, Call, RawAnswer
from booked.errors import BookedError
from booked.methods import Methods, Turn
from booked.retries import Limits, TimeLeft, Tries, failure

T = TypeVar("T")
Item = TypeVar("Item")


class AsyncClient(Methods):
    """Calls booked. Tasks may share it."""

    def __init__(
        self,
        base_url: str = "http://localhost:8080",
        *,
        token: str | None = None,
        timeout: float = 10.0,
        total_timeout: float = 30.0,
        tries: int = 4,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """`timeout` is for each try, `total_timeout` for all tries of a call, both in seconds."""
        super().__init__(base_url, token, Limits(timeout, total_timeout, tries))
        self._http = httpx.AsyncClient(transport=transport)

    async def log_in(self, email: str, password: str) -> None:
        """Asks for a token and keeps it for the calls that follow."""
        self.token = (await self._value(operations.log_in(email, password))).token

    async def aclose(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _value(self, call: Call[T]) -> T:
        return (await self._send(call)).value

    async def _each(self, first: Call[T], turn: Turn[T, Item]) -> AsyncIterator[Item]:
        call: Call[T] | None = first
        while call is not None:
            items, call = turn(call, await self._value(call))
            for item in items:
                yield item

    async def _send(self, call: Call[T]) -> Answer[T]:
        tries = Tries(call, self._limits)
        while True:
            try:
                return call.answer(await self._exchange(call, tries.begin()))
            except BookedError as error:
                wait = tries.wait_after(error)
                if wait is None:
                    raise
            await sleep(wait)

    async def _exchange(self, call: Call[T], time_left: TimeLeft) -> RawAnswer:
        pieces = []
        try:
            async with aclosing(await self._http.send(self._request(call, time_left), stream=True)) as response:
                async for piece in response.aiter_bytes():
                    time_left.check()
                    pieces.append(piece)
        except httpx.RequestError as error:
            raise failure(call, error) from error
        return RawAnswer(response.status_code, response.headers, b"".join(pieces))
