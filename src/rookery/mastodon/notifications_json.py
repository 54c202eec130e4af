"""Notifications as the client API shows them.

Owns: the words for kinds, the heads of Notification entities, groups, requests and policies. Pure.
Spec: https://docs.joinmastodon.org/entities/Notification/, …/NotificationPolicy/, …/NotificationRequest/,
https://docs.joinmastodon.org/methods/grouped_notifications/
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import msgspec

from rookery.mastodon.dates import date_from_us
from rookery.model.notifications import KINDS, NotificationGroup, NotificationKind, NotificationPolicy, Verdict

WORDS = {
    NotificationKind.MENTION: "mention",
    NotificationKind.REPOST: "reblog",
    NotificationKind.LIKE: "favourite",
    NotificationKind.FOLLOW: "follow",
    NotificationKind.FOLLOW_REQUEST: "follow_request",
    NotificationKind.POLL: "poll",
    NotificationKind.POST: "status",
    NotificationKind.UPDATE: "update",
    NotificationKind.QUOTE: "quote",
    NotificationKind.QUOTED_UPDATE: "quoted_update",
    NotificationKind.REPORT: "admin.report",
    NotificationKind.SIGN_UP: "admin.sign_up",
    NotificationKind.COLLECTED: "added_to_collection",
    NotificationKind.COLLECTION_UPDATE: "collection_update",
}
KINDS_BY_WORD = {word: kind.value for kind, word in WORDS.items()}
VERDICTS = {Verdict.ACCEPT: "accept", Verdict.FILTER: "filter", Verdict.DROP: "drop"}
VERDICTS_BY_WORD = {word: verdict for verdict, word in VERDICTS.items()}
POLICY_WORDS = (
    "for_not_following",
    "for_not_followers",
    "for_new_accounts",
    "for_private_mentions",
    "for_limited_accounts",
    "for_bots",
)
# The form before 4.3: one flag per question, true for filter or drop.
OLD_POLICY_WORDS = {
    "filter_not_following": "for_not_following",
    "filter_not_followers": "for_not_followers",
    "filter_new_accounts": "for_new_accounts",
    "filter_private_mentions": "for_private_mentions",
}


def kinds_from_words(wanted: Iterable[str], unwanted: Iterable[str]) -> tuple[str, ...]:
    """Return the kinds to show: those wanted, or all, without the unwanted ones; words we do not know are nothing."""
    chosen = list(wanted)
    kinds = {KINDS_BY_WORD[word] for word in chosen if word in KINDS_BY_WORD} if chosen else set(KINDS)
    left_out = {KINDS_BY_WORD[word] for word in unwanted if word in KINDS_BY_WORD}
    return tuple(kind for kind in KINDS if kind in kinds and kind not in left_out)


@lru_cache(20_000)
def notification_head(notification_id: int, kind: str, group_key: str, created_at_us: int) -> bytes:
    """Return the bytes of a Notification up to its account. group_key is ours and holds nothing to escape."""
    return (
        f'{{"id":"{notification_id}","type":"{WORDS[NotificationKind(kind)]}","created_at":"{date_from_us(created_at_us)}",'
        f'"group_key":"{group_key}","account":'
    ).encode()


def json_from_group(group: NotificationGroup, report: bytes | None = None) -> Any:
    """Return the NotificationGroup entity; the newest id is a number, as clients decode it. report: its entity."""
    newest = group.newest
    values: dict[str, Any] = {
        "group_key": group.key,
        "notifications_count": group.count,
        "type": WORDS[NotificationKind(newest.kind)],
        "most_recent_notification_id": newest.id,
        "page_min_id": str(group.page_min_id),
        "page_max_id": str(group.page_max_id),
        "latest_page_notification_at": date_from_us(group.page_newest_at_us),
        "sample_account_ids": [str(account_id) for account_id in group.from_ids],
    }
    if newest.post_id is not None:
        values["status_id"] = str(newest.post_id)
    if report is not None:
        values["report"] = msgspec.Raw(report)
    return values


def json_from_policy(policy: NotificationPolicy, held: tuple[int, int]) -> Any:
    """Return the NotificationPolicy entity. held: accounts and notifications that wait."""
    answers = {name: VERDICTS[getattr(policy, name)] for name in POLICY_WORDS}
    return {**answers, "summary": summary_json(held)}


def json_from_old_policy(policy: NotificationPolicy, held: tuple[int, int]) -> Any:
    """Return the policy in its form before 4.3."""
    flags = {old: getattr(policy, name) is not Verdict.ACCEPT for old, name in OLD_POLICY_WORDS.items()}
    return {**flags, "summary": summary_json(held)}


def summary_json(held: tuple[int, int]) -> Any:
    """Return how much was held back."""
    return {"pending_requests_count": held[0], "pending_notifications_count": held[1]}
