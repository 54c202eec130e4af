"""Copies of other servers' files in SQL: their links, our copies, who is owed which, how much they take.

Owns: the tables `far_files` and `far_file_totals`, and what a copy teaches of an attachment. A row lives as long as its
owner; when the owner goes, its columns fall to NULL and the row waits, with the keys of its blobs, to be cleared away.
The totals change in the transaction that changes a copy, so that the budget needs no sum over the table.
"""

from __future__ import annotations

from dataclasses import dataclass

from rookery.model.far_files import FarFile, FarFileKind, FarToken, new_far_token
from rookery.model.media import Playing
from rookery.storage.database import Reader, Transaction
from rookery.storage.encoding import encode
from rookery.storage.sql import Row

FETCH_FAR_FILES, EMPTY_FAR_FILES = "FetchFarFiles", "EmptyFarFiles"
COLUMNS = """
    token, kind, domain, url, media_id, account_id, shortcode, blob_key, small_key, size_bytes, wanted_at, kept_until,
    failure_count, due_at, is_refused
"""
OF_NOBODY = "media_id IS NULL AND account_id IS NULL AND shortcode IS NULL"
# What the queries of accounts and media ask for beside their own columns.
NAME_FOR_MEDIA = "(SELECT f.token FROM far_files f WHERE f.media_id = media.id)"
NAME_FOR_ACCOUNT = {
    kind: f"(SELECT f.token FROM far_files f WHERE f.account_id = accounts.id AND f.kind = '{kind}')"
    for kind in (FarFileKind.AVATAR, FarFileKind.HEADER)
}
ONE = f"SELECT {COLUMNS} FROM far_files WHERE token = :token"
OF_POSTS = f"""
    -- What posts and their authors' names show. Indexes: media_post, far_files (media_id), (account_id, kind)
    SELECT {COLUMNS} FROM far_files WHERE media_id IN (SELECT id FROM media WHERE post_id IN (:ids...))
    UNION ALL SELECT {COLUMNS} FROM far_files WHERE kind = 'avatar'
        AND account_id IN (SELECT author_id FROM posts WHERE id IN (:ids...))
"""
INSERT = """
    INSERT INTO far_files (token, kind, domain, url, media_id, account_id, shortcode)
    VALUES (:token, :kind, :domain, :url, :media_id, :account_id, :shortcode)
"""
LET_GO_OF_PICTURE = "UPDATE far_files SET account_id = NULL WHERE account_id = :account_id AND kind = :kind"
# The new picture gets the old one's token: nobody hears of an emoji that changed, so its address has to stay.
LET_GO_OF_EMOJI = """
    UPDATE far_files SET token = :fresh, shortcode = NULL WHERE domain = :domain AND shortcode = :shortcode
"""
EMOJI_NAMED = "SELECT token FROM far_files WHERE domain = :domain AND shortcode = :shortcode"
STORE = """
    -- Only where nobody else was quicker, and while the owner is there.
    UPDATE far_files SET blob_key = :blob_key, small_key = :small_key, size_bytes = :size_bytes, wanted_at = :now,
        kept_until = :kept_until, failure_count = 0, due_at = 0, is_refused = 0
    WHERE token = :token AND url = :url AND blob_key IS NULL
        AND (media_id IS NOT NULL OR account_id IS NOT NULL OR shortcode IS NOT NULL)
"""
NOTE_FAILURE = """
    UPDATE far_files SET failure_count = failure_count + 1, due_at = :due_at, is_refused = :is_refused
    WHERE token = :token AND blob_key IS NULL
"""
WANT = """
    UPDATE far_files SET wanted_at = :now, kept_until = :kept_until
    WHERE token = :token AND blob_key IS NOT NULL AND wanted_at < :now
"""
LEAST_WANTED = f"""
    -- The copies whose time is over first. Index: far_files_kept (kept_until, token)
    SELECT {COLUMNS} FROM far_files WHERE blob_key IS NOT NULL ORDER BY kept_until, token LIMIT :limit
"""
OF_NOBODY_PAGE = f"SELECT {COLUMNS} FROM far_files WHERE {OF_NOBODY} ORDER BY token LIMIT :limit"
OF_DOMAIN = f"""
    -- The copies of one server. Index: far_files_of_domain (domain, token)
    SELECT {COLUMNS} FROM far_files WHERE blob_key IS NOT NULL AND domain = :domain ORDER BY token LIMIT :limit
"""
DOMAINS_BELOW = """
    -- A server and those below its name, as far as there are copies. Reads that index once.
    SELECT DISTINCT domain FROM far_files WHERE blob_key IS NOT NULL
    AND (domain = :domain OR domain LIKE '%.' || CAST(:domain AS text))
"""
EMPTY = """
    UPDATE far_files SET blob_key = NULL, small_key = NULL, size_bytes = 0 WHERE token = :token AND blob_key = :blob_key
"""
DELETE = f"DELETE FROM far_files WHERE token = :token AND {OF_NOBODY}"
COUNT = """
    INSERT INTO far_file_totals (kind, file_count, size_bytes) VALUES (:kind, :files, :bytes)
    ON CONFLICT (kind) DO UPDATE SET file_count = far_file_totals.file_count + excluded.file_count,
        size_bytes = far_file_totals.size_bytes + excluded.size_bytes
"""
TOTALS = "SELECT kind, file_count, size_bytes FROM far_file_totals WHERE file_count > 0 ORDER BY kind"
TOLD = "SELECT post_id, account_id, kind, width, height, blurhash FROM media WHERE id = :id"
LEARN = """
    UPDATE media SET kind = :kind, mime = :mime, width = :width, height = :height, preview_width = :preview_width,
        preview_height = :preview_height, blurhash = :blurhash,
        playing = CASE WHEN :playing = '' THEN playing ELSE :playing END
    WHERE id = :id
"""
# state: far as long as we may show it, failed for what stays a link.
SET_SHOWN = "UPDATE media SET state = :state WHERE id = :id AND state <> :state"
HAS_FILES = """
    -- Whether a post, or its author's name, shows anything that is not here. Indexes as OF_POSTS
    SELECT 1 FROM far_files WHERE blob_key IS NULL AND media_id IN (SELECT id FROM media WHERE post_id = :post_id)
    UNION ALL SELECT 1 FROM far_files WHERE blob_key IS NULL AND kind = 'avatar'
        AND account_id IN (SELECT author_id FROM posts WHERE id = :post_id)
    LIMIT 1
"""
HAS_READERS = """
    -- Whether posts of an account land in a home here. Index: follows_followed
    SELECT 1 FROM follows f JOIN accounts a ON a.id = f.follower_id
    WHERE f.followed_id = :account_id AND f.state = 'active' AND a.domain = '' LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Total:
    """How many copies of a kind there are, and how much they take."""

    kind: FarFileKind
    file_count: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of an attachment: by its server, or by what was learned from a copy. post_id: None for none."""

    post_id: int | None
    account_id: int
    kind: str
    width: int
    height: int
    blurhash: str | None


