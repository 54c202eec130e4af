"""Consent to quotes, from signed deliveries to what people see."""

import pytest
from tests.activitypub.postbox import PUBLIC, box, just_now

from rookery.model.events import QuoteAsked
from rookery.storage.log import read_events

__all__ = ["box"]
POLICY = {"canQuote": {"automaticApproval": [PUBLIC], "manualApproval": []}}


@pytest.fixture
async def bea(box, ana):
    """Somebody far away whom ana follows."""
    bea = box.person("bea")
    await bea.followed_by(ana)
    return bea


async def answers(box):
    return [one.event for one in await read_events(box.app.db.reader, 0, 5000) if isinstance(one.event, QuoteAsked)]


async def state_of(person, post):
    return (await person.calls("GET", f"/api/v1/statuses/{post['id']}"))["quote"]["state"]


def stamp_for(bea, uri, quoting, quoted):
    return {
        "id": uri,
        "type": "QuoteAuthorization",
        "attributedTo": bea.uri,
        "interactingObject": quoting,
        "interactionTarget": quoted,
    }


@pytest.mark.parametrize("comes_along", [True, False])
async def test_a_far_wish_to_quote_is_answered(box, ana, bea, comes_along):
    post = await ana.publishes("quote me")
    note = bea.shown(bea.note("look", quote=post["uri"], published=just_now()))
    instrument = note if comes_along else note["id"]
    await bea.delivers(bea.activity("QuoteRequest", post["uri"], instrument=instrument))
    (event,) = await answers(box)
    assert (event.state, event.quoting_uri) == ("accepted", note["id"])
    assert (await ana.calls("GET", f"/api/v1/statuses/{post['id']}"))["quotes_count"] == 1
    assert [one["type"] for one in await ana.calls("GET", "/api/v1/notifications")] == ["quote"]


async def test_what_may_not_be_quoted_is_refused(box, ana, bea):
    post = await ana.publishes("do not", quote_approval_policy="nobody")
    note = bea.shown(bea.note("look", quote=post["uri"]))
    await bea.delivers(bea.activity("QuoteRequest", post["uri"], instrument=note))
    assert [one.state for one in await answers(box)] == ["rejected"]


async def test_a_wish_with_the_post_of_somebody_else_is_not_taken(box, ana, bea):
    eve = box.person("eve")
    post = await ana.publishes("quote me")
    note = bea.shown(bea.note("look", quote=post["uri"]))
    await eve.delivers(eve.activity("QuoteRequest", post["uri"], instrument=note))
    assert await answers(box) == []
    assert (await ana.calls("GET", f"/api/v1/statuses/{post['id']}"))["quotes_count"] == 0


async def quoted(ana, bea):
    """ana's quote of a far post, which waits; the id of her request and what she quotes."""
    await bea.delivers(bea.creates("quote me", interactionPolicy=POLICY))
    [there] = await ana.home()
    quote = await ana.publishes("so true", quoted_status_id=there["id"])
    assert await state_of(ana, quote) == "pending"
    return quote, f"{bea.box.uri_of(ana)}#quote-requests/{quote['id']}", there["uri"]


@pytest.mark.parametrize("is_whole", [True, False])
async def test_a_yes_shows_the_quote_and_the_end_of_it_hides_it(box, ana, bea, is_whole):
    quote, request, target = await quoted(ana, bea)
    uri = box.village.shows("/stamps/1", None)
    box.village.shows("/stamps/1", stamp_for(bea, uri, quote["uri"], target))
    whole = {"id": request, "type": "QuoteRequest", "actor": box.uri_of(ana), "object": target}
    whole["instrument"] = quote["uri"]
    await bea.delivers(bea.activity("Accept", whole if is_whole else request, result=uri))
    assert await state_of(ana, quote) == "accepted"
    await bea.delivers(bea.activity("Delete", {"id": uri, "type": "QuoteAuthorization"}))
    assert await state_of(ana, quote) == "revoked"


async def test_a_no_ends_it(ana, bea):
    quote, request, _ = await quoted(ana, bea)
    await bea.delivers(bea.activity("Reject", request))
    assert await state_of(ana, quote) == "rejected"


@pytest.mark.parametrize("part", ["attributedTo", "interactingObject", "interactionTarget", "type", "id"])
async def test_a_proof_of_something_else_proves_nothing(box, ana, bea, part):
    quote, request, target = await quoted(ana, bea)
    uri = box.village.shows("/stamps/1", None)
    stamp = stamp_for(bea, uri, quote["uri"], target) | {part: f"{bea.uri}/other"}
    box.village.shows("/stamps/1", stamp)
    await bea.delivers(bea.activity("Accept", request, result=uri))
    assert await state_of(ana, quote) == "pending"


async def test_nobody_says_yes_for_the_author(box, ana, bea):
    quote, request, target = await quoted(ana, bea)
    eve = box.person("eve")
    await eve.follows(ana)
    uri = box.village.shows("/stamps/1", None)
    box.village.shows("/stamps/1", stamp_for(eve, uri, quote["uri"], target))
    await eve.delivers(eve.activity("Accept", request, result=uri))
    assert await state_of(ana, quote) == "pending"
