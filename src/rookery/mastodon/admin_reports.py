"""Reports for staff in the client API.

Owns: the routes under /api/v1/admin/reports. Nobody finds a report about themselves here, whatever their role.
Spec: https://docs.joinmastodon.org/methods/admin/reports/
"""

from __future__ import annotations

from rookery.actions.reports import assign_report, classify_report, close_report, reopen_report
from rookery.mastodon.admin_accounts import DEFAULT, MOST, governor
from rookery.mastodon.admin_json import load_reports
from rookery.mastodon.face import MastodonFace, path_id, person
from rookery.mastodon.forms import read_form, read_query
from rookery.mastodon.pages import link_headers
from rookery.mastodon.reports import category_from_form, rules_from_form
from rookery.model.permissions import Permission
from rookery.network.requests import Request
from rookery.network.responses import Answer, json_response
from rookery.network.routes import RouteTable
from rookery.storage.reports import ReportChoice, get_report, list_reports

routes: RouteTable[MastodonFace] = RouteTable()
READ = "admin:read admin:read:reports"
WRITE = "admin:write admin:write:reports"
REPORTS = Permission.MANAGE_REPORTS


async def answer_report(face: MastodonFace, request: Request) -> Answer:
    """Answer the path's report as it is now. Raises ReportNotFound."""
    report = await get_report(face.app.db.reader, path_id(request), staff=person(request))
    return json_response((await load_reports(face, person(request), [report]))[0])


@routes.route("GET", "/api/v1/admin/reports", who="user", scope=READ, permission=REPORTS)
async def list_all(face: MastodonFace, request: Request) -> Answer:
    """Open ones, unless `resolved` is asked for. Spec: https://docs.joinmastodon.org/methods/admin/reports/#get"""
    form = read_query(request)
    wants_closed = form.flag("resolved")
    choice = ReportChoice(
        is_open=not wants_closed or form.flag("unresolved"),
        is_closed=wants_closed,
        account_id=form.find_id("account_id") or 0,
        target_id=form.find_id("target_account_id") or 0,
        domain=form.text("by_target_domain").strip().lower(),
    )
    window = form.window(DEFAULT, MOST)
    found = await list_reports(face.app.db.reader, window, choice, staff=person(request))
    headers = link_headers(face, request, [report.id for report in found], limit=window.limit)
    return json_response(await load_reports(face, person(request), found), headers=headers)


@routes.route("GET", "/api/v1/admin/reports/{id}", who="user", scope=READ, permission=REPORTS)
async def show(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/admin/reports/#get-one."""
    return await answer_report(face, request)


@routes.route("PUT PATCH", "/api/v1/admin/reports/{id}", who="user", scope=WRITE, permission=REPORTS)
async def update(face: MastodonFace, request: Request) -> Answer:
    """Category and rules. Spec: https://docs.joinmastodon.org/methods/admin/reports/#update"""
    form = await read_form(request)
    has_rules = bool(form.texts("rule_ids")) or form.has("rule_ids[]")
    await classify_report(
        face.app,
        path_id(request),
        by=governor(request),
        category=category_from_form(form),
        rule_ids=rules_from_form(form) if has_rules else None,
    )
    return await answer_report(face, request)


@routes.route("POST", "/api/v1/admin/reports/{id}/assign_to_self", who="user", scope=WRITE, permission=REPORTS)
async def assign_to_self(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/admin/reports/#assign_to_self."""
    await assign_report(face.app, path_id(request), by=governor(request), is_mine=True)
    return await answer_report(face, request)


@routes.route("POST", "/api/v1/admin/reports/{id}/unassign", who="user", scope=WRITE, permission=REPORTS)
async def unassign(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/admin/reports/#unassign."""
    await assign_report(face.app, path_id(request), by=governor(request), is_mine=False)
    return await answer_report(face, request)


@routes.route("POST", "/api/v1/admin/reports/{id}/resolve", who="user", scope=WRITE, permission=REPORTS)
async def resolve(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/admin/reports/#resolve."""
    await close_report(face.app, path_id(request), by=governor(request))
    return await answer_report(face, request)


@routes.route("POST", "/api/v1/admin/reports/{id}/reopen", who="user", scope=WRITE, permission=REPORTS)
async def reopen(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/admin/reports/#reopen."""
    await reopen_report(face.app, path_id(request), by=governor(request))
    return await answer_report(face, request)
