"""Counting trends: what counts, once, in bounded memory, over restarts."""

import tracemalloc
from dataclasses import replace

import pytest
from tests.engines import open_engine

from rookery.model.events import PostMarked, PostPublished
from rookery.model.ids import IdClock, now_us
from rookery.model.settings import Settings, TrendSettings
from rookery.model.trends import TrendKind, TrendMode, Verdict
from rookery.storage.log import Numbered
from rookery.storage.marks import Mark
from rookery.storage.trends import find_trends, list_days, save_verdict
from rookery.timelines.trend_counting import DAY_US, TrendReader
from rookery.timelines.trend_tally import joined_ranks, rank_of, score_of
from rookery.timelines.trends import TrendChoice, list_trends

HOUR_US = DAY_US // 24
MANY = "INSERT INTO accounts (id, username, username_key, domain, created_at) VALUES (:id, :name, :name, :domain, 1)"
COUNT = "SELECT count(*) FROM trends WHERE kind = :kind"
FADE = "UPDATE trends SET rank = rank - :steps"


def with_trends(**values) -> Settings:
    return Settings(is_test=True, trends=TrendSettings(**values))


async def trending(world, kind=TrendKind.TAG, viewer=0, settings=None, **choice) -> list[str]:
    await world.settle()
    chosen = TrendChoice(viewer, limit=40, **choice)
    found = await list_trends(world.app.db.reader, kind, settings or world.app.settings, chosen)
    return [trend.name for trend in found]


def test_ranks_join_and_fade_as_scores_do():
    rank = joined_ranks(rank_of(3, 0, HOUR_US), rank_of(8, HOUR_US, HOUR_US))
    assert score_of(rank, HOUR_US, HOUR_US) == pytest.approx(9.5)
    assert score_of(rank, 3 * HOUR_US, HOUR_US) == pytest.approx(9.5 / 4)
    now = now_us()
    crowd = rank_of(0, now, HOUR_US)
    for _ in range(1000):
        crowd = joined_ranks(crowd, rank_of(1, now, HOUR_US))
    assert score_of(crowd, now, HOUR_US) == pytest.approx(1000)


async def test_what_two_people_write_about_trends_and_what_one_repeats_does_not(world):
    ana, bea = await world.people("ana", "bea")
    for n in range(5):
        await ana.publishes(f"#alone again {n}")
    await ana.publishes("#Rooks are back")
    await bea.publishes("so many #rooks and #daws", visibility="unlisted")
    assert await trending(world) == []
    await bea.publishes("so many #rooks")
    assert await trending(world) == ["rooks"]


async def test_a_hashtag_that_an_edit_brings_counts_once(world):
    ana, bea = await world.people("ana", "bea")
    post = await ana.publishes("who is that?")
    hidden = await bea.publishes("who is that?", visibility="unlisted")
    for one, author in ((post, ana), (hidden, bea)):
        await author.calls("PUT", f"/api/v1/statuses/{one['id']}", json_body={"status": "a #heron"})
        await author.calls("PUT", f"/api/v1/statuses/{one['id']}", json_body={"status": "what a #heron"})
    assert await trending(world) == []
    await bea.publishes("my #heron too")
    assert await trending(world) == ["heron"]


async def test_more_people_come_first_and_old_news_fades(world, db):
    people = await world.people("ana", "bea", "cleo")
    for person in people:
        await person.publishes("#rooks")
    for person in people[:2]:
        await person.publishes("#daws")
    assert await trending(world) == ["rooks", "daws"]
    async with db.transaction() as tx:
        await tx.run(FADE, steps=10)
    assert await trending(world) == []


