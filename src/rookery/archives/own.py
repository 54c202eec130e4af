"""A person's own archive: one zip that other servers and the person can read, written row by row.

Owns: which files it holds and their order. Never: decides who may have it (actions/archives.py), holds more than a page
in memory. What others wrote is named by its address, never copied: a liked, bookmarked or reposted post is a link.
Spec: https://docs.joinmastodon.org/user/moving/#export (files and columns), PKWARE APPNOTE 6.3 (zip)
"""

from __future__ import annotations

import asyncio
import zipfile
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import msgspec

from rookery.actions.app import App
from rookery.actions.archives import Progress
from rookery.archives.activities import CONTEXT, activity_of, actor_of, actor_uri, own_pictures, post_uri
from rookery.archives.exports import FILES, write_csv
from rookery.model.accounts import Account
from rookery.model.ids import AccountId
from rookery.model.posts import Post
from rookery.storage.accounts import get_account, list_accounts
from rookery.storage.blobs import BlobKey, BlobMissing, BlobStore
from rookery.storage.database import Reader
from rookery.storage.filters import list_filters
from rookery.storage.marks import Mark
from rookery.storage.moves import find_new_home, list_aliases
from rookery.storage.ownarchives import OWN_ROWS, list_own_rows
from rookery.storage.posts import list_posts, list_visible_ids

PAGE = 200
COUNT = "{count}"
END_COLLECTION = f'\n],"totalItems":{COUNT}}}\n'
ENCODE = msgspec.json.Encoder().encode
README = """This archive holds what is yours on {title} ({base_url}).

actor.json, outbox.json, likes.json, bookmarks.json: ActivityStreams, as other servers write and read them
following_accounts.csv, muted_accounts.csv, blocked_accounts.csv, blocked_domains.csv, lists.csv, bookmarks.csv:
  the files that Mastodon imports
filters.json: your filters
avatar.*, header.*: the pictures of your profile
media_attachments/: your other pictures
records/: every other row about you, as it is stored; times are microseconds since 1970, UTC

Ce fichier contient ce qui est à vous sur {title} : profil, messages, images, favoris, listes, abonnements et filtres.
"""


class Packing:
    """One archive in the making. count: things packed so far."""

    def __init__(self, app: App, blobs: BlobStore, me: Account, zipped: zipfile.ZipFile, progress: Progress) -> None:
        self.app, self.blobs, self.me, self.zipped, self.progress = app, blobs, me, zipped, progress
        self.folder = Path(str(zipped.filename)).parent  # for what has to be fetched from elsewhere
        self.base_url = app.settings.base_url
        self.count = 0
        self.pictures: set[str] = set()

    @property
    def reader(self) -> Reader:
        """For reads that may take long."""
        return self.app.db.long_reader

    async def note(self, more: int) -> None:
        """Count what was packed."""
        self.count += more
        await self.progress(self.count)

    async def add_text(self, name: str, text: str) -> None:
        """Add a small file."""
        await asyncio.to_thread(self.zipped.writestr, name, text.encode())

    async def add_lines(self, name: str, chunks: AsyncIterator[str]) -> None:
        """Add a text file that is made piece by piece."""
        stream = await asyncio.to_thread(lambda: self.zipped.open(name, "w", force_zip64=True))
        try:
            async for chunk in chunks:
                await asyncio.to_thread(stream.write, chunk.encode())
        finally:
            await asyncio.to_thread(stream.close)

    async def add_items(self, name: str, items: AsyncIterator[list[Any]], head: str, tail: str) -> int:
        """Add a JSON file of many entries, a page of them in memory at a time; return how many there were.

        tail: how it ends; COUNT in it is how many entries there are.
        """
        count = 0
        stream = await asyncio.to_thread(lambda: self.zipped.open(name, "w", force_zip64=True))
        try:
            await asyncio.to_thread(stream.write, head.encode())
            async for page in items:
                chunk = b",\n".join(ENCODE(entry) for entry in page)
                await asyncio.to_thread(stream.write, (b",\n" if count else b"") + chunk)
                count += len(page)
                await self.note(len(page))
            await asyncio.to_thread(stream.write, tail.replace(COUNT, str(count)).encode())
        finally:
            await asyncio.to_thread(stream.close)
        return count


async def pack_archive(app: App, blobs: BlobStore, account_id: AccountId, path: Path, progress: Progress) -> None:
    """Write a person's archive to a file. progress: told how many things are packed, page by page."""
    me = await get_account(app.db.reader, account_id)
    zipped = await asyncio.to_thread(zipfile.ZipFile, path, "w", zipfile.ZIP_DEFLATED)
    try:
        packing = Packing(app, blobs, me, zipped, progress)
        words = README.format(title=app.settings.nest.title, base_url=app.settings.base_url)
        await packing.add_text("README.txt", words)
        await pack_actor(packing)
        await pack_outbox(packing)
        await pack_links(packing)
        await pack_tables(packing)
        await pack_records(packing)
        await pack_pictures(packing)
    finally:
        await asyncio.to_thread(zipped.close)


