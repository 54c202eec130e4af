"""Taking in what far people say of quotes: that they want to quote, that one of ours may, and that no more.

Owns: those. Whether a post of ours may be quoted says its policy, at the moment when the quote came
(actions/receiving_posts.py); asking again tells the same. Never: fetches or believes a proof of consent: the wire has
checked it. States and steps are those of model/quotes.py. Spec: https://w3id.org/fep/044f
"""

from __future__ import annotations

from rookery.actions.app import App, record_event
from rookery.actions.naming import find_post_named
from rookery.actions.quotes import move_quote
from rookery.actions.receiving import get_sender
from rookery.actions.repeating import repeatable
from rookery.model.events import QuoteAsked
from rookery.model.ids import PostId
from rookery.model.incoming import NotTheirs, check_uri
from rookery.model.posts import Post, PostNotFound
from rookery.model.quotes import IllegalQuoteStep, QuoteNotFound, QuoteState, next_quote_state
from rookery.storage import far_posts, posts
from rookery.storage.database import Transaction

CONSENT = "consent"  # the kind of the link from a quote to what proves that the quoted author agreed


@repeatable
async def receive_quote_request(
    app: App, quoting_uri: str, quoted_uri: str, *, by_uri: str, request_uri: str
) -> QuoteState:
    """Have a far author's wish to quote a post of ours answered; return accepted or rejected.

    The quote itself came before (receive_post). What is no original post of ours, not for them, or not what their post
    quotes, is refused like what the policy forbids, so that the answer tells nothing else.
    Raises NotTheirs, PostNotFound when there is no such post of anybody here, and what get_sender raises.
    """
    check_uri(request_uri)
    async with app.db.transaction() as tx:
        sender, _ = await get_sender(app, tx, by_uri)
        quoted = await find_post_named(app, tx, quoted_uri)
        if quoted is None or not quoted.is_local:
            raise PostNotFound
        quoting = await find_post_named(app, tx, quoting_uri)
        if quoting and quoting.author_id != sender.id:
            raise NotTheirs(quoting_uri)
        is_granted = quoting is not None and is_agreed(quoting, quoted)
        state = QuoteState.ACCEPTED if is_granted else QuoteState.REJECTED
        event = QuoteAsked(
            quoted.id,
            quoted.author_id,
            sender.id,
            request_uri,
            quoting_uri,
            quoting.id if quoting else None,
            state.value,
        )
        await record_event(app, tx, event)
    return state


def is_agreed(quoting: Post, quoted: Post) -> bool:
    """True when a post quotes this very post and may."""
    return quoting.quote_of_id == quoted.id and quoting.quote_state is QuoteState.ACCEPTED


@repeatable
async def receive_quote_answer(
    app: App, quoting_uri: str, *, by_uri: str, is_accepted: bool, consent_uri: str = ""
) -> QuoteState:
    """Take the answer of a far author whom one of our people quotes. consent_uri: the proof, checked by the wire.

    An answer to what is decided already changes nothing. Raises QuoteNotFound, NotTheirs when somebody answers for a
    post of somebody else, and what get_sender raises.
    """
    async with app.db.transaction() as tx:
        sender, _ = await get_sender(app, tx, by_uri)
        found = await find_post_named(app, tx, quoting_uri)
        quoting = await posts.find_held_post(tx, found.id if found else None)
        if quoting is None or quoting.quote_of_id is None or quoting.quote_state is None:
            raise QuoteNotFound
        quoted = await posts.find_post(tx, quoting.quote_of_id)
        if quoted is None or quoted.author_id != sender.id:
            raise NotTheirs(quoting_uri)
        return await take_answer(app, tx, quoting, quoted, "accept" if is_accepted else "reject", consent_uri)


async def take_answer(
    app: App, tx: Transaction, quoting: Post, quoted: Post, step: str, consent_uri: str
) -> QuoteState:
    """Move a quote to its next state, with its proof. Answers that come too late leave it as it is."""
    before = quoting.quote_state or QuoteState.PENDING
    try:
        after = next_quote_state(before, step)
    except IllegalQuoteStep:
        return before
    if after is QuoteState.ACCEPTED and consent_uri:
        await far_posts.put_link(tx, quoting.id, CONSENT, check_uri(consent_uri))
    if after is not before:
        await move_quote(app, tx, quoting, quoted.author_id, after)
    return after


@repeatable
async def receive_consent(app: App, quoting_id: PostId, consent_uri: str, *, by_uri: str) -> bool:
    """Show a far post in the quote of another far author, who has the proof; True when it is shown now.

    by_uri: the quoted author, whose proof the wire has checked. Raises NotTheirs, and what get_sender raises.
    """
    async with app.db.transaction() as tx:
        sender, _ = await get_sender(app, tx, by_uri)
        quoting = await posts.find_held_post(tx, quoting_id)
        quoted = await posts.find_post(tx, quoting.quote_of_id) if quoting and quoting.quote_of_id else None
        if quoting is None or quoted is None:
            return False
        if quoted.author_id != sender.id:
            raise NotTheirs(consent_uri)
        return await take_answer(app, tx, quoting, quoted, "accept", consent_uri) is QuoteState.ACCEPTED


@repeatable
async def receive_consent_end(app: App, consent_uri: str, *, by_uri: str) -> int:
    """Take a far author's posts out of the quotes that this proof allowed; return how many quotes ended.

    Raises what get_sender raises. A proof of which nothing is known here is nobody's concern.
    """
    ended = 0
    async with app.db.transaction() as tx:
        sender, _ = await get_sender(app, tx, by_uri)
        for quoting_id in await far_posts.list_linked(tx, consent_uri, CONSENT):
            quoting = await posts.find_held_post(tx, quoting_id)
            quoted = await posts.find_post(tx, quoting.quote_of_id) if quoting and quoting.quote_of_id else None
            if quoting is None or quoted is None or quoted.author_id != sender.id:
                continue
            await far_posts.delete_link(tx, quoting_id, CONSENT)
            if quoting.quote_state is QuoteState.ACCEPTED:
                await move_quote(app, tx, quoting, quoted.author_id, QuoteState.REVOKED)
                ended += 1
    return ended
