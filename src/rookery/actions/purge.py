"""Removing what nobody needs any more: a deleted account's traces, uploads that no post took.

Owns: purge_account, forget_stale_uploads. Both go in small transactions, so that nobody waits, and are harmless
when they are begun again after a crash. A row goes first and its files after it: a file without a row is found later, a
row without its file would show a broken picture.
"""

from __future__ import annotations

from dataclasses import replace

from rookery.actions.app import App, record_event
from rookery.actions.follows import end_follow
from rookery.actions.media import MediaRoom
from rookery.actions.removals import remove_post
from rookery.actions.repeating import repeatable
from rookery.model.events import AccountChanged, PostUnmarked
from rookery.model.far_files import FarFileKind
from rookery.model.ids import AccountId, PostId, floor_id, now_us
from rookery.storage import accounts, departures, marks, media, posts, relations
from rookery.storage.blobs import BlobKey
from rookery.storage.far_files import put_profile_file
from rookery.storage.marks import Mark
from rookery.storage.media_work import list_raw_keys

BATCH = 100
PIECE = 500
STALE_US = 24 * 3600 * 1_000_000


async def purge_account(app: App, room: MediaRoom, account_id: AccountId) -> None:
    """Remove everything that an account wrote, did and uploaded; its name stays taken."""
    await purge_posts(app, account_id)
    await purge_marks(app, account_id)
    await purge_follows(app, account_id)
    await purge_profile(app, room, account_id)
    await purge_rows(app, account_id)
    while batch := await media.list_media_of_account(app.db.reader, account_id, BATCH):
        raw_keys = await list_raw_keys(app.db.reader, [attachment.id for attachment in batch])
        async with app.db.transaction() as tx:
            for attachment in batch:
                await media.remove_media(tx, attachment.id)
        await delete_blobs(room, *raw_keys)
        for attachment in batch:
            await delete_blobs(room, attachment.blob_key, attachment.preview_key)


async def purge_posts(app: App, account_id: AccountId) -> None:
    """Delete every post and repost, newest first."""
    while ids := await posts.list_ids_of_author(app.db.reader, account_id, BATCH):
        async with app.db.transaction() as tx:
            for post in (await posts.list_posts(tx, ids)).values():
                await remove_post(app, tx, post, now_us())


async def purge_marks(app: App, account_id: AccountId) -> None:
    """Take every like, bookmark and muted thread back."""
    while batch := await marks.list_all_marks(app.db.reader, account_id, BATCH):
        async with app.db.transaction() as tx:
            for post_id, kind in batch:
                await marks.delete_mark(tx, account_id, PostId(post_id), Mark(kind))
                if kind == Mark.LIKE:
                    await marks.count_likes(tx, PostId(post_id), -1)
                    await record_event(app, tx, PostUnmarked(PostId(post_id), account_id, account_id, kind))


async def purge_follows(app: App, account_id: AccountId) -> None:
    """End every follow in both directions."""
    while pairs := await relations.list_follow_pairs(app.db.reader, account_id, BATCH):
        async with app.db.transaction() as tx:
            for follower_id, followed_id in pairs:
                await end_follow(app, tx, AccountId(follower_id), AccountId(followed_id))


async def purge_rows(app: App, account_id: AccountId) -> None:
    """Delete lists, filters, blocks, notes, votes and the like, in pieces."""
    for table in departures.PIECES:
        deleted = PIECE
        while deleted:
            async with app.db.transaction() as tx:
                deleted = await departures.delete_piece(tx, table, account_id, PIECE)


@repeatable
async def purge_profile(app: App, room: MediaRoom, account_id: AccountId) -> None:
    """Empty the profile and delete its pictures."""
    async with app.db.transaction() as tx:
        before = await accounts.get_account(tx, account_id)
        empty = replace(
            before,
            display_name="",
            bio="",
            bio_facets=(),
            fields=(),
            avatar_key=None,
            avatar_still_key=None,
            header_key=None,
            header_still_key=None,
            avatar_alt="",
            header_alt="",
        )
        await accounts.update_profile(tx, empty)
        for kind in (FarFileKind.AVATAR, FarFileKind.HEADER):
            await put_profile_file(tx, account_id, before.domain, kind, "")
        await record_event(app, tx, AccountChanged(account_id))
    await delete_blobs(room, before.avatar_key, before.avatar_still_key, before.header_key, before.header_still_key)


async def delete_blobs(room: MediaRoom, *keys: str | None) -> None:
    """Delete files by key, each once; one that is gone already is fine."""
    for key in {key for key in keys if key}:
        await room.blobs.delete(BlobKey(key))


async def forget_stale_uploads(app: App, room: MediaRoom) -> int:
    """Delete uploads that no post took within a day; return how many."""
    before_id = floor_id(now_us() - STALE_US)
    count = 0
    while batch := await media.list_stale_media(app.db.reader, before_id):
        raw_keys = await list_raw_keys(app.db.reader, [one.id for one in batch])
        async with app.db.transaction() as tx:
            gone = [one for one in batch if await media.delete_media(tx, one.account_id, one.id)]
        for attachment in gone:
            await delete_blobs(room, attachment.blob_key, attachment.preview_key)
        await delete_blobs(room, *raw_keys)
        count += len(gone)
        if not gone:
            break
    return count
