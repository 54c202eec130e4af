"""Polls and votes in SQL.

Owns: the tables `polls` and `votes`. A poll's id is its post's.
"""

from __future__ import annotations

from collections.abc import Iterable

from rookery.model.ids import AccountId, PostId
from rookery.model.posts import Poll, PollOption
from rookery.storage.database import Reader, Transaction
from rookery.storage.encoding import decode_numbers, decode_texts, encode
from rookery.storage.sql import Row

COLUMNS = "post_id, expires_at, is_multiple, hides_totals, voter_count, options, counts"
POLLS_BY_ID = f"SELECT {COLUMNS} FROM polls WHERE post_id IN (:ids...)"
LOCK_POLL = f"SELECT {COLUMNS} FROM polls WHERE post_id = :post_id {{for_update}}"
PUT_POLL = """
    INSERT INTO polls (post_id, expires_at, is_multiple, hides_totals, options, counts)
    VALUES (:post_id, :expires_at, :is_multiple, :hides_totals, :options, :counts)
    ON CONFLICT (post_id) DO UPDATE SET expires_at = excluded.expires_at, is_multiple = excluded.is_multiple,
        hides_totals = excluded.hides_totals, options = excluded.options, counts = excluded.counts, voter_count = 0,
        closed_at = NULL
"""
SET_TOLD = """
    UPDATE polls SET counts = :counts, voter_count = :voter_count, expires_at = :expires_at WHERE post_id = :post_id
"""
DELETE_POLL = "DELETE FROM polls WHERE post_id = :post_id"
DELETE_VOTES = "DELETE FROM votes WHERE post_id = :post_id"
INSERT_VOTE = """
    INSERT INTO votes (post_id, account_id, choice) VALUES (:post_id, :account_id, :choice) ON CONFLICT DO NOTHING
"""
UPDATE_COUNTS = "UPDATE polls SET counts = :counts, voter_count = :voter_count WHERE post_id = :post_id"
VOTES_OF = "SELECT post_id, choice FROM votes WHERE account_id = :viewer AND post_id IN (:ids...) ORDER BY choice"
VOTED_SINCE = """
    -- Polls that somebody took part in. Index: votes_of_account (account_id, post_id)
    SELECT DISTINCT post_id FROM votes WHERE account_id = :viewer AND post_id >= :floor
"""
VOTERS = "SELECT DISTINCT account_id FROM votes WHERE post_id = :post_id"
DUE_POLLS = "SELECT post_id FROM polls WHERE closed_at IS NULL AND expires_at <= :now LIMIT 100"
CLOSE_POLL = "UPDATE polls SET closed_at = :now WHERE post_id = :post_id AND closed_at IS NULL"


def poll_from_row(row: Row) -> Poll:
    """Build a Poll from COLUMNS."""
    options = zip(decode_texts(row[5]), decode_numbers(row[6]), strict=True)
    return Poll(
        row[0], row[1], bool(row[2]), bool(row[3]), row[4], tuple(PollOption(title, count) for title, count in options)
    )


async def list_polls(reader: Reader, post_ids: Iterable[int]) -> dict[int, Poll]:
    """Return the polls of posts, by post id."""
    ids = list(post_ids)
    return {row[0]: poll_from_row(row) for row in await reader.all(POLLS_BY_ID, ids=ids)} if ids else {}


async def lock_poll(tx: Transaction, post_id: PostId) -> Poll | None:
    """Return a poll that nobody else changes until the transaction ends."""
    row = await tx.one(LOCK_POLL, post_id=post_id)
    return poll_from_row(row) if row else None


async def put_poll(tx: Transaction, poll: Poll) -> None:
    """Store a poll; a changed one starts without votes."""
    await tx.run(DELETE_VOTES, post_id=poll.id)
    await tx.run(
        PUT_POLL,
        post_id=poll.id,
        expires_at=poll.expires_at_us,
        is_multiple=int(poll.is_multiple),
        hides_totals=int(poll.hides_totals),
        options=encode([option.title for option in poll.options]),
        counts=encode([option.vote_count for option in poll.options]),
    )


async def delete_poll(tx: Transaction, post_id: PostId) -> None:
    """Take the poll off a post."""
    await tx.run(DELETE_POLL, post_id=post_id)


async def insert_vote(tx: Transaction, post_id: PostId, account_id: AccountId, choice: int) -> None:
    """Store one choice of one voter."""
    await tx.run(INSERT_VOTE, post_id=post_id, account_id=account_id, choice=choice)


async def update_counts(tx: Transaction, post_id: PostId, counts: list[int], voter_count: int) -> None:
    """Store the totals."""
    await tx.run(UPDATE_COUNTS, post_id=post_id, counts=encode(counts), voter_count=voter_count)


async def set_told(
    tx: Transaction, post_id: PostId, counts: list[int], voter_count: int, expires_at_us: int | None
) -> None:
    """Store the totals of a far poll as its server tells them, and its end."""
    await tx.run(SET_TOLD, post_id=post_id, counts=encode(counts), voter_count=voter_count, expires_at=expires_at_us)


async def list_votes(reader: Reader, viewer: int, post_ids: Iterable[int]) -> dict[int, list[int]]:
    """Return what the viewer chose, by post id."""
    found: dict[int, list[int]] = {}
    for post_id, choice in await reader.all(VOTES_OF, viewer=viewer, ids=list(post_ids)):
        found.setdefault(post_id, []).append(choice)
    return found


async def list_voted_since(reader: Reader, viewer: int, floor: int) -> list[int]:
    """Return the polls with an id of at least floor in which the viewer voted."""
    return [row[0] for row in await reader.all(VOTED_SINCE, viewer=viewer, floor=floor)]


async def list_voters(reader: Reader, post_id: PostId) -> list[AccountId]:
    """Return everybody who voted."""
    return [AccountId(row[0]) for row in await reader.all(VOTERS, post_id=post_id)]


async def list_due_polls(reader: Reader, now_us: int) -> list[PostId]:
    """Return polls whose time is over and that nobody closed yet, at most 100."""
    return [PostId(row[0]) for row in await reader.all(DUE_POLLS, now=now_us)]


async def close_poll(tx: Transaction, post_id: PostId, now_us: int) -> bool:
    """Mark a poll as closed; False when it was."""
    return await tx.run(CLOSE_POLL, post_id=post_id, now=now_us) == 1
