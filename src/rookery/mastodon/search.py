"""Search in the client API: people, posts and hashtags by words, and what an address or handle leads to.

Other servers are asked when the app wants that (`resolve`) and somebody is signed in.
Owns: /api/v2/search and /api/v1/accounts/search. Nobody signed in finds people and hashtags only.
Spec: https://docs.joinmastodon.org/methods/search/, https://docs.joinmastodon.org/methods/accounts/#search
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from rookery.actions.resolving import handle_in, look_up
from rookery.mastodon.face import MastodonFace, person
from rookery.mastodon.forms import Form, read_query
from rookery.mastodon.tags import shown_tags
from rookery.model.accounts import AccountNotFound, split_handle
from rookery.model.errors import Malformed, NotSignedIn, Refusal
from rookery.model.ids import InvalidId, parse_short_id
from rookery.model.paging import Window
from rookery.model.search import MAX_QUERY_CHARACTERS, parse_query
from rookery.model.tags import Tag
from rookery.model.text import tag_key
from rookery.network.requests import Request
from rookery.network.responses import ENCODE_JSON, Answer, json_bytes
from rookery.network.routes import RouteTable
from rookery.storage.accounts import find_account_by_name, find_account_by_uri
from rookery.storage.posts import list_visible_ids
from rookery.storage.search import find_post_by_uri, find_tags
from rookery.timelines.search import search_accounts, search_posts

routes: RouteTable[MastodonFace] = RouteTable()
MOST, DEFAULT = 40, 20


@dataclass(frozen=True, slots=True)
class Asked:
    """A search as it was asked for. kinds: which of accounts, statuses, hashtags. viewer: 0 for nobody."""

    text: str
    kinds: frozenset[str]
    viewer: int
    window: Window
    offset: int
    author_id: int | None
    only_followed: bool
    resolves: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """Ids and hashtags in the order of the answer."""

    accounts: Sequence[int] = ()
    posts: Sequence[int] = ()
    tags: Sequence[Tag] = ()


def asked_from_form(form: Form, viewer: int | None) -> Asked:
    """Read a search. Raises MissingParameter, Malformed, NotSignedIn for what needs somebody signed in."""
    text = form.required("q").strip()[:MAX_QUERY_CHARACTERS]
    limit, offset = form.number("limit", DEFAULT), form.number("offset", 0)
    if limit < 0 or offset < 0:
        raise Malformed("limit and offset must not be negative")
    if viewer is None and offset:
        raise NotSignedIn("Search queries pagination is not supported without authentication")
    if viewer is None and form.flag("resolve"):
        raise NotSignedIn("Search queries that resolve remote resources are not supported without authentication")
    every = frozenset(("accounts", "statuses", "hashtags"))
    kinds = every & {form.text("type")} if form.text("type") else every
    if viewer is None:
        kinds -= {"statuses"}
    window = form.window(DEFAULT, MOST)
    author_id = form.find_id("account_id")
    resolves = form.flag("resolve") and not offset
    return Asked(text, kinds, viewer or 0, window, min(offset, 10_000), author_id, form.flag("following"), resolves)


@routes.route("GET", "/api/v2/search", who="anyone", scope="read:search read")
async def search(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/search/#v2. All three lists are there whatever the type."""
    asked = asked_from_form(read_query(request), request.caller.account_id)
    far = await look_far(face, asked)
    await face.live.catch_up()
    found = await resolve_address(face, asked) if asked.text.startswith(("http://", "https://")) else None
    found = found or far
    if found is None:
        found = await search_words(face, asked)
    return json_bytes(await render_found(face, found, request.caller.account_id))


async def look_far(face: MastodonFace, asked: Asked) -> Found | None:
    """Return what another server has under a handle or an address, when the app wants that; None for nothing new.

    A server that does not answer is no error of the search: what is known here is found.
    """
    if not asked.resolves:
        return None
    try:
        found = await look_up(face.app, asked.text)
    except Refusal:
        return None
    if found is None:
        return None
    if found.account and not found.account.suspended_at_us and "accounts" in asked.kinds:
        return Found(accounts=[found.account.id])
    if found.post and "statuses" in asked.kinds:
        visible = await list_visible_ids(face.app.db.reader, [found.post.id], asked.viewer)
        return Found(posts=[found.post.id]) if visible else None
    return None


