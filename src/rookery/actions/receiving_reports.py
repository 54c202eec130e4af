"""Taking in reports that other servers send about people here.

Owns: receive_report. The reporter is whoever the other server names, often the server itself; staff alone sees it.
"""

from __future__ import annotations

from rookery.actions.app import App, record_event
from rookery.actions.naming import find_post_named, is_ours
from rookery.actions.receiving import get_sender
from rookery.actions.receiving_follows import get_local
from rookery.actions.repeating import repeatable
from rookery.actions.reports import evidence_of
from rookery.model.events import AccountReported
from rookery.model.ids import now_us
from rookery.model.incoming import (
    MAX_REPORT_CHARACTERS,
    MAX_REPORTED_POSTS,
    IncomingReport,
    NotTheirs,
    check_uri,
    shortened,
)
from rookery.model.posts import Post
from rookery.model.reports import Category, Report
from rookery.storage import reports
from rookery.storage.database import Reader
from rookery.storage.far_reports import claim_report_uri, find_report_by_uri


@repeatable
async def receive_report(app: App, incoming: IncomingReport, *, by_uri: str) -> int | None:
    """Store a report once and let staff hear of it; None when this server's reports are not wanted.

    Posts that are not the reported account's are left out.
    Raises NotTheirs, AccountNotFound, and what get_sender raises.
    """
    check_uri(incoming.uri)
    if incoming.by_uri != by_uri or is_ours(app, incoming.uri):
        raise NotTheirs(incoming.uri)
    async with app.db.transaction() as tx:
        sender, standing = await get_sender(app, tx, by_uri)
        if not standing.takes_reports:
            return None
        if earlier := await find_report_by_uri(tx, incoming.uri):
            return earlier
        target = await get_local(app, tx, incoming.target_uri)
        chosen = await list_reported(app, tx, incoming, target.id)
        now = now_us()
        report = Report(
            id=app.ids.next_id(),
            account_id=sender.id,
            target_id=target.id,
            category=Category.OTHER,
            comment=shortened(incoming.comment.strip(), MAX_REPORT_CHARACTERS),
            post_ids=tuple(post.id for post in chosen),
            rule_ids=(),
            evidence=tuple(evidence_of(post) for post in chosen),
            created_at_us=now,
            updated_at_us=now,
        )
        await reports.insert_report(tx, report)
        await claim_report_uri(tx, incoming.uri, report.id)
        await record_event(app, tx, AccountReported(report.id, sender.id))
    return report.id


async def list_reported(app: App, reader: Reader, incoming: IncomingReport, target_id: int) -> list[Post]:
    """Return the posts that are named and the target's, each once."""
    found: dict[int, Post] = {}
    for uri in incoming.post_uris[:MAX_REPORTED_POSTS]:
        post = await find_post_named(app, reader, uri)
        if post and post.author_id == target_id and post.repost_of_id is None:
            found[post.id] = post
    return list(found.values())
