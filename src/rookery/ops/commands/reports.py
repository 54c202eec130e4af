"""`report list|show|resolve`: the queue of reports, from the command line.

Owns: their arguments and words. Never: a rule (actions/reports.py).
"""

from __future__ import annotations

import argparse
from typing import Any

from rookery.actions.app import App
from rookery.actions.reports import close_report
from rookery.model.audit import OPERATOR
from rookery.model.ids import datetime_from_us
from rookery.model.paging import Window
from rookery.model.reports import Report
from rookery.ops.commands.options import Command, Commands, lines, on_app
from rookery.ops.outcome import Outcome
from rookery.storage.accounts import list_accounts
from rookery.storage.reports import ReportChoice, get_report, list_reports

LISTED = 200


def declare(commands: Commands) -> None:
    """Declare the commands of this file."""
    group = commands.add_parser("report", help="Reports").add_subparsers(required=True, metavar="WHAT")
    listed = Command(group, "list", on_app(list_all), "List the open reports, newest first")
    listed.takes("--done", action="store_true", help="those that are done instead")
    shown = Command(group, "show", on_app(show), "Show one report with what was reported")
    shown.takes("id", type=int, metavar="ID", help="its number in the list")
    resolved = Command(group, "resolve", on_app(resolve), "Close a report without a measure")
    resolved.takes("id", type=int, metavar="ID", help="its number in the list")


async def names_of(app: App, reports: list[Report]) -> dict[int, str]:
    """Return the handles of everybody in some reports."""
    ids = {one for report in reports for one in (report.account_id, report.target_id)}
    return {one.id: one.handle for one in (await list_accounts(app.db.reader, ids)).values()}


def values_of(report: Report, names: dict[int, str]) -> dict[str, Any]:
    """Return a report as plain values."""
    return {
        "id": str(report.id),
        "about": names.get(report.target_id, ""),
        "by": names.get(report.account_id, ""),
        "category": report.category.value,
        "comment": report.comment,
        "posts": [{"id": str(kept.post_id), "text": kept.text} for kept in report.evidence],
        "created_at": datetime_from_us(report.created_at_us).isoformat(),
        "is_done": report.handled_at_us is not None,
    }


async def list_all(app: App, asked: argparse.Namespace) -> Outcome:
    """List reports."""
    choice = ReportChoice(is_open=not asked.done, is_closed=asked.done)
    found = await list_reports(app.db.reader, Window(limit=LISTED), choice, staff=0)
    names = await names_of(app, found)
    values = [values_of(report, names) for report in found]
    text = "\n".join(f"{one['id']}  {one['about']}  {one['category']}  by {one['by']}" for one in values)
    return Outcome(text or "No reports.", {"reports": values})


async def show(app: App, asked: argparse.Namespace) -> Outcome:
    """Show one. Raises ReportNotFound."""
    report = await get_report(app.db.reader, asked.id, staff=0)
    values = values_of(report, await names_of(app, [report]))
    said = "\n".join(f"  {post['text']}" for post in values["posts"])
    head = {name: value for name, value in values.items() if name != "posts"}
    return Outcome(f"{lines(**head)}\n{said}".rstrip(), values)


async def resolve(app: App, asked: argparse.Namespace) -> Outcome:
    """Close one. Raises ReportNotFound."""
    await close_report(app, asked.id, by=OPERATOR)
    return Outcome(f"Report {asked.id} is closed.", {"id": str(asked.id), "is_done": True})
