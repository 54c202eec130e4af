"""Push subscriptions and their messages under way, in SQL.

Owns: the tables `push_subscriptions` and `push_deliveries`. A subscription goes with its token or session by the
foreign key (K7), and its messages with it. A delivery is planned in the transaction of the reader that found the
notification and deleted when a push service took it; claiming moves `run_at`, so a worker that dies gives it back.
"""

from __future__ import annotations

from collections.abc import Sequence

from rookery.model.pushes import Delivery, PushChoice, PushPolicy, PushSubscription
from rookery.storage.database import Reader, Transaction
from rookery.storage.sql import Row

SECOND_US = 1_000_000
LEASE_S = 90
COLUMNS = (
    "s.id, s.account_id, s.token_id, s.session_id, s.endpoint, s.p256dh, s.auth, s.is_standard, s.kinds, s.policy,"
    " s.sealed_token"
)
FIND_BY_TOKEN = f"SELECT {COLUMNS} FROM push_subscriptions s WHERE s.token_id = :token_id"
FIND_BY_SESSION = f"SELECT {COLUMNS} FROM push_subscriptions s WHERE s.session_id = :session_id"
FIND_REACHABLE = f"""
    -- With its member's language, while the member may act.
    SELECT {COLUMNS}, m.preferences FROM push_subscriptions s JOIN members m ON m.account_id = s.account_id
    JOIN accounts a ON a.id = s.account_id
    WHERE s.id = :id AND m.state = 'active' AND a.suspended_at IS NULL
"""
INSERT_SUBSCRIPTION = """
    INSERT INTO push_subscriptions (id, account_id, token_id, session_id, endpoint, host, p256dh, auth, is_standard,
        kinds, policy, sealed_token, created_at)
    VALUES (:id, :account_id, :token_id, :session_id, :endpoint, :host, :p256dh, :auth, :is_standard, :kinds, :policy,
        :sealed_token, :now)
"""
SET_CHOICE = "UPDATE push_subscriptions SET kinds = :kinds, policy = :policy WHERE id = :id"
DELETE_BY_TOKEN = "DELETE FROM push_subscriptions WHERE token_id = :token_id"  # noqa: S105
DELETE_BY_SESSION = "DELETE FROM push_subscriptions WHERE session_id = :session_id"
DELETE_SUBSCRIPTION = "DELETE FROM push_subscriptions WHERE id = :id"
PLAN_DELIVERIES = """
    -- Index: push_subscriptions_account (account_id)
    INSERT INTO push_deliveries (subscription_id, notification_id, host, run_at, created_at)
    SELECT s.id, n.id, s.host, :now, :now FROM notifications n JOIN push_subscriptions s ON s.account_id = n.account_id
    WHERE n.id IN (:ids...) AND n.is_filtered = 0 AND n.created_at > :since AND s.policy <> 'none'
    AND s.kinds LIKE '%,' || n.kind || ',%'
    ON CONFLICT DO NOTHING
"""
PLAN_ONE = """
    INSERT INTO push_deliveries (subscription_id, notification_id, host, run_at, created_at)
    SELECT s.id, :notification_id, s.host, :now, :now FROM push_subscriptions s WHERE s.id = :id
    ON CONFLICT (subscription_id, notification_id) DO UPDATE SET run_at = excluded.run_at, attempt_count = 0
"""
DUE_HOSTS = """
    -- Which push services have something due. Index: push_deliveries_due (run_at, host)
    SELECT DISTINCT host FROM push_deliveries WHERE run_at <= :now
"""
CLAIM_DELIVERIES = """
    -- What waited longest at one push service, each to one worker. Index: push_deliveries_host (host, run_at)
    WITH due AS MATERIALIZED (
        SELECT subscription_id, notification_id FROM push_deliveries WHERE host = :host AND run_at <= :now
        ORDER BY run_at LIMIT :limit {skip_locked}
    )
    UPDATE push_deliveries SET run_at = :lease_end, attempt_count = attempt_count + 1
    WHERE host = :host AND EXISTS (SELECT 1 FROM due WHERE due.subscription_id = push_deliveries.subscription_id
        AND due.notification_id = push_deliveries.notification_id)
    RETURNING subscription_id, notification_id, host, attempt_count, created_at
"""
FINISH_DELIVERY = """
    DELETE FROM push_deliveries WHERE subscription_id = :subscription_id AND notification_id = :notification_id
    AND attempt_count = :attempt_count
"""
POSTPONE_DELIVERY = """
    UPDATE push_deliveries SET run_at = :run_at WHERE subscription_id = :subscription_id
    AND notification_id = :notification_id AND attempt_count = :attempt_count
"""
POSTPONE_HOST = "UPDATE push_deliveries SET run_at = :run_at WHERE host = :host AND run_at < :run_at"
NOTE_TAKEN = "UPDATE push_subscriptions SET failing_since = NULL WHERE id = :id AND failing_since IS NOT NULL"
NOTE_FAILED = "UPDATE push_subscriptions SET failing_since = :now WHERE id = :id AND failing_since IS NULL"
DELETE_FAILING = "DELETE FROM push_subscriptions WHERE failing_since < :before"
DELETE_STALE = "DELETE FROM push_deliveries WHERE created_at < :before"


def subscription_from_row(row: Row) -> PushSubscription:
    """Build a PushSubscription from COLUMNS."""
    choice = PushChoice(frozenset(kind for kind in row[8].split(",") if kind), PushPolicy(row[9]))
    number, account_id, token_id, session_id, endpoint, p256dh, auth = row[:7]
    return PushSubscription(
        number, account_id, token_id, session_id, endpoint, p256dh, auth, bool(row[7]), choice, row[10]
    )


