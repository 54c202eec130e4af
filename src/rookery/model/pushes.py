"""Web push: what an app or browser asks to be told of, while nobody looks.

Owns: kinds, policies, the shape of a subscription and of one delivery, what an endpoint may be. Never: encrypts, sends.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from rookery.model.errors import Invalid, NotFound

# Kinds that apps may already ask for although nothing tells of them yet: an app finds its choice again.
MAX_ENDPOINT_CHARACTERS = 2048
LASTS_S = 48 * 3600  # after that, news is none
FAILS_FOR_S = 14 * 86_400  # an endpoint that took nothing for so long is given up
TEST_ID = 0  # in place of a notification's id: the message with which people try a browser


class PushPolicy(StrEnum):
    """Whose doings are told."""

    ALL = "all"
    FOLLOWED = "followed"
    FOLLOWER = "follower"
    NONE = "none"


class SubscriptionNotFound(NotFound):
    """The token has no subscription."""

    def __init__(self) -> None:
        super().__init__("no such push subscription")


class EndpointRefused(Invalid):
    """Nothing can be sent there."""

    def __init__(self) -> None:
        super().__init__("the endpoint of a push subscription is an https address of at most 2048 characters")


@dataclass(frozen=True, slots=True)
class PushChoice:
    """What is told, and whose doings. kinds: of KINDS."""

    kinds: frozenset[str] = frozenset()
    policy: PushPolicy = PushPolicy.ALL


@dataclass(frozen=True, slots=True)
class PushSubscription:
    """Where and how one app or browser is told. Exactly one of token_id and session_id is set; it ends with it.

    p256dh, auth: base64url. is_standard: RFC 8291, else the draft before it. sealed_token: the app's access token,
    which apps with several accounts expect inside the message (storage/sealing.py); '' for a browser.
    """

    id: int
    account_id: int
    token_id: int | None
    session_id: int | None
    endpoint: str
    p256dh: str
    auth: str
    is_standard: bool
    choice: PushChoice
    sealed_token: str = ""

    @property
    def host(self) -> str:
        """The push service: what is waited for together."""
        return urlsplit(self.endpoint).netloc.casefold()


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message on its way. attempt_count: 1 at the first try."""

    subscription_id: int
    notification_id: int
    host: str
    attempt_count: int
    created_at_us: int


def check_endpoint(raw: str, *, may_be_plain: bool) -> str:
    """Return an address that messages may be sent to. may_be_plain: http too, on a server that only tests.

    Raises EndpointRefused. Where the name leads is looked at when something is sent (K1).
    """
    try:
        parts = urlsplit(raw.strip())
        port = parts.port
    except ValueError:
        raise EndpointRefused from None
    is_secure = parts.scheme == "https" or (may_be_plain and parts.scheme == "http")
    is_clean = raw.isascii() and raw.isprintable() and " " not in raw.strip() and parts.username is None
    if not (is_secure and is_clean and parts.hostname and port != 0) or len(raw) > MAX_ENDPOINT_CHARACTERS:
        raise EndpointRefused
    return parts._replace(fragment="").geturl()


@dataclass(frozen=True, slots=True)
class Posted:
    """The head of a push service's answer. retry_after_s: its wish in seconds, 0 without one or for a date."""

    code: int
    retry_after_s: int = 0
