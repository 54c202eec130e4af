"""Keep blobs in an object store that speaks S3: Amazon's, MinIO, Garage, Ceph and their like.

Owns: the same promises as the disk's, kept by the store: `put_many` returns when it has said that it has every byte;
large files go in parts. The keys are the same, behind a prefix. This is the one door outward beside the network room:
its address comes from the operator's settings and never from a request (docs/adr/0011-object-storage.md).
Never: gives a file a public right; whether strangers may read the bucket is the operator's choice.
Spec: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import S3Store

from rookery.storage.blobs import (
    KEY_SHAPE,
    BlobEntry,
    BlobKey,
    BlobMissing,
    BlobsAway,
    in_thread,
    new_blob_key,
    parse_blob_key,
)

T = TypeVar("T")
PART_BYTES: Final = 8 * 1024 * 1024
SIGNED_FOR: Final = timedelta(hours=12)
RETRY_S: Final = 10
# What a browser is told when it fetches straight from the store.
TYPES: Final = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "m4a": "audio/mp4",
    "mp3": "audio/mpeg",
}


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where and how. endpoint: https://…; prefix: in front of every key, '' or like `media/`.

    public_url: where browsers read the bucket, '' to have the server hand files on. signs: send browsers to signed
    addresses of the endpoint instead. timeout_s: of one request.
    """

    endpoint: str
    name: str
    region: str
    access_key: str
    secret_key: str
    prefix: str = ""
    public_url: str = ""
    signs: bool = False
    is_path_style: bool = True
    timeout_s: int = 20


class ObjectBlobs:
    """Blobs as objects."""

    def __init__(self, bucket: Bucket) -> None:
        self.bucket = bucket
        self.store = S3Store(
            bucket.name,
            endpoint=bucket.endpoint,
            region=bucket.region,
            access_key_id=bucket.access_key,
            secret_access_key=bucket.secret_key,
            virtual_hosted_style_request=not bucket.is_path_style,
            client_options={
                "timeout": timedelta(seconds=bucket.timeout_s),
                "connect_timeout": timedelta(seconds=5),
                "allow_http": bucket.endpoint.startswith("http://"),
            },
            retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=RETRY_S)},
        )

    def name_of(self, key: BlobKey) -> str:
        """The object's name. Raises InvalidBlobKey, even for a forged type."""
        return f"{self.bucket.prefix}{parse_blob_key(key)}"

    async def put(self, path: Path, *, extension: str) -> BlobKey:
        """As BlobStore.put."""
        return (await self.put_many([(path, extension)]))[0]

    async def put_many(self, files: Sequence[tuple[Path, str]]) -> tuple[BlobKey, ...]:
        """As BlobStore.put_many."""
        keys = tuple(new_blob_key(extension) for _, extension in files)
        done: list[BlobKey] = []
        try:
            for key, (path, _) in zip(keys, files, strict=True):
                await self.upload(key, path)
                done.append(key)
        except BaseException:
            for key in done:
                with suppress(BlobsAway):
                    await self.delete(key)
            raise
        for path, _ in files:
            await in_thread(lambda here=path: here.unlink())  # type: ignore[misc]
        return keys

    async def place(self, key: BlobKey, path: Path) -> None:
        """As BlobStore.place."""
        await self.upload(key, path)
        await in_thread(path.unlink)

    async def upload(self, key: BlobKey, path: Path) -> None:
        """Send one file, in parts when it is large. Raises BlobsAway."""
        kind = TYPES.get(key.partition(".")[2], "application/octet-stream")
        attributes: Any = {"Content-Type": kind, "Cache-Control": "public, max-age=31536000, immutable"}
        await asked(
            obstore.put_async(
                self.store, self.name_of(key), path, attributes=attributes, chunk_size=PART_BYTES, max_concurrency=2
            )
        )

    async def fetch(self, key: BlobKey, folder: Path) -> Path:
        """As BlobStore.fetch: a copy, read in pieces."""
        size, copy = await self.size(key), folder / f"fetched-{parse_blob_key(key)}"
        for start in range(0, max(size, 1), PART_BYTES):
            piece = await self.read(key, start, min(size, start + PART_BYTES))
            await in_thread(lambda here=piece: append(copy, here))  # type: ignore[misc]
        return copy

    async def size(self, key: BlobKey) -> int:
        """As BlobStore.size."""
        found = await asked(obstore.head_async(self.store, self.name_of(key)), key)
        return int(found["size"])

    async def exists(self, key: BlobKey) -> bool:
        """As BlobStore.exists."""
        try:
            await self.size(key)
        except BlobMissing:
            return False
        return True

    async def read(self, key: BlobKey, start: int, end: int) -> bytes:
        """As BlobStore.read."""
        end = min(end, await self.size(key))
        if start >= end:
            return b""
        return bytes(await asked(obstore.get_range_async(self.store, self.name_of(key), start=start, end=end), key))

    def local_path(self, key: BlobKey) -> Path | None:
        """As BlobStore.local_path: nothing lies here."""
        return None

    async def address(self, key: BlobKey) -> str | None:
        """As BlobStore.address."""
        if self.bucket.public_url:
            return f"{self.bucket.public_url.rstrip('/')}/{self.name_of(key)}"
        if self.bucket.signs:
            return str(await asked(obstore.sign_async(self.store, "GET", self.name_of(key), SIGNED_FOR)))
        return None

    async def delete(self, key: BlobKey) -> None:
        """As BlobStore.delete."""
        with suppress(BlobMissing):
            await asked(obstore.delete_async(self.store, self.name_of(key)), key)

    async def entries(self, prefix: str = "") -> AsyncIterator[BlobEntry]:
        """As BlobStore.entries. A thousand names per request; a prefix within a name is filtered here."""
        pages = obstore.list(self.store, prefix=self.bucket.prefix.rstrip("/") or None).__aiter__()
        while (page := await asked(anext(pages, None))) is not None:
            for found in page:
                name = found["path"].removeprefix(self.bucket.prefix)
                if KEY_SHAPE.fullmatch(name) and name.startswith(prefix):
                    yield BlobEntry(BlobKey(name), found["size"], found["last_modified"])


def append(path: Path, piece: bytes) -> None:
    """Add bytes to a file."""
    with path.open("ab") as file:
        file.write(piece)


async def asked(answer: Awaitable[T], key: BlobKey | None = None) -> T:
    """Wait for the store. Raises BlobMissing for a key that is not there, BlobsAway for everything else."""
    try:
        return await answer
    except (NotFoundError, FileNotFoundError) as missing:
        if key is None:
            raise BlobsAway from missing
        raise BlobMissing(key) from missing
    except (BaseError, OSError, TimeoutError) as away:
        raise BlobsAway from away
