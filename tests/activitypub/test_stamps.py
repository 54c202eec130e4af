"""Stamps: who may quote a post of ours, as anybody can check, and how the stamps of others are read."""

import pytest

from rookery.activitypub.stamps import check_stamp
from rookery.model.ids import short_id
from rookery.model.incoming import IncomingRefused

BASE = "http://localhost:3000"
AS = {"accept": "application/activity+json"}
FAR = "https://far.example"
STAMP = {
    "id": f"{FAR}/stamps/1",
    "type": "QuoteAuthorization",
    "attributedTo": f"{FAR}/users/bea",
    "interactingObject": f"{BASE}/@ana/1",
    "interactionTarget": f"{FAR}/posts/1",
}


async def read(pages, uri, code=200):
    reply = await pages.world.stranger.get(uri.removeprefix(BASE), headers=AS)
    assert reply.code == code, (uri, reply)
    return reply.json


def address(name, post):
    return f"{BASE}/@{name}/{short_id(int(post['id']))}"


async def test_a_quote_of_one_of_us_carries_a_stamp_that_can_be_fetched_until_it_is_taken_back(pages):
    ana, ben = await pages.world.people("ana", "ben")
    post = await ana.publishes("quote me")
    quote = await ben.publishes("so true", quoted_status_id=post["id"])
    uri = (await read(pages, address("ben", quote)))["quoteAuthorization"]
    stamp = await read(pages, uri)
    assert (stamp["id"], stamp["type"]) == (uri, "QuoteAuthorization")
    check_stamp(
        stamp,
        uri,
        quoting_uri=address("ben", quote),
        quoted_uri=address("ana", post),
        author_uri=f"{BASE}/@ana",
        base_url=FAR,
    )
    await ana.calls("POST", f"/api/v1/statuses/{post['id']}/quotes/{quote['id']}/revoke")
    await read(pages, uri, 404)
    assert "quoteAuthorization" not in await read(pages, address("ben", quote))


async def test_there_is_no_stamp_for_what_does_not_quote_this_post(pages):
    ana, ben = await pages.world.people("ana", "ben")
    post, other = await ana.publishes("quote me"), await ana.publishes("another")
    quote, plain = await ben.publishes("so true", quoted_status_id=post["id"]), await ben.publishes("plain")
    for quoted, quoting in ((other, quote), (post, plain)):
        await read(pages, f"{address('ana', quoted)}/stamps/{short_id(int(quoting['id']))}", 404)
    await read(pages, f"{address('ana', post)}/stamps/nonsense!", 404)


async def test_who_quotes_an_own_post_needs_no_stamp(pages):
    (ana,) = await pages.world.people("ana")
    quote = await ana.publishes("again", quoted_status_id=(await ana.publishes("once"))["id"])
    assert "quoteAuthorization" not in await read(pages, address("ana", quote))


def checked(document, **more):
    asked = {"quoting_uri": f"{BASE}/@ana/1", "quoted_uri": f"{FAR}/posts/1", "author_uri": f"{FAR}/users/bea"}
    return check_stamp(document, document.get("id", ""), **{**asked, "base_url": BASE, **more})


def test_a_stamp_of_the_quoted_author_holds():
    checked(STAMP)


@pytest.mark.parametrize(
    "change",
    [
        {"id": "https://third.example/stamps/1"},
        {"id": "https://far.example:444/stamps/1"},
        {"id": ""},
        {"type": "Note"},
        {"attributedTo": f"{FAR}/users/eve"},
        {"interactingObject": f"{BASE}/@ana/2"},
        {"interactionTarget": f"{FAR}/posts/2"},
        {"interactionTarget": None},
    ],
)
def test_a_stamp_for_another_quote_or_of_another_server_does_not(change):
    with pytest.raises(IncomingRefused):
        checked({**STAMP, **change})


def test_a_stamp_that_was_fetched_from_elsewhere_does_not_hold():
    with pytest.raises(IncomingRefused):
        check_stamp(
            STAMP,
            f"{FAR}/stamps/2",
            quoting_uri=f"{BASE}/@ana/1",
            quoted_uri=f"{FAR}/posts/1",
            author_uri=f"{FAR}/users/bea",
            base_url=BASE,
        )
