"""Who is told of what: the rules of notifications, each kind one INSERT … SELECT.

Owns: writing rows of `notifications`. Never: decides when; timelines/notifications.py reads the event log.

A rule names its candidates; all share the rest: local receivers, never the cause itself, nobody who blocks, mutes with
notifications, or hides the server of the cause, nobody whom the cause blocks, no muted thread, only posts that the
receiver may see (K5, the receiver as the viewer). Then the receiver's policy says accept, filter or drop; where several
of its words apply, the strictest. Who was accepted once (notification_permissions) passes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from rookery.model.ids import CLOCK_BITS, IdClock, floor_id
from rookery.model.notifications import GROUP_SPAN_US, NEW_ACCOUNT_DAYS, NEW_FOLLOWER_DAYS
from rookery.storage.database import Transaction
from rookery.storage.marks import Mark
from rookery.storage.visibility import VISIBLE

CHUNK = 1000  # receivers per statement, so that a post with ten thousand of them does not hold the loop
APART = 1 << CLOCK_BITS
DAY_US = 86_400 * 1_000_000
WELCOME = """
    NOT EXISTS (SELECT 1 FROM blocks b1 WHERE b1.account_id = c.account_id AND b1.other_id = :cause)
    AND NOT EXISTS (SELECT 1 FROM blocks b2 WHERE b2.account_id = :cause AND b2.other_id = c.account_id)
    AND NOT EXISTS (SELECT 1 FROM mutes mu WHERE mu.account_id = c.account_id AND mu.other_id = :cause
        AND mu.hides_notifications = 1 AND (mu.expires_at IS NULL OR mu.expires_at > :now))
    AND NOT EXISTS (SELECT 1 FROM blocked_domains bd WHERE bd.account_id = c.account_id AND bd.domain = s.domain
        AND s.domain <> '')
"""
READABLE = f"""
    AND NOT EXISTS (SELECT 1 FROM marks tm WHERE tm.account_id = c.account_id AND tm.post_id = p.thread_id
        AND tm.kind = {int(Mark.MUTE)})
    AND {VISIBLE.replace(":viewer", "c.account_id")}
"""
NOT_FOLLOWED = """
    NOT EXISTS (SELECT 1 FROM follows fo WHERE fo.follower_id = c.account_id AND fo.followed_id = :cause
        AND fo.state = 'active')
"""
NOT_FOLLOWER = """
    NOT EXISTS (SELECT 1 FROM follows fi WHERE fi.follower_id = :cause AND fi.followed_id = c.account_id
        AND fi.state = 'active' AND fi.id < :old_follow)
"""
UNANSWERED = """
    p.audience = 3 AND NOT EXISTS (SELECT 1 FROM posts mine JOIN mentions named ON named.post_id = mine.id
        WHERE mine.thread_id = p.thread_id AND mine.author_id = c.account_id AND named.account_id = :cause)
