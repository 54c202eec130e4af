"""Long lists as collections: a head with the count, and pages of bounded length, each with the address of the next.

Owns: the shapes and the one parameter of a page. Never: reads a row. A page holds what follows `before`, newest first.
Spec: https://www.w3.org/TR/activitystreams-core/#collections
"""

from __future__ import annotations

from collections.abc import Sequence

from rookery.activitypub.vocabulary import ACTIVITYSTREAMS, Json, document
from rookery.model.errors import Malformed
from rookery.model.ids import MAX_ID, InvalidId, parse_id
from rookery.network.requests import Request

BEFORE = "before"
NEWEST = str(MAX_ID)


class PageUnknown(Malformed):
    """The address of a page that we never gave away."""

    def __init__(self) -> None:
        super().__init__("`before` is the number of an entry, as `first` and `next` of this collection carry it")


def before_of(request: Request) -> int | None:
    """Return before which entry a page begins, None when the head is asked for. Raises PageUnknown."""
    raw = next((str(value) for name, value in request.query() if name == BEFORE), None)
    if raw is None:
        return None
    try:
        return parse_id(raw)
    except InvalidId:
        raise PageUnknown from None


def page_uri(uri: str, before: int | str) -> str:
    """Return the address of a page."""
    return f"{uri}?{BEFORE}={before}"


def head_of(uri: str, count: int | None, *, has_pages: bool = True) -> Json:
    """Return the collection itself. count: of all entries, shown or not; None where nobody counts them."""
    head: Json = {"id": uri, "type": "OrderedCollection"}
    if count is not None:
        head["totalItems"] = count
    if has_pages:
        head["first"] = page_uri(uri, NEWEST)
    return document(ACTIVITYSTREAMS, head)


def page_of(uri: str, before: int, items: Sequence[str | Json], *, after: int | None, context: object) -> Json:
    """Return one page. after: the number of the last entry when there may be more."""
    page: Json = {
        "id": page_uri(uri, before),
        "type": "OrderedCollectionPage",
        "partOf": uri,
        "orderedItems": list(items),
    }
    if after is not None:
        page["next"] = page_uri(uri, after)
    return document(context, page)
