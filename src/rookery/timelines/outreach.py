"""The durable reader "outreach": from a notification to what reaches people who are not here.

Owns: planning push messages and mails. Never: writes or sends them, decides whether they may still be told; that is
asked again at the last moment (storage/notification_gate.py). Whether a policy held a notification back is known from
its row alone. A reader that begins at an old event plans nothing for what is no news any more.
"""

from __future__ import annotations

from collections.abc import Sequence

from rookery.model.events import Event, NotificationAdded
from rookery.model.ids import now_us
from rookery.model.mailing import BATCH_US
from rookery.model.pushes import LASTS_S
from rookery.storage.database import Transaction
from rookery.storage.log import Numbered
from rookery.storage.maildue import plan_mails
from rookery.storage.pushes import plan_deliveries

SECOND_US = 1_000_000


class OutreachReader:
    """Plans. See timelines/readers.py for the contract."""

    name = "outreach"
    rest_s = 0.1

    def wants(self, event: Event) -> bool:
        """New notifications."""
        return isinstance(event, NotificationAdded)

    async def read(self, tx: Transaction, events: Sequence[Numbered]) -> bool:
        """Plan for all of them at once."""
        ids = [entry.event.notification_id for entry in events if isinstance(entry.event, NotificationAdded)]
        now = now_us()
        since = now - LASTS_S * SECOND_US
        wrote = await plan_deliveries(tx, ids, now, since)
        wrote += await plan_mails(tx, ids, due_at_us=now + BATCH_US, since_us=since)
        return wrote > 0
