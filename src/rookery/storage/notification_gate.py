"""May this still be told? Asked right before a notification leaves the server (K5), and for mails in whole ranges.

Owns: the one question that pushes and mails ask. Between the moment when a notification was written and the moment
when it leaves, somebody may have been blocked, muted or suspended, a post deleted or hidden, a policy made stricter:
so every condition of the rules is asked again, in their own words (storage/notification_rules.py).
"""

from __future__ import annotations

from rookery.model.ids import floor_id
from rookery.model.notifications import NEW_ACCOUNT_DAYS, NEW_FOLLOWER_DAYS, Notification, NotificationKind
from rookery.model.pushes import PushPolicy
from rookery.storage.database import Reader
from rookery.storage.notification_rules import DAY_US, READABLE, WELCOME, verdict
from rookery.storage.notifications import FOR_DUTY, STILL_IN

UNJUDGED = ", ".join(
    f"'{kind.value}'"
    for kind in (
        NotificationKind.POLL,
        NotificationKind.POST,
        NotificationKind.UPDATE,
        NotificationKind.QUOTED_UPDATE,
        NotificationKind.REPORT,
        NotificationKind.SIGN_UP,
    )
)
# What staff is told of, nobody keeps from them by a block, and nobody hears who has ceased to be staff.
DUTY = f"{FOR_DUTY} AND {STILL_IN}".replace("n.kind", "c.kind").replace("n.collection_id", "c.collection_id")
COLUMNS = "c.id, c.kind, c.from_id, c.post_id, c.group_key, c.created_at, c.report_id"
TELLABLE = f"""
    FROM notifications c JOIN accounts s ON s.id = c.from_id AND s.suspended_at IS NULL
    LEFT JOIN posts p ON p.id = c.post_id LEFT JOIN notification_policies np ON np.account_id = c.account_id
    WHERE c.account_id = :viewer AND c.is_filtered = 0 AND {DUTY}
    AND (c.from_id = :viewer OR c.kind IN ('report', 'sign_up') OR ({WELCOME}))
    AND (c.post_id IS NULL OR (p.id IS NOT NULL {READABLE}))
    AND (c.kind IN ({UNJUDGED}) OR {verdict(is_private=True)} = 0)
""".replace(":cause", "c.from_id")
FIND_TELLABLE = f"""
    SELECT {COLUMNS} {TELLABLE} AND c.id = :id AND (:policy = 'all'
        OR (:policy = 'followed' AND EXISTS (SELECT 1 FROM follows pf WHERE pf.follower_id = :viewer
            AND pf.followed_id = c.from_id AND pf.state = 'active'))
        OR (:policy = 'follower' AND EXISTS (SELECT 1 FROM follows pb WHERE pb.follower_id = c.from_id
            AND pb.followed_id = :viewer AND pb.state = 'active')))
"""
LIST_TELLABLE = f"""
    -- The newest of some kinds in a range of ids. Index: notifications_account (account_id, id DESC)
    SELECT {COLUMNS} {TELLABLE} AND c.id > :after AND c.id <= :upto AND c.kind IN (:kinds...text)
    ORDER BY c.id DESC LIMIT :limit
"""


def moments(now_us: int) -> dict[str, int]:
    """Parameters of TELLABLE that depend on the clock."""
    return {
        "now": now_us,
        "new_account": now_us - NEW_ACCOUNT_DAYS * DAY_US,
        "old_follow": floor_id(now_us - NEW_FOLLOWER_DAYS * DAY_US),
    }


async def find_tellable(
    reader: Reader, viewer: int, notification_id: int, policy: PushPolicy, now_us: int
) -> Notification | None:
    """Return one of the viewer's notifications if it may be told now, or None."""
    row = await reader.one(FIND_TELLABLE, viewer=viewer, id=notification_id, policy=policy.value, **moments(now_us))
    return Notification(*row) if row else None


async def list_tellable(
    reader: Reader, viewer: int, kinds: tuple[str, ...], *, after: int, upto: int, limit: int, now_us: int
) -> list[Notification]:
    """Return notifications with after < id <= upto that may be told now, newest first."""
    rows = await reader.all(
        LIST_TELLABLE, viewer=viewer, kinds=kinds, after=after, upto=upto, limit=limit, **moments(now_us)
    )
    return [Notification(*row) for row in rows]