"""


def verdict(*, is_private: bool) -> str:
    """Return the SQL of a policy's verdict. is_private: whether the post may be a private mention."""
    private = f"CASE WHEN {UNANSWERED} THEN coalesce(np.for_private_mentions, 1) ELSE 0 END," if is_private else ""
    return f"""
        CASE WHEN EXISTS (SELECT 1 FROM notification_permissions ok WHERE ok.account_id = c.account_id
            AND ok.from_id = :cause) THEN 0
        ELSE {{greatest}}(
            CASE WHEN coalesce(np.for_not_followers, 0) > 0 AND {NOT_FOLLOWER} THEN np.for_not_followers ELSE 0 END,
            CASE WHEN {NOT_FOLLOWED} THEN {{greatest}}(
                coalesce(np.for_not_following, 0),
                {private}
                CASE WHEN s.created_at > :new_account THEN coalesce(np.for_new_accounts, 0) ELSE 0 END,
                CASE WHEN s.silenced_at IS NOT NULL THEN coalesce(np.for_limited_accounts, 1) ELSE 0 END,
                CASE WHEN s.is_bot = 1 THEN coalesce(np.for_bots, 0) ELSE 0 END
            ) ELSE 0 END
        ) END
    """


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind. count: how many candidates a chunk has, and the last of them. insert: the rows of that chunk."""

    count: str
    insert: str


def rule(
    kind: str,
    candidates: str,
    *,
    has_post: bool = True,
    is_grouped: bool = False,
    is_judged: bool = False,
    skips_self: bool = True,
    is_duty: bool = False,
    has_collection: bool = False,
) -> Rule:
    """Build a rule. candidates: a SELECT of account_id, post_id. is_judged: whether the receiver's policy is asked.

    is_duty: for staff, whom nobody can keep from hearing by a block; such a rule binds `:report`. has_collection: the
    rule binds `:collection`.
    """
    judged = verdict(is_private=kind == "mention") if is_judged else "0"
    grouped = f"'{kind}-' || {'coalesce(n.post_id, 0)' if has_post else '0'} || '-' || CAST(:bucket AS text)"
    return Rule(
        f"""
        SELECT count(*), max(chunk.account_id) FROM (
            SELECT e.account_id FROM ({candidates}) AS e WHERE e.account_id > :above ORDER BY e.account_id LIMIT :chunk
        ) AS chunk
        """,
        f"""
        INSERT INTO notifications (id, account_id, kind, from_id, post_id, group_key, is_filtered, created_at,
            report_id, collection_id)
        SELECT n.id, n.account_id, '{kind}', CAST(:cause AS {{int}}), n.post_id,
            {grouped if is_grouped else "'ungrouped-' || n.id"}, n.verdict, CAST(:happened_at AS {{int}}),
            {"CAST(:report AS {int})" if is_duty else "NULL"},
            {"CAST(:collection AS {int})" if has_collection else "NULL"}
        FROM (
            SELECT CAST(:first_id AS {{int}}) + (row_number() OVER (ORDER BY r.account_id) - 1) * {APART} AS id,
                r.account_id, r.post_id, r.verdict
            FROM (
                SELECT c.account_id, c.post_id, {judged} AS verdict
                FROM ({candidates}) AS c
                JOIN accounts a ON a.id = c.account_id AND a.domain = '' AND a.suspended_at IS NULL
                JOIN accounts s ON s.id = :cause AND s.suspended_at IS NULL
                {"JOIN posts p ON p.id = c.post_id" if has_post else ""}
                LEFT JOIN notification_policies np ON np.account_id = c.account_id
                WHERE c.account_id > :above AND c.account_id <= :upto
                {"AND c.account_id <> :cause" if skips_self else ""}
                {"" if is_duty else f"AND {WELCOME}"} {READABLE if has_post else ""}
            ) AS r WHERE r.verdict < 2
        ) AS n WHERE n.id > 0
        ON CONFLICT DO NOTHING RETURNING id, account_id, is_filtered
        """,
    )


RULES = {
    "mention": rule(
        "mention",
        "SELECT m.account_id, m.post_id FROM mentions m WHERE m.post_id = :post_id AND m.is_silent = 0",
        is_judged=True,
    ),
    "mention_added": rule(
        "mention",
        "SELECT m.account_id, m.post_id FROM mentions m WHERE m.post_id = :post_id AND m.account_id IN (:added...)"
        " AND m.is_silent = 0",
        is_judged=True,
    ),
    "repost": rule(
        "repost",
        "SELECT o.author_id AS account_id, o.id AS post_id FROM posts r JOIN posts o ON o.id = r.repost_of_id"
        " WHERE r.id = :repost_id",
        is_grouped=True,
        is_judged=True,
    ),
    "like": rule(
        "like",
        "SELECT o.author_id AS account_id, o.id AS post_id FROM marks k JOIN posts o ON o.id = k.post_id"
        f" WHERE k.account_id = :cause AND k.post_id = :post_id AND k.kind = {int(Mark.LIKE)}",
        is_grouped=True,
        is_judged=True,
    ),
    **{
        kind: rule(
            kind,
            "SELECT f.followed_id AS account_id, CAST(NULL AS {int}) AS post_id FROM follows f"
            f" WHERE f.follower_id = :cause AND f.followed_id = :followed AND f.state = '{state}'",
            has_post=False,
            is_grouped=kind == "follow",
            is_judged=True,
        )
        for kind, state in (("follow", "active"), ("follow_request", "requested"))
    },
    "poll": rule(
        "poll",
        "SELECT v.account_id, v.post_id FROM votes v WHERE v.post_id = :post_id"
        " UNION SELECT o.author_id, o.id FROM posts o WHERE o.id = :post_id",
        skips_self=False,
    ),
    "post": rule(
        "post",
        "SELECT f.follower_id AS account_id, o.id AS post_id FROM posts o JOIN follows f ON f.followed_id = o.author_id"
        " WHERE o.id = :post_id AND o.audience <= 2 AND f.followed_id = :cause AND f.notifies = 1"
        " AND f.state = 'active' AND (f.languages = '[]' OR o.language IS NULL"
        """ OR f.languages LIKE '%"' || o.language || '"%')""",
    ),
    "update": rule(
        "update",
        "SELECT DISTINCT k.account_id, k.post_id FROM marks k WHERE k.post_id = :post_id"
        f" AND k.kind IN ({int(Mark.REPOST)}, {int(Mark.LIKE)}, {int(Mark.BOOKMARK)})",
    ),
    # Whoever the quoting post names is told of a mention already, and needs no second word of the same post.
    "quote": rule(
        "quote",
        "SELECT o.author_id AS account_id, q.id AS post_id FROM posts q JOIN posts o ON o.id = q.quote_of_id"
        " WHERE q.id = :post_id AND q.quote_state = 'accepted'"
        " AND NOT EXISTS (SELECT 1 FROM mentions qm WHERE qm.post_id = q.id AND qm.account_id = o.author_id)",
        is_judged=True,
    ),
    "quoted_update": rule(
        "quoted_update",
        "SELECT q.author_id AS account_id, max(q.id) AS post_id FROM posts q"
        " WHERE q.quote_of_id = :post_id AND q.quote_state = 'accepted' GROUP BY q.author_id",
    ),
}
# People whom a collection holds: those who are new in it, or all when its words changed.
COLLECTED = (
    "SELECT i.account_id, CAST(NULL AS {int}) AS post_id FROM collection_items i"
    " WHERE i.collection_id = :collection AND i.state = 'accepted'"
)
RULES |= {
    kind: rule(kind, candidates, has_post=False, is_judged=True, has_collection=True)
    for kind, candidates in (
        ("collected", f"{COLLECTED} AND i.account_id IN (:added...)"),
        ("collection_update", COLLECTED),
    )
}
# Staff that may act on it; whom a report is about is not told, whatever their role.
DUTIES = {
    "report": "SELECT m.account_id, CAST(NULL AS {int}) AS post_id FROM members m JOIN reports r ON r.id = :report"
    " WHERE m.state = 'active' AND m.role <> 'member' AND m.account_id <> r.target_id",
    "sign_up": "SELECT m.account_id, CAST(NULL AS {int}) AS post_id FROM members m"
    " WHERE m.state = 'active' AND m.role <> 'member'",
}
RULES |= {kind: rule(kind, staff, has_post=False, is_duty=True) for kind, staff in DUTIES.items()}
FORGET_POST = "DELETE FROM notifications WHERE post_id = :post_id RETURNING account_id"
FORGET_UPDATES = "DELETE FROM notifications WHERE post_id = :post_id AND kind = 'update' RETURNING account_id"
FORGET_QUOTED_UPDATES = """
    -- Index: posts_quote (quote_of_id, id DESC), notifications_post (post_id)
    DELETE FROM notifications WHERE kind = 'quoted_update' AND from_id = :cause
    AND post_id IN (SELECT id FROM posts WHERE quote_of_id = :post_id) RETURNING account_id
