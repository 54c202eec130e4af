"""People of other servers on pages: found by handle or address, followed, read; and people who come from elsewhere."""

from urllib.parse import quote

import pytest
from tests.activitypub.village import Village, remote_for, settle_visits
from tests.evilhost import evil, page

__all__ = ["evil"]


@pytest.fixture
def village(evil):
    return Village(evil)


@pytest.fixture
async def remote(pages):
    built = remote_for(pages.world.app)
    pages.world.app.resolver = built
    yield built
    await built.close()


def search(text):
    return f"/search?q={quote(text, safe='')}"


async def test_a_member_types_a_handle_and_follows(pages, remote, village):
    ana = await pages.member("ana")
    bea = village.person("bea")
    village.collection("/users/bea/outbox", [[bea.note("my first words")]], total=12)
    await ana.opens(search(f"@{bea.handle}"))
    assert f"@{bea.handle}" in ana.text()
    await settle_visits(pages.world, remote)
    await ana.opens(f"/@{bea.handle}")
    assert "my first words" in ana.text() and "12 posts" in ana.text()
    await ana.sends(f"/@{bea.handle}/relation/follow", back="/home")


async def test_a_member_pastes_an_address_and_reads_the_thread(pages, remote, village):
    ana = await pages.member("ana")
    bea = village.person("bea")
    root = bea.note("root of it", tail="root", replies=village.url("/r"))
    answer = bea.note("an answer", inReplyTo=root)
    village.collection("/r", [[answer]])
    await ana.opens(search(answer))
    assert "an answer" in ana.text()
    await ana.opens(f"/authorize_interaction?uri={quote(answer, safe='')}")
    assert "an answer" in ana.text()
    await settle_visits(pages.world, remote)
    await ana.opens(f"/authorize_interaction?uri={quote(answer, safe='')}")
    assert "root of it" in ana.text()


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        (page("", code="503 Busy"), "The other server does not answer now."),
        (page("", code="404 Not Found"), "The other server shows nobody and nothing of this name."),
        (page("nonsense", "application/jrd+json"), "The other server shows nobody and nothing of this name."),
    ],
)
async def test_a_server_that_fails_is_a_sentence(pages, remote, village, script, sentence):
    ana = await pages.member("ana")
    village.evil.paths["/.well-known/webfinger"] = script
    await ana.opens(search(f"@bea@{village.domain}"))
    assert sentence in ana.text()


async def test_strangers_make_us_ask_nobody(pages, remote, village):
    stranger = pages.browser()
    bea = village.person("bea")
    await stranger.opens(search(bea.handle))
    reply = await stranger.call("GET", f"/authorize_interaction?uri={quote(bea.uri, safe='')}")
    assert reply.code == 303 and reply.headers["location"].startswith("/login")
    assert village.evil.requests == []


async def test_who_comes_from_another_server_lands_on_the_person_or_the_search(pages, remote, village):
    ana = await pages.member("ana")
    bea = village.person("bea")
    for uri in (f"acct:{bea.handle}", bea.uri):
        reply = await ana.call("GET", f"/authorize_interaction?uri={quote(uri, safe='')}")
        assert reply.headers["location"] == f"/@{bea.handle}"
    for uri, place in (
        ("acct:ana@localhost:3000", "/search?q=ana%40localhost%3A3000"),
        ("", "/search?q="),
        ("javascript:alert(1)", "/search?q=javascript%3Aalert%281%29"),
        ("//evil.example", "/search?q=%2F%2Fevil.example"),
        (f"{pages.world.app.settings.base_url}/@ana", "/@ana"),
        (f"{pages.world.app.settings.base_url}//evil.example", "/"),
    ):
        reply = await ana.call("GET", f"/authorize_interaction?uri={quote(uri, safe='')}")
        assert reply.headers["location"] == place, "a link of ours leads nowhere else (GEN-44)"


async def test_a_stranger_is_told_the_handle_to_search_for_at_home(pages):
    await pages.member("ana")
    stranger = pages.browser()
    await stranger.opens("/@ana")
    assert "To follow from another server, search there for this handle: @ana@" in stranger.text()


async def test_a_member_opens_the_page_of_somebody_whom_nobody_knew(pages, remote, village):
    ana, stranger = await pages.member("ana"), pages.browser()
    bea = village.person("bea")
    await stranger.opens(f"/@{bea.handle}", 404)
    assert village.evil.requests == []
    await ana.opens(f"/@{bea.handle}")
    assert "Bea" in ana.text()
    await ana.opens(f"/@nobody@{village.domain}", 404)
    await stranger.opens(f"/@{bea.handle}")
