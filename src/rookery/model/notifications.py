"""Notifications: what somebody is told of, and the policy that keeps strangers from telling too much.

Owns: the kinds, the shape of a row, the six questions of a policy with their verdicts. Never: finds out who is told
(storage/notification_rules.py) or shows it (the faces).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from rookery.model.errors import NotFound

GROUP_SPAN_US = 12 * 3600 * 1_000_000
NEW_ACCOUNT_DAYS, NEW_FOLLOWER_DAYS = 30, 3


class NotificationKind(StrEnum):
    """What happened, in the words of storage."""

    MENTION = "mention"
    REPOST = "repost"
    LIKE = "like"
    FOLLOW = "follow"
    FOLLOW_REQUEST = "follow_request"
    POLL = "poll"
    POST = "post"
    UPDATE = "update"
    QUOTE = "quote"
    QUOTED_UPDATE = "quoted_update"
    REPORT = "report"
    SIGN_UP = "sign_up"
    COLLECTED = "collected"
    COLLECTION_UPDATE = "collection_update"


KINDS = tuple(kind.value for kind in NotificationKind)
COLLECTION_KINDS = (NotificationKind.COLLECTED.value, NotificationKind.COLLECTION_UPDATE.value)
STAFF_KINDS = (NotificationKind.REPORT.value, NotificationKind.SIGN_UP.value)
# Kinds of which many at once become one entry; of the others each stands alone.
GROUPED_KINDS = (NotificationKind.LIKE, NotificationKind.FOLLOW, NotificationKind.REPOST)


class Verdict(IntEnum):
    """What a policy does with a notification; the strictest of several wins. Stored as its number."""

    ACCEPT = 0
    FILTER = 1
    DROP = 2


class NotificationNotFound(NotFound):
    """No such notification, or somebody else's."""

    def __init__(self) -> None:
        super().__init__("no such notification")


@dataclass(frozen=True, slots=True)
class NotificationPolicy:
    """What becomes of notifications from people to whom one of these words applies."""

    for_not_following: Verdict = Verdict.ACCEPT
    for_not_followers: Verdict = Verdict.ACCEPT
    for_new_accounts: Verdict = Verdict.ACCEPT
    for_private_mentions: Verdict = Verdict.FILTER
    for_limited_accounts: Verdict = Verdict.FILTER
    for_bots: Verdict = Verdict.ACCEPT


@dataclass(frozen=True, slots=True)
class Notification:
    """One row. from_id: who caused it. group_key: the same for all that may be shown as one; opaque outside.

    report_id: what staff is told of, with the kind `report`. collection_id: with COLLECTION_KINDS.
    """

    id: int
    kind: str
    from_id: int
    post_id: int | None
    group_key: str
    created_at_us: int
    report_id: int | None = None
    collection_id: int | None = None


@dataclass(frozen=True, slots=True)
class NotificationGroup:
    """Several notifications that are shown as one, on one page.

    newest: its newest row on the page. count: rows below the page's upper bound. page_min_id, page_max_id: the oldest
    and newest row within the page. from_ids: who caused them, newest first, a few.
    """

    newest: Notification
    key: str
    count: int
    page_min_id: int
    page_max_id: int
    page_newest_at_us: int
    from_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NotificationRequest:
    """What a policy held back from one account. newest_id: orders the list. post_id: the newest post that mentions."""

    from_id: int
    newest_id: int
    count: int
    first_at_us: int
    newest_at_us: int
    post_id: int | None


def standalone_key(notification_id: int) -> str:
    """The group key of a notification that stands alone."""
    return f"ungrouped-{notification_id}"


def id_of_standalone(key: str) -> int | None:
    """The notification that a key of that shape names, None for other keys."""
    head, _, digits = key.rpartition("-")
    return int(digits) if head == "ungrouped" and digits.isascii() and digits.isdigit() and len(digits) <= 19 else None
