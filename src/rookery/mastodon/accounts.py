"""Accounts of the client API: profiles, what they wrote, whom they know, what you are to them.

Owns: the routes under /api/v1/accounts but sign-up, follow requests, blocks and mutes lists.
Spec: https://docs.joinmastodon.org/methods/accounts/
"""

from __future__ import annotations

from rookery.actions.accounts import change_profile
from rookery.actions.resolving import plan_profile
from rookery.mastodon.account_forms import change_attribution, change_from_form, change_writing_defaults, with_pictures
from rookery.mastodon.accounts_json import json_from_credentials, json_from_relation
from rookery.mastodon.face import MastodonFace, path_id, person
from rookery.mastodon.forms import Form, read_form, read_query
from rookery.mastodon.pages import accounts_page, posts_page
from rookery.model.accounts import Account, AccountNotFound, split_handle
from rookery.model.ids import AccountId, now_us
from rookery.model.text import tag_key
from rookery.network.requests import Request
from rookery.network.responses import Answer, json_bytes, json_response
from rookery.network.routes import RouteTable
from rookery.storage.accounts import find_account_by_name, get_account, is_present
from rookery.storage.marks import list_pinned
from rookery.storage.members import find_member
from rookery.storage.pages import AccountChoice, list_of_account
from rookery.storage.relations import FOLLOWED, FOLLOWERS, count_requests, list_pairs, list_relations

routes: RouteTable[MastodonFace] = RouteTable()
READ = "read:accounts read"
PICTURE_BYTES = 10 * 1024 * 1024


@routes.route("GET", "/api/v1/accounts/verify_credentials", who="user", scope="read:accounts profile read")
async def verify_credentials(face: MastodonFace, request: Request) -> Answer:
    """Who the token stands for. Spec: https://docs.joinmastodon.org/methods/accounts/#verify_credentials"""
    return json_response(await credentials(face, person(request)))


async def credentials(face: MastodonFace, account_id: AccountId) -> object:
    """Return the CredentialAccount entity."""
    reader = face.app.db.reader
    account = await get_account(reader, account_id)
    member = await find_member(reader, account_id)
    if member is None:
        raise AccountNotFound
    shown = await face.renders.account(account_id)
    return json_from_credentials(account, member, await count_requests(reader, account_id), shown)


@routes.route(
    "PATCH",
    "/api/v1/accounts/update_credentials",
    who="user",
    scope="write:accounts write",
    body_limit=2 * PICTURE_BYTES,
)
async def update_credentials(face: MastodonFace, request: Request) -> Answer:
    """Change the profile. Spec: https://docs.joinmastodon.org/methods/accounts/#update_credentials"""
    form = await read_form(request)
    change = change_from_form(form)
    await change_profile(face.app, person(request), await with_pictures(face, change, request))
    await change_writing_defaults(face.app, person(request), form.under("source"))
    await change_attribution(face.app, person(request), form)
    return json_response(await credentials(face, person(request)))


@routes.route("GET", "/api/v1/accounts/lookup", who="anyone", scope=READ)
async def lookup_account(face: MastodonFace, request: Request) -> Answer:
    """The account of a handle. Spec: https://docs.joinmastodon.org/methods/accounts/#lookup"""
    name, domain = split_handle(read_query(request).text("acct"), face.app.settings.server.domain)
    account = await find_account_by_name(face.app.db.reader, name, domain)
    if account is None:
        raise AccountNotFound
    return await answer_account(face, account.id)


async def answer_account(face: MastodonFace, account_id: int) -> Answer:
    """Answer one Account entity. Raises AccountNotFound."""
    await face.live.catch_up()
    found = (await face.renders.load_accounts([account_id])).get(account_id)
    if found is None:
        raise AccountNotFound
    return json_bytes(found)


@routes.route("GET", "/api/v1/accounts/relationships", who="user", scope="read:follows read")
async def list_relationships(face: MastodonFace, request: Request) -> Answer:
    """What you are to some accounts. Spec: https://docs.joinmastodon.org/methods/accounts/#relationships"""
    ids = read_query(request).ids("id")
    found = await list_relations(face.app.db.reader, person(request), ids, now_us())
    return json_response([json_from_relation(found[i]) for i in ids if i in found])


