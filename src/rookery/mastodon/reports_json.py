"""Reports as the client API shows them to whoever reported, and to staff in notifications.

Owns: the Report entity. Never: names the reporter. Spec: https://docs.joinmastodon.org/entities/Report/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from rookery.mastodon.dates import date_from_us, find_date
from rookery.mastodon.face import MastodonFace
from rookery.model.reports import Report
from rookery.storage.reports import list_reports_by_id

ENCODE = msgspec.json.Encoder().encode


def json_from_report(report: Report, target: Any) -> dict[str, Any]:
    """Return the Report entity. target: the Account entity of whom it is about."""
    return {
        "id": str(report.id),
        "action_taken": report.handled_at_us is not None,
        "action_taken_at": find_date(report.handled_at_us),
        "category": report.category.value,
        "comment": report.comment,
        "forwarded": report.is_forwarded,
        "created_at": date_from_us(report.created_at_us),
        "status_ids": [str(post_id) for post_id in report.post_ids] or None,
        "collection_ids": [str(one.id) for one in report.collections] or None,
        "rule_ids": [str(rule_id) for rule_id in report.rule_ids] or None,
        "target_account": target,
    }


async def render_reports(face: MastodonFace, viewer: int, ids: Sequence[int]) -> dict[int, bytes]:
    """Return Report entities for staff; those about the viewer are left out."""
    if not ids:
        return {}
    found = await list_reports_by_id(face.app.db.reader, list(ids), staff=viewer)
    targets = await face.renders.load_accounts({report.target_id for report in found.values()})
    return {
        report.id: ENCODE(json_from_report(report, msgspec.Raw(targets[report.target_id])))
        for report in found.values()
        if report.target_id in targets
    }