def text_of_kinds(choice: PushChoice) -> str:
    """Spell kinds so that SQL finds one: `,like,mention,`."""
    return "," + "".join(f"{kind}," for kind in sorted(choice.kinds))


async def find_subscription(
    reader: Reader, *, token_id: int | None = None, session_id: int | None = None
) -> PushSubscription | None:
    """Return the subscription of a token or of a browser's session, or None."""
    if token_id is not None:
        row = await reader.one(FIND_BY_TOKEN, token_id=token_id)
    else:
        row = await reader.one(FIND_BY_SESSION, session_id=session_id)
    return subscription_from_row(row) if row else None


async def find_reachable(reader: Reader, subscription_id: int) -> tuple[PushSubscription, str] | None:
    """Return a subscription and the JSON of its member's preferences; None when it ended or the member may not act."""
    row = await reader.one(FIND_REACHABLE, id=subscription_id)
    return (subscription_from_row(row), row[11]) if row else None


async def put_subscription(tx: Transaction, made: PushSubscription, now_us: int) -> None:
    """Store a subscription in place of an older one of the same token or session."""
    await delete_subscription(tx, token_id=made.token_id, session_id=made.session_id)
    await tx.run(
        INSERT_SUBSCRIPTION,
        id=made.id,
        account_id=made.account_id,
        token_id=made.token_id,
        session_id=made.session_id,
        endpoint=made.endpoint,
        host=made.host,
        p256dh=made.p256dh,
        auth=made.auth,
        is_standard=int(made.is_standard),
        kinds=text_of_kinds(made.choice),
        policy=made.choice.policy.value,
        sealed_token=made.sealed_token,
        now=now_us,
    )


async def set_choice(tx: Transaction, subscription_id: int, choice: PushChoice) -> None:
    """Store what a subscription is told of."""
    await tx.run(SET_CHOICE, id=subscription_id, kinds=text_of_kinds(choice), policy=choice.policy.value)


async def delete_subscription(tx: Transaction, *, token_id: int | None = None, session_id: int | None = None) -> None:
    """End the subscription of a token or session, with its messages under way; harmless when there is none."""
    if token_id is not None:
        await tx.run(DELETE_BY_TOKEN, token_id=token_id)
    if session_id is not None:
        await tx.run(DELETE_BY_SESSION, session_id=session_id)


async def end_subscription(tx: Transaction, subscription_id: int) -> None:
    """End a subscription that its push service does not know any more."""
    await tx.run(DELETE_SUBSCRIPTION, id=subscription_id)


async def plan_deliveries(tx: Transaction, notification_ids: Sequence[int], now_us: int, since_us: int) -> int:
    """Plan a message for every subscription that asked for one of these notifications; return how many."""
    return await tx.run(PLAN_DELIVERIES, ids=list(notification_ids), now=now_us, since=since_us)


async def plan_delivery(tx: Transaction, subscription_id: int, notification_id: int, now_us: int) -> None:
    """Plan one message, again when it is under way already."""
    await tx.run(PLAN_ONE, id=subscription_id, notification_id=notification_id, now=now_us)


async def list_due_hosts(reader: Reader, now_us: int) -> list[str]:
    """Return the push services that have something due."""
    return [row[0] for row in await reader.all(DUE_HOSTS, now=now_us)]


async def claim_deliveries(tx: Transaction, host: str, now_us: int, limit: int) -> list[Delivery]:
    """Take up to `limit` due messages of one push service; nobody else gets them until the lease is over."""
    lease_end = now_us + LEASE_S * SECOND_US
    rows = await tx.all(CLAIM_DELIVERIES, host=host, now=now_us, lease_end=lease_end, limit=limit)
    return [Delivery(*row) for row in rows]


async def finish_delivery(tx: Transaction, done: Delivery) -> None:
    """Forget a message that was taken, or that is of no use any more."""
    await tx.run(FINISH_DELIVERY, **key_of(done))


async def postpone_delivery(tx: Transaction, failed: Delivery, run_at_us: int) -> None:
    """Have a message tried again later."""
    await tx.run(POSTPONE_DELIVERY, run_at=run_at_us, **key_of(failed))


def key_of(one: Delivery) -> dict[str, int]:
    """Name a claim: a later claim has a higher count."""
    return {
        "subscription_id": one.subscription_id,
        "notification_id": one.notification_id,
        "attempt_count": one.attempt_count,
    }


async def postpone_host(tx: Transaction, host: str, run_at_us: int) -> None:
    """Let everything for one push service wait."""
    await tx.run(POSTPONE_HOST, host=host, run_at=run_at_us)


async def note_outcome(tx: Transaction, subscription_id: int, *, is_taken: bool, now_us: int) -> None:
    """Remember since when an endpoint takes nothing."""
    if is_taken:
        await tx.run(NOTE_TAKEN, id=subscription_id)
    else:
        await tx.run(NOTE_FAILED, id=subscription_id, now=now_us)


async def forget_failing(tx: Transaction, failing_before_us: int, made_before_us: int) -> int:
    """Drop endpoints that have taken nothing since a moment, and messages too old to be news; return how many."""
    ended = await tx.run(DELETE_FAILING, before=failing_before_us)
    return ended + await tx.run(DELETE_STALE, before=made_before_us)
