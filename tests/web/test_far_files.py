"""Pages with what other servers show: everything comes from us, and names mean what they mean at home."""

import re

import pytest
from tests.client import Client
from tests.evilhost import page
from tests.far import FarPerson, followed_by
from tests.media.drawn_pictures import animation, photo, pillow_photo, saved
from tests.media.drawn_recordings import film
from tests.objectstore import bucket_at
from tests.web.browsing import ORIGIN, Inventory
from tests.web.test_emoji import add, drawn

from rookery.model.incoming import IncomingAttachment, IncomingEmoji, IncomingOption, IncomingPicture, IncomingPoll
from rookery.storage.object_blobs import ObjectBlobs

LOADED = ("src", "srcset", "poster", "data")
JPEG = photo(900, 600).jpegsave_buffer()
PNG = saved(pillow_photo(64, 64), "PNG")


def loaded(text):
    """Every address that a browser asks for by itself."""
    elements = Inventory(text).elements
    return {a[name] for _, a in elements for name in LOADED if a.get(name)} | {
        a["href"] for tag, a in elements if tag == "link" and a.get("rel") not in ("alternate", "canonical")
    }


@pytest.fixture
async def bea(pages, evil):
    evil.paths |= {
        "/bea.gif": page(animation().gifsave_buffer(), "image/gif"),
        "/top.jpg": page(JPEG, "image/jpeg"),
        "/bird.jpg": page(JPEG, "image/jpeg"),
        "/rook.png": page(PNG, "image/png"),
        "/fly.mp4": page(film(), "video/mp4"),
    }
    yield await FarPerson(pages.world).arrives(
        display_name="Bea :rook:",
        avatar=IncomingPicture(evil.url("/bea.gif")),
        header=IncomingPicture(evil.url("/top.jpg")),
        emoji=(IncomingEmoji("rook", evil.url("/rook.png")),),
    )
    await pages.world.far.close()


def files(evil):
    return (
        IncomingAttachment(evil.url("/bird.jpg"), kind="image", alt="a bird", width=900, height=600),
        IncomingAttachment(evil.url("/fly.mp4"), kind="video", mime="video/quicktime", alt="it flies"),
    )


async def test_a_page_with_far_posts_loads_everything_from_us(pages, evil, bea):
    await bea.publishes("look :rook:", attachments=files(evil))
    ana = await pages.member("ana")
    await ana.opens("/@bea@far.example")
    addresses = loaded(ana.page)
    assert all(one.startswith("/") and not one.startswith("//") for one in addresses), addresses
    far = {one for one in addresses if one.startswith("/media/far/")}
    assert len({one.rsplit("/", 1)[0] for one in far}) == 5, "avatar, header, emoji, picture, film"
    assert evil.requests == []
    for one in sorted(far):
        reply = await ana.call("GET", one)
        assert (reply.code, reply.headers["x-content-type-options"]) == (200, "nosniff"), one
        assert "sandbox" in reply.headers["content-security-policy"]
        assert reply.headers["cache-control"] == "public, max-age=86400"
    assert len(evil.requests) == 5


async def test_what_apps_are_told_to_load_is_ours_and_theirs_is_a_link(pages, evil, bea):
    post_id = await bea.publishes("look :rook:", attachments=files(evil))
    post = await pages.world.stranger_json(f"/api/v1/statuses/{post_id}")
    account = post["account"]
    names = ("avatar", "avatar_static", "header", "header_static")
    shown = [account[name] for name in names]
    shown += [one[name] for one in (*post["emojis"], *account["emojis"]) for name in ("url", "static_url")]
    shown += [one[name] for one in post["media_attachments"] for name in ("url", "preview_url")]
    assert len(shown) == 4 + 4 + 4
    assert all(one.startswith(f"{ORIGIN}/media/far/") for one in shown)
    assert [one["remote_url"] for one in post["media_attachments"]] == [evil.url("/bird.jpg"), evil.url("/fly.mp4")]


async def test_a_picture_has_its_words_its_size_and_a_film_its_poster(pages, evil, bea):
    await bea.publishes("look", attachments=files(evil))
    ana = await pages.member("ana")
    await ana.opens("/@bea@far.example")
    elements = Inventory(ana.page).elements
    [image] = [a for tag, a in elements if tag == "img" and a.get("alt") == "a bird"]
    assert (image["width"], image["height"], image["loading"]) == ("900", "600", "lazy")
    [video] = [a for tag, a in elements if tag == "video"]
    assert (video["aria-label"], video["preload"], "width" in video) == ("it flies", "none", False)
    [source] = [a for tag, a in elements if tag == "source" and a.get("src")]
    assert "type" not in source, "its server says quicktime, and what we send is not"
    sent = await ana.call("GET", source["src"], headers={"range": "bytes=4-7"})
    assert (sent.code, sent.body, sent.headers["content-type"]) == (206, b"ftyp", "video/mp4")
    await ana.opens("/@bea@far.example")
    [video] = [a for tag, a in Inventory(ana.page).elements if tag == "video"]
    assert (video["width"], video["height"]) == ("320", "240")


async def test_what_cannot_be_shown_is_a_link_with_its_words(pages, evil, bea):
    evil.paths["/bird.jpg"] = page("<p>no", "text/html")
    await bea.publishes("look", attachments=files(evil)[:1])
    ana = await pages.member("ana")
    await ana.opens("/@bea@far.example")
    [image] = [a for tag, a in Inventory(ana.page).elements if tag == "img" and a.get("alt") == "a bird"]
    lost = await ana.call("GET", image["src"])
    assert (lost.code, lost.body, lost.headers["cache-control"]) == (404, b"", "public, max-age=300")
    await ana.opens("/@bea@far.example")
    assert "File at 127.0.0.1 a bird" in ana.text()
    assert f'href="{evil.url("/bird.jpg")}" rel="nofollow noopener noreferrer"' in ana.page


