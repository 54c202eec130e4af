"""Deciding what may trend: hashtags, links, posts and the sites that links lead to.

Owns: verdicts, with their entries in the log of those who look after the server. The next verdict may change one.
"""

from __future__ import annotations

from rookery.actions.app import App
from rookery.actions.audit import record_act
from rookery.actions.repeating import repeatable
from rookery.model.audit import Act, Governor
from rookery.model.ids import now_us
from rookery.model.permissions import Permission, check_permission
from rookery.model.trends import TrendKind, TrendNotFound, Verdict
from rookery.storage.database import Reader
from rookery.storage.tags import find_tag_name
from rookery.storage.trends import find_trend_name, save_verdict

ACTS = {Verdict.APPROVED: Act.TREND_APPROVED, Verdict.REJECTED: Act.TREND_REJECTED}


async def get_name(reader: Reader, kind: TrendKind, subject_id: int) -> str:
    """Return the name that an id stands for; hashtags and posts need not be counted now. Raises TrendNotFound."""
    if kind is TrendKind.POST:
        return str(subject_id)
    by_tag = kind is TrendKind.TAG
    name = await (find_tag_name(reader, subject_id) if by_tag else find_trend_name(reader, kind, subject_id))
    if name is None:
        raise TrendNotFound
    return name


@repeatable
async def decide_trend(app: App, kind: TrendKind, subject_id: int, verdict: Verdict, *, by: Governor) -> str:
    """Let something trend, or never; return its name. Raises TrendNotFound, PermissionMissing."""
    check_permission(by.role, Permission.MANAGE_TAXONOMIES)
    async with app.db.transaction() as tx:
        name = await get_name(tx, kind, subject_id)
        await save_verdict(tx, kind, name, verdict, now_us())
        await record_act(app, tx, by, ACTS[verdict], subject=name, detail=kind.name.lower())
    return name
