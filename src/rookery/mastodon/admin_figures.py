"""Figures for staff in the client API.

Owns: POST /api/v1/admin/measures, …/dimensions, …/retention. The role is asked before anything is counted (K6), and a
period is cut to two years, a cohort's to 31 days.
Spec: https://docs.joinmastodon.org/methods/admin/measures/, …/admin/dimensions/, …/admin/retention/
"""

from __future__ import annotations

from typing import Any

from rookery.mastodon.face import MastodonFace
from rookery.mastodon.forms import Form, read_form
from rookery.model.figures import Cohort, Measured, Period, Share, day_text, parse_period
from rookery.model.permissions import Permission
from rookery.network.requests import Request
from rookery.network.responses import Answer, json_response
from rookery.network.routes import RouteTable
from rookery.storage.tags import find_tag_name
from rookery.timelines.figures import MEASURES, Scope, list_cohorts, measure, rank_shares

routes: RouteTable[MastodonFace] = RouteTable()
DASHBOARD = Permission.VIEW_DASHBOARD
MOST_KEYS = 40
# Words of the API that the core has others for.
WORDS = {"instance_media_attachments": "instance_media", "instance_statuses": "instance_posts"}


def period_from_form(form: Form) -> Period:
    """Read the days. Raises MissingParameter, PeriodRefused."""
    return parse_period(form.required("start_at"), form.required("end_at"))


async def scope_of(face: MastodonFace, form: Form, key: str) -> Scope:
    """Read what one key is about: `tag_uses[id]`, `instance_accounts[domain]`."""
    about = form.under(key)
    tag_id = about.find_id("id")
    tag = await find_tag_name(face.app.db.reader, tag_id) if tag_id else None
    return Scope(about.text("domain").strip().lower(), tag or "")


def json_from_measured(word: str, found: Measured) -> dict[str, Any]:
    """Return the Admin::Measure entity."""
    shown: dict[str, Any] = {
        "key": word,
        "unit": found.unit,
        "total": str(found.total),
        "previous_total": None if found.previous is None else str(found.previous),
        "data": [{"date": day_text(day), "value": str(count)} for day, count in found.by_day.items()],
    }
    if found.unit == "bytes":
        shown["human_value"] = human_bytes(found.total)
    return shown


def human_bytes(count: int) -> str:
    """`1.5 MB`."""
    size = float(count)
    for unit in ("Bytes", "KB", "MB", "GB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "Bytes" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TB"


def json_from_share(share: Share) -> dict[str, Any]:
    """Return one line of an Admin::Dimension entity."""
    shown: dict[str, Any] = {"key": share.key, "human_key": share.label, "value": share.value}
    if share.unit == "bytes":
        shown |= {"unit": "bytes", "human_value": human_bytes(int(share.value))}
    return shown


def json_from_cohort(cohort: Cohort, frequency: str) -> dict[str, Any]:
    """Return the Admin::Cohort entity."""
    return {
        "period": day_text(cohort.first),
        "frequency": frequency,
        "data": [
            {"date": day_text(day), "rate": count / cohort.size if cohort.size else 0.0, "value": str(count)}
            for day, count in cohort.returned
        ],
    }


@routes.route("POST", "/api/v1/admin/measures", who="user", scope="admin:read", permission=DASHBOARD)
async def list_measures(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/admin/measures/#get."""
    form = await read_form(request)
    period, answers = period_from_form(form), []
    for word in dict.fromkeys(form.texts("keys")[:MOST_KEYS]):
        key = WORDS.get(word, word)
        if key in MEASURES and word not in WORDS.values():
            found = await measure(face.app.db, key, period, await scope_of(face, form, word))
            answers.append(json_from_measured(word, found))
    return json_response(answers)


@routes.route("POST", "/api/v1/admin/dimensions", who="user", scope="admin:read", permission=DASHBOARD)
async def list_dimensions(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/admin/dimensions/#get."""
    form = await read_form(request)
    period, limit, answers = period_from_form(form), min(max(form.number("limit", 10), 1), 100), []
    for key in dict.fromkeys(form.texts("keys")[:MOST_KEYS]):
        shares = await rank_shares(face.app.db, key, period, await scope_of(face, form, key), limit)
        if shares is not None:
            answers.append({"key": key, "data": [json_from_share(share) for share in shares]})
    return json_response(answers)


@routes.route("POST", "/api/v1/admin/retention", who="user", scope="admin:read", permission=DASHBOARD)
async def list_retention(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/admin/retention/#create."""
    form = await read_form(request)
    frequency = form.choice("frequency", ("day", "month"), "day")
    cohorts = await list_cohorts(face.app.db, period_from_form(form), is_monthly=frequency == "month")
    return json_response([json_from_cohort(cohort, frequency) for cohort in cohorts])
