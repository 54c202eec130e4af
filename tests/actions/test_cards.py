"""Link cards: from a post with a link to what everybody sees of it, against a page that means no good."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest
from tests.evilhost import FakeNames, door_for, page, redirect
from tests.listening import listen
from tests.media.drawn_pictures import photo

from rookery.actions.cards import CardRoom, card_handlers, forget_card_pictures, forget_unused_cards
from rookery.actions.jobs import run_due_jobs
from rookery.media.pages import PageReader
from rookery.model.events import CardChanged
from rookery.model.ids import PostId, floor_id, now_us
from rookery.storage.cards import find_card_id
from rookery.timelines.durable import durable_readers
from rookery.timelines.streams import fresh_posts

MERLE = """<!doctype html><html lang="fr"><head><title>x</title>
<meta property="og:title" content="Le merle"><meta property="og:description" content="Il est noir.">
<meta property="og:site_name" content="Oiseaux"><meta property="og:image" content="/merle.jpg">
<meta property="og:image:alt" content="un merle"><meta name="author" content="Ana Lune">
<meta property="article:published_time" content="2026-03-01T12:00:00Z">%s</head><body>hello</body></html>"""


class Cards:
    """A world whose jobs fetch cards from an evil host."""

    def __init__(self, world, evil, room):
        self.world, self.evil, self.room = world, evil, room

    async def settle(self) -> None:
        await self.world.settle()
        while await run_due_jobs(self.world.app, card_handlers(self.world.app, self.room)):
            pass
        await self.world.settle()

    async def publishes(self, person, text, **more):
        post = await person.publishes(text, **more)
        await self.settle()
        return await person.calls("GET", f"/api/v1/statuses/{post['id']}")

    async def card(self, person, text, **more):
        return (await self.publishes(person, text, **more))["card"]

    async def run(self, sql: str, **values) -> int:
        async with self.world.app.db.transaction() as tx:
            return await tx.run(sql, **values)

    async def passes_days(self) -> None:
        """All cards are due again."""
        await self.run("UPDATE cards SET due_at = 0")


@asynccontextmanager
async def open_cards(world, evil):
    await world.box.start()
    async with PageReader() as reader:
        yield Cards(world, evil, CardRoom(door_for(FakeNames()), world.media, reader))


@pytest.fixture
async def cards(world, evil):
    evil.paths |= {"/merle": page(MERLE % ""), "/merle.jpg": page(photo(640, 400).jpegsave_buffer(), "image/jpeg")}
    async with open_cards(world, evil) as opened:
        yield opened


async def test_a_link_becomes_a_card_with_all_that_apps_know(cards):
    ana = await cards.world.person("ana")
    url = cards.evil.url("/merle")
    card = await cards.card(ana, f"see {url}#top, @ana #birds and {cards.evil.url('/other')}")
    assert card.pop("image").startswith("http://localhost:3000/media/")
    assert len(card.pop("blurhash")) == 28
    assert card == {
        "url": url,
        "title": "Le merle",
        "description": "Il est noir.",
        "language": "fr",
        "type": "link",
        "author_name": "Ana Lune",
        "author_url": "",
        "provider_name": "Oiseaux",
        "provider_url": "",
        "html": "",
        "width": card["width"],
        "height": card["height"],
        "image_description": "un merle",
        "embed_url": "",
        "published_at": "2026-03-01T12:00:00.000Z",
        "authors": [{"name": "Ana Lune", "url": "", "account": None}],
    }
    assert card["width"] > card["height"] > 0
    assert cards.evil.asked("/other") == 0


async def test_a_page_shown_before_its_card_came_shows_it_then(cards):
    ana, ben = await cards.world.people("ana", "ben")
    await ben.follows(ana)
    post = await ana.publishes(cards.evil.url("/merle"))
    await cards.world.settle()
    assert (await ben.home())[0]["card"] is None
    repost = await ben.calls("POST", f"/api/v1/statuses/{post['id']}/reblog")
    assert repost["reblog"]["card"] is None
    await cards.settle()
    assert (await ben.home())[0]["card"]["title"] == "Le merle"
    shown = await ana.calls("GET", f"/api/v1/statuses/{repost['id']}")
    assert shown["reblog"]["card"]["title"] == "Le merle"


async def test_who_listens_hears_of_a_card_when_it_comes(cards):
    ana, ben, cleo = await cards.world.people("ana", "ben", "cleo")
    await ben.follows(ana)
    await cards.world.settle()
    ears = [await listen(who, "user") for who in (ana, ben, cleo)]
    post = await ana.publishes(cards.evil.url("/merle"))
    await cards.world.settle()
    assert [[event for event, _ in ear.heard()] for ear in ears] == [["update"], ["update"], []]
    await cards.settle()
    for ear in ears[:2]:
        [frame] = ear.frames()
        told = json.loads(frame["payload"])
        assert (frame["event"], told["id"], told["card"]["title"]) == ("status.update", post["id"], "Le merle")
    assert ears[2].frames() == []
    again = await cards.publishes(ana, f"once more {cards.evil.url('/merle')}")
    told = [(frame["event"], json.loads(frame["payload"])) for frame in ears[1].frames()]
    assert [(event, one["id"]) for event, one in told][-1] == ("status.update", again["id"])
    assert told[-1][1]["card"]["title"] == "Le merle"


def test_old_posts_tell_nobody_of_a_card_and_a_lost_card_is_no_news():
    new, old = PostId(floor_id(now_us())), PostId(floor_id(now_us() - 2 * 3600 * 1_000_000))
    assert fresh_posts(CardChanged(1, (new, old), is_news=True)) == [new]
    assert fresh_posts(CardChanged(1, (new, old))) == []


@pytest.mark.parametrize("row", [pytest.param(0, id="GEN-29")])
async def test_a_thousand_posts_with_a_link_cause_one_fetch_also_after_a_restart(cards, row):
    ana, ben = await cards.world.people("ana", "ben")
    url = cards.evil.url("/merle")
    for number in range(30):
        await ana.publishes(f"{number} {url}?a=1#part{number}")
    again = durable_readers(cards.world.app.db, cards.world.app.ids, cards.world.app.settings)
    await asyncio.gather(cards.world.readers.run_until_idle(), again.run_until_idle())
    handlers = card_handlers(cards.world.app, cards.room)
    await asyncio.gather(run_due_jobs(cards.world.app, handlers), run_due_jobs(cards.world.app, handlers))
    for _ in range(3):
        await cards.publishes(ben, f"{url}?a=1")
    assert cards.evil.asked("/merle") == 1
    assert cards.evil.asked("/merle.jpg") == 1
    posts = await ben.calls("GET", "/api/v1/timelines/public?limit=40")
    assert {post["card"]["title"] for post in posts} == {"Le merle"}


async def test_a_card_is_fetched_again_after_some_days_and_outlives_its_server(cards):
    ana = await cards.world.person("ana")
    url = cards.evil.url("/merle")
    first = await cards.publishes(ana, url)
    await cards.passes_days()
    cards.evil.paths["/merle"] = page(MERLE.replace("Le merle", "La grive") % "")
    await cards.publishes(ana, url)
    shown = await ana.calls("GET", f"/api/v1/statuses/{first['id']}")
    assert shown["card"]["title"] == "La grive"
    assert shown["card"]["image"] == first["card"]["image"]
    assert cards.evil.asked("/merle.jpg") == 1
    await cards.evil.stop()
    await cards.passes_days()
    assert (await cards.card(ana, url))["title"] == "La grive"


async def test_a_page_that_turns_us_away_keeps_its_card_and_one_that_is_gone_loses_it(cards):
    ana = await cards.world.person("ana")
    url = cards.evil.url("/merle")
    post = await cards.publishes(ana, url)
    for answer, title in [
        (page("robot?", code="403 Forbidden"), "Le merle"),
        (page("<p>are you a robot?"), "Le merle"),
        (page("gone", code="410 Gone"), None),
        (page(MERLE % ""), "Le merle"),
    ]:
        cards.evil.paths["/merle"] = answer
        await cards.passes_days()
        await cards.publishes(ana, url)
        card = (await ana.calls("GET", f"/api/v1/statuses/{post['id']}"))["card"]
        assert (card and card["title"]) == title


async def test_a_page_that_is_gone_or_broken_is_remembered_and_left_alone(cards):
    ana = await cards.world.person("ana")
    for path in ("/gone", "/untitled", "/pdf"):
        cards.evil.paths |= {"/untitled": page("<p>nothing"), "/pdf": page("x", "application/pdf")}
        for _ in range(3):
            assert await cards.card(ana, cards.evil.url(path)) is None
        assert cards.evil.asked(path) == 1
    cards.evil.paths["/busy"] = page("later", code="503 Busy")
    assert await cards.card(ana, cards.evil.url("/busy")) is None
    assert await cards.run("UPDATE jobs SET run_at = 0 WHERE state = 'waiting'") == 1


@pytest.mark.parametrize("audience", ["private", "direct"])
async def test_a_link_in_a_letter_is_never_fetched_but_shown_when_it_is_known(cards, audience):
    ana = await cards.world.person("ana")
    url = cards.evil.url("/merle")
    assert await cards.card(ana, url, visibility=audience) is None
    assert cards.evil.connection_count == 0
    assert (await cards.card(ana, url, visibility="unlisted"))["title"] == "Le merle"
    assert (await cards.card(ana, url, visibility=audience))["title"] == "Le merle"
    assert cards.evil.asked("/merle") == 1


async def test_an_edit_changes_the_card_and_takes_it_away(cards):
    ana = await cards.world.person("ana")
    cards.evil.paths["/grive"] = page("<title>La grive</title>")
    post = await cards.publishes(ana, cards.evil.url("/merle"))
    for text, title in [(cards.evil.url("/grive"), "La grive"), ("no link", None), (post["card"]["url"], "Le merle")]:
        await ana.calls("PUT", f"/api/v1/statuses/{post['id']}", json_body={"status": text})
        await cards.settle()
        card = (await ana.calls("GET", f"/api/v1/statuses/{post['id']}"))["card"]
        assert (card and card["title"]) == title


async def test_a_link_to_ourselves_or_inward_brings_no_card(cards):
    ana = await cards.world.person("ana")
    assert await cards.card(ana, "http://localhost:3000/@ana and https://user@example.org/") is None
    assert cards.evil.connection_count == 0


async def test_who_wrote_the_page_is_named_when_they_allow_its_site(cards):
    ana, ben = await cards.world.people("ana", "ben")
    cards.evil.paths["/by"] = page(MERLE % '<meta name="fediverse:creator" content="@ana@localhost">')
    named = f"http://blog.one.test:{cards.evil.port}/by"
    assert (await cards.card(ben, named))["authors"][0]["account"] is None
    await ana.calls("PATCH", "/api/v1/accounts/update_credentials", json_body={"attribution_domains": ["one.test"]})
    await cards.passes_days()
    card = await cards.card(ben, named)
    assert card["authors"][0]["account"]["username"] == "ana"
    assert card["author_url"] == "http://localhost:3000/@ana"
    await ana.calls("PATCH", "/api/v1/accounts/update_credentials", form={"display_name": "Ana the Great"})
    post = (await ben.calls("GET", f"/api/v1/accounts/{ben.id}/statuses"))[0]
    assert post["card"]["authors"][0]["name"] == "Ana the Great"
    elsewhere = f"http://notone.test:{cards.evil.port}/by"
    assert (await cards.card(ben, elsewhere))["authors"][0]["account"] is None


async def test_oembed_adds_what_the_page_does_not_say(cards):
    ana = await cards.world.person("ana")
    link = '<link rel="alternate" type="application/json+oembed" href="/oembed"><title>A song</title>'
    answer = {"type": "photo", "url": "/merle.jpg", "width": 640, "height": 400, "author_name": "Ana"}
    cards.evil.paths |= {"/song": page(link), "/oembed": page(json.dumps(answer), "application/json")}
    card = await cards.card(ana, cards.evil.url("/song"))
    assert (card["type"], card["title"], card["author_name"]) == ("photo", "A song", "Ana")
    assert card["image"]


@pytest.mark.parametrize(
    "answer",
    ["null", "[]", '{"html": 1}', "{" * 50_000, '{"type": "rich", "html": "<script>alert(1)</script>"}', "x" * 100_000],
    ids=range(6),
)
async def test_a_broken_oembed_leaves_the_card_as_the_page_says(cards, answer):
    ana = await cards.world.person("ana")
    link = '<link rel="alternate" type="application/json+oembed" href="/oembed"><title>A song</title>'
    cards.evil.paths |= {"/song": page(link), "/oembed": page(answer, "application/json")}
    card = await cards.card(ana, cards.evil.url("/song"))
    assert (card["type"], card["title"], card["html"]) == ("link", "A song", "")


@pytest.mark.parametrize("row", [pytest.param(0, id="CVE-2023-32683 / GHSA-98px-6486-j7qc")])
async def test_a_picture_or_oembed_that_leads_inward_is_not_fetched(cards, row):
    ana = await cards.world.person("ana")
    cards.evil.paths |= {
        "/trap": page(
            '<title>trap</title><meta property="og:image" content="/out">'
            '<link rel="alternate" type="application/json+oembed" href="/out">'
        ),
        "/out": redirect("http://169.254.169.254/latest/meta-data"),
    }
    card = await cards.card(ana, cards.evil.url("/trap"))
    assert (card["title"], card["image"]) == ("trap", None)


@pytest.mark.parametrize("image", [b"<svg onload=alert(1)>", b"\xff\xd8\xff broken", b""])
async def test_a_picture_that_is_none_leaves_the_card_without(cards, image):
    ana = await cards.world.person("ana")
    cards.evil.paths["/merle.jpg"] = page(image, "image/jpeg")
    assert (await cards.card(ana, cards.evil.url("/merle")))["image"] is None


async def test_pictures_keep_to_their_budget_and_come_back_when_wanted(cards):
    ana = await cards.world.person("ana")
    url = cards.evil.url("/merle")
    post = await cards.publishes(ana, url)
    assert await forget_card_pictures(cards.world.app, cards.room) == 0
    await cards.run("UPDATE cards SET wanted_at = 1")
    assert await forget_card_pictures(cards.world.app, cards.room) == 1
    await cards.world.settle()
    shown = await ana.calls("GET", f"/api/v1/statuses/{post['id']}")
    assert (shown["card"]["title"], shown["card"]["image"]) == ("Le merle", None)
    assert not [path for path in cards.world.media.blobs.root.rglob("*") if path.is_file()]
    await cards.publishes(ana, url)
    assert (await ana.calls("GET", f"/api/v1/statuses/{post['id']}"))["card"]["image"]


async def test_a_card_of_no_post_is_forgotten_with_its_picture(cards):
    ana = await cards.world.person("ana")
    url = cards.evil.url("/merle")
    post = await cards.publishes(ana, url)
    await cards.passes_days()
    assert await forget_unused_cards(cards.world.app, cards.room) == 0
    await ana.calls("DELETE", f"/api/v1/statuses/{post['id']}")
    assert await forget_unused_cards(cards.world.app, cards.room) == 1
    assert await find_card_id(cards.world.app.db.reader, url) is None
    assert not [path for path in cards.world.media.blobs.root.rglob("*") if path.is_file()]


async def test_the_posts_with_a_link_are_public_ones_that_the_reader_may_see(cards):
    ana, ben, cleo = await cards.world.people("ana", "ben", "cleo")
    url = cards.evil.url("/merle")
    public = [await cards.publishes(person, url) for person in (ana, ben, ana)]
    for audience in ("unlisted", "private", "direct"):
        await cards.publishes(ana, url, visibility=audience)
    path = f"/api/v1/timelines/link?url={url}"
    found = await cleo.calls("GET", path)
    assert [post["id"] for post in found] == [post["id"] for post in reversed(public)]
    assert [post["id"] for post in (await cards.world.stranger.get(path)).json] == [post["id"] for post in found]
    await ben.calls("POST", f"/api/v1/accounts/{cleo.id}/block")
    assert [post["id"] for post in await cleo.calls("GET", f"{path}&limit=5")] == [public[2]["id"], public[0]["id"]]
    assert [post["id"] for post in await cleo.calls("GET", f"{path}&limit=1")] == [public[2]["id"]]
    await cleo.calls("GET", "/api/v1/timelines/link?url=https://nowhere.example/", code=404)
    await cleo.calls("GET", "/api/v1/timelines/link", code=400)
