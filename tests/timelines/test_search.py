"""What people find, through the client API, on both engines."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from rookery.model.paging import Window
from rookery.model.search import Searchable, parse_query
from rookery.storage.bulk import insert_rows
from rookery.storage.marks import Mark
from rookery.storage.search import NEAR, index_posts, match_for, matching_ids
from rookery.storage.sql import SQLITE


async def finds(person, q, **more):
    """The texts of the posts that somebody finds, newest first."""
    await person.nest.settle()
    query = "&".join(f"{name}={value}" for name, value in more.items())
    found = await person.calls("GET", f"/api/v2/search?type=statuses&q={escape(q)}&{query}")
    return [await text_of(person, post) for post in found["statuses"]]


async def text_of(person, post):
    source = await person.client.get(f"/api/v1/statuses/{post['id']}/source")
    return source.json["text"] if source.code == 200 else f"{post['account']['username']}: {post['content']}"


def escape(text):
    return "".join(f"%{byte:02x}" for byte in text.encode())


async def opted_in(person):
    await person.calls("PATCH", "/api/v1/accounts/update_credentials", json_body={"indexable": True})


@pytest.mark.parametrize(
    ("text", "queries", "misses"),
    [
        (
            "Un été à Besançon, cœur léger",
            ["ete", "ÉTÉ", "besancon", "Besançon", "coeur", "cœur"],
            ["et", "leger été x"],
        ),
        ("Plain ete", ["été", "Ete"], ["é"]),
        ("東京タワーに行きました", ["東京", "タワー", "行き", "京タ", "東", "た"], ["大阪", "京東"]),
        ("我喜欢学习中文", ["中文", "学习", "文"], ["日文"]),
        ("한국어를 배워요", ["한국어", "국어를", "배"], ["중국"]),
        ("see https://example.org/some/page now", ["example.org", '"see example"', "some page"], ["https", "com"]),
        ("hello @ana about #Rook_Nests", ["#rook_nests", "rook", "@ana", "about"], ["#nest"]),
        ("the quick brown fox", ['"quick brown"', "fox quick", "quick -slow"], ['"brown quick"', "quick -fox", "qui"]),
    ],
)
async def test_people_find_their_own_words(world, text, queries, misses):
    [ana] = await world.people("ana")
    await ana.publishes(text)
    for query in queries:
        assert await finds(ana, query) == [text], query
    for query in misses:
        assert await finds(ana, query) == [], query


async def test_warnings_choices_and_descriptions_are_found_but_no_phrase_across_them(world):
    [ana] = await world.people("ana")
    await ana.publishes(
        "which", spoiler_text="hot drinks", poll={"options": ["green tea", "coffee"], "expires_in": 600}
    )
    for query in ("drinks", '"green tea"', "coffee which", "has:poll", "is:sensitive"):
        assert await finds(ana, query) == ["which"], query
    for query in ('"drinks which"', '"tea coffee"', "has:media", "is:reply", "has:link"):
        assert await finds(ana, query) == [], query


async def test_operators_choose_posts(world):
    ana, bea = await world.people("ana", "bea")
    await opted_in(bea)
    first = await ana.publishes("rooks see https://example.org", language="en")
    await ana.publishes("corbeaux", language="fr", in_reply_to_id=first["id"])
    await bea.publishes("rooks too", language="en-GB")
    assert await finds(ana, "from:me") == ["corbeaux", "rooks see https://example.org"]
    assert await finds(ana, "rooks from:ana") == ["rooks see https://example.org"]
    assert await finds(ana, "rooks -from:me") == ["bea: <p>rooks too</p>"]
    assert await finds(ana, "from:@bea@localhost") == ["bea: <p>rooks too</p>"]
    assert await finds(ana, "from:nobody") == []
    assert await finds(ana, "is:reply") == ["corbeaux"]
    assert await finds(ana, "has:link") == ["rooks see https://example.org"]
    assert await finds(ana, "language:en") == ["bea: <p>rooks too</p>", "rooks see https://example.org"]
    assert await finds(ana, "-language:en") == ["corbeaux"]
    assert await finds(ana, "in:library") == ["corbeaux", "rooks see https://example.org"]
    assert await finds(ana, "before:2020-01-01") == []
    assert len(await finds(ana, "after:2020-01-01")) == 3
    assert await finds(ana, "rooks", account_id=bea.id) == ["bea: <p>rooks too</p>"]


async def test_only_who_opted_in_is_found_by_strangers(world):
    ana, bea = await world.people("ana", "bea")
    await ana.publishes("rare words")
    assert await finds(bea, "rare") == []
    await opted_in(ana)
    assert await finds(bea, "rare") == ["ana: <p>rare words</p>"]
    await ana.publishes("rare and unlisted", visibility="unlisted")
    assert len(await finds(bea, "rare")) == 1


async def test_what_one_liked_kept_repeated_or_was_named_in_is_found(world):
    ana, bea = await world.people("ana", "bea")
    for verb in ("favourite", "bookmark", "reblog"):
        post = await ana.publishes(f"word{verb}")
        assert await finds(bea, f"word{verb}") == []
        await bea.calls("POST", f"/api/v1/statuses/{post['id']}/{verb}")
        assert len(await finds(bea, f"word{verb}")) == 1
    await ana.publishes("for @bea only", visibility="direct")
    assert len(await finds(bea, "only in:library")) == 1


async def test_private_posts_are_never_found_by_others(world):
    ana, bea = await world.people("ana", "bea")
    await opted_in(ana)
    await ana.publishes("secret for friends", visibility="private")
    await ana.publishes("secret for nobody", visibility="direct")
    assert await finds(bea, "secret") == []
    await bea.follows(ana)
    assert await finds(bea, "secret") == []
    assert len(await finds(ana, "secret")) == 2


async def test_a_post_that_may_no_longer_be_seen_is_not_found(world):
    ana, bea = await world.people("ana", "bea")
    await bea.follows(ana)
    post = await ana.publishes("liked among friends", visibility="private")
    await bea.calls("POST", f"/api/v1/statuses/{post['id']}/favourite")
    assert len(await finds(bea, "friends")) == 1
    await ana.calls("POST", f"/api/v1/accounts/{bea.id}/remove_from_followers")
    assert await finds(bea, "friends") == []


async def test_blocked_and_muted_people_are_not_found(world):
    ana, bea, cleo = await world.people("ana", "bea", "cleo")
    await opted_in(ana)
    await ana.publishes("rooks")
    await bea.calls("POST", f"/api/v1/accounts/{ana.id}/mute")
    await ana.calls("POST", f"/api/v1/accounts/{cleo.id}/block")
    assert (await finds(bea, "rooks"), await finds(cleo, "rooks")) == ([], [])


async def test_deleted_posts_are_gone_and_edited_ones_are_found_by_the_new_word_only(world):
    [ana] = await world.people("ana")
    gone, changed = await ana.publishes("alpha"), await ana.publishes("beta")
    await world.settle()
    await ana.calls("DELETE", f"/api/v1/statuses/{gone['id']}")
    await ana.calls("PUT", f"/api/v1/statuses/{changed['id']}", json_body={"status": "gamma"})
    assert [await finds(ana, word) for word in ("alpha", "beta", "gamma")] == [[], [], ["gamma"]]


async def test_pages_go_down_and_up(world):
    [ana] = await world.people("ana")
    posts = [await ana.publishes(f"page {number}") for number in range(5)]
    assert await finds(ana, "page", limit=2) == ["page 4", "page 3"]
    assert await finds(ana, "page", limit=2, offset=2) == ["page 2", "page 1"]
    assert await finds(ana, "page", limit=2, max_id=posts[2]["id"]) == ["page 1", "page 0"]
    assert await finds(ana, "page", limit=2, min_id=posts[1]["id"]) == ["page 3", "page 2"]


async def test_a_common_word_that_others_wrote_does_not_hide_older_own_posts(world, db):
    ana, bea = await world.people("ana", "bea")
    await ana.publishes("common mine")
    for number in range(3):
        await bea.publishes(f"common {number}")
    await world.settle()
    [row] = await db.reader.all("SELECT max(id) FROM posts")
    async with db.transaction() as tx:
        words = ("common", "§all")
        await index_posts(tx, [Searchable(row[0] + number, words) for number in range(1, 1500)])
    assert await finds(ana, "common") == ["common mine"]


@pytest.mark.parametrize("kept_count", [0, 1400], ids=["a small library", "a library larger than what matches"])
async def test_ones_library_is_found_below_thousands_of_posts_by_others(world, db, kept_count):
    ana, bea = await world.people("ana", "bea")
    await opted_in(bea)
    liked = await bea.publishes("common liked")
    await bea.publishes("common, of no concern to ana")
    await ana.publishes("common mine")
    await bea.publishes("@ana common too")
    await ana.calls("POST", f"/api/v1/statuses/{liked['id']}/favourite")
    await world.settle()
    [row] = await db.reader.all("SELECT max(id) FROM posts")
    above = range(row[0] + 1, row[0] + 1500)
    kept = [
        {"account_id": int(ana.id), "post_id": n, "kind": int(kind), "id": n}
        for n in above[:kept_count]
        for kind in (Mark.LIKE, Mark.BOOKMARK)
    ]
    async with db.transaction() as tx:
        await index_posts(tx, [Searchable(n, ("common", "§all")) for n in above])
        await insert_rows(tx, {"marks": kept})
    found = [text.split()[-1] for text in await finds(ana, "common in:library")]
    assert found == ["too</p>", "mine", "liked</p>"]


@pytest.mark.parametrize("word", ["common", "rare"])
async def test_matches_come_in_order_over_thousands_of_posts_in_both_directions(db, word):
    count = NEAR + 600
    entries = [Searchable(n, ("common", "rare") if n % 1000 == 0 else ("common",)) for n in range(1, count + 1)]
    async with db.transaction() as tx:
        await index_posts(tx, entries)
    expected = [entry.id for entry in entries if word in entry.words]
    match = match_for(db.dialect, parse_query(word).terms)
    lists = [ids async for ids in matching_ids(db.reader, db.dialect, match, Window(20))]
    assert [n for ids in lists for n in ids] == expected[::-1]
    lists = [ids async for ids in matching_ids(db.reader, db.dialect, match, Window(20, above=10))]
    assert [n for ids in lists for n in reversed(ids)] == [n for n in expected if n > 10]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.text(alphabet=some.sampled_from("a é語-\"'*:()^~+&|!<>§\\\x00 NEAR OR NOT{}[]日한"), max_size=40))
async def test_no_query_is_a_syntax_error(db, raw):
    terms = parse_query(raw).terms
    table = "post_search MATCH :match" if db.dialect == SQLITE else "words @@ CAST(CAST(:match AS text) AS tsquery)"
    await db.reader.all(f"SELECT rowid FROM post_search WHERE {table}", match=match_for(db.dialect, terms))