"""
FORGET_COLLECTION_UPDATES = """
    -- Index: notifications_collection (collection_id) WHERE collection_id IS NOT NULL
    DELETE FROM notifications WHERE collection_id = :collection AND kind = 'collection_update' RETURNING account_id
"""
FORGET_COLLECTION = """
    -- Of one account, or of all for 0. Index: notifications_collection (collection_id) WHERE collection_id IS NOT NULL
    DELETE FROM notifications WHERE collection_id = :collection AND (account_id = :account OR :account = 0)
    RETURNING account_id
"""
FORGET_MARK = (
    "DELETE FROM notifications WHERE post_id = :post_id AND kind = :kind AND from_id = :cause RETURNING account_id"
)
FORGET_FOLLOW = """
    -- Index: notifications_once (account_id, kind, from_id, …)
    DELETE FROM notifications WHERE account_id = :followed AND kind IN (:kinds...text) AND from_id = :cause
    RETURNING account_id
"""
FORGET_ACCOUNT = "DELETE FROM notifications WHERE account_id = :account_id AND from_id = :other RETURNING account_id"
FORGET_DOMAIN = """
    DELETE FROM notifications WHERE account_id = :account_id
    AND from_id IN (SELECT id FROM accounts WHERE domain = :domain AND domain <> '') RETURNING account_id
"""


@dataclass(frozen=True, slots=True)
class Placed:
    """A row that was written."""

    id: int
    account_id: int
    is_filtered: bool


async def place_notifications(
    tx: Transaction, ids: IdClock, name: str, cause: int, *, now_us: int, happened_at_us: int, **about: Any
) -> AsyncIterator[list[Placed]]:
    """Write the rows of a rule in chunks and yield what was written; nothing where nobody is to be told.

    name: a key of RULES. cause: the account behind it. about: what the rule's candidates bind.
    """
    chosen, above = RULES[name], 0
    while True:
        found = await tx.one(chosen.count, cause=cause, above=above, chunk=CHUNK, **about)
        if not found or not found[0]:
            return
        rows = await tx.all(
            chosen.insert,
            cause=cause,
            above=above,
            upto=found[1],
            first_id=ids.next_ids(found[0]),
            bucket=str(happened_at_us // GROUP_SPAN_US),
            now=now_us,
            happened_at=happened_at_us,
            new_account=now_us - NEW_ACCOUNT_DAYS * DAY_US,
            old_follow=floor_id(now_us - NEW_FOLLOWER_DAYS * DAY_US),
            **about,
        )
        yield [Placed(row[0], row[1], row[2] > 0) for row in rows]
        if found[0] < CHUNK:
            return
        above = found[1]


async def forget(tx: Transaction, statement: str, **about: Any) -> set[int]:
    """Carry out one of the FORGET statements; return whose notifications went."""
    return {row[0] for row in await tx.all(statement, **about)}
