"""Our people as other servers read them, and the actor of the server itself.

Owns: whose document a path names, what stands in the place of somebody who is gone or suspended. Never: the fields of
an actor (actors.py), keys (keys.py). Spec: https://www.w3.org/TR/activitypub/#actors
"""

from __future__ import annotations

from rookery.activitypub.actors import Links, actor_from_account, actor_of_server, reduced
from rookery.activitypub.addresses import actor_uri, media_url, server_name, server_uri
from rookery.activitypub.admitting import viewer_of
from rookery.activitypub.desk import Desk
from rookery.activitypub.face import READING, TYPES, Gone, WireFace, send_document
from rookery.activitypub.keys import public_keys
from rookery.activitypub.lists import before_of, head_of, page_of
from rookery.activitypub.signatures import SignatureRefused
from rookery.activitypub.verifier import VerifiedActor
from rookery.activitypub.vocabulary import ACTIVITYSTREAMS, EmojiPicture, Json, document, iso
from rookery.model.accounts import Account, AccountNotFound, username_key
from rookery.model.emoji import CustomEmoji
from rookery.model.errors import NotAllowed, TooMany, Unavailable
from rookery.model.text import FacetKind
from rookery.network.requests import Request
from rookery.network.responses import Answer, redirect
from rookery.network.routes import RouteTable
from rookery.storage.accounts import find_account_by_name, list_accounts
from rookery.storage.database import Reader
from rookery.storage.emoji import list_emoji
from rookery.storage.moves import find_new_home, list_aliases
from rookery.storage.relations import keeps_away

routes: RouteTable[WireFace] = RouteTable(READING)
PICTURE_TYPES = {"webp": "image/webp", "png": "image/png", "gif": "image/gif", "jpg": "image/jpeg"}


class AccountSuspended(NotAllowed):
    """The account is hidden, perhaps not for ever."""

    def __init__(self) -> None:
        super().__init__("this account is suspended here")


def is_gone(account: Account) -> bool:
    """True for an account whose member was erased. Who may still come back, and whom staff hides, is not gone."""
    return account.is_local and account.suspended_at_us is not None and account.role is None


async def find_ours(face: WireFace, request: Request) -> Account:
    """Return the account of ours that the path names. Raises AccountNotFound, Gone."""
    name = request.path_values["name"]
    account = None if "@" in name else await find_account_by_name(face.reader, name)
    if account is None:
        raise AccountNotFound
    if is_gone(account):
        raise Gone(tombstone_of(account, face.base_url))
    return account


async def find_standing(face: WireFace, request: Request) -> Account:
    """Return the account that the path names, whoever asks. Raises AccountNotFound, Gone, AccountSuspended."""
    account = await find_ours(face, request)
    if account.suspended_at_us:
        raise AccountSuspended
    return account


async def find_shown(face: WireFace, request: Request) -> tuple[Account, VerifiedActor | None]:
    """Return the account whose collections the path names, and who reads them.

    Raises AccountNotFound, Gone, AccountSuspended, and what WireFace.admit raises.
    """
    reader = await face.admit(request)
    account = await find_standing(face, request)
    if await is_kept_away(face, account, reader):
        raise AccountNotFound
    return account, reader


async def is_kept_away(face: WireFace, account: Account, reader: VerifiedActor | None) -> bool:
    """True when one of ours blocks who reads, or their server."""
    if reader is None:
        return False
    domains = {reader.host, reader.account.domain if reader.account else reader.host}
    return await keeps_away(face.reader, account.id, viewer_of(reader), domains)


@routes.route("GET", "/@{name}", who="anyone", types=TYPES)
async def show_actor(face: WireFace, request: Request) -> Answer:
    """Somebody's actor. Who is suspended shows that and no more; who is gone leaves a Tombstone (410).

    Where signatures are asked for, everybody else gets the keys, without which nobody could verify ours.
    """
    account = await find_ours(face, request)
    if request.path_values["name"] != account.username:
        return redirect(actor_uri(account, face.base_url), 301)
    actor = await describe(face, account)
    return face.send(actor if await may_read_profile(face, account, request) else reduced(actor))


