"""Reporting an account in the client API.

Owns: POST /api/v1/reports. Spec: https://docs.joinmastodon.org/methods/reports/
"""

from __future__ import annotations

from rookery.actions.reports import report_account
from rookery.mastodon.face import MastodonFace, person
from rookery.mastodon.forms import Form, read_form
from rookery.mastodon.reports_json import json_from_report
from rookery.model.accounts import AccountNotFound
from rookery.model.reports import Category, ReportDraft
from rookery.network.limits import REPORTING
from rookery.network.requests import Request
from rookery.network.responses import Answer, json_response
from rookery.network.routes import RouteTable

routes: RouteTable[MastodonFace] = RouteTable()


def category_from_form(form: Form) -> Category | None:
    """Read the category, None when it was not sent. Raises Invalid."""
    if not form.text("category"):
        return None
    return Category(form.choice("category", [one.value for one in Category], Category.OTHER))


def rules_from_form(form: Form) -> tuple[int, ...]:
    """Read the numbers of rules; what is none becomes 0, which no rule has."""
    return tuple(int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 6 else 0 for raw in form.texts("rule_ids"))


@routes.route("POST", "/api/v1/reports", who="user", scope="write:reports write", limit=REPORTING)
async def create_report(face: MastodonFace, request: Request) -> Answer:
    """Report an account, with some of its posts and collections. Spec: https://docs.joinmastodon.org/methods/reports/#post"""
    form = await read_form(request)
    draft = ReportDraft(
        target_id=form.find_id("account_id") or 0,
        category=category_from_form(form),
        comment=form.text("comment"),
        post_ids=tuple(form.ids("status_ids")),
        rule_ids=rules_from_form(form),
        is_forwarded=form.flag("forward"),
        collection_ids=tuple(form.ids("collection_ids")),
    )
    report = await report_account(face.app, person(request), draft)
    target = await face.renders.account(report.target_id)
    if target is None:
        raise AccountNotFound
    return json_response(json_from_report(report, target))
