"""Notification policies in SQL, and whom somebody let through for good.

Owns: the tables `notification_policies` and `notification_permissions`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from rookery.model.notifications import NotificationPolicy, Verdict
from rookery.storage.database import Reader, Transaction

COLUMNS = "for_not_following, for_not_followers, for_new_accounts, for_private_mentions, for_limited_accounts, for_bots"
FIND_POLICY = f"SELECT {COLUMNS} FROM notification_policies WHERE account_id = :account_id"
PUT_POLICY = f"""
    INSERT INTO notification_policies (account_id, {COLUMNS})
    VALUES (:account_id, :for_not_following, :for_not_followers, :for_new_accounts, :for_private_mentions,
        :for_limited_accounts, :for_bots)
    ON CONFLICT (account_id) DO UPDATE SET for_not_following = excluded.for_not_following,
        for_not_followers = excluded.for_not_followers, for_new_accounts = excluded.for_new_accounts,
        for_private_mentions = excluded.for_private_mentions, for_limited_accounts = excluded.for_limited_accounts,
        for_bots = excluded.for_bots
"""
PUT_PERMISSION = """
    INSERT INTO notification_permissions (account_id, from_id) VALUES (:account_id, :from_id) ON CONFLICT DO NOTHING
"""


async def get_policy(reader: Reader, account_id: int) -> NotificationPolicy:
    """Return an account's policy; one that was never stored is the default."""
    row = await reader.one(FIND_POLICY, account_id=account_id)
    return NotificationPolicy(*(Verdict(value) for value in row)) if row else NotificationPolicy()


async def put_policy(tx: Transaction, account_id: int, policy: NotificationPolicy) -> None:
    """Store a policy."""
    values = {name: int(verdict) for name, verdict in asdict(policy).items()}
    await tx.run(PUT_POLICY, account_id=account_id, **values)


async def put_permissions(tx: Transaction, account_id: int, senders: Sequence[int]) -> None:
    """Let what some accounts cause through, whatever the policy says."""
    await tx.run_many(PUT_PERMISSION, [{"account_id": account_id, "from_id": sender} for sender in senders])