@pytest.mark.parametrize("change", ["is_discoverable = 0", "silenced_at = 1", "suspended_at = 1", "is_bot = 1"])
async def test_who_is_held_back_or_does_not_want_to_be_found_moves_nothing(world, db, change):
    ana, bea = await world.people("ana", "bea")
    async with db.transaction() as tx:
        await tx.run(f"UPDATE accounts SET {change} WHERE id = :id", id=bea.id)
    await ana.publishes("#rooks")
    if "suspended" not in change:
        await bea.publishes("#rooks")
    await world.settle()
    [row] = await find_trends(db.reader, TrendKind.TAG, ["rooks"], now_us() // DAY_US)
    alone = score_of(row[2], now_us(), 6 * HOUR_US)
    assert alone == pytest.approx(0.48, abs=0.01)


async def test_a_post_trends_by_the_marks_of_others_not_of_its_author(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    post = await ana.publishes("a nest of twigs")
    other = await ana.publishes("a nest of wool")
    for one in (post, other):
        await ana.calls("POST", f"/api/v1/statuses/{one['id']}/favourite")
    await bea.calls("POST", f"/api/v1/statuses/{post['id']}/favourite")
    await bea.calls("POST", f"/api/v1/statuses/{post['id']}/reblog")
    assert await trending(world, TrendKind.POST) == []
    await cleo.publishes("nice", in_reply_to_id=post["id"])
    assert await trending(world, TrendKind.POST) == [post["id"]]
    await ana.calls("DELETE", f"/api/v1/statuses/{post['id']}")
    assert await trending(world, TrendKind.POST) == []


async def test_of_one_author_the_strongest_post_stands_alone(world):
    ana, *others = await world.people("ana", "bea", "cleo", "dora")
    posts = [await ana.publishes(f"number {n}") for n in range(2)]
    for person in others:
        await person.calls("POST", f"/api/v1/statuses/{posts[1]['id']}/favourite")
    for person in others[:2]:
        await person.calls("POST", f"/api/v1/statuses/{posts[0]['id']}/favourite")
    assert await trending(world, TrendKind.POST) == [posts[1]["id"]]
    assert await trending(world, TrendKind.POST, for_staff=True) == [posts[1]["id"], posts[0]["id"]]


async def test_a_link_and_its_site_are_counted_by_who_shares_it(world):
    ana, bea = await world.people("ana", "bea")
    await ana.publishes("read https://News.example/rooks?utm_source=a and http://localhost:3000/@ana")
    await bea.publishes("http://localhost:3000/@ana says https://news.example/rooks#top")
    await bea.publishes("hidden https://news.example/daws", sensitive=True, spoiler_text="daws")
    assert await trending(world, TrendKind.LINK) == ["https://news.example/rooks"]
    assert await trending(world, TrendKind.PUBLISHER) == ["news.example"]


@pytest.fixture
async def sqlite_db(tmp_path):
    db = await open_engine(tmp_path / "storm.sqlite3")
    yield db
    await db.close()


@pytest.mark.parametrize(
    ("mode", "shown"),
    [
        (TrendMode.MEMBERS, ["rooks", "yes"]),
        (TrendMode.REVIEWED, ["yes"]),
        (TrendMode.AUTOMATIC, ["far", "rooks", "yes"]),
        (TrendMode.OFF, []),
    ],
)
async def test_what_trends_by_itself_is_the_servers_choice(world, db, mode, shown):
    ana, bea = await world.people("ana", "bea")
    for person in (ana, bea):
        await person.publishes("#rooks #yes #no")
    await world.settle()
    far = [{"id": 2 * n, "name": f"f{n}", "domain": f"far{n}.example"} for n in (1, 2, 3)]
    [reader] = [one.reader for one in world.readers.each if one.reader.name == "trends"]
    async with db.transaction() as tx:
        await tx.run_many(MANY, far)
        await reader.read(tx, [used("far", one["id"], place + 10**6) for place, one in enumerate(far)])
        for name, verdict in (("yes", Verdict.APPROVED), ("no", Verdict.REJECTED)):
            await save_verdict(tx, TrendKind.TAG, name, verdict, now_us())
    settings = replace(world.app.settings, trends=TrendSettings(mode=mode))
    assert sorted(await trending(world, settings=settings)) == shown
    everything = await trending(world, settings=settings, for_staff=True)
    assert sorted(everything) == ["far", "no", "rooks", "yes"]


def used(tag: str, author: int, seq: int, at_us: int | None = None) -> Numbered:
    """The event of a public post from elsewhere, as the reader meets it."""
    at_us = at_us or now_us()
    post_id = at_us << 10 | seq & 1023
    return Numbered(seq, PostPublished(post_id, author, 0, tags=(tag,), is_local=False), at_us)


async def test_ten_accounts_cannot_move_a_large_server(world, db):
    people = [{"id": n, "name": f"p{n}", "domain": f"d{n}.example"} for n in range(1, 1201)]
    settings = with_trends(mode=TrendMode.AUTOMATIC)
    reader = TrendReader(IdClock(), settings)
    async with db.transaction() as tx:
        await tx.run_many(MANY, people)
        events = [used(f"own{n}", n, n) for n in range(1, 1201)]
        events += [used("pushed", n, 2000 + n) for n in range(1, 11)]
        events += [used("loved", n, 3000 + n) for n in range(1, 101)]
        await reader.read(tx, events)
    found = await list_trends(db.reader, TrendKind.TAG, settings, TrendChoice(limit=40))
    assert [trend.name for trend in found] == ["loved"]
    assert abs(found[0].account_count - 100) <= 1


async def test_who_stops_and_goes_on_counts_as_who_never_stopped(world, db):
    people = [{"id": n, "name": f"p{n}", "domain": "far.example"} for n in range(1, 301)]
    now = now_us()
    events = [used("storm", n, n, now + n) for n in range(1, 301)]
    async with db.transaction() as tx:
        await tx.run_many(MANY, people)
    for start in range(0, 300, 50):
        reader = TrendReader(IdClock(), with_trends())  # another process each time
        async with db.transaction() as tx:
            await reader.read(tx, events[start : start + 50])
    async with db.transaction() as tx:
        await reader.read(tx, [replace(one, seq=one.seq + 1000) for one in events])
    [day] = (await list_days(db.reader, TrendKind.TAG, ["storm"], 0))["storm"]
    assert day.use_count == 600
    assert abs(day.account_count - 300) < 60


async def test_a_batch_that_was_undone_leaves_no_trace_in_memory(world, db):
    async with db.transaction() as tx:
        await tx.run_many(MANY, [{"id": 1, "name": "one", "domain": "far.example"}])
    reader = TrendReader(IdClock(), with_trends())
    with pytest.raises(RuntimeError):
        async with db.transaction() as tx:
            await reader.read(tx, [used("storm", 1, 1)])
            raise RuntimeError("the power went")
    async with db.transaction() as tx:
        await reader.read(tx, [used("storm", 1, 1)])
    [day] = (await list_days(db.reader, TrendKind.TAG, ["storm"], 0))["storm"]
    assert (day.use_count, day.account_count) == (1, 1)


async def test_each_day_counts_an_account_anew(world, db):
    async with db.transaction() as tx:
        await tx.run_many(MANY, [{"id": 1, "name": "one", "domain": "far.example"}])
        reader, today = TrendReader(IdClock(), with_trends()), now_us() // DAY_US * DAY_US
        at = [today - DAY_US + 5, today - DAY_US + 6, today + 7]
        await reader.read(tx, [used("storm", 1, n, moment) for n, moment in enumerate(at)])
    days = (await list_days(db.reader, TrendKind.TAG, ["storm"], 0))["storm"]
    assert [(day.use_count, day.account_count) for day in days] == [(1, 1), (2, 1)]


async def test_another_half_life_moves_every_rank(world, db):
    async with db.transaction() as tx:
        await tx.run_many(MANY, [{"id": 1, "name": "one", "domain": "far.example"}])
        await TrendReader(IdClock(), with_trends()).read(tx, [used("storm", 1, 1)])
        await TrendReader(IdClock(), with_trends(half_life_hours=24)).read(tx, [used("calm", 1, 2)])
    rows = await find_trends(db.reader, TrendKind.TAG, ["storm", "calm"], 0)
    scores = [score_of(row[2], now_us(), 24 * HOUR_US) for row in rows]
    assert scores == pytest.approx([0.48, 0.48], rel=0.01)


async def test_an_imported_post_counts_for_nothing(world, db):
    async with db.transaction() as tx:
        await tx.run_many(MANY, [{"id": 1, "name": "one", "domain": "far.example"}])
        old = used("memories", 1, 1, now_us() - 30 * DAY_US)
        liked = Numbered(2, PostMarked(77, 1, 5, int(Mark.LIKE)), now_us())
        await TrendReader(IdClock(), with_trends()).read(tx, [replace(old, happened_at_us=now_us()), liked])
    assert await list_days(db.reader, TrendKind.TAG, ["memories"], 0) == {}


async def test_a_storm_of_200_000_posts_stays_in_its_memory_and_its_rows(sqlite_db):
    """One hashtag, and 60,000 others that nobody repeats. What is held is counted, not how long it takes."""
    kept, batch = 1000, 500
    people = [{"id": n, "name": f"p{n}", "domain": f"d{n % 40}.example"} for n in range(1, 5001)]
    async with sqlite_db.transaction() as tx:
        await tx.run_many(MANY, people)
    reader = TrendReader(IdClock(), with_trends(kept=kept, mode=TrendMode.AUTOMATIC))
    begun = now_us()
    tracemalloc.start()
    held = 0
    for start in range(0, 200_000, batch):
        events = [
            used("storm" if n % 10 < 7 else f"once{n}", n % 5000 + 1, n, begun + n) for n in range(start, start + batch)
        ]
        async with sqlite_db.transaction() as tx:
            await reader.read(tx, events)
        if start in (10_000, 20_000, 40_000):  # long after the table is full
            held = max(held, sum(stat.size for stat in reader_memory()))
        if start == 40_000:
            tracemalloc.stop()
    assert held > 100_000
    assert len(reader.tally.counters) <= kept
    assert held < 4 * 1024 * 1024
    row = await sqlite_db.reader.one(COUNT, kind=int(TrendKind.TAG))
    assert row[0] <= 2 * kept + batch
    [day] = (await list_days(sqlite_db.reader, TrendKind.TAG, ["storm"], 0))["storm"]
    assert day.use_count == 140_000
    assert abs(day.account_count - 3500) < 700
    found = await list_trends(sqlite_db.reader, TrendKind.TAG, with_trends(mode=TrendMode.AUTOMATIC), TrendChoice())
    assert [trend.name for trend in found] == ["storm"]


def reader_memory() -> list[tracemalloc.Statistic]:
    """What the tables of the reader hold, by the lines that made it."""
    only = [
        tracemalloc.Filter(True, f"*/timelines/{name}.py") for name in ("trend_tally", "trend_counting", "sketches")
    ]
    return tracemalloc.take_snapshot().filter_traces(only).statistics("lineno")
