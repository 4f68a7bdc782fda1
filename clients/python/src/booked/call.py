"""A call: what is sent, and how its answer is read. Nothing here sends or waits, so both clients share it."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Generic, TypeVar
from urllib.parse import urlsplit

import msgspec

from booked.errors import ApiError, ErrorBody, NotModified, UnreadableAnswer

T = TypeVar("T")
Scalar = str | int | float | bool

USER_AGENT = f"booked-client/{version('booked-client')} (Python)"
_VISIBLE = re.compile(r"[\x21-\x7e]+")
_SECONDS = re.compile(r"[0-9]{1,18}")
_SUCCESS = range(200, 300)
_NOT_MODIFIED = 304


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """An answer as it came; header names are compared without case."""

    status: int
    headers: Mapping[str, str]
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """A success: its value, and what its headers say."""

    value: T
    status: int
    replayed: bool
    """Whether this is the first answer again, to a request that was sent before with the same key."""
    request_id: str | None
    etag: str | None
    idempotency_key: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Call(Generic[T]):
    """What is sent. Each try of a call sends the same, with the same key."""

    method: str
    path: str
    read: Callable[[RawAnswer], T] = field(repr=False)
    needs_token: bool = False
    key: str | None = None
    query: Mapping[str, Scalar] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    # It may hold a password.
    body: Mapping[str, object] | None = field(default=None, repr=False)

    @property
    def may_be_repeated(self) -> bool:
        """Whether nothing can be done twice if the call is sent again after an answer was lost."""
        return self.method == "GET" or self.key is not None

    def all_headers(self, token: str | None) -> dict[str, str]:
        """The token goes only where it is looked at."""
        headers = {"Accept": "application/json", "User-Agent": USER_AGENT, **self.headers}
        if self.body is not None:
            headers["Content-Type"] = "application/json"
        if self.key is not None:
            headers["Idempotency-Key"] = self.key
        if self.needs_token and token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return headers

    def content(self) -> bytes | None:
        return None if self.body is None else json.dumps(self.body, allow_nan=False).encode()

    def answer(self, raw: RawAnswer) -> Answer[T]:
        """Reads the answer, or raises the error that it is."""
        if raw.status == _NOT_MODIFIED:
            raise NotModified("not modified")
        if raw.status not in _SUCCESS:
            raise _error(raw)
        return Answer(
            value=self.read(raw),
            status=raw.status,
            replayed=_is_replay(raw),
            request_id=raw.headers.get("X-Request-Id"),
            etag=raw.headers.get("ETag"),
            idempotency_key=self.key,
        )


def json_as(kind: type[T]) -> Callable[[RawAnswer], T]:
    """Reads a body of JSON as this type."""

    def read(raw: RawAnswer) -> T:
        try:
            return msgspec.json.decode(raw.content, type=kind)
        except msgspec.DecodeError as error:
            raise UnreadableAnswer(f"a success whose body cannot be read: {error}") from error

    return read


def visible(name: str, text: str) -> str:
    """The text, if it can be sent in a header. The error does not show it, since it may be secret."""
    if not _VISIBLE.fullmatch(text):
        raise ValueError(f"{name} must consist of visible ASCII characters, without spaces or line breaks")
    return text


def checked_base_url(url: str) -> str:
    """The URL without a slash at its end. The error does not show it, since it may hold a password."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("the base URL must be http:// or https:// with a host, and without a query")
    if parts.username is not None:
        raise ValueError("the base URL must not hold a user name or a password")
    return url.rstrip("/")


def _error(raw: RawAnswer) -> ApiError:
    try:
        body = msgspec.json.decode(raw.content, type=ErrorBody)
    except msgspec.DecodeError:
        body = None
    seconds = raw.headers.get("Retry-After", "")
    kind = ApiError.class_of_code.get(body.category_code, ApiError) if body else ApiError
    return kind(
        raw.status,
        body,
        raw.headers.get("X-Request-Id"),
        int(seconds) if _SECONDS.fullmatch(seconds) else None,
        _is_replay(raw),
    )


def _is_replay(raw: RawAnswer) -> bool:
    return raw.headers.get("Idempotency-Replayed") == "true"
