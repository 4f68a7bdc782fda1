"""Which calls are sent again, when, and for how long. Nothing here sends or waits, so both clients share it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import uniform
from time import monotonic
from typing import Any

import httpx

from booked.call import Call
from booked.codes import FirstRequestUnderWay, ServiceUnavailable, TooManyRequests
from booked.errors import (
    GATEWAY_TIMEOUT,
    SERVER_ERRORS,
    ApiError,
    BookedError,
    NotSentError,
    TransportError,
)

# With these answers nothing was done, or the first request with the key is under way and its answer comes by asking
# again. So sending any request again is safe.
_TRY_AGAIN = (FirstRequestUnderWay, ServiceUnavailable, TooManyRequests)
_JITTER_BASE_S = 0.5
_JITTER_CAP_S = 4.0
# 0 would mean not to wait at all, instead of being too late.
_SHORTEST_S = 0.001
_UNAUTHORIZED = 401
_STEPS = ("connect", "pool", "read", "write")
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a try may take, how long a call may take with all its tries, and how many these may be."""

    timeout_s: float
    total_timeout_s: float
    tries: int

    def __post_init__(self) -> None:
        if not (self.timeout_s > 0 and self.total_timeout_s > 0 and self.tries > 0):
            raise ValueError("timeouts and the number of tries must be above 0")


class TimeLeft(Mapping[str, float]):
    """How long the next step of a try may take, such as connecting or reading: httpx asks when the step begins."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline

    def __getitem__(self, step: str) -> float:
        if step not in _STEPS:
            raise KeyError(step)
        return max(self._deadline - monotonic(), _SHORTEST_S)

    def __iter__(self) -> Iterator[str]:
        return iter(_STEPS)

    def __len__(self) -> int:
        return len(_STEPS)

    def check(self) -> None:
        """Between two pieces of a body: each of them may be in time, and all of them too late."""
        if monotonic() > self._deadline:
            raise httpx.ReadTimeout("the body took too long")


class Tries:
    """The tries of one call."""

    def __init__(self, call: Call[Any], limits: Limits) -> None:
        self._call = call
        self._limits = limits
        self._deadline = monotonic() + limits.total_timeout_s
        self._begun = 0
        self._outcome_unknown = False

    def begin(self) -> TimeLeft:
        self._begun += 1
        return TimeLeft(min(monotonic() + self._limits.timeout_s, self._deadline))

    def wait_after(self, error: BookedError) -> float | None:
        """After how many seconds to try again; None if this error is the caller's to handle."""
        error.idempotency_key = self._call.key
        # This try was not carried out, which says nothing of an earlier one.
        error.outcome_unknown |= self._outcome_unknown and not _is_final(error)
        self._outcome_unknown = error.outcome_unknown
        if self._begun >= self._limits.tries or not self._is_safe_after(error):
            return None
        window = min(_JITTER_CAP_S, _JITTER_BASE_S * 2 ** (self._begun - 1))
        asked = error.retry_after if isinstance(error, ApiError) else None
        wait = (asked or 0) + uniform(0, window)  # noqa: S311
        return wait if monotonic() + wait < self._deadline else None

    def _is_safe_after(self, error: BookedError) -> bool:
        if isinstance(error, (*_TRY_AGAIN, NotSentError)):
            return True
        is_lost = isinstance(error, TransportError) or (isinstance(error, ApiError) and error.status == GATEWAY_TIMEOUT)
        return is_lost and self._call.may_be_repeated


def failure(call: Call[Any], error: httpx.RequestError) -> BookedError:
    """What happened, without anything that was sent."""
    text = f"{call.method} {call.path}: {type(error).__name__}"
    return NotSentError(text) if isinstance(error, _NOT_SENT) else TransportError(text)


def _is_final(error: BookedError) -> bool:
    """Whether the error also tells what became of earlier tries: their refusal would have been the same."""
    if not isinstance(error, ApiError):
        return False
    is_passing = isinstance(error, _TRY_AGAIN) or error.status == _UNAUTHORIZED
    return not is_passing and error.status < SERVER_ERRORS
