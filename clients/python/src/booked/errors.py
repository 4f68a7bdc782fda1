"""What a call can raise. The errors of the API have a class for each code, in `booked.codes`."""

from dataclasses import dataclass
from typing import ClassVar

UNDER_WAY = "IDEM-03"
GATEWAY_TIMEOUT = 504
SERVER_ERRORS = 500


class BookedError(Exception):
    """Anything that a call can raise, but for mistakes of the caller that are found before anything is sent."""

    idempotency_key: str | None = None
    """The key that the request was sent with. To find out what became of it, make the same call with this key."""

    outcome_unknown: bool = False
    """Whether what was asked for may have been done, or may be done later."""


class NotSentError(BookedError):
    """No connection could be made, so nothing was done."""


class TransportError(BookedError):
    """No answer came: the connection was lost, or the time was up. What became of the request is unknown."""

    outcome_unknown = True


class UnreadableAnswer(BookedError):
    """An answer came that says success, but not what the API says. What became of the request is unknown."""

    outcome_unknown = True


class NotModified(BookedError):
    """The answer would be the one whose `ETag` was given as `if_none_match`."""


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """The one shape of errors."""

    category: str
    category_code: str
    msg: str
    error: str | None = None


class ApiError(BookedError):
    """An answer that is an error. If its code is not known here, or it has none, it is exactly of this class."""

    class_of_code: ClassVar[dict[str, type["ApiError"]]] = {}

    def __init_subclass__(cls, *, code: str | None = None) -> None:
        if code is not None:
            ApiError.class_of_code[code] = cls

    def __init__(
        self,
        status: int,
        body: ErrorBody | None,
        request_id: str | None = None,
        retry_after: int | None = None,
        replayed: bool = False,
    ) -> None:
        """Without a body, something other than the API has answered, such as a proxy."""
        super().__init__(status, body, request_id, retry_after, replayed)
        self.status = status
        self.category = body.category if body else ""
        self.code = body.category_code if body else ""
        self.msg = body.msg if body else "an answer that is not the API's"
        self.error = body.error if body else None
        self.request_id = request_id
        self.retry_after = retry_after
        """After how many seconds to try again, if the answer says so."""
        self.replayed = replayed
        """Whether this is the first answer again, to a request that was sent before with the same key."""
        # What stands between may have passed the request on before it failed.
        is_of_proxy = body is None and status >= SERVER_ERRORS
        self.outcome_unknown = is_of_proxy or status == GATEWAY_TIMEOUT or self.code == UNDER_WAY

    def __str__(self) -> str:
        detail = f" ({self.error})" if self.error else ""
        request = f", request {self.request_id}" if self.request_id else ""
        return f"{self.code or 'no code'}: {self.msg}{detail} [status {self.status}{request}]"
