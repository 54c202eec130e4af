"""Trends: the hashtags, links and posts that many people meet at this moment, and what staff decided about them.

Owns: the nouns, verdicts, which of them may be shown by itself. Never: counts (timelines/trend_counting.py).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from urllib.parse import urlsplit, urlunsplit

from rookery.model.errors import NotFound
from rookery.model.tags import TagDay

LEAST_MEMBERS = 0.2  # one of today or of yesterday; how it fades: timelines/trend_tally.py
MAX_LINK_CHARACTERS = 2000
USUAL_PORTS = {"http": 80, "https": 443}
CAMPAIGN = re.compile(r"(?:utm_\w+|fbclid|gclid|mc_[ce]id|igshid|ref_src)(?:=|$)", re.IGNORECASE)
LEAST_ACCOUNTS = 2  # one account alone is no trend, whatever it does


class TrendKind(IntEnum):
    """What is counted; stored as its number. EVERYBODY: all who write, the measure for the others."""

    EVERYBODY = 0
    TAG = 1
    LINK = 2
    POST = 3
    PUBLISHER = 4


class TrendMode(StrEnum):
    """What trends without a verdict: what members take part in, nothing, everything; off: nothing is shown at all."""

    MEMBERS = "members"
    REVIEWED = "reviewed"
    AUTOMATIC = "automatic"
    OFF = "off"


class Verdict(StrEnum):
    """What those who look after the server decided. REJECTED holds until somebody decides otherwise."""

    APPROVED = "approved"
    REJECTED = "rejected"


class TrendNotFound(NotFound):
    """Nothing of this id is counted."""

    def __init__(self) -> None:
        super().__init__("no such trend")


@dataclass(frozen=True, slots=True)
class Voice:
    """What is known of somebody who may be counted. address: of the last session here, None for nobody."""

    id: int
    domain: str
    created_at_us: int
    is_counted: bool
    is_bot: bool
    is_discoverable: bool
    follower_count: int
    has_picture: bool
    invited_by_id: int | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Trend:
    """One thing that is counted. name: a tag's key, a link, a post's id as text, a host.

    score: what the accounts of late weigh together, now. usual: accounts on a usual day of the week before.
    local_count: how many of the accounts are ours. days: this week's uses, for tags, links and publishers.
    """

    kind: TrendKind
    name: str
    id: int
    score: float
    local_count: float
    language: str | None = None
    host: str = ""
    account_count: int = 0
    usual: float = 0.0
    verdict: Verdict | None = None
    days: tuple[TagDay, ...] = ()

    @property
    def strength(self) -> float:
        """What trends are ordered by: the score, less for what is as popular every day."""
        return self.score / math.sqrt(1 + self.usual)

    def may_show(self, mode: TrendMode, least: float) -> bool:
        """True when everybody may see it. least: the score that a trend needs here (see least_score)."""
        if mode is TrendMode.OFF or self.verdict is Verdict.REJECTED:
            return False
        if self.score < least or self.account_count < LEAST_ACCOUNTS:
            return False
        if self.verdict is Verdict.APPROVED or mode is TrendMode.AUTOMATIC:
            return True
        return mode is TrendMode.MEMBERS and self.local_count >= LEAST_MEMBERS


def link_key(raw: str) -> str:
    """Return the form under which a link is counted: without fragment and marks of campaigns; '' for none."""
    try:
        parts = urlsplit(raw)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return ""
    scheme = parts.scheme.lower()
    if scheme not in USUAL_PORTS or not host or parts.username is not None:
        return ""
    place = host if port in (None, USUAL_PORTS[scheme]) else f"{host}:{port}"
    kept = "&".join(pair for pair in parts.query.split("&") if not CAMPAIGN.match(pair))
    url = urlunsplit((scheme, place, parts.path or "/", kept, ""))
    return url if len(url) <= MAX_LINK_CHARACTERS else ""


def least_score(everybody: float) -> float:
    """Return the score that a trend needs. everybody: what all who wrote of late weigh together.

    Half of the square root: 2 of 16 people, 16 of 1,000, 160 of 100,000; on the smallest server two people are enough.
    """
    return max(0.5, math.sqrt(everybody) / 2)