@routes.route("GET", "/api/v1/accounts", who="anyone", scope=READ)
async def list_accounts_by_id(face: MastodonFace, request: Request) -> Answer:
    """Several accounts. Spec: https://docs.joinmastodon.org/methods/accounts/#index"""
    ids = read_query(request).ids("id", limit=40)
    await face.live.catch_up()
    found = await face.renders.load_accounts(ids)
    return json_bytes(b"[" + b",".join(found[i] for i in ids if i in found) + b"]")


@routes.route("GET", "/api/v1/accounts/{id}", who="anyone", scope=READ)
async def show_account(face: MastodonFace, request: Request) -> Answer:
    """One profile; of one that lives elsewhere, more is brought for whoever looks at it signed in.

    Spec: https://docs.joinmastodon.org/methods/accounts/#get
    """
    if request.caller.account_id:
        await plan_profile(face.app, AccountId(path_id(request)))
    return await answer_account(face, path_id(request))


async def present_account(face: MastodonFace, request: Request) -> Account:
    """Return the path's account when it is there and not suspended. Raises AccountNotFound."""
    account = await get_account(face.app.db.reader, path_id(request))
    if account.suspended_at_us:
        raise AccountNotFound
    return account


async def present_id(face: MastodonFace, request: Request) -> int:
    """Return the path's account id when it is there and not suspended. Raises AccountNotFound."""
    account_id = path_id(request)
    if not await is_present(face.app.db.reader, account_id):
        raise AccountNotFound
    return account_id


@routes.route("GET", "/api/v1/accounts/{id}/statuses", who="anyone", scope="read:statuses read")
async def list_account_statuses(face: MastodonFace, request: Request) -> Answer:
    """What an account wrote. Spec: https://docs.joinmastodon.org/methods/accounts/#statuses"""
    form = read_query(request)
    viewer = request.caller.account_id or 0
    await face.live.catch_up()
    account_id = await present_id(face, request)
    if form.flag("pinned"):
        ids = await list_pinned(face.app.db.reader, account_id, viewer)
    else:
        choice = choice_from_form(form)
        ids = await list_of_account(face.app.db.reader, account_id, viewer, form.window(20, 40), choice)
    return await posts_page(face, request, ids, "account")


def choice_from_form(form: Form) -> AccountChoice:
    """Read which posts of an account are wanted."""
    return AccountChoice(
        only_media=form.flag("only_media"),
        no_replies=form.flag("exclude_replies"),
        no_reposts=form.flag("exclude_reblogs"),
        no_letters=form.flag("exclude_direct"),
        tag=tag_key(form.text("tagged")) or None,
    )


@routes.route("GET", "/api/v1/accounts/{id}/followers", who="anyone", scope=READ)
async def list_followers(face: MastodonFace, request: Request) -> Answer:
    """Who follows an account. Spec: https://docs.joinmastodon.org/methods/accounts/#followers"""
    return await answer_network(face, request, "followers")


@routes.route("GET", "/api/v1/accounts/{id}/following", who="anyone", scope=READ)
async def list_following(face: MastodonFace, request: Request) -> Answer:
    """Whom an account follows. Spec: https://docs.joinmastodon.org/methods/accounts/#following"""
    return await answer_network(face, request, "following")


async def answer_network(face: MastodonFace, request: Request, side: str) -> Answer:
    """Answer followers or followed; nobody but its owner sees a hidden network."""
    account = await present_account(face, request)
    viewer = request.caller.account_id
    window = read_query(request).window(40, 80)
    if account.hides_network and viewer != account.id:
        return json_response([])
    query = FOLLOWERS if side == "followers" else FOLLOWED
    rows = await list_pairs(face.app.db.reader, query, account.id, window, state="active", viewer=viewer or 0)
    return await accounts_page(face, request, rows, window.limit)