async def search_words(face: MastodonFace, asked: Asked) -> Found:
    """Look for words everywhere where they may stand."""
    db, here = face.app.db, face.app.settings.server.domain
    limit, offset = asked.window.limit, asked.offset
    accounts: Sequence[int] = ()
    posts: Sequence[int] = ()
    tags: Sequence[Tag] = ()
    if "accounts" in asked.kinds and not asked.text.startswith("#"):
        accounts = await search_accounts(
            db,
            asked.viewer,
            asked.text,
            here=here,
            limit=limit,
            offset=offset,
            only_followed=asked.only_followed and asked.viewer > 0,
        )
    if "statuses" in asked.kinds:
        posts = await search_posts(
            db,
            asked.viewer,
            parse_query(asked.text),
            asked.window,
            here=here,
            author_id=asked.author_id,
            offset=offset,
        )
    if "hashtags" in asked.kinds and "@" not in asked.text:
        prefix = tag_key(asked.text.lstrip("#＃").split(" ")[0])
        tags = await find_tags(db.long_reader, prefix, limit=limit, offset=offset) if prefix else ()
    return Found(accounts, posts, tags)


async def resolve_address(face: MastodonFace, asked: Asked) -> Found | None:
    """Return what an address leads to here: one of our pages, or a far thing that we know; None to look for words."""
    reader, base = face.app.db.reader, face.app.settings.base_url
    if asked.text.startswith(f"{base}/@"):
        return await resolve_page(face, asked)
    account = await find_account_by_uri(reader, asked.text)
    if account and not account.suspended_at_us and "accounts" in asked.kinds:
        return Found(accounts=[account.id])
    post_id = await find_post_by_uri(reader, asked.text, asked.viewer) if "statuses" in asked.kinds else None
    return Found(posts=[post_id]) if post_id else None


async def resolve_page(face: MastodonFace, asked: Asked) -> Found | None:
    """Return what one of our addresses shows: /@name is an account, /@name/SHORT_ID or /@name/ID a post."""
    reader = face.app.db.reader
    handle, _, short = urlsplit(asked.text).path[2:].strip("/").partition("/")
    if not short:
        try:
            account = await find_account_by_name(reader, *split_handle(handle, face.app.settings.server.domain))
        except AccountNotFound:
            return None
        is_shown = account is not None and not account.suspended_at_us and "accounts" in asked.kinds
        return Found(accounts=[account.id]) if account and is_shown else None
    try:
        post_id = int(short) if short.isascii() and short.isdigit() and len(short) > 13 else parse_short_id(short)
    except InvalidId:
        return None
    if "statuses" not in asked.kinds or post_id.bit_length() > 63:
        return None
    visible = await list_visible_ids(reader, [post_id], asked.viewer)
    return Found(posts=[post_id]) if visible else None


async def render_found(face: MastodonFace, found: Found, viewer: int | None) -> bytes:
    """Return the Search entity."""
    accounts = await face.renders.load_accounts(found.accounts)
    people = b",".join(accounts[account_id] for account_id in found.accounts if account_id in accounts)
    filters = await face.filters.of(viewer, "public") if viewer is not None and found.posts else None
    posts = await face.renders.page(found.posts, viewer, filters)
    tags = ENCODE_JSON(await shown_tags(face, found.tags, viewer))
    return b'{"accounts":[' + people + b'],"statuses":' + posts + b',"hashtags":' + tags + b"}"


@routes.route("GET", "/api/v1/accounts/search", who="user", scope="read:accounts read")
async def search_people(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/accounts/#search."""
    form = read_query(request)
    asked = asked_from_form(form, person(request))
    limit = min(max(form.number("limit", 40), 1), 80)
    far = await look_far(face, asked) if handle_in(face.app, asked.text) else None
    await face.live.catch_up()
    ids = await search_accounts(
        face.app.db,
        asked.viewer,
        asked.text,
        here=face.app.settings.server.domain,
        limit=limit,
        offset=asked.offset,
        only_followed=asked.only_followed,
    )
    if far and not asked.only_followed:
        ids = [*far.accounts, *(one for one in ids if one not in far.accounts)][:limit]
    accounts = await face.renders.load_accounts(ids)
    return json_bytes(b"[" + b",".join(accounts[i] for i in ids if i in accounts) + b"]")