@dataclass(frozen=True, slots=True)
class Learned:
    """What a copy of an attachment says of it. Sizes in pixels."""

    kind: str
    mime: str
    width: int
    height: int
    preview_width: int
    preview_height: int
    blurhash: str | None
    playing: Playing | None = None


def file_from_row(row: Row) -> FarFile:
    """Build a FarFile from COLUMNS."""
    known, is_refused = row[2:-1], bool(row[-1])
    return FarFile(FarToken(row[0]), FarFileKind(row[1]), *known, is_refused)  # type: ignore[call-arg]  # as COLUMNS


async def insert_far_file(tx: Transaction, file: FarFile) -> None:
    """Store a link, without a copy."""
    await tx.run(
        INSERT,
        token=file.token,
        kind=file.kind.value,
        domain=file.domain,
        url=file.url,
        media_id=file.media_id,
        account_id=file.account_id,
        shortcode=file.shortcode,
    )


async def put_profile_file(tx: Transaction, account_id: int, domain: str, kind: FarFileKind, url: str) -> None:
    """Give an account another avatar or header by its link, '' for none; the former one is let go."""
    await tx.run(LET_GO_OF_PICTURE, account_id=account_id, kind=kind.value)
    if url:
        await insert_far_file(tx, FarFile(new_far_token(), kind, domain, url, account_id=account_id))


async def put_emoji_file(tx: Transaction, domain: str, shortcode: str, url: str) -> None:
    """Give an emoji its picture by its link, or another one at the same address of ours."""
    row = await tx.one(EMOJI_NAMED, domain=domain, shortcode=shortcode)
    if row:
        await tx.run(LET_GO_OF_EMOJI, fresh=new_far_token(), domain=domain, shortcode=shortcode)
    token = FarToken(row[0]) if row else new_far_token()
    await insert_far_file(tx, FarFile(token, FarFileKind.EMOJI, domain, url, shortcode=shortcode))


async def find_far_file(reader: Reader, token: FarToken) -> FarFile | None:
    """Return a file by what we call it."""
    row = await reader.one(ONE, token=token)
    return file_from_row(row) if row else None


