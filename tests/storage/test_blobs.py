"""What is put survives, what is deleted stays away, and no key leads out of the folder."""

import errno
import os

import pytest

from rookery.storage import blobs
from rookery.storage.blobs import BlobKey, BlobMissing, DiskBlobs, InvalidBlobKey, StorageFull, parse_blob_key

KEY = "0123456789abcdef0123456789abcdef.jpg"


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def store(tmp_path):
    return DiskBlobs(tmp_path / "blobs")


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
    assert store.local_path(key).read_bytes() == b"hello"
    assert not path.exists()
    assert store.path_of(key).parent.parent.parent == store.root


async def test_a_picture_goes_in_whole_with_one_thread_hop(store, finished, monkeypatch):
    hops = []
    inner = blobs.in_thread
    monkeypatch.setattr(blobs, "in_thread", lambda work: hops.append(1) or inner(work))
    keys = await store.put_many([(finished(), "jpg"), (finished(), "webp"), (finished(), "png")])
    assert len(set(keys)) == 3
    assert len(hops) == 1


async def test_bytes_and_names_are_synced_before_put_returns(store, finished, monkeypatch):
    steps = []
    monkeypatch.setattr(blobs, "sync_file", lambda path: steps.append(("file", path)))
    monkeypatch.setattr(blobs, "sync_folder", lambda path: steps.append(("folder", path)))
    path = finished()
    key = await store.put(path, extension="jpg")
    leaf = store.path_of(key).parent
    assert steps == [
        ("file", path),
        ("folder", leaf),
        ("folder", leaf.parent),
        ("folder", store.root),
        ("folder", store.root.parent),
    ]


async def test_a_file_from_another_file_system_is_copied_in(store, finished, monkeypatch):
    path = finished(b"far away")
    rename = type(path).rename

    def refuse_first(self, target):
        if self == path:
            raise OSError(errno.EXDEV, "cross-device")
        return rename(self, target)

    monkeypatch.setattr(type(path), "rename", refuse_first)
    key = await store.put(path, extension="png")
    assert store.path_of(key).read_bytes() == b"far away"
    assert not path.exists()
    assert list((store.root / "incoming").iterdir()) == []


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS])
async def test_a_disk_that_is_full_or_failing_is_said_so_and_nothing_is_kept(store, finished, monkeypatch, code):
    inner, calls = blobs.sync_file, []

    def full_on_second(path):
        calls.append(path)
        if len(calls) == 2:
            raise OSError(code, "full")
        inner(path)

    monkeypatch.setattr(blobs, "sync_file", full_on_second)
    with pytest.raises(StorageFull):
        await store.put_many([(finished(), "jpg"), (finished(), "webp")])
    assert [entry async for entry in store.entries()] == []


async def test_a_deleted_blob_is_missing_and_deleting_twice_is_harmless(store, finished):
    key = await store.put(finished(), extension="gif")
    await store.delete(key)
    await store.delete(key)
    with pytest.raises(BlobMissing):
        await store.size(key)


async def test_every_key_is_listed_and_strange_files_are_not(store, finished):
    keys = {await store.put(finished(), extension="jpg") for _ in range(20)}
    (store.root / "ab" / "cd").mkdir(parents=True, exist_ok=True)
    (store.root / "ab" / "cd" / "notes.txt").write_text("not a blob")
    assert {entry.key async for entry in store.entries()} == keys


def test_a_key_is_parsed_as_itself():
    assert parse_blob_key(KEY) == KEY


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "../../etc/passwd",
        KEY + "\n",
        KEY.upper(),
        "/" + KEY,
        KEY[:-4],
        KEY + "/..",
        "ab/cd/" + KEY,
        KEY + ".php",
        "\0" + KEY,
    ],
    ids=lambda raw: f"CVE-2021-41281 {raw!r}",
)
def test_no_other_text_is_a_key(raw, store):
    with pytest.raises(InvalidBlobKey):
        parse_blob_key(raw)
    with pytest.raises(InvalidBlobKey):
        store.path_of(BlobKey(raw))


@pytest.mark.parametrize("extension", ["", "jp/g", "../x", "JPG", ".jpg", "toolongext"])
async def test_an_ending_cannot_smuggle_a_path(store, finished, extension):
    path = finished()
    with pytest.raises(InvalidBlobKey):
        await store.put(path, extension=extension)
    assert path.exists()
