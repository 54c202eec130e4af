"""Accounts for staff in the client API: finding them, letting them in, acting on them.

Owns: the routes under /api/v1/admin/accounts and /api/v2/admin/accounts. Role and scope are both asked (K6).
Spec: https://docs.joinmastodon.org/methods/admin/accounts/
"""

from __future__ import annotations

from typing import Any

from rookery.actions.governing import approve_member, reject_member
from rookery.actions.strikes import Decision, erase_account, take_measure, undo_measure
from rookery.mastodon.accounts_json import ROLE_PERMISSIONS
from rookery.mastodon.admin_json import load_governed
from rookery.mastodon.face import MastodonFace, path_id, person
from rookery.mastodon.forms import Form, read_form, read_query
from rookery.mastodon.pages import link_headers
from rookery.model.accounts import AccountNotFound
from rookery.model.audit import Governor
from rookery.model.ids import AccountId
from rookery.model.members import Role
from rookery.model.permissions import Permission
from rookery.model.reports import Measure
from rookery.network.requests import Request
from rookery.network.responses import Answer, json_response
from rookery.network.routes import RouteTable
from rookery.storage.governed import AccountQuery, list_governed

routes: RouteTable[MastodonFace] = RouteTable()
READ = "admin:read admin:read:accounts"
WRITE = "admin:write admin:write:accounts"
USERS = Permission.MANAGE_USERS
STAFF = (Role.MODERATOR, Role.ADMIN, Role.OWNER)
OLD_STANDINGS = ("active", "pending", "disabled", "silenced", "suspended", "sensitized")
DEFAULT, MOST = 100, 200


def governor(request: Request) -> Governor:
    """Return who acts, with the role that they have now."""
    return Governor(person(request), Role(request.caller.role))


def subject(request: Request) -> AccountId:
    """The account of the path."""
    return AccountId(path_id(request))


async def governed_json(face: MastodonFace, account_id: int) -> dict[str, Any]:
    """Return one Admin::Account. Raises AccountNotFound."""
    found = await load_governed(face, [account_id])
    if account_id not in found:
        raise AccountNotFound
    return found[account_id]


async def answer_list(face: MastodonFace, request: Request, form: Form, query: AccountQuery) -> Answer:
    """Answer a page of accounts."""
    window = form.window(DEFAULT, MOST)
    ids = await list_governed(face.app.db.long_reader, window, query)
    found = await load_governed(face, ids)
    headers = link_headers(face, request, ids, limit=window.limit)
    return json_response([found[i] for i in ids if i in found], headers=headers)


def query_from_form(
    form: Form, *, origin: str, standing: str, roles: tuple[Role, ...] | None = None, invited_by_id: int = 0
) -> AccountQuery:
    """Read what both versions share."""
    return AccountQuery(
        origin,
        standing,
        form.text("by_domain").strip().lower(),
        form.text("username"),
        form.text("display_name"),
        form.text("email"),
        form.text("ip").strip(),
        roles,
        invited_by_id,
    )


@routes.route("GET", "/api/v1/admin/accounts", who="user", scope=READ, permission=USERS)
async def list_accounts_v1(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/admin/accounts/#v1."""
    form = read_query(request)
    origin = "remote" if form.flag("remote") else "local" if form.flag("local") else ""
    standing = next((word for word in OLD_STANDINGS if form.flag(word)), "")
    roles = STAFF if form.flag("staff") else None
    return await answer_list(face, request, form, query_from_form(form, origin=origin, standing=standing, roles=roles))


@routes.route("GET", "/api/v2/admin/accounts", who="user", scope=READ, permission=USERS)
async def list_accounts_v2(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/admin/accounts/#v2."""
    form = read_query(request)
    roles: tuple[Role, ...] | None = STAFF if form.text("permissions") == "staff" else None
    asked = form.texts("role_ids")
    if asked:
        roles = tuple(role for role, number in ROLE_PERMISSIONS.items() if str(number) in asked)
    query = query_from_form(
        form,
        origin=form.choice("origin", ("", "local", "remote"), ""),
        standing=form.choice("status", ("", *OLD_STANDINGS), ""),
        roles=roles,
        invited_by_id=form.find_id("invited_by") or 0,
    )
    return await answer_list(face, request, form, query)


@routes.route("GET", "/api/v1/admin/accounts/{id}", who="user", scope=READ, permission=USERS)
async def show_account(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/admin/accounts/#get-one."""
    return json_response(await governed_json(face, subject(request)))


@routes.route("POST", "/api/v1/admin/accounts/{id}/approve", who="user", scope=WRITE, permission=USERS)
async def approve(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/admin/accounts/#approve."""
    await approve_member(face.app, subject(request), by=governor(request))
    return json_response(await governed_json(face, subject(request)))


@routes.route("POST", "/api/v1/admin/accounts/{id}/reject", who="user", scope=WRITE, permission=USERS)
async def reject(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/admin/accounts/#reject."""
    shown = await governed_json(face, subject(request))
    await reject_member(face.app, subject(request), by=governor(request))
    return json_response(shown)


@routes.route("DELETE", "/api/v1/admin/accounts/{id}", who="user", scope=WRITE, permission=Permission.DELETE_USER_DATA)
async def delete(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/admin/accounts/#delete."""
    shown = await governed_json(face, subject(request))
    await erase_account(face.app, subject(request), by=governor(request))
    return json_response(shown)


@routes.route("POST", "/api/v1/admin/accounts/{id}/action", who="user", scope=WRITE, permission=USERS)
async def act(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/admin/accounts/#action."""
    form = await read_form(request)
    decision = Decision(
        Measure(form.choice("type", [one.value for one in Measure], Measure.NONE)),
        form.text("text"),
        form.find_id("report_id"),
        form.flag("send_email_notification", default=True),
    )
    await take_measure(face.app, subject(request), decision, by=governor(request))
    return json_response({})


async def undo(face: MastodonFace, request: Request, measure: Measure) -> Answer:
    """Undo a measure and answer the account as it is now."""
    await undo_measure(face.app, subject(request), measure, by=governor(request))
    return json_response(await governed_json(face, subject(request)))


@routes.route("POST", "/api/v1/admin/accounts/{id}/enable", who="user", scope=WRITE, permission=USERS)
async def enable(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/admin/accounts/#enable."""
    return await undo(face, request, Measure.DISABLE)


@routes.route("POST", "/api/v1/admin/accounts/{id}/unsilence", who="user", scope=WRITE, permission=USERS)
async def unsilence(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/admin/accounts/#unsilence."""
    return await undo(face, request, Measure.SILENCE)


@routes.route("POST", "/api/v1/admin/accounts/{id}/unsuspend", who="user", scope=WRITE, permission=USERS)
async def unsuspend(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/admin/accounts/#unsuspend."""
    return await undo(face, request, Measure.SUSPEND)


@routes.route("POST", "/api/v1/admin/accounts/{id}/unsensitive", who="user", scope=WRITE, permission=USERS)
async def unsensitive(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/admin/accounts/#unsensitive."""
    return await undo(face, request, Measure.SENSITIVE)
