"""One's own archive: everything of the person, nothing that others wrote, once a day, for a fresh session."""

import json
import os
import zipfile

import pytest
from tests.media.drawn_pictures import pillow_photo, saved

from rookery.actions.aliases import add_alias
from rookery.actions.archives import (
    BUILD_ARCHIVE,
    archive_blobs,
    archive_handlers,
    build_archive,
    find_file,
    find_own_archive,
    forget_old_archives,
    request_archive,
)
from rookery.actions.jobs import run_due_jobs
from rookery.actions.proofs import ProofNeeded
from rookery.actions.sessions import NewSession, sign_in
from rookery.archives.own import pack_archive
from rookery.model.errors import NotFound, TooMany
from rookery.storage.departures import PIECES
from rookery.storage.ownarchives import KEPT_BACK, OWN_ROWS

CANARY = "canary-3f9c"


async def signs_in(world, name: str) -> NewSession:
    return await sign_in(
        world.app, world.passwords, name, "correct horse battery", user_agent="Firefox", address="192.0.2.7"
    )


async def packs(world, person, session) -> zipfile.ZipFile:
    await request_archive(world.app, person.id, session_id=session.id)
    handlers = archive_handlers(world.app, world.media, pack_archive)
    while await run_due_jobs(world.app, handlers):
        pass
    return zipfile.ZipFile(await find_file(world.app, world.media, person.id, session_id=session.id))


def read(archive: zipfile.ZipFile, name: str):
    return json.loads(archive.read(name))


async def busy_world(world):
    """Ana, who has done a bit of everything; ben and cleo write the canary wherever it must not come from."""
    ana, ben, cleo = await world.people("ana", "ben", "cleo")
    await ben.calls("PATCH", "/api/v1/accounts/update_credentials", json_body={"note": CANARY, "display_name": CANARY})
    theirs = await ben.publishes(f"{CANARY} public")
    looks = {one: ("x.png", saved(pillow_photo(), "PNG"), "image/png") for one in ("avatar", "header")}
    await ana.calls("PATCH", "/api/v1/accounts/update_credentials", files=looks)
    await add_alias(world.app, ana.id, "cleo")
    secret = await ben.publishes(f"@ana {CANARY} for ana alone", visibility="direct")
    files = {"file": ("x.png", saved(pillow_photo(), "PNG"), "image/png")}
    picture = await ana.calls("POST", "/api/v2/media", files=files, form={"description": "a rook"})
    await ana.publishes("with a picture #rooks", media_ids=[picture["id"]])
    await ana.publishes("for friends", visibility="private", spoiler_text="soft")
    await ana.publishes("my answer", in_reply_to_id=theirs["id"])
    await ana.publishes("@ben between us", visibility="direct", in_reply_to_id=secret["id"])
    for verb in ("favourite", "bookmark", "reblog"):
        await ana.calls("POST", f"/api/v1/statuses/{theirs['id']}/{verb}")
    await ana.follows(ben)
    await cleo.follows(ana)
    await ana.calls("POST", f"/api/v1/accounts/{cleo.id}/note", form={"comment": "met on a train"})
    await ana.calls("POST", f"/api/v1/accounts/{cleo.id}/mute")
    made = await ana.calls("POST", "/api/v1/lists", form={"title": "birds, all"})
    await ana.calls("POST", f"/api/v1/lists/{made['id']}/accounts", form={"account_ids[]": ben.id})
    await cleo.follows(ana)
    hers = await cleo.calls("POST", "/api/v1/lists", form={"title": CANARY})
    await cleo.calls("POST", f"/api/v1/lists/{hers['id']}/accounts", form={"account_ids[]": ana.id})
    await cleo.calls("POST", f"/api/v1/accounts/{ana.id}/note", form={"comment": CANARY})
    words = {"title": "noise", "context": ["home"], "keywords_attributes": [{"keyword": "loud"}]}
    await ana.calls("POST", "/api/v2/filters", json_body=words)
    await world.settle()
    return ana, ben


async def test_the_archive_holds_everything_that_is_anas(world):
    async with world.box:
        ana, _ = await busy_world(world)
        archive = await packs(world, ana, await signs_in(world, "ana"))
    assert archive.testzip() is None
    assert read(archive, "actor.json")["preferredUsername"] == "ana"
    assert read(archive, "actor.json")["alsoKnownAs"] == ["http://localhost:3000/@cleo"]
    for part in ("icon", "image"):
        assert archive.read(read(archive, "actor.json")[part]["url"]).startswith((b"\x89PNG", b"\xff\xd8", b"RIFF"))
    assert {"avatar", "header"} <= {name.partition(".")[0] for name in archive.namelist()}
    assert read(archive, "outbox.json")["totalItems"] == 5
    outbox = read(archive, "outbox.json")["orderedItems"]
    notes = [entry["object"] for entry in outbox if entry["type"] == "Create"]
    assert [note["source"]["content"] for note in notes] == [
        "with a picture #rooks",
        "for friends",
        "my answer",
        "@ben between us",
    ]
    assert [entry["type"] for entry in outbox].count("Announce") == 1
    [tag, mention] = sorted((one for note in notes for one in note["tag"]), key=lambda one: one["type"])
    assert (tag["name"], mention["name"]) == ("#rooks", "@ben")
    [picture] = notes[0]["attachment"]
    assert picture["name"] == "a rook"
    assert archive.read(picture["url"]).startswith((b"\x89PNG", b"\xff\xd8", b"RIFF"))
    for name in ("likes.json", "bookmarks.json"):
        [uri] = read(archive, name)["orderedItems"]
        assert "/@ben/" in uri
        assert uri in archive.read("bookmarks.csv").decode()
    assert archive.read("following_accounts.csv").decode().splitlines() == [
        "Account address,Show boosts,Notify on new posts,Languages",
        "ben@localhost,true,false,",
    ]
    assert archive.read("muted_accounts.csv").decode().splitlines()[1] == "cleo@localhost,true"
    assert archive.read("lists.csv").decode() == '"birds, all",ben@localhost\r\n'
    assert read(archive, "filters.json")[0]["words"][0]["keyword"] == "loud"
    assert read(archive, "records/notes.json")[0]["text"] == "met on a train"
    assert read(archive, "records/member.json")[0]["email"] == "ana@mail.test"
    assert {f"records/{name}.json" for name in OWN_ROWS} <= set(archive.namelist())