async def pack_actor(packing: Packing) -> None:
    """Add the profile and its two pictures, where Mastodon's archives have them."""
    me, base_url = packing.me, packing.base_url
    home = await find_new_home(packing.reader, me.id)
    aliases = await list_aliases(packing.reader, me.id)
    moved_to = actor_uri(home, base_url) if home else ""
    actor = actor_of(me, base_url, also_known_as=aliases, moved_to_uri=moved_to)
    await packing.add_text("actor.json", ENCODE(actor).decode())
    for key, name in own_pictures(me).items():
        await add_picture(packing, BlobKey(key), name)


def collection(name: str) -> str:
    """Return the beginning of an ordered collection that its entries and `]}` complete."""
    return f'{{"@context":{ENCODE(CONTEXT).decode()},"id":"{name}","type":"OrderedCollection","orderedItems":[\n'


async def rows_of(packing: Packing, name: str) -> AsyncIterator[list[dict[str, Any]]]:
    """Yield the pages of one of OWN_ROWS."""
    after: int | None = 0
    while after is not None:
        page, after = await list_own_rows(packing.reader, name, packing.me.id, after, PAGE)
        if page:
            yield page


async def pack_outbox(packing: Packing) -> None:
    """Add the person's posts and reposts, oldest first."""
    await packing.add_items("outbox.json", activities(packing), collection("outbox.json"), END_COLLECTION)


async def activities(packing: Packing) -> AsyncIterator[list[dict[str, Any]]]:
    """Yield the outbox page by page."""
    async for rows in rows_of(packing, "posts"):
        found = await list_posts(packing.reader, [row["id"] for row in rows])
        others = {post.repost_of_id for post in found.values()} | {post.reply_to_id for post in found.values()}
        uris = await addresses_of(packing, (one for one in others if one is not None))
        packing.pictures.update(one.blob_key for post in found.values() for one in post.media if one.blob_key)
        yield [
            activity_of(
                found[row["id"]],
                packing.me,
                packing.base_url,
                repost_uri=uris.get(row["repost_of_id"]),
                reply_to_uri=uris.get(row["reply_to_id"]),
            )
            for row in rows
            if row["id"] in found
        ]


async def addresses_of(packing: Packing, ids: Iterable[int]) -> dict[int, str]:
    """Return the addresses of posts that the person may see; the others are not named at all."""
    wanted = list(ids)
    visible = await list_visible_ids(packing.reader, wanted, packing.me.id)
    found: dict[int, Post] = await list_posts(packing.reader, visible)
    authors = await list_accounts(packing.reader, [post.author_id for post in found.values()])
    return {
        post.id: post_uri(post, authors[post.author_id], packing.base_url)
        for post in found.values()
        if post.author_id in authors
    }


async def marked(packing: Packing, mark: Mark) -> AsyncIterator[list[str]]:
    """Yield the addresses of the posts with a mark."""
    async for rows in rows_of(packing, "marks"):
        ids = [row["post_id"] for row in rows if row["kind"] == mark]
        uris = await addresses_of(packing, ids)
        if page := [uris[one] for one in ids if one in uris]:
            yield page


async def pack_links(packing: Packing) -> None:
    """Add likes and bookmarks: addresses, not copies."""
    await packing.add_items("likes.json", marked(packing, Mark.LIKE), collection("likes.json"), END_COLLECTION)
    await packing.add_items(
        "bookmarks.json", marked(packing, Mark.BOOKMARK), collection("bookmarks.json"), END_COLLECTION
    )


async def pack_tables(packing: Packing) -> None:
    """Add what Mastodon imports, as CSV, and the filters."""
    for kind, name in FILES.items():
        await packing.add_lines(name, write_csv(packing.app, packing.me.id, kind))
    filters = await list_filters(packing.reader, packing.me.id)
    await packing.add_text("filters.json", ENCODE(filters).decode())


async def pack_records(packing: Packing) -> None:
    """Add every row about the person, one file for each kind."""
    for name in OWN_ROWS:
        await packing.add_items(f"records/{name}.json", rows_of(packing, name), "[\n", "\n]\n")


async def pack_pictures(packing: Packing) -> None:
    """Add the person's pictures, stored as they are: they are compressed already."""
    async for page in rows_of(packing, "media"):
        packing.pictures.update(row["blob_key"] for row in page if row["blob_key"])
    for key in sorted(packing.pictures):
        await add_picture(packing, BlobKey(key), f"media_attachments/{key}")
        await packing.note(1)


async def add_picture(packing: Packing, key: BlobKey, name: str) -> None:
    """Copy one file into the archive; one that is gone is passed over. Raises BlobsAway."""
    try:
        path = await packing.blobs.fetch(key, packing.folder)
    except BlobMissing:
        return
    await asyncio.to_thread(packing.zipped.write, path, name, zipfile.ZIP_STORED)
    if packing.blobs.local_path(key) is None:
        await asyncio.to_thread(path.unlink)
