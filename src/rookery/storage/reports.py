"""Reports and the notes of staff, in SQL.

Owns: the tables `reports` and `moderation_notes`. A report is never shown to whom it is about: every query binds the
reader and leaves such reports out, also for staff (an id of 0 reads for the command line).
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from rookery.model.paging import Window
from rookery.model.reports import Category, Evidence, Note, Report, ReportedCollection, ReportNotFound
from rookery.storage.database import Reader, Transaction
from rookery.storage.encoding import encode
from rookery.storage.paging import PageQuery, list_rows
from rookery.storage.sql import Row

DECODE_EVIDENCE = msgspec.json.Decoder(tuple[Evidence, ...]).decode
DECODE_COLLECTIONS = msgspec.json.Decoder(tuple[ReportedCollection, ...]).decode
DECODE_IDS = msgspec.json.Decoder(tuple[int, ...]).decode
COLUMNS = """
    r.id, r.account_id, r.target_id, r.category, r.comment, r.post_ids, r.rule_ids, r.evidence, r.created_at,
    r.updated_at, r.is_forwarded, r.assigned_id, r.handled_by_id, r.handled_at, r.collections
"""
NOT_ABOUT = "r.target_id <> :staff"
PAGE = PageQuery(f"""
    -- Newest first. Index: reports_open (id DESC) WHERE handled_at IS NULL, reports_target, reports_account
    SELECT {COLUMNS} FROM reports r JOIN accounts t ON t.id = r.target_id
    WHERE r.id < :before AND r.id > :after AND {NOT_ABOUT}
    AND ((:open = 1 AND r.handled_at IS NULL) OR (:closed = 1 AND r.handled_at IS NOT NULL))
    AND (r.account_id = :account OR :account = 0) AND (r.target_id = :target OR :target = 0)
    AND (t.domain = :domain OR CAST(:domain AS text) = '')
    ORDER BY r.id {{order}} LIMIT :limit
""")
BY_IDS = f"SELECT {COLUMNS} FROM reports r WHERE r.id IN (:ids...) AND {NOT_ABOUT}"
COUNT_OPEN = f"SELECT count(*) FROM reports r WHERE r.handled_at IS NULL AND {NOT_ABOUT}"
OPEN_ABOUT = f"SELECT r.id FROM reports r WHERE r.target_id = :target AND r.handled_at IS NULL AND {NOT_ABOUT}"
INSERT = """
    INSERT INTO reports (id, account_id, target_id, category, comment, post_ids, rule_ids, evidence, is_forwarded,
        created_at, updated_at, collections)
    VALUES (:id, :account_id, :target_id, :category, :comment, :post_ids, :rule_ids, :evidence, :is_forwarded, :now,
        :now, :collections)
"""
CLASSIFY = "UPDATE reports SET category = :category, rule_ids = :rule_ids, updated_at = :now WHERE id = :id"
ASSIGN = "UPDATE reports SET assigned_id = :staff, updated_at = :now WHERE id = :id"
CLOSE = """
    UPDATE reports SET handled_by_id = :staff, handled_at = :now, updated_at = :now
    WHERE id = :id AND handled_at IS NULL
"""
REOPEN = """
    UPDATE reports SET handled_by_id = NULL, handled_at = NULL, updated_at = :now
    WHERE id = :id AND handled_at IS NOT NULL
"""
INSERT_NOTE = """
    INSERT INTO moderation_notes (id, account_id, report_id, author_id, words, created_at)
    VALUES (:id, :account_id, :report_id, :author_id, :words, :now)
"""
LIST_NOTES = """
    -- Newest first. Index: moderation_notes_account (account_id, id DESC)
    SELECT id, account_id, report_id, author_id, words, created_at FROM moderation_notes
    WHERE account_id = :account_id ORDER BY id DESC LIMIT 200
