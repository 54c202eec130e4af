"""Consent to quotes, as other servers speak of it: asked, given, refused, taken back.

Owns: from an activity to the actions of actions/receiving_quotes.py, and that a proof of consent is fetched from its
own server and read before it counts. Never: decides who may quote. Spec: https://w3id.org/fep/044f
"""

from __future__ import annotations

import contextlib

from rookery.actions.receiving_posts import receive_post
from rookery.actions.receiving_quotes import (
    CONSENT,
    receive_consent,
    receive_consent_end,
    receive_quote_answer,
    receive_quote_request,
)
from rookery.activitypub.documents import objects_in
from rookery.activitypub.handling_parts import Delivered, Hands, NotToBeHad, NotUnderstood, Unwanted
from rookery.activitypub.origin import same_origin
from rookery.activitypub.reading_activities import Activity, Doing
from rookery.activitypub.reading_notes import read_note
from rookery.activitypub.stamps import check_stamp
from rookery.model.accounts import Account
from rookery.model.ids import InvalidId, PostId, now_us, parse_id
from rookery.model.posts import Post
from rookery.storage.accounts import get_account
from rookery.storage.far_posts import list_linked
from rookery.storage.posts import find_post

REQUEST_MARK = "#quote-requests/"


async def take_quote_request(hands: Hands, delivered: Delivered) -> None:
    """Somebody wants to quote a post of ours. Theirs comes along, or is fetched; the answer goes out with the event.

    Raises Unwanted for a post that is not ours, NotUnderstood for a quote that is not the asker's own.
    """
    activity = delivered.activity
    if not hands.is_ours(activity.object_uri):
        raise Unwanted
    if not same_origin(activity.instrument_uri, delivered.by_uri):
        raise NotUnderstood("a request to quote names the post that quotes, of the same server")
    delivered = await hands.meet(delivered)
    with contextlib.suppress(NotToBeHad):  # then the answer is no: what nobody can read is not agreed to
        await have_quote(hands, delivered)
    await receive_quote_request(
        hands.app,
        activity.instrument_uri,
        activity.object_uri,
        by_uri=delivered.by_uri,
        request_uri=activity.uri,
    )


async def have_quote(hands: Hands, delivered: Delivered) -> None:
    """Store the post that quotes: as it came along, else as its server shows it. Raises NotToBeHad."""
    whole = next(iter(objects_in(delivered.document.get("instrument"))), {})
    if "attributedTo" not in whole:
        await hands.get_post(delivered.activity.instrument_uri)
        return
    followers = await hands.followers_uri(delivered.account)
    base_url = hands.app.settings.base_url
    post = read_note(whole, base_url=base_url, now_us=now_us(), followers_uri=followers)
    await receive_post(hands.app, post, by_uri=delivered.by_uri)


def is_answer_to_quote(activity: Activity) -> bool:
    """True for an Accept or Reject of a request to quote, told whole or named by its id."""
    if activity.inner is not None:
        return activity.inner.doing is Doing.ASK_QUOTE
    return REQUEST_MARK in activity.object_uri


async def take_quote_answer(hands: Hands, delivered: Delivered, *, is_accepted: bool) -> None:
    """The answer to one of ours who quotes. A yes is a proof, which is fetched from the author's server and read."""
    activity = delivered.activity
    if delivered.account is None:
        raise Unwanted
    quoting = await find_quoting(hands, activity)
    if is_accepted:
        await check_consent(hands, quoting, activity.result_uri, by=delivered.account)
    uri = await hands.uri_of(quoting)
    await receive_quote_answer(
        hands.app, uri, by_uri=delivered.by_uri, is_accepted=is_accepted, consent_uri=activity.result_uri
    )


async def find_quoting(hands: Hands, activity: Activity) -> Post:
    """Return the post of ours that asked to quote. Its number stands in the id of the request. Raises NotUnderstood."""
    inner = activity.inner
    request_uri = inner.uri if inner is not None else activity.object_uri
    _, mark, number = request_uri.partition(REQUEST_MARK)
    try:
        post = await find_post(hands.reader, PostId(parse_id(number))) if mark else None
    except InvalidId:
        post = None
    if post is None or not post.is_local or not hands.is_ours(request_uri):
        raise NotUnderstood("this answers no request to quote from here")
    return post


async def check_consent(hands: Hands, quoting: Post, consent_uri: str, *, by: Account) -> None:
    """Return only if the proof lets a post quote what it quotes; it is fetched. by: the author of the quoted post.

    Raises NotUnderstood, NotToBeHad, Unavailable, IncomingRefused for a proof of something else.
    """
    quoted = await find_post(hands.reader, quoting.quote_of_id) if quoting.quote_of_id else None
    if not consent_uri or quoted is None or by.uri is None:
        raise NotUnderstood("a yes to a quote names its proof")
    document = await hands.get_document(consent_uri)
    check_stamp(
        document,
        consent_uri,
        quoting_uri=await hands.uri_of(quoting),
        quoted_uri=quoted.uri or "",
        author_uri=by.uri,
        base_url=hands.app.settings.base_url,
    )


async def take_consent_end(hands: Hands, delivered: Delivered) -> bool:
    """Take back what a proof allowed; False when the id is no proof that is known here."""
    uri = delivered.activity.object_uri
    if not await list_linked(hands.reader, uri, CONSENT):
        return False
    await receive_consent_end(hands.app, uri, by_uri=delivered.by_uri)
    return True


async def bring_quote(hands: Hands, post_id: PostId, quoted_uri: str, consent_uri: str) -> None:
    """Have what a far post quotes, and show it when the proof holds. Harmless again.

    Raises NotToBeHad, Unavailable, IncomingRefused for a proof of something else.
    """
    quoted = await hands.get_post(quoted_uri)
    quoting = await find_post(hands.reader, post_id)
    if quoted is None or quoting is None or quoting.quote_of_id != quoted.id or not consent_uri:
        return
    author = await get_account(hands.reader, quoted.author_id)
    if author.is_local or author.uri is None:
        return
    await check_consent(hands, quoting, consent_uri, by=author)
    await receive_consent(hands.app, post_id, consent_uri, by_uri=author.uri)
