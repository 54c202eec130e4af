"""What we say of quotes: asking a far author, answering one who asks, taking a post out of somebody's quote.

Owns: who hears of each, and that a hidden post goes along only to somebody who may read it (K5). Never: packs, sends;
the shapes are those of activities.py. Spec: https://w3id.org/fep/044f
"""

from __future__ import annotations

import hashlib
from functools import partial

from rookery.activitypub.activities import answer_quote, quote_request, withdraw_stamp
from rookery.activitypub.addresses import actor_uri, post_uri, stamp_uri
from rookery.activitypub.composing_people import find_pair
from rookery.activitypub.composing_posts import compose_changed, compose_published, find_ours, stands, write_note
from rookery.activitypub.desk import Desk
from rookery.activitypub.errands import NOTHING, Composed, Errand
from rookery.model.accounts import Account
from rookery.model.events import PostPublished, QuoteAsked, QuoteRevoked
from rookery.model.posts import Post
from rookery.model.quotes import QuoteState
from rookery.storage import inboxes
from rookery.storage.posts import find_post, list_visible_ids


async def compose_published_and_asked(desk: Desk, event: PostPublished) -> Composed:
    """What compose_published says, and the request to a far author who is quoted."""
    composed = await compose_published(desk, event)
    found = await find_ours(desk, event.post_id) if event.quote_of_id else None
    if found is None or found[0].quote_state is not QuoteState.PENDING:
        return composed
    return Composed([*composed.errands, *await ask_consent(desk, *found)])


async def ask_consent(desk: Desk, quoting: Post, author: Account) -> list[Errand]:
    """QuoteRequest, for the author of a far post. Who may not read the quote learns its address alone."""
    quoted = await find_post(desk.reader, quoting.quote_of_id) if quoting.quote_of_id else None
    pair = await find_pair(desk, author.id, quoted.author_id) if quoted else None
    if quoted is None or pair is None:
        return []
    far = pair[1]
    may_read = bool(await list_visible_ids(desk.reader, [quoting.id], far.id))
    instrument = (
        await write_note(desk, quoting, author) if may_read else {"id": post_uri(quoting, author, desk.base_url)}
    )
    uri = post_uri(quoted, far, desk.base_url)
    said = quote_request(actor_uri(author, desk.base_url), instrument, uri, actor_uri(far, desk.base_url), quoting.id)
    told = await inboxes.list_of_people(desk.reader, [far.id], by_id=author.id)
    return [Errand(said, author, told, holds=partial(stands, quoting))]


async def compose_asked(desk: Desk, event: QuoteAsked) -> Composed:
    """Accept with the stamp, or Reject, for who asked to quote a post of ours. Asked again, the same is said again."""
    pair = await find_pair(desk, event.quoted_author_id, event.asker_id)
    quoted = await find_post(desk.reader, event.quoted_id)
    if pair is None or quoted is None:
        return NOTHING
    ours, far = pair
    uri = post_uri(quoted, ours, desk.base_url)
    request = {
        "id": event.request_uri,
        "actor": actor_uri(far, desk.base_url),
        "object": uri,
        "instrument": event.quoting_uri,
    }
    is_granted = event.state == QuoteState.ACCEPTED and event.quoting_id is not None
    stamp = stamp_uri(uri, event.quoting_id) if is_granted and event.quoting_id else ""
    actor, number = actor_uri(ours, desk.base_url), number_of(event.request_uri)
    said = answer_quote("Accept" if is_granted else "Reject", actor, request, number, stamp=stamp)
    return Composed([Errand(said, ours, await inboxes.list_of_people(desk.reader, [far.id]))])


def number_of(uri: str) -> int:
    """Return a number that is the same for one request whenever it is answered."""
    return int.from_bytes(hashlib.sha256(uri.encode()).digest()[:7], "big")


async def compose_revoked(desk: Desk, event: QuoteRevoked) -> Composed:
    """Update of a quote of ours; Delete of the stamp, for a far author who quoted a post of ours."""
    composed = await compose_changed(desk, event)
    pair = await find_pair(desk, event.quoted_author_id, event.author_id)
    quoted = await find_post(desk.reader, event.quoted_id)
    if pair is None or quoted is None:
        return composed
    ours, far = pair
    stamp = stamp_uri(post_uri(quoted, ours, desk.base_url), event.post_id)
    said = withdraw_stamp(stamp, actor_uri(ours, desk.base_url), actor_uri(far, desk.base_url))
    told = await inboxes.list_of_people(desk.reader, [far.id], any_standing=True)
    return Composed([*composed.errands, Errand(said, ours, told, is_deletion=True)])
