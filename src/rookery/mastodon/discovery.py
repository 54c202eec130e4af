"""Finding people through the client API.

Owns: suggestions, the directory, familiar followers, endorsements. Search by name is mastodon/search.py.
Spec: https://docs.joinmastodon.org/methods/suggestions/, …/methods/directory/, …/methods/endorsements/
"""

from __future__ import annotations

from collections.abc import Sequence

from rookery.actions.discovery import endorse_account, turn_down_suggestion, unendorse_account
from rookery.mastodon.deprecated import deprecated_since
from rookery.mastodon.face import MastodonFace, path_id, person
from rookery.mastodon.forms import Form, read_form, read_query
from rookery.mastodon.pages import accounts_page
from rookery.mastodon.relations import answer_relation, other
from rookery.model.accounts import AccountNotFound
from rookery.model.errors import Malformed
from rookery.model.ids import AccountId, now_us
from rookery.network.requests import Request
from rookery.network.responses import Answer, json_bytes, json_response
from rookery.network.routes import RouteTable
from rookery.storage.accounts import get_account
from rookery.storage.discovery import (
    DIRECTORY_ORDERS,
    list_directory,
    list_endorsed,
    list_familiar,
    list_suggested,
)

routes: RouteTable[MastodonFace] = RouteTable()
READ, WRITE = "read:accounts read", "write:accounts write"
MAX_OFFSET = 10_000


def limit_and_offset(form: Form) -> dict[str, int]:
    """Return limit (40, at most 80) and offset. Raises Malformed for negative ones."""
    limit, offset = form.number("limit", 40), form.number("offset", 0)
    if limit < 0 or offset < 0:
        raise Malformed("limit and offset cannot be negative")
    return {"limit": min(limit or 40, 80), "offset": min(offset, MAX_OFFSET)}


async def answer_accounts(face: MastodonFace, ids: Sequence[int]) -> Answer:
    """Answer Account entities in the order of the ids."""
    await face.live.catch_up()
    found = await face.renders.load_accounts(ids)
    return json_bytes(b"[" + b",".join(found[one] for one in ids if one in found) + b"]")


async def suggested(face: MastodonFace, request: Request) -> list[int]:
    """Return whom the caller may like to follow."""
    page = limit_and_offset(read_query(request))
    return await list_suggested(face.app.db.long_reader, person(request), **page)


@routes.route("GET", "/api/v2/suggestions", who="user", scope=READ)
async def list_suggestions(face: MastodonFace, request: Request) -> Answer:
    """Whom you may like to follow, and why. Spec: https://docs.joinmastodon.org/methods/suggestions/#v2"""
    ids = await suggested(face, request)
    await face.live.catch_up()
    found = await face.renders.load_accounts(ids)
    why = b'{"source":"global","sources":["most_followed"],"account":%b}'
    return json_bytes(b"[" + b",".join(why % found[one] for one in ids if one in found) + b"]")


@routes.route("GET", "/api/v1/suggestions", who="user", scope=READ)
async def list_old_suggestions(face: MastodonFace, request: Request) -> Answer:
    """The same without the why. Spec: https://docs.joinmastodon.org/methods/suggestions/#v1"""
    answer = await answer_accounts(face, await suggested(face, request))
    answer.headers += deprecated_since(2021, 5, 16)
    return answer


@routes.route("DELETE", "/api/v1/suggestions/{id}", who="user", scope=WRITE)
async def remove_suggestion(face: MastodonFace, request: Request) -> Answer:
    """Never suggest somebody again. Spec: https://docs.joinmastodon.org/methods/suggestions/#remove"""
    await turn_down_suggestion(face.app, person(request), AccountId(path_id(request)))
    return json_response({})


@routes.route("GET", "/api/v1/directory", who="anyone")
async def show_directory(face: MastodonFace, request: Request) -> Answer:
    """People who want to be found. Spec: https://docs.joinmastodon.org/methods/directory/#get"""
    form = read_query(request)
    ids = await list_directory(
        face.app.db.long_reader,
        request.caller.account_id or 0,
        order=form.choice("order", DIRECTORY_ORDERS, "active"),
        only_local=form.flag("local"),
        now_us=now_us(),
        **limit_and_offset(form),
    )
    return await answer_accounts(face, ids)


@routes.route("GET", "/api/v1/accounts/familiar_followers", who="user", scope="read:follows read")
async def list_familiar_followers(face: MastodonFace, request: Request) -> Answer:
    """Whom you follow among somebody's followers.

    Spec: https://docs.joinmastodon.org/methods/accounts/#familiar_followers
    """
    ids = (await read_form(request)).ids("id", limit=40)  # Mastodon.py sends them in a body
    familiar = await list_familiar(face.app.db.long_reader, person(request), ids)
    await face.live.catch_up()
    found = await face.renders.load_accounts({one for followers in familiar.values() for one in followers})
    rows = []
    for account_id in ids:
        shown = b",".join(found[one] for one in familiar.get(account_id, ()) if one in found)
        rows.append(b'{"id":"%d","accounts":[%b]}' % (account_id, shown))
    return json_bytes(b"[" + b",".join(rows) + b"]")


@routes.route("GET", "/api/v1/endorsements", who="user", scope=READ)
async def list_own_endorsements(face: MastodonFace, request: Request) -> Answer:
    """Whom you recommend. Spec: https://docs.joinmastodon.org/methods/endorsements/#get"""
    return await answer_endorsed(face, request, person(request))


@routes.route("GET", "/api/v1/accounts/{id}/endorsements", who="anyone", scope=READ)
async def list_endorsements(face: MastodonFace, request: Request) -> Answer:
    """Whom somebody recommends. Spec: https://docs.joinmastodon.org/methods/accounts/#endorsements"""
    account = await get_account(face.app.db.reader, path_id(request))
    if account.suspended_at_us:
        raise AccountNotFound
    return await answer_endorsed(face, request, account.id)


async def answer_endorsed(face: MastodonFace, request: Request, account_id: AccountId) -> Answer:
    """Answer a page of recommended accounts."""
    window = read_query(request).window(40, 80)
    rows = await list_endorsed(face.app.db.reader, account_id, window)
    return await accounts_page(face, request, rows, window.limit)


async def endorse(face: MastodonFace, request: Request) -> Answer:
    """Recommend somebody. Spec: https://docs.joinmastodon.org/methods/accounts/#endorse"""
    await endorse_account(face.app, person(request), other(request))
    return await answer_relation(face, request)


async def unendorse(face: MastodonFace, request: Request) -> Answer:
    """Stop recommending somebody. Spec: https://docs.joinmastodon.org/methods/accounts/#unendorse"""
    await unendorse_account(face.app, person(request), other(request))
    return await answer_relation(face, request)


# Each has an older name as well.
for verb, handler in (("endorse", endorse), ("pin", endorse), ("unendorse", unendorse), ("unpin", unendorse)):
    routes.route("POST", f"/api/v1/accounts/{{id}}/{verb}", who="user", scope=WRITE)(handler)
