"""The methods that both clients have, made from the operations; and what they know of the gateway."""

from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, overload

import httpx

from booked import operations
from booked.call import Answer, Call, checked_base_url, visible
from booked.retries import Limits, TimeLeft

if TYPE_CHECKING:
    from booked.async_client import AsyncClient
    from booked.client import Client

P = ParamSpec("P")
T = TypeVar("T")
Item = TypeVar("Item")
Value = TypeVar("Value")
Whole = TypeVar("Whole")
Turn = Callable[[Call[T], T], tuple[Iterable[Item], Call[T] | None]]


class Method(Generic[P, Value, Whole]):
    """An operation of a client. Called, it gives the value; `answer` also gives what the headers say."""

    def __init__(
        self, build: Callable[P, Call[Any]], value: Callable[[Call[Any]], Value], whole: Callable[[Call[Any]], Whole]
    ) -> None:
        self._build, self._value, self._whole = build, value, whole
        update_wrapper(self, build)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Value:
        return self._value(self._build(*args, **kwargs))

    def answer(self, *args: P.args, **kwargs: P.kwargs) -> Whole:
        return self._whole(self._build(*args, **kwargs))


class Operation(Generic[P, T]):
    """Makes a method of an operation."""

    def __init__(self, build: Callable[P, Call[T]]) -> None:
        self._build = build
        self.__doc__ = build.__doc__

    @overload
    def __get__(self, client: "Client", _: type) -> Method[P, T, Answer[T]]: ...
    @overload
    def __get__(
        self, client: "AsyncClient", _: type
    ) -> Method[P, Coroutine[Any, Any, T], Coroutine[Any, Any, Answer[T]]]: ...
    def __get__(self, client: "Client | AsyncClient", _: type) -> Method[P, Any, Any]:
        return Method(self._build, client._value, client._send)


class Each(Generic[P, T, Item]):
    """Makes a method of an operation that gives pages: an iterator, which asks for a page when it comes to it."""

    def __init__(self, build: Callable[P, Call[T]], turn: Turn[T, Item]) -> None:
        self._build, self._turn = build, turn
        self.__doc__ = build.__doc__

    @overload
    def __get__(self, client: "Client", _: type) -> Callable[P, Iterator[Item]]: ...
    @overload
    def __get__(self, client: "AsyncClient", _: type) -> Callable[P, AsyncIterator[Item]]: ...
    def __get__(self, client: "Client | AsyncClient", _: type) -> Callable[P, Any]:
        def each(*args: P.args, **kwargs: P.kwargs) -> Any:
            return client._each(self._build(*args, **kwargs), self._turn)

        return update_wrapper(each, self._build)


class Methods:
    """What both clients are."""

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
    count_waiting = Operation(operations.count_waiting)
    list_analytics = Operation(operations.list_analytics)
    list_cancellation_rates = Operation(operations.list_cancellation_rates)

    def __init__(self, base_url: str, token: str | None, limits: Limits) -> None:
        self._base_url = checked_base_url(base_url)
        self._limits = limits
        self.token = token

    @property
    def token(self) -> str | None:
        """The token, which is kept nowhere but here."""
        return self._token

    @token.setter
    def token(self, token: str | None) -> None:
        self._token = None if token is None else visible("a token", token)

    def _request(self, call: Call[Any], time_left: TimeLeft) -> httpx.Request:
        return httpx.Request(
            call.method,
            self._base_url + call.path,
            params=dict(call.query),
            headers=call.all_headers(self._token),
            content=call.content(),
            extensions={"timeout": time_left},
        )
