"""Consent to quotes across servers: asked, given, refused, taken back, and never by somebody else."""

import pytest
from tests.far import FarPerson

from rookery.actions.receiving_quotes import (
    receive_consent,
    receive_consent_end,
    receive_quote_answer,
    receive_quote_request,
)
from rookery.model.events import QuoteAsked
from rookery.model.incoming import NotTheirs
from rookery.model.posts import Audience, PostNotFound
from rookery.model.quotes import QuoteNotFound, QuotePolicy, QuoteState
from rookery.storage.far_posts import list_consents
from rookery.storage.log import read_events

STAMP = "https://far.example/stamps/1"


async def state_of(person, post_id):
    return (await person.calls("GET", f"/api/v1/statuses/{post_id}"))["quote"]["state"]


async def asks(world, bea, quoting_uri, quoted_uri):
    """Ask to quote, and return the answer with the event that has it sent."""
    request = f"{bea.uri}/requests/{bea.count}"
    state = await receive_quote_request(world.app, quoting_uri, quoted_uri, by_uri=bea.uri, request_uri=request)
    events = [one.event for one in await read_events(world.app.db.reader, 0, 5000)]
    return state, [one for one in events if isinstance(one, QuoteAsked)][-1]


async def test_a_far_wish_to_quote_is_answered_as_the_policy_says(world):
    (ana,) = await world.people("ana")
    bea = await FarPerson(world).arrives()
    free, shut = await ana.publishes("quote me"), await ana.publishes("do not", quote_approval_policy="nobody")
    first, second = bea.note("look", quote_of_uri=free["uri"]), bea.note("look", quote_of_uri=shut["uri"])
    first_id, second_id = await bea.sends(first), await bea.sends(second)
    state, event = await asks(world, bea, first.uri, free["uri"])
    assert (state, event.state, event.quoting_id) == (QuoteState.ACCEPTED, "accepted", first_id)
    assert (event.quoted_id, event.asker_id, event.quoting_uri) == (int(free["id"]), bea.id, first.uri)
    state, event = await asks(world, bea, second.uri, shut["uri"])
    assert (state, event.state, event.quoting_id) == (QuoteState.REJECTED, "rejected", second_id)


async def test_a_wish_whose_quote_is_not_here_or_shows_something_else_is_refused(world):
    (ana,) = await world.people("ana")
    bea = await FarPerson(world).arrives()
    one, other = await ana.publishes("one"), await ana.publishes("other")
    state, event = await asks(world, bea, f"{bea.uri}/posts/unknown", one["uri"])
    assert (state, event.quoting_id) == (QuoteState.REJECTED, None)
    quote = bea.note("look", quote_of_uri=one["uri"])
    await bea.sends(quote)
    assert (await asks(world, bea, quote.uri, other["uri"]))[0] is QuoteState.REJECTED


async def test_a_repost_is_not_quoted_and_nobody_asks_for_somebody_else(world):
    ana, ben = await world.people("ana", "ben")
    bea = await FarPerson(world).arrives()
    eve = await FarPerson(world, "eve", "third.example").arrives()
    post = await ana.publishes("do not", quote_approval_policy="nobody")
    wrapper = await ben.calls("POST", f"/api/v1/statuses/{post['id']}/reblog")
    quote = bea.note("look", quote_of_uri=wrapper["uri"])
    await bea.sends(quote)
    assert (await asks(world, bea, quote.uri, wrapper["uri"]))[0] is QuoteState.REJECTED
    with pytest.raises(NotTheirs):
        await asks(world, eve, quote.uri, post["uri"])
    with pytest.raises(PostNotFound):
        await asks(world, bea, quote.uri, "https://third.example/posts/1")


async def test_a_post_for_followers_answers_a_stranger_like_any_refusal(world):
    (ana,) = await world.people("ana")
    bea = await FarPerson(world).arrives()
    hidden = await ana.publishes("for friends", visibility="private")
    quote = bea.note("look", quote_of_uri=hidden["uri"])
    await bea.sends(quote)
    assert (await asks(world, bea, quote.uri, hidden["uri"]))[0] is QuoteState.REJECTED


