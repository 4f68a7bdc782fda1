"""The client for async code, on asyncio or trio."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from functools import update_wrapper
from types import TracebackType
from typing import Generic, ParamSpec, Self, TypeVar

import httpx
from anyio import sleep

from booked import operations
from booked.call import Answer, Call, RawAnswer, checked_base_url, visible
from booked.errors import BookedError
from booked.retries import Limits, TimeLeft, Tries, failure

P = ParamSpec("P")
T = TypeVar("T")
Item = TypeVar("Item")


class AsyncMethod(Generic[P, T]):
    """An operation of a client. Called, it gives the value; `answer` also gives what the headers say."""

    def __init__(self, send: Callable[[Call[T]], Awaitable[Answer[T]]], build: Callable[P, Call[T]]) -> None:
        self._send, self._build = send, build
        update_wrapper(self, build)

    async def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        return (await self.answer(*args, **kwargs)).value

    async def answer(self, *args: P.args, **kwargs: P.kwargs) -> Answer[T]:
        return await self._send(self._build(*args, **kwargs))


class AsyncOperation(Generic[P, T]):
    """Makes a method of an operation."""

    def __init__(self, build: Callable[P, Call[T]]) -> None:
        self._build = build
        self.__doc__ = build.__doc__

    def __get__(self, client: "AsyncClient", _: type["AsyncClient"]) -> AsyncMethod[P, T]:
        return AsyncMethod(client._send, self._build)


class AsyncEach(Generic[P, T, Item]):
    """Makes a method of an operation that gives pages: an iterator, which asks for a page when it comes to it."""

    def __init__(
        self, build: Callable[P, Call[T]], turn: Callable[[Call[T], T], tuple[Iterable[Item], Call[T] | None]]
    ) -> None:
        self._build, self._turn = build, turn
        self.__doc__ = build.__doc__

    def __get__(self, client: "AsyncClient", _: type["AsyncClient"]) -> Callable[P, AsyncIterator[Item]]:
        async def each(*args: P.args, **kwargs: P.kwargs) -> AsyncIterator[Item]:
            call: Call[T] | None = self._build(*args, **kwargs)
            while call is not None:
                items, call = self._turn(call, (await client._send(call)).value)
                for item in items:
                    yield item

        return update_wrapper(each, self._build)


class AsyncClient:
    """Calls booked. Tasks may share it."""

    health = AsyncOperation(operations.health)
    list_public_keys = AsyncOperation(operations.list_public_keys)
    register_user = AsyncOperation(operations.register_user)
    list_bookings = AsyncOperation(operations.list_bookings)
    list_tickets = AsyncOperation(operations.list_tickets)
    tickets = AsyncEach(operations.list_tickets, operations.after_tickets)
    list_events = AsyncOperation(operations.list_events)
    events = AsyncEach(operations.list_events, operations.after_events)
    get_event = AsyncOperation(operations.get_event)
    create_event = AsyncOperation(operations.create_event)
    update_event = AsyncOperation(operations.update_event)
    cancel_event = AsyncOperation(operations.cancel_event)
    delete_event = AsyncOperation(operations.delete_event)
    reserve_tickets = AsyncOperation(operations.reserve_tickets)
    list_holds = AsyncOperation(operations.list_holds)
    release_tickets = AsyncOperation(operations.release_tickets)
    book_tickets = AsyncOperation(operations.book_tickets)
    cancel_tickets = AsyncOperation(operations.cancel_tickets)
    cancel_chosen_tickets = AsyncOperation(operations.cancel_chosen_tickets)
    add_to_waitlist = AsyncOperation(operations.add_to_waitlist)
    list_analytics = AsyncOperation(operations.list_analytics)
    list_cancellation_rates = AsyncOperation(operations.list_cancellation_rates)

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
        self._base_url = checked_base_url(base_url)
        self._limits = Limits(timeout, total_timeout, tries)
        self._http = httpx.AsyncClient(transport=transport)
        self.token = token

    @property
    def token(self) -> str | None:
        """The token, which is kept nowhere but here."""
        return self._token

    @token.setter
    def token(self, token: str | None) -> None:
        self._token = None if token is None else visible("a token", token)

    async def log_in(self, email: str, password: str) -> None:
        """Asks for a token and keeps it for the calls that follow."""
        self.token = (await self._send(operations.log_in(email, password))).value.token

    async def aclose(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        await self.aclose()

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
            async with self._http.stream(
                call.method,
                self._base_url + call.path,
                params=dict(call.query),
                headers=call.all_headers(self._token),
                content=call.content(),
                extensions={"timeout": time_left},
            ) as response:
                async for piece in response.aiter_bytes():
                    time_left.check()
                    pieces.append(piece)
        except httpx.RequestError as error:
            raise failure(call, error) from error
        return RawAnswer(response.status_code, response.headers, b"".join(pieces))
