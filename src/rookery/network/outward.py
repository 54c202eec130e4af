"""What a request to somebody else's server is, what bounds it, and how it may fail (K1).

Owns: Ask, Limits, Budget, the errors. Never: opens anything; network/door.py does. Two kinds of failure: FetchRefused
is for good (the same request fails again), FetchFailed may be tried later.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from rookery.model.errors import Invalid, Unavailable

Header = tuple[str, str]
MEBIBYTE = 1024 * 1024


class FetchRefused(Invalid):
    """We do not ask, or do not take the answer; trying again is of no use."""


class FetchFailed(Unavailable):
    """The other server did not answer as it should; it may later."""


class AddressRefused(FetchRefused):
    """The link is not one that a server may open."""

    def __init__(self, why: str) -> None:
        super().__init__(f"this address cannot be fetched: {why}")


class AnswerTooLarge(FetchRefused):
    """The answer is over a limit in bytes, packed or unpacked."""

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(f"the answer is too large: {what} over {limit} bytes")
        self.limit = limit


class WrongKind(FetchRefused):
    """The answer is of a kind that the caller did not ask for."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"the answer is {kind[:80]!r}, which was not asked for")


class TooManyRedirects(FetchRefused):
    """The server sends us in circles, or from https to http."""

    def __init__(self, why: str) -> None:
        super().__init__(f"the server redirects {why}")


class TookTooLong(FetchFailed):
    """A deadline passed."""

    def __init__(self, what: str, seconds: float) -> None:
        super().__init__(f"{what} took more than {seconds:g} seconds", 60)


class HostBusy(FetchFailed):
    """We have asked this host enough for now, or it asked us to wait."""

    def __init__(self, host: str, retry_after_s: int) -> None:
        super().__init__(f"{host} is left alone for another {retry_after_s} seconds", retry_after_s)


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one request. packed_bytes: as they travel; body_bytes: unpacked; ratio: unpacked to packed.

    connect_s: per address, with TLS; first_byte_s: until the head of the answer is there; total_s: for everything,
    waiting for a turn and redirects included.
    """

    connect_s: float = 5.0
    first_byte_s: float = 10.0
    total_s: float = 30.0
    packed_bytes: int = MEBIBYTE
    body_bytes: int = MEBIBYTE
    ratio: int = 100
    redirects: int = 3


@dataclass(frozen=True, slots=True)
class Budget:
    """How much one purpose may ask of one host: at most `at_once` requests together, `count` per `per_s` seconds.

    rests: leave a host in trouble alone for a while; False for who keeps account of that with more care.
    """

    name: str
    at_once: int = 8
    count: int = 600
    per_s: int = 60
    rests: bool = True


GENERAL = Budget("general")


@dataclass(frozen=True, slots=True)
class Ask:
    """One request. Only https, unless allows_http.

    kinds: media types that the caller takes ("text/html"), or beginnings ("image/"); empty takes any. headers: stay
    with the first origin, but for those in door.HARMLESS. sign: more headers, made anew for every hop in that origin
    from (method, url, body). A POST follows no redirect but one 307 or 308 within its origin. gate: called with the
    host before each hop; what it raises ends the request.
    """

    url: str
    method: str = "GET"
    headers: tuple[Header, ...] = ()
    body: bytes = b""
    kinds: tuple[str, ...] = ()
    allows_http: bool = False
    limits: Limits = field(default_factory=Limits)
    budget: Budget = GENERAL
    sign: Callable[[str, str, bytes], tuple[Header, ...]] | None = None
    gate: Callable[[str], Awaitable[None]] | None = None