async def quoted_by_ana(world):
    """A far post, and ana's quote of it, which waits."""
    (ana,) = await world.people("ana")
    bea = await FarPerson(world).arrives()
    post_id = await bea.publishes("quote me", quote_policy=QuotePolicy.PUBLIC)
    quote = await ana.publishes("so true", quoted_status_id=str(post_id))
    return ana, bea, quote


async def test_a_quote_of_a_far_post_waits_until_its_author_agrees(world):
    ana, bea, quote = await quoted_by_ana(world)
    assert quote["quote"]["state"] == "pending"
    for _ in range(2):  # it is delivered at least once
        await receive_quote_answer(world.app, quote["uri"], by_uri=bea.uri, is_accepted=True, consent_uri=STAMP)
        assert await state_of(ana, quote["id"]) == "accepted"
    assert await list_consents(world.app.db.reader, [int(quote["id"])]) == {int(quote["id"]): STAMP}
    found = await ana.calls("GET", f"/api/v1/statuses/{quote['id']}")
    assert found["quote"]["quoted_status"]["quotes_count"] == 1


async def test_a_refused_quote_stays_refused(world):
    ana, bea, quote = await quoted_by_ana(world)
    await receive_quote_answer(world.app, quote["uri"], by_uri=bea.uri, is_accepted=False)
    assert await state_of(ana, quote["id"]) == "rejected"
    await receive_quote_answer(world.app, quote["uri"], by_uri=bea.uri, is_accepted=True, consent_uri=STAMP)
    assert await state_of(ana, quote["id"]) == "rejected"


async def test_nobody_answers_for_the_quoted_author(world):
    ana, _, quote = await quoted_by_ana(world)
    eve = await FarPerson(world, "eve", "third.example").arrives()
    with pytest.raises(NotTheirs):
        await receive_quote_answer(world.app, quote["uri"], by_uri=eve.uri, is_accepted=True, consent_uri=STAMP)
    plain = await ana.publishes("no quote")
    with pytest.raises(QuoteNotFound):
        await receive_quote_answer(world.app, plain["uri"], by_uri=eve.uri, is_accepted=True)
    assert await state_of(ana, quote["id"]) == "pending"


async def test_a_far_author_takes_their_post_out_of_a_quote_of_ours(world):
    ana, bea, quote = await quoted_by_ana(world)
    eve = await FarPerson(world, "eve", "third.example").arrives()
    await receive_quote_answer(world.app, quote["uri"], by_uri=bea.uri, is_accepted=True, consent_uri=STAMP)
    assert await receive_consent_end(world.app, STAMP, by_uri=eve.uri) == 0
    assert await state_of(ana, quote["id"]) == "accepted"
    assert await receive_consent_end(world.app, STAMP, by_uri=bea.uri) == 1
    assert await state_of(ana, quote["id"]) == "revoked"
    assert await receive_consent_end(world.app, STAMP, by_uri=bea.uri) == 0


async def test_a_quote_between_far_people_is_shown_once_its_proof_was_seen(world):
    (ana,) = await world.people("ana")
    bea = await FarPerson(world).arrives()
    cal = await FarPerson(world, "cal", "third.example").arrives()
    quoted = cal.note("quoted")
    await cal.sends(quoted)
    quoting_id = await bea.publishes("look", quote_of_uri=quoted.uri, audience=Audience.PUBLIC)
    assert await state_of(ana, quoting_id) == "pending"
    with pytest.raises(NotTheirs):
        await receive_consent(world.app, quoting_id, STAMP, by_uri=bea.uri)
    assert await receive_consent(world.app, quoting_id, STAMP, by_uri=cal.uri)
    assert await state_of(ana, quoting_id) == "accepted"
    await receive_consent_end(world.app, STAMP, by_uri=cal.uri)
    assert await state_of(ana, quoting_id) == "revoked"
