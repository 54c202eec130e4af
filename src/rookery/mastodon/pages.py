"""Pages of the client API: Link headers and lists of entities.

Owns: the Link header as clients read it: absolute, `next` first, then `prev`.
Spec: https://docs.joinmastodon.org/api/guidelines/#pagination, RFC 8288
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import quote, urlencode

from rookery.mastodon.face import MastodonFace
from rookery.mastodon.forms import Form
from rookery.model.errors import Malformed
from rookery.network.requests import SIMPLE_QUERY, Request
from rookery.network.responses import Headers, Response, json_bytes

SIMPLE_PATH = re.compile(r"[/\w.-]*", re.ASCII)
MAX_OFFSET = 10_000
PAGING = frozenset(("max_id", "min_id", "since_id", "access_token", "offset"))


def link_headers(face: MastodonFace, request: Request, ids: Sequence[int], *, limit: int | None = None) -> Headers:
    """Return the Link header of a page whose cursor ids are given, newest first; nothing for an empty page.

    limit: for lists that announce a next page only when this one is full; None for timelines, which always do.
    """
    if not ids:
        return []
    path = request.path if SIMPLE_PATH.fullmatch(request.path) else quote(request.path)
    base = f"{face.renders.base_url}{path}?{kept_query(request)}"
    links = []
    if limit is None or len(ids) >= limit:
        links.append(f'<{base}max_id={ids[-1]}>; rel="next"')
    links.append(f'<{base}min_id={ids[0]}>; rel="prev"')
    return [(b"link", ", ".join(links).encode())]


class Offset(NamedTuple):
    """A page by its place in a list that has no ids to page by."""

    limit: int
    offset: int


def offset_from(form: Form, usual: int, most: int) -> Offset:
    """Read limit and offset. Raises Malformed for negative ones."""
    limit, offset = form.number("limit", usual), form.number("offset", 0)
    if limit < 0 or offset < 0:
        raise Malformed("limit and offset cannot be negative")
    return Offset(min(limit or usual, most), min(offset, MAX_OFFSET))


def offset_links(face: MastodonFace, request: Request, page: Offset, found: int) -> Headers:
    """Return the Link header of a page by offset; a full one names the next."""
    base = f"{face.renders.base_url}{request.path}?{kept_query(request)}"
    links = []
    if found >= page.limit:
        links.append(f'<{base}offset={page.offset + page.limit}>; rel="next"')
    if page.offset:
        links.append(f'<{base}offset={max(0, page.offset - page.limit)}>; rel="prev"')
    return [(b"link", ", ".join(links).encode())] if links else []


def kept_query(request: Request) -> str:
    """Return the parameters that every page of a list shares, ready for one more to follow."""
    kept = [pair for pair in request.query() if pair[0] not in PAGING]
    if not kept:
        return ""
    is_simple = SIMPLE_QUERY.fullmatch(request.query_string)
    return ("&".join([f"{name}={value}" for name, value in kept]) if is_simple else urlencode(kept)) + "&"


async def posts_page(
    face: MastodonFace, request: Request, ids: Sequence[int], context: str, cursors: Sequence[int] | None = None
) -> Response:
    """Answer a page of posts for whoever asks, with their filters of the context."""
    viewer = request.caller.account_id
    filters = await face.filters.of(viewer, context) if viewer is not None else None
    body = await face.renders.page(ids, viewer, filters)
    return json_bytes(body, headers=link_headers(face, request, ids if cursors is None else cursors))


async def accounts_page(face: MastodonFace, request: Request, rows: Sequence[tuple[int, int]], limit: int) -> Response:
    """Answer a page of accounts from (cursor id, account id) rows."""
    await face.live.catch_up()
    found = await face.renders.load_accounts([row[1] for row in rows])
    body = b"[" + b",".join(found[row[1]] for row in rows if row[1] in found) + b"]"
    return json_bytes(body, headers=link_headers(face, request, [row[0] for row in rows], limit=limit))