async def test_an_emoji_of_theirs_is_theirs_and_ours_is_ours(pages, evil, bea):
    await add(pages, "rook", PNG)
    await add(pages, "egg", PNG)
    poll = IncomingPoll((IncomingOption("a :rook:"), IncomingOption("an :egg:")))
    await bea.publishes("my :rook: and no :egg:", content_warning="about :rook:", poll=poll)
    ana = await pages.member("ana")
    await ana.posts("our :rook:")
    await ana.opens("/@bea@far.example")
    assert drawn(ana.page) == [":rook:"] * 5, "the profile's name, the post's, its warning, its words, a choice"
    theirs = set(re.findall(r'class="emoji" src="([^"]+)"', ana.page))
    assert len(theirs) == 1 and theirs.pop().startswith("/media/far/")
    await ana.opens("/@ana")
    assert not any(one.startswith("/media/far/") for one in loaded(ana.page))
    assert drawn(ana.page) == [":rook:"]


async def test_names_in_lists_of_people_and_of_news_are_drawn(pages, bea):
    ana = await pages.member("ana")
    [account] = [(await pages.world.stranger_json("/api/v1/accounts/lookup?acct=ana"))]
    person = type("Ana", (), {"name": "ana", "id": account["id"]})
    await bea.follows(person)
    await pages.world.settle()
    await ana.opens("/@ana/followers")
    assert drawn(ana.page) == [":rook:"]
    await ana.opens("/notifications")
    assert drawn(ana.page) == [":rook:"]


async def test_who_has_to_wait_is_told_so_and_never_sent_to_the_other_server(pages, evil, bea):
    evil.paths["/bird.jpg"] = page("oh", code="503 Oh")
    post_id = await bea.publishes(attachments=files(evil)[:1])
    post = await pages.world.stranger_json(f"/api/v1/statuses/{post_id}")
    path = post["media_attachments"][0]["url"].removeprefix(ORIGIN)
    reply = await Client(pages.world.server).get(path)
    assert (reply.code, reply.body, reply.headers["cache-control"]) == (503, b"", "no-store")
    assert int(reply.headers["retry-after"]) > 0
    assert "location" not in reply.headers


async def test_a_face_that_is_away_leaves_a_calm_place(pages, evil, bea):
    evil.paths["/bea.gif"] = page("oh", code="503 Oh")
    account = await pages.world.stranger_json(f"/api/v1/accounts/{bea.id}")
    reply = await Client(pages.world.server).get(account["avatar_static"].removeprefix(ORIGIN))
    assert (reply.code, reply.headers["content-type"]) == (503, "image/gif")
    assert reply.body.startswith(b"GIF89a")


@pytest.mark.parametrize("row", [pytest.param(0, id="GEN-41")])
async def test_the_address_of_a_far_file_is_no_proxy(pages, evil, bea, row):
    stranger = Client(pages.world.server)
    link = evil.url("/bird.jpg")
    for path in (
        f"/media/far/{link}",
        f"/media/far/{link.replace('/', '%2F')}/whole",
        f"/media/far/{'0' * 32}/whole?url={link}",
        f"/media/far/{'0' * 32}/original",
        f"/media/far/{bea.id}/whole",
        "/media/far/1/small",
    ):
        assert (await stranger.get(path)).code == 404, path
    assert evil.connection_count == 0


async def test_a_copy_that_the_store_lost_is_fetched_again(pages, evil, bea):
    post_id = await bea.publishes(attachments=files(evil)[:1])
    post = await pages.world.stranger_json(f"/api/v1/statuses/{post_id}")
    path = post["media_attachments"][0]["url"].removeprefix(ORIGIN)
    stranger = Client(pages.world.server)
    assert (await stranger.get(path)).code == 200
    blobs = pages.world.media.blobs
    for entry in [entry async for entry in blobs.entries()]:
        await blobs.delete(entry.key)
    assert (await stranger.get(path)).code == 200
    assert evil.asked("/bird.jpg") == 2


async def test_apps_are_sent_to_the_bucket_and_our_own_pages_are_not(pages, evil, bea, s3_url):
    pages.world.media.blobs = ObjectBlobs(bucket_at(s3_url, public_url="https://cdn.example"))
    post_id = await bea.publishes(attachments=files(evil)[:1])
    post = await pages.world.stranger_json(f"/api/v1/statuses/{post_id}")
    path = post["media_attachments"][0]["preview_url"].removeprefix(ORIGIN)
    stranger = Client(pages.world.server)
    sent_on = await stranger.get(path)
    assert (sent_on.code, sent_on.headers["location"].startswith("https://cdn.example/")) == (302, True)
    own = await stranger.get(path, headers={"sec-fetch-site": "same-origin"})
    assert (own.code, own.headers["content-type"]) == (200, "image/webp")


async def test_a_quoted_far_post_shows_its_pictures_from_us(pages, evil, bea):
    ana = await pages.member("ana")
    await followed_by(bea)
    post_id = await bea.publishes("look", attachments=files(evil)[:1])
    await bea.publishes("again", quote_of_uri=f"{bea.uri}/posts/{1}", is_consented=True)
    assert post_id
    await ana.opens("/@bea@far.example")
    quoted = re.search(r'<blockquote class="quote".*?</blockquote>', ana.page, re.DOTALL)[0]
    assert all(one.startswith("/media/far/") for one in loaded(quoted))
    assert len(loaded(quoted)) >= 2
