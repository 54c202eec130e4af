"""One suite for every place where uploads are kept: the disk, and a real object store in a process of its own."""

import hashlib
import os
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest
from tests.journeys.server import free_port
from tests.objectstore import bucket_at

from rookery.storage.blobs import BlobKey, BlobMissing, BlobsAway, DiskBlobs, InvalidBlobKey, new_blob_key
from rookery.storage.object_blobs import PART_BYTES, ObjectBlobs


@pytest.fixture(params=["disk", "s3"])
def store(request, tmp_path):
    if request.param == "disk":
        return DiskBlobs(tmp_path / "blobs")
    prefix = f"{os.urandom(4).hex()}/"
    return ObjectBlobs(bucket_at(request.getfixturevalue("s3_url"), prefix=prefix))


@pytest.fixture
def finished(tmp_path):
    def make(content=b"picture"):
        path = tmp_path / f"finished-{os.urandom(4).hex()}"
        path.write_bytes(content)
        return path

    return make


async def test_a_blob_is_read_back_and_its_source_is_gone(store, finished):
    path = finished(b"hello")
    key = await store.put(path, extension="jpg")
    assert not path.exists()
    assert await store.size(key) == 5
    assert await store.exists(key)
    assert await store.read(key, 0, 5) == b"hello"


@pytest.mark.parametrize(
    ("start", "end", "expected"), [(1, 3, b"el"), (3, 99, b"lo"), (5, 9, b""), (9, 12, b""), (2, 2, b"")]
)
async def test_a_range_is_read(store, finished, start, end, expected):
    key = await store.put(finished(b"hello"), extension="jpg")
    assert await store.read(key, start, end) == expected


async def test_a_large_blob_arrives_whole(store, finished, tmp_path):
    content = os.urandom(1024) * (2 * PART_BYTES // 1024 + 700)
    key = await store.put(finished(content), extension="mp4")
    assert await store.size(key) == len(content)
    fetched = await store.fetch(key, tmp_path)
    assert hashlib.sha256(fetched.read_bytes()).digest() == hashlib.sha256(content).digest()


async def test_an_empty_blob_is_kept(store, finished, tmp_path):
    key = await store.put(finished(b""), extension="jpg")
    assert (await store.fetch(key, tmp_path)).read_bytes() == b""


async def test_many_go_in_together_under_keys_of_their_own(store, finished):
    keys = await store.put_many([(finished(bytes([place])), "jpg") for place in range(4)])
    assert len(set(keys)) == 4
    assert [await store.read(key, 0, 1) for key in keys] == [bytes([place]) for place in range(4)]


async def test_none_of_many_stays_when_one_fails(store, finished, tmp_path):
    with pytest.raises((OSError, BlobsAway)):
        await store.put_many([(finished(), "jpg"), (tmp_path / "missing", "jpg")])
    assert [entry async for entry in store.entries()] == []


async def test_a_blob_keeps_its_key_when_it_moves(store, finished):
    key = new_blob_key("png")
    await store.place(key, finished(b"moved"))
    assert await store.read(key, 0, 9) == b"moved"


async def test_a_deleted_blob_is_missing_and_deleting_twice_is_harmless(store, finished, tmp_path):
    key = await store.put(finished(), extension="gif")
    await store.delete(key)
    await store.delete(key)
    assert not await store.exists(key)
    for ask in (store.size(key), store.read(key, 0, 1), store.fetch(key, tmp_path)):
        with pytest.raises(BlobMissing):
            await ask


async def test_every_blob_is_listed_with_its_size_and_age(store, finished):
    keys = {await store.put(finished(b"12345"), extension="jpg") for _ in range(12)}
    entries = [entry async for entry in store.entries()]
    assert {entry.key for entry in entries} == keys
    assert {entry.size_bytes for entry in entries} == {5}
    assert all(abs(datetime.now(UTC) - entry.modified_at) < timedelta(minutes=5) for entry in entries)


@pytest.mark.parametrize("length", [1, 2, 3, 32])
async def test_blobs_are_listed_by_the_beginning_of_their_keys(store, finished, length):
    keys = [await store.put(finished(), extension="jpg") for _ in range(8)]
    prefix = keys[0][:length]
    assert {entry.key async for entry in store.entries(prefix)} == {key for key in keys if key.startswith(prefix)}


@pytest.mark.parametrize("raw", ["../../etc/passwd", "", "A" * 32 + ".jpg", "nest/" + "a" * 32 + ".jpg"])
async def test_no_other_text_reaches_the_store(store, raw, tmp_path):
    """CVE-2021-41281"""
    for ask in (store.size, store.exists, store.delete):
        with pytest.raises(InvalidBlobKey):
            await ask(BlobKey(raw))
    with pytest.raises(InvalidBlobKey):
        await store.read(BlobKey(raw), 0, 1)


async def test_a_store_that_is_away_says_so_and_keeps_the_file(finished):
    """F28"""
    store = ObjectBlobs(bucket_at(f"http://127.0.0.1:{free_port()}", timeout_s=1))
    path = finished()
    with pytest.raises(BlobsAway, match="try again"):
        await store.put(path, extension="jpg")
    with pytest.raises(BlobsAway):
        await store.size(new_blob_key("jpg"))
    with pytest.raises(BlobsAway):
        _ = [entry async for entry in store.entries()]
    assert path.exists()


async def test_a_bucket_that_is_not_there_is_no_missing_picture(s3_url, finished):
    store = ObjectBlobs(bucket_at(s3_url, name="elsewhere"))
    with pytest.raises(BlobsAway):
        await store.put(finished(), extension="jpg")


async def test_browsers_are_sent_where_the_operator_said(s3_url, finished):
    key = new_blob_key("jpg")
    assert await ObjectBlobs(bucket_at(s3_url)).address(key) is None
    public = ObjectBlobs(bucket_at(s3_url, prefix="media/", public_url="https://cdn.example/"))
    assert await public.address(key) == f"https://cdn.example/media/{key}"
    signing = ObjectBlobs(bucket_at(s3_url, signs=True))
    key = await signing.put(finished(b"signed"), extension="jpg")
    with urllib.request.urlopen(await signing.address(key)) as answer:
        assert (answer.read(), answer.headers["content-type"]) == (b"signed", "image/jpeg")
