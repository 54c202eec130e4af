"""A reader's filters on the pages: left out, folded, veiled; without script."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.media.drawn_pictures import pillow_photo, saved
from tests.world import Person

from rookery.web.filters import context_of

WORDS = "spiders in the attic"


async def reader(pages):
    """Ana, whose posts Ben reads in his browser; (ana, ben as an app, ben's browser)."""
    world = pages.world
    ana = await world.person("ana")
    browser = await pages.member("ben")
    row = await world.app.db.reader.one("SELECT id FROM accounts WHERE username = 'ben'")
    ben = Person(world, "ben", row[0], await world.token(row[0]))
    await ben.follows(ana)
    return ana, ben, browser


async def filters(person, action, *keywords, contexts=("home", "public", "thread", "account", "notifications")):
    body = {
        "title": f"no {keywords[0]}",
        "context": list(contexts),
        "filter_action": action,
        "keywords_attributes": [{"keyword": keyword} for keyword in keywords],
    }
    return await person.calls("POST", "/api/v2/filters", json_body=body)


async def test_a_hidden_post_is_absent_where_the_filter_applies_and_nowhere_else(pages):
    ana, ben, browser = await reader(pages)
    await filters(ben, "hide", "spiders", contexts=["home", "notifications"])
    post = await ana.publishes(f"@ben {WORDS}")
    await ana.publishes("birds")
    await pages.world.settle()
    await browser.opens("/home")
    assert WORDS not in browser.text() and "birds" in browser.text()
    await browser.opens("/notifications")
    assert WORDS not in browser.text()
    await browser.opens("/@ana")
    assert WORDS in browser.text() and "Filtered" not in browser.text()
    stranger = pages.browser()
    await stranger.opens("/@ana")
    assert WORDS in stranger.text()
    await ben.calls("POST", f"/api/v1/statuses/{post['id']}/bookmark")
    await browser.opens("/bookmarks")
    assert WORDS in browser.text()


async def test_a_warned_post_is_folded_with_the_title_of_the_filter(pages):
    ana, ben, browser = await reader(pages)
    made = await filters(ben, "warn", "spiders", "beetles")
    await ana.publishes(WORDS)
    await browser.opens("/home")
    folded = browser.page.partition('<details class="warned filtered">')[2]
    assert "Filtered: no spiders" in folded.partition("</summary>")[0]
    assert WORDS in folded.partition("</article>")[0]
    await ben.calls("DELETE", f"/api/v2/filters/{made['id']}")
    await browser.opens("/home")
    assert WORDS in browser.text() and "Filtered" not in browser.text()


async def test_a_post_opened_by_its_address_is_folded_and_never_missing(pages):
    ana, ben, browser = await reader(pages)
    await filters(ben, "hide", "spiders")
    post = await ana.publishes(WORDS)
    reply = await ana.publishes("more spiders here", in_reply_to_id=post["id"])
    path = post["url"].partition("localhost:3000")[2]
    await browser.opens(path)
    assert "Hidden by your filters" in browser.text() and WORDS in browser.text()
    assert "more spiders here" not in browser.text()
    await browser.opens(reply["url"].partition("localhost:3000")[2])
    assert WORDS not in browser.text() and "more spiders here" in browser.text()


async def test_pictures_are_veiled_and_words_are_not(pages):
    ana, ben, browser = await reader(pages)
    await filters(ben, "blur", "spiders")
    files = {"file": ("x.png", saved(pillow_photo(), "PNG"), "image/png")}
    picture = await ana.calls("POST", "/api/v2/media", files=files, form={"description": "eight legs"})
    await ana.publishes(WORDS, media_ids=[picture["id"]])
    await ben.calls("PATCH", "/api/v1/accounts/update_credentials", json_body={"source": {"sensitive": False}})
    await browser.opens("/home")
    before, _, folded = browser.page.partition('<details class="warned filtered">')
    assert WORDS in before and "eight legs" not in before
    assert "eight legs" in folded.partition("</details>")[0]


async def test_what_is_quoted_or_repeated_is_judged_with_it_and_own_posts_never_are(pages):
    ana, ben, browser = await reader(pages)
    cleo = await pages.world.person("cleo")
    await filters(ben, "hide", "spiders")
    theirs = await cleo.publishes(WORDS)
    await ana.publishes("look at this", quoted_status_id=theirs["id"])
    await ana.calls("POST", f"/api/v1/statuses/{theirs['id']}/reblog")
    await ben.publishes("my own spiders")
    await browser.opens("/home")
    words = browser.text()
    assert "look at this" not in words and WORDS not in words
    assert "my own spiders" in words


async def test_a_post_that_a_filter_names_is_met_too_and_an_expired_filter_is_not(pages):
    ana, ben, browser = await reader(pages)
    named = await filters(ben, "warn", "nothing like it")
    post = await ana.publishes("a tune that never ends")
    await ben.calls("POST", f"/api/v2/filters/{named['id']}/statuses", form={"status_id": post["id"]})
    await browser.opens("/home")
    assert "Filtered: no nothing like it" in browser.text()
    await pages.world.app.db.reader.all("SELECT 1")
    async with pages.world.app.db.transaction() as tx:
        await tx.run("UPDATE filters SET expires_at = 1")
    pages.web.renders.filters.viewers.clear()
    await browser.opens("/home")
    assert "Filtered" not in browser.text()


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", '"><img src=x onerror=1>'])
async def test_the_title_of_a_filter_is_text(pages, hostile):
    ana, ben, browser = await reader(pages)
    body = {"title": hostile, "context": ["home"], "keywords_attributes": [{"keyword": "spiders"}]}
    await ben.calls("POST", "/api/v2/filters", json_body=body)
    await ana.publishes(WORDS)
    await browser.opens("/home")
    assert hostile not in browser.page and hostile in browser.text()


@pytest.mark.parametrize(
    ("path", "context"),
    [
        ("/home", "home"),
        ("/notifications", "notifications"),
        ("/@ana", "account"),
        ("/@ana@nest.example/media", "account"),
        ("/@ana/3k2aaaaaaaaaa", "thread"),
        ("/@ana/3k2aaaaaaaaaa/quotes", "thread"),
        ("/@ana/3k2aaaaaaaaaa/delete", ""),
        ("/bookmarks", ""),
        ("/admin/trends", ""),
        ("/", "public"),
        ("/tags/birds", "public"),
        ("/search", "public"),
        ("/trending", "public"),
    ],
)
def test_a_page_is_one_of_the_contexts_that_filters_know(path, context):
    assert context_of(path) == context


@given(st.text())
def test_every_path_has_a_context(path):
    assert context_of(path) in ("", "home", "notifications", "public", "thread", "account")
