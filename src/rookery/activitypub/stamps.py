"""Proofs that a post may be quoted: those that we give, and how those of others are read.

Owns: the document of a stamp (QuoteAuthorization), check_stamp. A stamp of ours is no row: it is there as long as the
quote is accepted, so that taking a post out of a quote takes the stamp away at once. Never: fetches, decides who may
quote. Spec: https://w3id.org/fep/044f
"""

from __future__ import annotations

from rookery.activitypub.activities import quote_stamp
from rookery.activitypub.addresses import actor_uri, post_uri, stamp_uri
from rookery.activitypub.documents import id_in, type_in
from rookery.activitypub.face import READING, WireFace
from rookery.activitypub.origin import ForeignObject, check_foreign, same_origin
from rookery.activitypub.posts import find_readable
from rookery.activitypub.vocabulary import Json
from rookery.model.ids import InvalidId, PostId, parse_short_id
from rookery.model.incoming import IncomingRefused
from rookery.model.posts import PostNotFound
from rookery.model.quotes import QuoteState
from rookery.network.requests import Request
from rookery.network.responses import Answer
from rookery.network.routes import RouteTable
from rookery.storage.accounts import get_account
from rookery.storage.posts import find_post

routes: RouteTable[WireFace] = RouteTable(READING)
STAMP = frozenset(("QuoteAuthorization",))


@routes.route("GET", "/@{name}/{id}/stamps/{quoting}", who="anyone")
async def show_stamp(face: WireFace, request: Request) -> Answer:
    """A stamp. Whoever asks has the quote and wants to know whether it is agreed; its text is not told."""
    quoted, author, _ = await find_readable(face, request)
    try:
        quoting_id = PostId(parse_short_id(request.path_values["quoting"]))
    except InvalidId:
        raise PostNotFound from None
    quoting = await find_post(face.reader, quoting_id)
    if quoting is None or quoting.quote_of_id != quoted.id or quoting.quote_state is not QuoteState.ACCEPTED:
        raise PostNotFound
    by = await get_account(face.reader, quoting.author_id)
    if by.suspended_at_us:
        raise PostNotFound
    base_url = face.base_url
    stamp = quote_stamp(
        stamp_uri(post_uri(quoted, author, base_url), quoting_id),
        actor_uri(author, base_url),
        post_uri(quoting, by, base_url),
        post_uri(quoted, author, base_url),
    )
    return face.send(stamp)


def check_stamp(document: Json, uri: str, *, quoting_uri: str, quoted_uri: str, author_uri: str, base_url: str) -> None:
    """Return only if a document that was fetched from `uri` lets one post quote another one.

    author_uri: of the quoted post. Raises ForeignObject when its server is not that of the author, IncomingRefused when
    it says something else.
    """
    check_foreign(uri, author_uri, base_url)
    if id_in(document.get("id")) != uri or not same_origin(uri, quoted_uri):
        raise ForeignObject(uri, author_uri)
    if type_in(document, STAMP) not in STAMP:
        raise IncomingRefused("the proof of a quote is a QuoteAuthorization")
    told = tuple(id_in(document.get(name)) for name in ("attributedTo", "interactingObject", "interactionTarget"))
    if told != (author_uri, quoting_uri, quoted_uri):
        raise IncomingRefused("this proof is for another quote")
