"""Every durable reader of this server, in one literal list.

Owns: the list. A new reader is one line here.
"""

from __future__ import annotations

from rookery.model.ids import IdClock
from rookery.model.settings import Settings
from rookery.storage.database import Database
from rookery.timelines.cards import CardReader
from rookery.timelines.conversations import ConversationReader
from rookery.timelines.far_files import FarFileReader
from rookery.timelines.notifications import NotificationReader
from rookery.timelines.outreach import OutreachReader
from rookery.timelines.readers import Runners
from rookery.timelines.search import SearchReader
from rookery.timelines.trend_counting import TrendReader


def durable_readers(db: Database, ids: IdClock, settings: Settings) -> Runners:
    """Return the readers of a process, ready to run."""
    return Runners(
        db,
        [
            NotificationReader(ids),
            ConversationReader(ids),
            OutreachReader(),
            SearchReader(),
            CardReader(ids, settings),
            FarFileReader(ids, settings),
            TrendReader(ids, settings),
        ],
    )
