"""Two invented networks: if the core cannot run on them, it is not neutral.

PigeonPost writes letters into a table of its own inside the transaction, and the pigeons carry them afterwards; for
what else happens no pigeon is woken.
SmokeSignals keeps nothing: it shows a list of puffs, and sometimes the wind takes one.
"""

from collections import Counter

from rookery.model.events import Event, PostDeleted, PostPublished
from rookery.storage.database import Database, Transaction

CREATE_LETTERS = "CREATE TABLE pigeon_letters (post_id {id}, words text NOT NULL, flown {int} NOT NULL DEFAULT 0)"
WRITE_LETTER = """
    INSERT INTO pigeon_letters (post_id, words) SELECT p.id, p.text FROM posts p WHERE p.id = :post_id
"""
BURN_LETTER = "DELETE FROM pigeon_letters WHERE post_id = :post_id"
SEND_LETTER = "UPDATE pigeon_letters SET flown = 1 WHERE post_id = :post_id"
LETTERS = "SELECT post_id, words, flown FROM pigeon_letters ORDER BY post_id"


class NoPigeon(Exception):
    """Nobody can carry this letter."""


class PigeonPost:
    """Stores letters in project(). refuses: words that no pigeon takes; they undo the post."""

    name = "pigeons"

    def __init__(self, db: Database) -> None:
        self.db, self.refuses = db, "anvil"

    async def prepare(self) -> None:
        async with self.db.transaction() as tx:
            await tx.run("DROP TABLE IF EXISTS pigeon_letters")  # that of the test before
            await tx.run(CREATE_LETTERS)

    async def project(self, tx: Transaction, event: Event) -> bool:
        if isinstance(event, PostPublished):
            assert await tx.run(WRITE_LETTER, post_id=event.post_id) == 1, "the post's row comes before its event"
            [row] = [row for row in await tx.all(LETTERS) if row[0] == event.post_id]
            if self.refuses in row[1]:
                raise NoPigeon(row[1])
        elif isinstance(event, PostDeleted):
            await tx.run(BURN_LETTER, post_id=event.post_id)
        return isinstance(event, PostPublished)

    async def deliver(self, event: Event) -> None:
        if isinstance(event, PostPublished):
            async with self.db.transaction() as tx:
                await tx.run(SEND_LETTER, post_id=event.post_id)

    async def letters(self) -> list[tuple[str, int]]:
        return [(row[1], row[2]) for row in await self.db.reader.all(LETTERS)]


class SmokeSignals:
    """Keeps a list in deliver(). wind: how many puffs are blown away before one is seen, each after it was made."""

    name = "smoke"

    def __init__(self) -> None:
        self.wind = 0
        self.puffs: list[Event] = []
        self.projected: list[Event] = []

    async def project(self, tx: Transaction, event: Event) -> bool:
        self.projected.append(event)
        return True

    async def deliver(self, event: Event) -> None:
        self.puffs.append(event)
        if self.wind:
            self.wind -= 1
            raise ConnectionError("the wind took it")

    def seen(self, kind: type[Event]) -> Counter[int]:
        """How often each post or account was shown."""
        return Counter(getattr(puff, "post_id", 0) for puff in self.puffs if isinstance(puff, kind))
