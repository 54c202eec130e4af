"""Housekeeping of stored files: orphans go, what a row knows stays, and everything can move."""

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest
from tests.mastodon.test_recordings import send
from tests.media.drawn_recordings import wav

from rookery.actions.blobs import CopyDiffers, count_blobs, forget_orphans, move_blobs
from rookery.storage import blobs as disk
from rookery.storage.blobrefs import REFERENCES
from rookery.storage.blobs import DiskBlobs
from rookery.storage.migrations.step_0001 import STEP


def finished(folder: Path, content: bytes = b"picture") -> Path:
    path = folder / f"finished-{os.urandom(4).hex()}"
    path.write_bytes(content)
    return path


async def test_what_nobody_knows_goes_after_a_day_and_the_rest_stays(world, tmp_path):
    ana = await world.person("ana")
    await send(ana, wav(0.1))
    store = world.media.blobs
    orphan = await store.put(finished(tmp_path), extension="jpg")
    usage = await count_blobs(world.app, store)
    assert (usage.files, usage.orphans, usage.orphan_bytes) == (2, 1, 7)
    assert await forget_orphans(world.app, store) == 0
    assert await forget_orphans(world.app, store, older_than=timedelta(0)) == 1
    assert not await store.exists(orphan)
    assert (await count_blobs(world.app, store)).files == 1


def test_every_column_that_holds_a_key_is_looked_at():
    tables = re.findall(
        r"CREATE TABLE (\w+) \((.*?)\n?\)(?=;|$)", "\n".join(f"{one};" for one in STEP.statements), re.S
    )
    found = {
        name: set(re.findall(r"\b((?:\w+_)?(?:blob|preview|raw|still|avatar|header|image|small)_key)\b", body))
        for name, body in tables
    }
    assert {name: keys for name, keys in found.items() if keys} == {
        name: set(keys) for name, keys in REFERENCES.items()
    }


async def test_everything_moves_and_may_be_begun_again(tmp_path):
    source, target = DiskBlobs(tmp_path / "a"), DiskBlobs(tmp_path / "b")
    keys = [await source.put(finished(tmp_path, os.urandom(50_000)), extension="jpg") for _ in range(5)]
    told = []
    await target.place(keys[0], finished(tmp_path, await source.read(keys[0], 0, 99_999)))
    moved = await move_blobs(source, target, tmp_path, lambda done, goal: told.append((done, goal)))
    assert (moved.copied, moved.present, moved.size_bytes) == (4, 1, 200_000)
    assert told == [(place, 5) for place in range(6)]
    for key in keys:
        assert await target.read(key, 0, 99_999) == await source.read(key, 0, 99_999)
    again = await move_blobs(source, target, tmp_path, lambda done, goal: None)
    assert (again.copied, again.present) == (0, 5)


class Forgetful(DiskBlobs):
    """A store that loses the last byte of what it is given."""

    async def place(self, key, path):
        path.write_bytes(path.read_bytes()[:-1] + b"?")
        await super().place(key, path)


async def test_a_copy_that_differs_is_seen_and_removed(tmp_path):
    source, target = DiskBlobs(tmp_path / "a"), Forgetful(tmp_path / "b")
    key = await source.put(finished(tmp_path, b"hello"), extension="jpg")
    with pytest.raises(CopyDiffers):
        await move_blobs(source, target, tmp_path, lambda done, goal: None)
    assert not await target.exists(key)
    assert await source.exists(key)


async def test_an_upload_is_on_the_disk_before_its_row_is_written(world, monkeypatch):
    """security 4.2: file, folders, then the row."""
    ana = await world.person("ana")
    steps = []
    for name in ("sync_file", "sync_folder"):
        inner = getattr(disk, name)
        monkeypatch.setattr(disk, name, lambda path, name=name, inner=inner: (steps.append(name), inner(path)))
    transaction = world.app.db.transaction
    monkeypatch.setattr(world.app.db, "transaction", lambda: (steps.append("row"), transaction())[1])
    await send(ana, wav(0.1))
    assert steps[0] == "sync_file"
    assert steps.count("sync_folder") == 4
    assert steps.index("row") > max(place for place, step in enumerate(steps) if step.startswith("sync"))