async def test_nothing_that_others_wrote_and_no_secret_is_in_it(world):
    async with world.box:
        ana, _ = await busy_world(world)
        session = await signs_in(world, "ana")
        archive = await packs(world, ana, session)
    whole = b"".join(archive.read(name) for name in archive.namelist())
    assert CANARY.encode() not in whole
    row = await world.app.db.reader.one("SELECT password_hash FROM members WHERE account_id = :id", id=int(ana.id))
    for secret in (row[0], session.secret, ana.token):
        assert secret.encode() not in whole


async def test_once_a_day_and_for_a_fresh_session_of_its_person(world):
    ana, ben = await world.people("ana", "ben")
    session, bens = await signs_in(world, "ana"), await signs_in(world, "ben")
    await packs(world, ana, session)
    with pytest.raises(TooMany):
        await request_archive(world.app, ana.id, session_id=session.id)
    with pytest.raises(NotFound):
        await find_file(world.app, world.media, ben.id, session_id=bens.id)
    with pytest.raises(ProofNeeded):
        await find_file(world.app, world.media, ana.id, session_id=bens.id)
    async with world.app.db.transaction() as tx:
        await tx.run("UPDATE sessions SET created_at = 1")
    for act in (find_file(world.app, world.media, ana.id, session_id=session.id),):
        with pytest.raises(ProofNeeded):
            await act
    with pytest.raises(ProofNeeded):
        await request_archive(world.app, ana.id, session_id=session.id)


async def test_a_crash_in_the_middle_leaves_a_job_that_begins_again(world):
    [ana] = await world.people("ana")
    session = await signs_in(world, "ana")
    await request_archive(world.app, ana.id, session_id=session.id)

    async def crashes(app, blobs, account_id, path, progress):
        path.write_bytes(b"half")
        raise RuntimeError("the power went")

    with pytest.raises(RuntimeError):
        await build_archive(world.app, world.media, crashes, ana.id)
    assert [path.name for path in world.folder.glob("archive-*")] == []
    assert (await find_own_archive(world.app, ana.id)).state == "making"
    handlers = archive_handlers(world.app, world.media, pack_archive)
    await run_due_jobs(world.app, handlers)
    assert (await find_own_archive(world.app, ana.id)).state == "ready"
    await build_archive(world.app, world.media, crashes, ana.id)  # a second time does nothing
    assert set(handlers) == {BUILD_ARCHIVE}


async def test_old_files_and_those_of_nobody_are_swept_away(world):
    [ana] = await world.people("ana")
    await packs(world, ana, await signs_in(world, "ana"))
    blobs = archive_blobs(world.media)
    assert await forget_old_archives(world.app, world.media) == 0
    async with world.app.db.transaction() as tx:
        await tx.run("UPDATE own_archives SET expires_at = 1")
    assert await forget_old_archives(world.app, world.media) == 0  # too young to be nobody's
    [key] = [entry.key async for entry in blobs.entries()]
    os.utime(blobs.path_of(key), (1, 1))
    assert await forget_old_archives(world.app, world.media) == 1
    assert [entry.key async for entry in blobs.entries()] == []
    assert (await find_own_archive(world.app, ana.id)).state == "expired"


OWNERS = ("account_id", "author_id", "follower_id", "created_by_id")
# What goes with its member's row by itself, and what a purge deals with through its own actions.
GOES_BY_ITSELF = {
    *("members", "code_generators", "recovery_codes", "passkeys", "sign_in_steps", "unproved_sign_ups"),
    *("media_work", "departures", "own_archives", "posts", "marks", "media", "follows", "far_files"),
}
STAYS = {
    "tombstones": "so that nobody brings a deleted post back",
    "keyrings": "other servers are told of the deletion in a signed message",
    "reports": "what others did is still to be looked at",
    "strikes": "why somebody was acted upon",
    "far_accounts": "what keeps an account away that its own server deleted",
    "far_follows": "goes with the follow",
    "account_measures": "what keeps the account hidden",
    "moderation_notes": "what is known of an account whose name stays taken",
    "cards": "a page of others; its author is named by an id that shows nobody any more",
}


async def test_no_table_about_a_person_is_forgotten_by_archive_and_purge(world):
    if world.app.db.dialect != "sqlite":
        return
    names = [row[0] for row in await world.app.db.reader.all("SELECT name FROM sqlite_master WHERE type = 'table'")]
    personal = set()
    for name in names:
        columns = {row[1] for row in await world.app.db.reader.all(f"SELECT * FROM pragma_table_info('{name}')")}
        if columns & set(OWNERS):
            personal.add(name)
    packed = {table for table, *_ in OWN_ROWS.values()}
    assert personal - packed - KEPT_BACK.keys() == set(), "put it into OWN_ROWS, or say in KEPT_BACK why not"
    assert personal - PIECES.keys() - GOES_BY_ITSELF - STAYS.keys() == set(), "put it into PIECES"