async def may_read_profile(face: WireFace, account: Account, request: Request) -> bool:
    """True for who may read the whole actor. Raises ReaderRefused for who is shut out."""
    try:
        return not await is_kept_away(face, account, await face.admit(request))
    except (SignatureRefused, TooMany, Unavailable):
        return False


async def describe(face: Desk, account: Account) -> Json:
    """Return the whole actor. Its address carries the name of the handle, which may be shorter than our host's."""
    keys = await public_keys(face.app, account.id)
    lines = [f"{one.name} {one.value}" for one in account.fields]
    emoji = await emoji_in(face, account.display_name, account.bio, *lines)
    pages = await far_pages(face, account)
    links = await links_of(face.reader, account, face.base_url)
    actor = actor_from_account(account, face.base_url, keys, links=links, emoji=emoji, pages=pages)
    return actor | {"webfinger": f"{account.username}@{face.app.settings.server.domain}"}


async def links_of(reader: Reader, account: Account, base_url: str) -> Links:
    """Return who somebody of ours also is, and where they went."""
    home = await find_new_home(reader, account.id) if account.moved_to_id else None
    return Links(await list_aliases(reader, account.id), actor_uri(home, base_url) if home else "")


async def emoji_in(face: Desk, *texts: str) -> dict[str, EmojiPicture]:
    """Return our custom emoji by shortcode when a text may name one."""
    if not any(text.count(":") > 1 for text in texts):
        return {}
    return {one.shortcode: picture_of(one, face.base_url) for one in await list_emoji(face.reader)}


def picture_of(emoji: CustomEmoji, base_url: str) -> EmojiPicture:
    """Return an emoji's picture as others fetch it."""
    mime = PICTURE_TYPES.get(emoji.blob_key.rpartition(".")[2], "image/png")
    return EmojiPicture(media_url(emoji.blob_key, base_url), mime)


async def far_pages(face: Desk, account: Account) -> dict[int, str]:
    """Return the pages of far people whom the profile mentions."""
    facets = [*account.bio_facets, *(facet for one in account.fields for facet in one.facets)]
    ids = {one.account_id for one in facets if one.kind is FacetKind.MENTION and one.account_id is not None}
    known = await list_accounts(face.reader, ids) if ids else {}
    return {one.id: one.url or one.uri or "" for one in known.values() if not one.is_local}


def tombstone_of(account: Account, base_url: str) -> Json:
    """Return what is left of somebody who is gone: that they are, and since when."""
    gone: Json = {"id": actor_uri(account, base_url), "type": "Tombstone", "formerType": "Person"}
    if account.suspended_at_us:
        gone["deleted"] = iso(account.suspended_at_us)
    return document(ACTIVITYSTREAMS, gone)


@routes.route("GET", "/actor", who="anyone")
async def show_server(face: WireFace, request: Request) -> Answer:
    """The actor of the server, in whose name it asks others. Spec: https://w3id.org/fep/2677"""
    settings = face.app.settings
    domain = settings.server.domain
    actor = actor_of_server(face.base_url, settings.nest.title, await public_keys(face.app, None))
    return send_document(
        actor | {"preferredUsername": server_name(domain), "webfinger": f"{server_name(domain)}@{domain}"}
    )


@routes.route("GET", "/actor/outbox", who="anyone")
async def show_outbox_of_server(face: WireFace, request: Request) -> Answer:
    """What the server itself published: nothing, ever."""
    uri, before = f"{server_uri(face.base_url)}/outbox", before_of(request)
    if before is None:
        return send_document(head_of(uri, 0))
    return send_document(page_of(uri, before, [], after=None, context=ACTIVITYSTREAMS))


def names_author(request: Request, author: Account) -> bool:
    """True when the path names the author of what it names, in whatever letters."""
    return author.is_local and username_key(request.path_values["name"]) == username_key(author.username)
