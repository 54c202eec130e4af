"""What is left of an account that was deleted."""

from rookery.actions.purge import forget_stale_uploads, purge_account
from rookery.model.ids import IdClock
from rookery.storage.departures import PIECES


async def test_nothing_of_a_purged_account_stays_in_sight(world):
    ana, bea = await world.people("ana", "bea")
    await bea.follows(ana)
    await ana.follows(bea)
    hers = await bea.publishes("stays")
    await ana.publishes("goes")
    await ana.calls("POST", f"/api/v1/statuses/{hers['id']}/favourite")
    await ana.calls("POST", f"/api/v1/statuses/{hers['id']}/reblog")
    await purge_account(world.app, world.media, ana.id)
    [left] = await bea.home()
    assert (left["id"], left["favourites_count"], left["reblogs_count"]) == (hers["id"], 0, 0)
    assert left["account"]["followers_count"] == left["account"]["following_count"] == 0
    assert await bea.calls("GET", f"/api/v1/accounts/{ana.id}/statuses") == []


async def test_no_private_row_of_a_purged_account_stays(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    await bea.follows(ana)
    await ana.follows(bea)
    await ana.calls("POST", f"/api/v1/accounts/{bea.id}/note", form={"comment": "met on a train"})
    await ana.calls("POST", f"/api/v1/accounts/{cleo.id}/mute")
    await ana.calls("POST", f"/api/v1/accounts/{cleo.id}/block")
    made = await ana.calls("POST", "/api/v1/lists", form={"title": "birds"})
    await ana.calls("POST", f"/api/v1/lists/{made['id']}/accounts", form={"account_ids[]": bea.id})
    words = {"title": "noise", "context": ["home"], "keywords_attributes": [{"keyword": "loud"}]}
    await ana.calls("POST", "/api/v2/filters", json_body=words)
    await ana.calls("POST", "/api/v1/tags/rooks/follow")
    await world.settle()
    await purge_account(world.app, world.media, ana.id)
    left = {}
    for table, (owner, _) in PIECES.items():
        row = await world.app.db.reader.one(f"SELECT count(*) FROM {table} WHERE {owner} = :id", id=int(ana.id))
        left[table] = row[0]
    assert not any(left.values()), left
    assert await bea.calls("GET", f"/api/v1/accounts/{bea.id}")


async def test_an_upload_that_no_post_took_goes_after_a_day(world):
    [ana] = await world.people("ana")
    yesterday = IdClock().next_id() - (25 * 3600 * 1_000_000 << 10)
    async with world.app.db.transaction() as tx:
        await tx.run(
            "INSERT INTO media (id, account_id, kind, state) VALUES (:id, :account, 'image', 'ready')",
            id=yesterday,
            account=ana.id,
        )
    assert await forget_stale_uploads(world.app, world.media) == 1
    assert await forget_stale_uploads(world.app, world.media) == 0
