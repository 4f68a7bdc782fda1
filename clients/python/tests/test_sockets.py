"""Both clients against a server on a real socket: what only shows there."""

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import trio

from booked import AsyncClient, BookedError, Holds, NotSentError
from tests.conftest import Make

Behavior = Callable[[socket.socket, threading.Event], None]
SHORT_S = 0.5
"""The server never answers within this time."""
FAR_TOO_LONG_S = 30.0
"""A client that waits without an end is hung up on after this time, and its test fails."""
HOLDS = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{"holds":[]}'


class Server:
    """Does with its first connection what the first behavior says, and so on; the last goes on forever."""

    def __init__(self, *behaviors: Behavior) -> None:
        self.heads: list[bytes] = []
        self._behaviors = list(behaviors)
        self._ended = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._ended.set()
        # Wakes the thread that accepts, which closing alone does not.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            behavior = self._behaviors.pop(0) if len(self._behaviors) > 1 else self._behaviors[0]
            threading.Thread(target=self._serve, args=(connection, behavior), daemon=True).start()

    def _serve(self, connection: socket.socket, behavior: Behavior) -> None:
        with connection:
            try:
                head = b""
                while b"\r\n\r\n" not in head:
                    piece = connection.recv(65536)
                    if not piece:
                        return
                    head += piece
                self.heads.append(head)
                behavior(connection, self._ended)
            except OSError:
                # The client has gone.
                return


def answer(connection: socket.socket, _: threading.Event) -> None:
    connection.sendall(HOLDS)


def hang_up(_: socket.socket, __: threading.Event) -> None:
    pass


def break_off(connection: socket.socket, _: threading.Event) -> None:
    connection.sendall(HOLDS[:-5])


def stay_silent(_: socket.socket, ended: threading.Event) -> None:
    ended.wait(FAR_TOO_LONG_S)


def drip(connection: socket.socket, ended: threading.Event) -> None:
    """Each piece comes in time, and all of them far too late."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n")
    pieces = int(FAR_TOO_LONG_S / (SHORT_S / 10))
    while pieces > 0 and not ended.wait(SHORT_S / 10):
        connection.sendall(b" ")
        pieces -= 1


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    servers = []

    def serve(*behaviors: Behavior) -> Server:
        servers.append(Server(*behaviors))
        return servers[-1]

    yield serve
    for server in servers:
        server.close()


@pytest.mark.parametrize("lost", [hang_up, break_off])
def test_after_a_lost_answer_the_same_is_sent_again(make: Make, serve: Any, lost: Behavior) -> None:
    server = serve(lost, answer)
    client = make(server.url, token="the-token")
    assert client.list_holds().holds == ()
    assert len(server.heads) == 2
    assert server.heads[0] == server.heads[1]
    assert b"authorization: bearer the-token\r\n" in server.heads[0].lower()


def test_the_key_is_the_same_on_each_connection(make: Make, serve: Any) -> None:
    server = serve(hang_up, hang_up, answer)
    make(server.url, token="the-token").release_tickets(["t"])
    keys = [
        line for head in server.heads for line in head.lower().split(b"\r\n") if line.startswith(b"idempotency-key:")
    ]
    assert len(keys) == 3
    assert len(set(keys)) == 1


def test_async_code_may_run_on_trio(serve: Any) -> None:
    server = serve(hang_up, answer)

    async def ask() -> Holds:
        async with AsyncClient(server.url, token="the-token") as client:
            return await client.list_holds()

    assert trio.run(ask).holds == ()
    assert len(server.heads) == 2


@pytest.mark.parametrize("late", [stay_silent, drip])
def test_a_try_ends_when_its_time_is_up(make: Make, serve: Any, late: Behavior) -> None:
    server = serve(late)
    client = make(server.url, timeout=SHORT_S, tries=1)
    with pytest.raises(BookedError) as raised:
        client.list_holds()
    # On a busy machine the time may be up before everything is sent.
    assert str(raised.value).endswith("Timeout")


def test_without_a_listener_nothing_is_sent(make: Make) -> None:
    with socket.socket() as bound:
        # Nobody else gets the port, and nobody listens there.
        bound.bind(("127.0.0.1", 0))
        client = make(f"http://127.0.0.1:{bound.getsockname()[1]}", tries=2)
        with pytest.raises(NotSentError):
            client.register_user("Ada", "ada@example.com", "correct horse")


def test_one_connection_serves_many_calls(make: Make, serve: Any) -> None:
    def answer_twice(connection: socket.socket, ended: threading.Event) -> None:
        connection.sendall(HOLDS)
        assert connection.recv(65536)
        connection.sendall(HOLDS)
        ended.wait()

    server = serve(answer_twice, hang_up)
    client = make(server.url, tries=1)
    assert client.list_holds() == client.list_holds()
    assert len(server.heads) == 1
