"""The client that blocks."""

from collections.abc import Callable, Iterable, Iterator
from functools import update_wrapper
from time import sleep
from types import TracebackType
from typing import Generic, ParamSpec, Self, TypeVar

import httpx

from booked import operations
from booked.call import Answer, Call, RawAnswer, checked_base_url, visible
from booked.errors import BookedError
from booked.retries import Limits, TimeLeft, Tries, failure

P = ParamSpec("P")
T = TypeVar("T")
Item = TypeVar("Item")


class Method(Generic[P, T]):
    """An operation of a client. Called, it gives the value; `answer` also gives what the headers say."""

    def __init__(self, send: Callable[[Call[T]], Answer[T]], build: Callable[P, Call[T]]) -> None:
        self._send, self._build = send, build
        update_wrapper(self, build)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.answer(*args, **kwargs).value

    def answer(self, *args: P.args, **kwargs: P.kwargs) -> Answer[T]:
        return self._send(self._build(*args, **kwargs))


class Operation(Generic[P, T]):
    """Makes a method of an operation."""

    def __init__(self, build: Callable[P, Call[T]]) -> None:
        self._build = build
        self.__doc__ = build.__doc__

    def __get__(self, client: "Client", _: type["Client"]) -> Method[P, T]:
        return Method(client._send, self._build)


class Each(Generic[P, T, Item]):
    """Makes a method of an operation that gives pages: an iterator, which asks for a page when it comes to it."""

    def __init__(
        self, build: Callable[P, Call[T]], turn: Callable[[Call[T], T], tuple[Iterable[Item], Call[T] | None]]
    ) -> None:
        self._build, self._turn = build, turn
        self.__doc__ = build.__doc__

    def __get__(self, client: "Client", _: type["Client"]) -> Callable[P, Iterator[Item]]:
        def each(*args: P.args, **kwargs: P.kwargs) -> Iterator[Item]:
            call: Call[T] | None = self._build(*args, **kwargs)
            while call is not None:
                items, call = self._turn(call, client._send(call).value)
                yield from items

        return update_wrapper(each, self._build)


class Client:
    """Calls booked and waits for the answers. Threads may share it."""

    health = Operation(operations.health)
    list_public_keys = Operation(operations.list_public_keys)
    register_user = Operation(operations.register_user)
    list_bookings = Operation(operations.list_bookings)
    list_tickets = Operation(operations.list_tickets)
    tickets = Each(operations.list_tickets, operations.after_tickets)
    list_events = Operation(operations.list_events)
    events = Each(operations.list_events, operations.after_events)
    get_event = Operation(operations.get_event)
    create_event = Operation(operations.create_event)
    update_event = Operation(operations.update_event)
    cancel_event = Operation(operations.cancel_event)
    delete_event = Operation(operations.delete_event)
    reserve_tickets = Operation(operations.reserve_tickets)
    list_holds = Operation(operations.list_holds)
    release_tickets = Operation(operations.release_tickets)
    book_tickets = Operation(operations.book_tickets)
    cancel_tickets = Operation(operations.cancel_tickets)
    cancel_chosen_tickets = Operation(operations.cancel_chosen_tickets)
    add_to_waitlist = Operation(operations.add_to_waitlist)
    list_analytics = Operation(operations.list_analytics)
    list_cancellation_rates = Operation(operations.list_cancellation_rates)

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
        self._base_url = checked_base_url(base_url)
        self._limits = Limits(timeout, total_timeout, tries)
        self._http = httpx.Client(transport=transport)
        self.token = token

    @property
    def token(self) -> str | None:
        """The token, which is kept nowhere but here."""
        return self._token

    @token.setter
    def token(self, token: str | None) -> None:
        self._token = None if token is None else visible("a token", token)

    def log_in(self, email: str, password: str) -> None:
        """Asks for a token and keeps it for the calls that follow."""
        self.token = self._send(operations.log_in(email, password)).value.token

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self.close()

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
            with self._http.stream(
                call.method,
                self._base_url + call.path,
                params=dict(call.query),
                headers=call.all_headers(self._token),
                content=call.content(),
                extensions={"timeout": time_left},
            ) as response:
                for piece in response.iter_bytes():
                    time_left.check()
                    pieces.append(piece)
        except httpx.RequestError as error:
            raise failure(call, error) from error
        return RawAnswer(response.status_code, response.headers, b"".join(pieces))
