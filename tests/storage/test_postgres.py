"""The grown engine after its connections were lost: it hears of other processes again, and stops in peace."""

import asyncio

import pytest
from faults.scenarios import cut_connections
from tests.engines import open_engine

from rookery.model.events import AccountChanged
from rookery.model.ids import AccountId
from rookery.storage.database import StorageBusy
from rookery.storage.postgres import has_gone

SHORT_S = 20


async def tell(db):
    async with db.transaction() as tx:
        tx.append(AccountChanged(AccountId(1)))


async def test_after_a_loss_of_connections_news_of_others_is_heard_at_once_again(fresh_postgres_database):
    here, there = await open_engine(fresh_postgres_database), await open_engine(fresh_postgres_database)
    await cut_connections(fresh_postgres_database)
    for db in (here, there):
        async with asyncio.timeout(SHORT_S):
            while True:
                try:
                    await db.wait_for_events(db.head, 0.01)
                    await tell(db)
                    break
                except StorageBusy:
                    await asyncio.sleep(0)
    async with asyncio.timeout(SHORT_S):
        while here.listener is None or has_gone(here.listener):
            await here.wait_for_events(here.head, 0.01)
        waiting = asyncio.create_task(here.wait_for_events(there.head, 10 * SHORT_S))
        await asyncio.sleep(0)
        await tell(there)
        await waiting
    await asyncio.gather(here.close(), there.close())


async def test_a_database_whose_connections_were_cut_can_be_closed(fresh_postgres_database):
    db = await open_engine(fresh_postgres_database)
    await cut_connections(fresh_postgres_database)
    await asyncio.wait_for(db.close(), SHORT_S)
    with pytest.raises(StorageBusy):
        await tell(db)
