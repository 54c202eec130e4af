"""Reporting an account, and what staff does with a report: take it, give it back, sort it, close it, write beside it.

Owns: who may see and change a report: staff, but never whom it is about. Each act of staff is one transaction with its
entry in the log. Never: measures against accounts (actions/strikes.py). Reporters are known to staff alone.
"""

from __future__ import annotations

from dataclasses import replace

from rookery.actions.app import App, record_event
from rookery.actions.audit import record_act
from rookery.actions.repeating import repeatable
from rookery.model.accounts import AccountNotFound
from rookery.model.audit import Act, Governor
from rookery.model.collections import CollectionNotFound
from rookery.model.events import AccountReported
from rookery.model.ids import AccountId, now_us
from rookery.model.permissions import Permission, check_permission
from rookery.model.posts import Post, PostNotFound
from rookery.model.reports import (
    MAX_NOTE_CHARACTERS,
    Category,
    Evidence,
    Note,
    Report,
    ReportDraft,
    ReportedCollection,
    check_length,
    check_report,
)
from rookery.storage import accounts, collections, posts, reports
from rookery.storage.database import Reader, Transaction


@repeatable
async def report_account(app: App, account_id: AccountId, draft: ReportDraft) -> Report:
    """Store a report and let staff hear of it.

    Every post and collection must be the reported account's and visible to the reporter (K5). Raises AccountNotFound,
    PostNotFound, CollectionNotFound, ReportRefused.
    """
    category = check_report(draft, len(app.settings.nest.rules))
    async with app.db.transaction() as tx:
        target = await accounts.get_account(tx, draft.target_id)
        if target.suspended_at_us is not None:
            raise AccountNotFound
        chosen = await list_reportable(tx, account_id, draft)
        recommended = await list_reportable_collections(tx, account_id, draft)
        now = now_us()
        report = Report(
            id=app.ids.next_id(),
            account_id=account_id,
            target_id=target.id,
            category=category,
            comment=draft.comment.strip(),
            post_ids=tuple(post.id for post in chosen),
            rule_ids=draft.rule_ids if category is Category.VIOLATION else (),
            evidence=tuple(evidence_of(post) for post in chosen),
            is_forwarded=draft.is_forwarded and not target.is_local,
            created_at_us=now,
            updated_at_us=now,
            collections=recommended,
        )
        await reports.insert_report(tx, report)
        await record_event(app, tx, AccountReported(report.id, account_id))
    return report


async def list_reportable(reader: Reader, account_id: AccountId, draft: ReportDraft) -> list[Post]:
    """Return the draft's posts. Raises PostNotFound when one is hidden from the reporter or somebody else's."""
    wanted = list(dict.fromkeys(draft.post_ids))
    if not wanted:
        return []
    visible = await posts.list_visible_ids(reader, wanted, account_id)
    found = await posts.list_posts(reader, visible)
    if any(post_id not in found or found[post_id].author_id != draft.target_id for post_id in wanted):
        raise PostNotFound
    return [found[post_id] for post_id in wanted]


async def list_reportable_collections(
    reader: Reader, account_id: AccountId, draft: ReportDraft
) -> tuple[ReportedCollection, ...]:
    """Return the draft's collections as they are. Raises CollectionNotFound when one is hidden or somebody else's."""
    wanted = list(dict.fromkeys(draft.collection_ids))
    found = await collections.list_collections_by_id(reader, wanted, account_id) if wanted else {}
    if any(one not in found or found[one].owner_id != draft.target_id for one in wanted):
        raise CollectionNotFound
    return tuple(ReportedCollection(one, found[one].name, found[one].description) for one in wanted)


def evidence_of(post: Post) -> Evidence:
    """Return what is kept of a reported post."""
    return Evidence(post.id, post.text, post.content_warning, len(post.media))


async def get_held_report(tx: Transaction, report_id: int, by: Governor) -> Report:
    """Return a report that a governor may work on. Raises ReportNotFound, PermissionMissing."""
    check_permission(by.role, Permission.MANAGE_REPORTS)
    return await reports.get_report(tx, report_id, staff=by.account_id or 0)


@repeatable
async def assign_report(app: App, report_id: int, *, by: Governor, is_mine: bool) -> None:
    """Take a report, or give it back. Raises ReportNotFound, PermissionMissing."""
    async with app.db.transaction() as tx:
        report = await get_held_report(tx, report_id, by)
        await reports.assign_report(tx, report_id, by.account_id if is_mine else None, now_us())
        act = Act.REPORT_ASSIGNED if is_mine else Act.REPORT_LEFT
        await record_act(app, tx, by, act, account_id=report.target_id, detail=str(report_id))


@repeatable
async def close_report(app: App, report_id: int, *, by: Governor) -> None:
    """Settle a report without a measure. Raises ReportNotFound, PermissionMissing."""
    async with app.db.transaction() as tx:
        report = await get_held_report(tx, report_id, by)
        if await reports.close_report(tx, report_id, by.account_id, now_us()):
            await record_act(app, tx, by, Act.REPORT_CLOSED, account_id=report.target_id, detail=str(report_id))


@repeatable
async def reopen_report(app: App, report_id: int, *, by: Governor) -> None:
    """Look into a report again. Raises ReportNotFound, PermissionMissing."""
    async with app.db.transaction() as tx:
        report = await get_held_report(tx, report_id, by)
        if await reports.reopen_report(tx, report_id, now_us()):
            await record_act(app, tx, by, Act.REPORT_REOPENED, account_id=report.target_id, detail=str(report_id))


@repeatable
async def classify_report(
    app: App, report_id: int, *, by: Governor, category: Category | None, rule_ids: tuple[int, ...] | None
) -> None:
    """Change the category or the broken rules; None leaves one as it is. Raises ReportNotFound, ReportRefused."""
    async with app.db.transaction() as tx:
        report = await get_held_report(tx, report_id, by)
        rules = report.rule_ids if rule_ids is None else rule_ids
        check_report(ReportDraft(report.target_id, rule_ids=rules), len(app.settings.nest.rules))
        chosen = category or report.category
        if chosen is not Category.VIOLATION:
            rules = ()
        await reports.classify_report(tx, replace(report, category=chosen, rule_ids=rules), now_us())
        await record_act(app, tx, by, Act.REPORT_CHANGED, account_id=report.target_id, detail=chosen.value)


@repeatable
async def note_on_account(
    app: App, account_id: AccountId, text: str, *, by: Governor, report_id: int | None = None
) -> None:
    """Write a note that staff alone reads. Raises AccountNotFound, ReportRefused, PermissionMissing."""
    check_permission(by.role, Permission.MANAGE_REPORTS)
    words = check_length(text, MAX_NOTE_CHARACTERS)
    if not words:
        return
    async with app.db.transaction() as tx:
        await accounts.get_account(tx, account_id)
        await reports.insert_note(tx, Note(app.ids.next_id(), account_id, report_id, by.account_id, words, now_us()))
        await record_act(app, tx, by, Act.NOTED, account_id=account_id)
