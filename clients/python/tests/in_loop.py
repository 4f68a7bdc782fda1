"""The async client as one that blocks, so that one text tests both clients."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any

from booked import AsyncClient


class InLoop:
    """Has the methods of `Client`, each of which runs the method of an `AsyncClient` to its end."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._runner = asyncio.Runner()
        self._client = AsyncClient(*args, **kwargs)

    @property
    def token(self) -> str | None:
        return self._client.token

    @token.setter
    def token(self, token: str | None) -> None:
        self._client.token = token

    def __getattr__(self, name: str) -> Any:
        return _Method(self._runner, getattr(self._client, name))

    def close(self) -> None:
        self._runner.run(self._client.aclose())
        self._runner.close()


class _Method:
    def __init__(self, runner: asyncio.Runner, method: Any) -> None:
        self._runner, self._method = runner, method

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._finish(self._method(*args, **kwargs))

    def answer(self, *args: Any, **kwargs: Any) -> Any:
        return self._finish(self._method.answer(*args, **kwargs))

    def _finish(self, made: Coroutine[Any, Any, Any] | AsyncIterator[Any]) -> Any:
        if isinstance(made, AsyncIterator):
            return _one_by_one(self._runner, made.__anext__)
        return self._runner.run(made)


def _one_by_one(runner: asyncio.Runner, following: Callable[[], Any]) -> Iterator[Any]:
    while True:
        try:
            yield runner.run(_awaited(following))
        except StopAsyncIteration:
            return


async def _awaited(following: Callable[[], Any]) -> Any:
    return await following()
