"""The page of a collection."""

import re

from rookery.actions.collections import create_collection
from rookery.model.collections import Collection
from rookery.storage.members import find_member_by_name


async def recommended(pages, **more):
    """Ana recommends bea; return both browsers and the path."""
    ana, bea = await pages.member("ana"), await pages.member("bea")
    reader = pages.world.app.db.reader
    ids = [(await find_member_by_name(reader, name)).account_id for name in ("ana", "bea")]
    draft = Collection(0, ids[0], "Rook <counters>", "They count.", **more)
    made = await create_collection(pages.world.app, draft, account_ids=[ids[1]])
    return ana, bea, f"/collections/{made.id}"


async def test_everybody_reads_a_collection_and_its_people(pages):
    *_, path = await recommended(pages)
    stranger = pages.browser()
    await stranger.opens(path)
    assert "Rook <counters>" in stranger.text()
    assert "Recommended by @ana" in stranger.text()
    assert "@bea" in stranger.text()
    assert "Take me out" not in stranger.text()
    await stranger.opens("/collections/1", 404)
    await stranger.opens("/collections/nonsense", 404)


async def test_who_is_in_it_takes_themselves_out(pages):
    ana, bea, path = await recommended(pages)
    await bea.opens(path)
    item = re.search(r'name="item" value="(\d+)"', bea.page)[1]
    await bea.sends(f"{path}/leave", item=item)
    assert "Nobody yet." in bea.text()
    await ana.opens(path)
    await ana.sends(f"{path}/leave", 403, item=item)


async def test_a_sensitive_collection_waits_for_a_click(pages):
    *_, path = await recommended(pages, is_sensitive=True)
    stranger = pages.browser(language="fr")
    await stranger.opens(path)
    assert "<details" in stranger.page
    assert "Contenu sensible" in stranger.text()


async def test_who_is_put_in_reads_of_it_among_their_notifications(pages):
    ana, bea, path = await recommended(pages)
    await pages.world.settle()
    await bea.opens("/notifications")
    assert "put you into a collection" in bea.text()
    assert f'href="{path}"' in bea.page
    await ana.opens("/notifications")
    assert "put you into a collection" not in ana.text()


async def test_a_collection_is_reported_from_its_page(pages):
    ana, bea, path = await recommended(pages)
    await ana.opens(path)
    assert "/report?" not in ana.page
    await bea.opens(path)
    link = re.search(r'href="(/report\?[^"]+)"', bea.page)[1].replace("&amp;", "&")
    await bea.opens(link)
    assert "Which collection" in bea.text()
    account, number = re.search(r"account=(\d+)&collection=(\d+)", link).groups()
    await bea.sends("/report", 422, account=account, category="spam", comment="x" * 1001, collection=number)
    assert "Rook <counters>" in bea.text()
    await bea.sends("/report", 200, account=account, category="spam", collection=number)
    row = await pages.world.app.db.reader.one("SELECT collections FROM reports")
    assert "They count." in row[0]
