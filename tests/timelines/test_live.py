"""What a process keeps in memory follows the log, whatever stands in it."""

import logging

from rookery.model.events import AccountChanged
from rookery.model.ids import AccountId
from rookery.storage.log import newest_seq
from rookery.timelines.live import Live

FROM_TOMORROW = "INSERT INTO events (kind, body, happened_at) VALUES (:kind, :body, 1)"


class Ear:
    def __init__(self):
        self.heard = []

    def on_event(self, event):
        self.heard.append(event)


async def test_what_a_newer_version_wrote_is_passed_over_and_later_events_are_heard(db, caplog):
    live, ear = Live(db), Ear()
    live.add(ear)
    first, last = AccountChanged(AccountId(1)), AccountChanged(AccountId(2))
    async with db.transaction() as tx:
        tx.append(first)
    async with db.transaction() as tx:
        await tx.run(FROM_TOMORROW, kind="PostTeleported", body="{}")
        await tx.run(FROM_TOMORROW, kind="AccountChanged", body='{"account_id": "x"}')
    async with db.transaction() as tx:
        tx.append(last)
    with caplog.at_level(logging.WARNING, "rookery.live"):
        await live.catch_up()
        await live.catch_up()
    assert ear.heard == [first, last]
    assert live.cursor == await newest_seq(db.reader)
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 2
    assert "PostTeleported" in lines[0]