"""


@dataclass(frozen=True, slots=True)
class ReportChoice:
    """Which reports. account_id, target_id: 0 for all. domain: of the reported, '' for all."""

    is_open: bool = True
    is_closed: bool = False
    account_id: int = 0
    target_id: int = 0
    domain: str = ""


def report_from_row(row: Row) -> Report:
    """Build a Report from COLUMNS."""
    return Report(  # type: ignore[call-arg]  # the star hides how many values COLUMNS has
        row[0],
        row[1],
        row[2],
        Category(row[3]),
        row[4],
        DECODE_IDS(row[5]),
        DECODE_IDS(row[6]),
        DECODE_EVIDENCE(row[7]),
        *row[8:10],
        bool(row[10]),
        *row[11:14],
        DECODE_COLLECTIONS(row[14]),
    )


async def list_reports(reader: Reader, window: Window, choice: ReportChoice, *, staff: int) -> list[Report]:
    """Return a page of reports, newest first. staff: who reads."""
    rows = await list_rows(
        reader,
        PAGE,
        window,
        staff=staff,
        open=int(choice.is_open),
        closed=int(choice.is_closed),
        account=choice.account_id,
        target=choice.target_id,
        domain=choice.domain,
    )
    return [report_from_row(row) for row in rows]


async def list_reports_by_id(reader: Reader, ids: list[int], *, staff: int) -> dict[int, Report]:
    """Return those of the reports that exist and are not about the reader."""
    return {row[0]: report_from_row(row) for row in await reader.all(BY_IDS, ids=ids, staff=staff)}


async def get_report(reader: Reader, report_id: int, *, staff: int) -> Report:
    """Return one report. Raises ReportNotFound, also when it is about the reader."""
    found = (await list_reports_by_id(reader, [report_id], staff=staff)).get(report_id)
    if found is None:
        raise ReportNotFound
    return found


async def count_open_reports(reader: Reader, *, staff: int) -> int:
    """Return how many reports wait."""
    row = await reader.one(COUNT_OPEN, staff=staff)
    return row[0] if row else 0


async def list_open_about(reader: Reader, target_id: int, *, staff: int) -> list[int]:
    """Return the ids of the open reports of one account."""
    return [row[0] for row in await reader.all(OPEN_ABOUT, target=target_id, staff=staff)]


async def insert_report(tx: Transaction, report: Report) -> None:
    """Store a new report."""
    await tx.run(
        INSERT,
        id=report.id,
        account_id=report.account_id,
        target_id=report.target_id,
        category=report.category.value,
        comment=report.comment,
        post_ids=encode(report.post_ids),
        rule_ids=encode(report.rule_ids),
        evidence=encode(report.evidence),
        collections=encode(report.collections),
        is_forwarded=int(report.is_forwarded),
        now=report.created_at_us,
    )


async def classify_report(tx: Transaction, report: Report, now_us: int) -> None:
    """Store category and rules as they stand in `report`."""
    await tx.run(CLASSIFY, id=report.id, category=report.category.value, rule_ids=encode(report.rule_ids), now=now_us)


async def assign_report(tx: Transaction, report_id: int, staff: int | None, now_us: int) -> None:
    """Note who looks into a report."""
    await tx.run(ASSIGN, id=report_id, staff=staff, now=now_us)


async def close_report(tx: Transaction, report_id: int, staff: int | None, now_us: int) -> bool:
    """Note that a report is done; False when it was."""
    return await tx.run(CLOSE, id=report_id, staff=staff, now=now_us) == 1


async def reopen_report(tx: Transaction, report_id: int, now_us: int) -> bool:
    """Note that it is not done after all; False when it was open."""
    return await tx.run(REOPEN, id=report_id, now=now_us) == 1


async def insert_note(tx: Transaction, note: Note) -> None:
    """Store a note."""
    await tx.run(
        INSERT_NOTE,
        id=note.id,
        account_id=note.account_id,
        report_id=note.report_id,
        author_id=note.author_id,
        words=note.text,
        now=note.created_at_us,
    )


async def list_notes(reader: Reader, account_id: int) -> list[Note]:
    """Return what staff wrote about an account, newest first."""
    return [Note(*row) for row in await reader.all(LIST_NOTES, account_id=account_id)]
