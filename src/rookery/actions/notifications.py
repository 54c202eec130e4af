"""What people do with their notifications: forget them, hold strangers back, let somebody through.

Owns: those changes. Each tells the log, so that pages in memory are read again.
"""

from __future__ import annotations

from collections.abc import Sequence

from rookery.actions.app import App, record_event
from rookery.actions.repeating import repeatable
from rookery.model.events import NotificationsChanged
from rookery.model.ids import AccountId
from rookery.model.notifications import NotificationNotFound, NotificationPolicy
from rookery.storage import notification_policies, notifications


@repeatable
async def clear_notifications(app: App, account_id: AccountId) -> None:
    """Forget every notification that is shown."""
    async with app.db.transaction() as tx:
        await notifications.delete_shown(tx, account_id)
        await record_event(app, tx, NotificationsChanged(account_id))


@repeatable
async def dismiss_notification(app: App, account_id: AccountId, notification_id: int) -> None:
    """Forget one. Raises NotificationNotFound."""
    async with app.db.transaction() as tx:
        if not await notifications.delete_notification(tx, account_id, notification_id):
            raise NotificationNotFound
        await record_event(app, tx, NotificationsChanged(account_id))


@repeatable
async def dismiss_group(app: App, account_id: AccountId, key: str) -> None:
    """Forget every notification of a group; harmless when it is gone."""
    async with app.db.transaction() as tx:
        if await notifications.delete_group(tx, account_id, key):
            await record_event(app, tx, NotificationsChanged(account_id))


@repeatable
async def set_policy(app: App, account_id: AccountId, policy: NotificationPolicy) -> None:
    """Decide what becomes of notifications from strangers, from now on."""
    async with app.db.transaction() as tx:
        await notification_policies.put_policy(tx, account_id, policy)


@repeatable
async def accept_requests(app: App, account_id: AccountId, senders: Sequence[int]) -> None:
    """Show what was held back from these accounts, and hold nothing of them back again."""
    async with app.db.transaction() as tx:
        await notification_policies.put_permissions(tx, account_id, senders)
        await notifications.release_held(tx, account_id, senders)
        await record_event(app, tx, NotificationsChanged(account_id))


@repeatable
async def dismiss_requests(app: App, account_id: AccountId, senders: Sequence[int]) -> None:
    """Forget what was held back from these accounts; later ones are held back again."""
    async with app.db.transaction() as tx:
        await notifications.delete_held(tx, account_id, senders)
        await record_event(app, tx, NotificationsChanged(account_id))