async def list_files_of_posts(reader: Reader, post_ids: list[int]) -> list[FarFile]:
    """Return what is attached to posts, and the avatars of their authors."""
    return [file_from_row(row) for row in await reader.all(OF_POSTS, ids=post_ids)]


async def store_copy(tx: Transaction, file: FarFile, *, now_us: int) -> bool:
    """Store our copy as `file` has it; False when there is one already, or nobody to have it."""
    changed = await tx.run(
        STORE,
        token=file.token,
        url=file.url,
        blob_key=file.blob_key,
        small_key=file.small_key,
        size_bytes=file.size_bytes,
        now=now_us,
        kept_until=file.kept_until_us,
    )
    if changed:
        await tx.run(COUNT, kind=file.kind.value, files=1, bytes=file.size_bytes)
    return changed == 1


async def note_far_failure(tx: Transaction, token: FarToken, *, due_at_us: int, is_refused: bool) -> None:
    """Leave a link alone until a moment."""
    await tx.run(NOTE_FAILURE, token=token, due_at=due_at_us, is_refused=int(is_refused))


async def want_file(tx: Transaction, token: FarToken, *, now_us: int, kept_until_us: int) -> None:
    """Note that somebody looked at a copy."""
    await tx.run(WANT, token=token, now=now_us, kept_until=kept_until_us)


async def list_least_wanted(reader: Reader, limit: int) -> list[FarFile]:
    """Return the copies that may go first."""
    return [file_from_row(row) for row in await reader.all(LEAST_WANTED, limit=limit)]


async def list_files_of_nobody(reader: Reader, limit: int) -> list[FarFile]:
    """Return files whose owner is gone."""
    return [file_from_row(row) for row in await reader.all(OF_NOBODY_PAGE, limit=limit)]


async def list_domains_below(reader: Reader, domain: str) -> list[str]:
    """Return a server's name and those below it, of those that there are copies of."""
    return [row[0] for row in await reader.all(DOMAINS_BELOW, domain=domain)]


async def list_copies_of_domain(reader: Reader, domain: str, limit: int) -> list[FarFile]:
    """Return copies of what a server's people showed."""
    return [file_from_row(row) for row in await reader.all(OF_DOMAIN, domain=domain, limit=limit)]


async def empty_far_file(tx: Transaction, file: FarFile) -> bool:
    """Take the copy away and keep the link; False when it has another copy or none by now."""
    if file.blob_key is None or not await tx.run(EMPTY, token=file.token, blob_key=file.blob_key):
        return False
    await tx.run(COUNT, kind=file.kind.value, files=-1, bytes=-file.size_bytes)
    return True


async def delete_far_file(tx: Transaction, file: FarFile) -> bool:
    """Delete a file of nobody; False when it is gone."""
    if not await tx.run(DELETE, token=file.token):
        return False
    if file.blob_key:
        await tx.run(COUNT, kind=file.kind.value, files=-1, bytes=-file.size_bytes)
    return True


async def list_totals(reader: Reader) -> list[Total]:
    """Return what the copies take, by kind."""
    return [Total(FarFileKind(row[0]), row[1], row[2]) for row in await reader.all(TOTALS)]


async def find_told(reader: Reader, media_id: int) -> Told | None:
    """Return what is said of an attachment."""
    row = await reader.one(TOLD, id=media_id)
    return Told(*row) if row else None


async def learn(tx: Transaction, media_id: int, learned: Learned) -> None:
    """Store what a copy says of an attachment."""
    await tx.run(
        LEARN,
        id=media_id,
        kind=learned.kind,
        mime=learned.mime,
        width=learned.width,
        height=learned.height,
        preview_width=learned.preview_width,
        preview_height=learned.preview_height,
        blurhash=learned.blurhash,
        playing=encode(learned.playing) if learned.playing else "",
    )


async def set_shown(tx: Transaction, media_id: int, *, is_shown: bool) -> bool:
    """Say whether an attachment is shown, or a link to where it lies; False when that is so already."""
    return await tx.run(SET_SHOWN, id=media_id, state="far" if is_shown else "failed") >= 1


async def has_far_files(reader: Reader, post_id: int) -> bool:
    """True when a post, or its author's name, shows a far file of which there is no copy."""
    return await reader.one(HAS_FILES, post_id=post_id) is not None


async def has_readers(reader: Reader, account_id: int) -> bool:
    """True when somebody here follows an account."""
    return await reader.one(HAS_READERS, account_id=account_id) is not None
