"""Far files: what people here see of other servers' pictures, against servers that mean no good, and over outages."""

import asyncio
import contextlib
from argparse import Namespace
from dataclasses import replace

import pytest
from tests.evilhost import bomb, page, redirect
from tests.far import FAR, FarPerson, followed_by
from tests.media.drawn_pictures import STRANGERS, animation, photo, png_of_zeros
from tests.media.drawn_recordings import film, sound

from rookery.actions.domainblocks import DomainWishes, block_domain, unblock_domain
from rookery.actions.far_files import MOST_WAITING, FarRoom, get_far_file, write_wanted
from rookery.actions.far_jobs import AHEAD, far_file_handlers
from rookery.actions.far_keeping import count_bytes, forget_ownerless, forget_unwanted
from rookery.actions.jobs import run_due_jobs
from rookery.actions.media import MediaRoom
from rookery.actions.purge import purge_account
from rookery.model.audit import OPERATOR
from rookery.model.blocks import Severity
from rookery.model.events import PostPublished, PostRefreshed
from rookery.model.far_files import FarFileAway, FarFileNotFound, new_far_token
from rookery.model.incoming import IncomingAttachment, IncomingEmoji, IncomingPicture
from rookery.model.settings import FarMediaSettings
from rookery.ops.commands.media import prune_copies, show_usage
from rookery.storage.far_files import find_far_file, list_totals
from rookery.storage.object_blobs import Bucket, ObjectBlobs
from rookery.timelines.far_files import FarFileReader

JPEG = photo(1200, 800).jpegsave_buffer()


@pytest.fixture
async def far(world, evil):
    evil.paths["/bird.jpg"] = page(JPEG, "image/jpeg")
    async with world.box:
        yield Far(world, evil)
        await world.far.close()


class Far:
    """A world with a person elsewhere whose files lie on an evil host."""

    def __init__(self, world, evil):
        self.world, self.evil, self.app, self.room = world, evil, world.app, world.far

    async def bea(self, **profile) -> FarPerson:
        return await FarPerson(self.world).arrives(**profile)

    def file(self, path="/bird.jpg", **more):
        return IncomingAttachment(self.evil.url(path), **{"kind": "image", **more})

    async def attached(self, post_id):
        """What the client API says of a post's files."""
        shown = await self.world.stranger_json(f"/api/v1/statuses/{post_id}")
        return shown["media_attachments"]

    async def publishes(self, *files, **more):
        """Somebody far publishes with files; return their tokens."""
        bea = await self.bea()
        post_id = await bea.publishes(attachments=files or (self.file(),), **more)
        return [one["url"].split("/")[-2] for one in await self.attached(post_id)]

    async def gets(self, token, within_s=20):
        return await get_far_file(self.app, self.room, token, within_s=within_s)

    async def runs(self, sql, **values):
        async with self.app.db.transaction() as tx:
            return await tx.run(sql, **values)

    async def is_due(self, token):
        """The pause after a failure is over."""
        await self.runs("UPDATE far_files SET due_at = 0 WHERE token = :token", token=token)

    async def known(self, token):
        return await find_far_file(self.app.db.reader, token)

    async def works(self):
        """Readers and jobs run until idle."""
        await self.world.settle()
        await self.runs("UPDATE jobs SET run_at = 0 WHERE kind = 'FetchFarFiles' AND state = 'waiting'")
        while await run_due_jobs(self.app, far_file_handlers(self.app, self.room)):
            pass
        await self.world.settle()

    async def settings(self, **wishes):
        self.app.settings = replace(self.app.settings, far_media=replace(FarMediaSettings(), **wishes))


async def stored(far):
    return [entry async for entry in far.room.media.blobs.entries()]


async def test_many_who_look_at_once_cause_one_fetch_and_see_our_own_picture(far):
    [token] = await far.publishes()
    assert far.evil.requests == []
    files = await asyncio.gather(*(far.gets(token) for _ in range(20)))
    assert far.evil.asked("/bird.jpg") == 1
    assert len({(one.blob_key, one.small_key) for one in files}) == 1
    assert len(await stored(far)) == 2
    assert await far.room.media.blobs.read(files[0].blob_key, 0, 1 << 30) != JPEG
    [total] = await list_totals(far.app.db.reader)
    sizes = [entry.size_bytes for entry in await stored(far)]
    assert (total.file_count, total.size_bytes) == (1, sum(sizes))
    await far.gets(token)
    assert far.evil.asked("/bird.jpg") == 1


async def test_a_copy_outlives_its_server_and_is_fetched_again_after_it_went(far):
    [token] = await far.publishes()
    await far.gets(token)
    far.evil.paths["/bird.jpg"] = page("gone", code="410 Gone")
    assert (await far.gets(token)).blob_key
    await far.runs("UPDATE far_files SET kept_until = 1")
    assert await forget_unwanted(far.app, far.room.media.blobs) == 1
    assert (await stored(far), await count_bytes(far.app)) == ([], 0)
    with pytest.raises(FarFileNotFound):
        await far.gets(token)
    far.evil.paths["/bird.jpg"] = page(JPEG, "image/jpeg")
    await far.is_due(token)
    assert (await far.gets(token)).blob_key
    assert far.evil.asked("/bird.jpg") == 3


async def test_what_was_not_told_is_learned_and_the_post_shows_it(far):
    bea = await far.bea()
    post_id = await bea.publishes(attachments=(far.file(kind="unknown", alt="a bird"),))
    [before] = await far.attached(post_id)
    assert (before["type"], before["blurhash"], before["meta"]) == ("unknown", None, {})
    await far.gets(before["url"].split("/")[-2])
    [after] = await far.attached(post_id)
    assert (after["type"], after["description"], len(after["blurhash"])) == ("image", "a bird", 28)
    assert (after["meta"]["original"]["width"], after["meta"]["original"]["height"]) == (1200, 800)
    assert after["meta"]["small"]["width"] < 1200
    assert (after["url"], after["preview_url"]) == (before["url"], before["preview_url"])
    assert after["remote_url"] == far.evil.url("/bird.jpg")


async def test_what_was_told_stays_so_that_nothing_jumps_and_nobody_renders_anew(far):
    told = far.file(width=600, height=400, blurhash="LEHV6nWB2yk8pyo0adR*.7kCMdnj")
    bea = await far.bea()
    post_id = await bea.publishes(attachments=(told,))
    heard = []
    far.world.live.add(type("Ear", (), {"on_event": lambda self, event: heard.append(event)})())
    [before] = await far.attached(post_id)
    await far.gets(before["url"].split("/")[-2])
    [after] = await far.attached(post_id)
    assert (after["meta"]["original"]["width"], after["blurhash"]) == (600, told.blurhash)
    assert not any(isinstance(event, PostRefreshed) for event in heard)


@pytest.mark.parametrize("name", STRANGERS)
async def test_a_file_that_is_no_picture_is_never_kept_whatever_it_says_it_is(far, name):
    far.evil.paths["/bird.jpg"] = page(STRANGERS[name], "image/jpeg")
    [token] = await far.publishes()
    with pytest.raises(FarFileNotFound):
        await far.gets(token)
    assert (await far.known(token)).is_refused
    assert await stored(far) == []
    assert list(far.room.media.spool.glob("far-*")) == []
    with pytest.raises(FarFileNotFound):
        await far.gets(token)
    assert far.evil.asked("/bird.jpg") == 1


HOSTILE = {
    "a page": page("<script>", "text/html"),
    "a bomb in gzip": bomb(200 * 1024 * 1024),
    "a bomb of pixels": page(png_of_zeros(40_000, 40_000), "image/png"),
    "a length that is a lie": page(JPEG, "image/jpeg").replace(b"Content-Length: ", b"Content-Length: 9999999"),
    "a cut picture": page(JPEG[:4000], "image/jpeg"),
    "a circle": redirect("/bird.jpg"),
}


@pytest.mark.parametrize("answer", HOSTILE.values(), ids=HOSTILE)
async def test_a_hostile_answer_leaves_nothing_behind(far, answer):
    far.evil.paths["/bird.jpg"] = answer
    [token] = await far.publishes()
    with pytest.raises((FarFileNotFound, FarFileAway)):
        await far.gets(token)
    assert (await far.known(token)).due_at_us
    assert (await stored(far), await count_bytes(far.app)) == ([], 0)
    assert list(far.room.media.spool.glob("far-*")) == []


async def test_an_endless_file_ends_at_the_limit(far):
    sent = 0

    async def endless(reader, writer):
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(JPEG)
                await writer.drain()
                sent += len(JPEG)

    far.evil.paths["/bird.jpg"] = endless
    await far.settings(picture_bytes=256 * 1024)
    [token] = await far.publishes()
    with pytest.raises(FarFileNotFound):
        await far.gets(token)
    assert sent < 16 * 1024 * 1024
    assert await stored(far) == []


async def test_who_waits_for_a_slow_server_is_told_to_come_back_and_the_fetch_goes_on(far):
    release = asyncio.Event()

    async def slow(reader, writer):
        await release.wait()
        writer.write(page(JPEG, "image/jpeg"))
        await writer.drain()

    far.evil.paths["/bird.jpg"] = slow
    [token] = await far.publishes()
    with pytest.raises(FarFileAway) as away:
        await far.gets(token, within_s=0.05)
    assert away.value.retry_after_s > 0
    release.set()
    assert (await far.gets(token)).blob_key
    assert far.evil.asked("/bird.jpg") == 1


async def test_slow_servers_take_no_more_than_some_of_the_places(far):
    release = asyncio.Event()

    async def slow(reader, writer):
        await release.wait()
        writer.write(page(JPEG, "image/jpeg"))
        await writer.drain()

    far.evil.paths["/bird.jpg"] = slow
    [token] = await far.publishes()
    waiting = [asyncio.create_task(far.gets(token)) for _ in range(MOST_WAITING)]
    while far.room.waiting < MOST_WAITING:
        await asyncio.sleep(0)
    with pytest.raises(FarFileAway):
        await far.gets(token)
    release.set()
    assert all(one.blob_key for one in await asyncio.gather(*waiting))
    assert far.room.waiting == 0


async def test_a_server_in_trouble_is_left_alone_for_a_while_and_a_missing_file_may_still_come(far):
    far.evil.paths["/bird.jpg"] = page("oh", code="500 Oh")
    [token, late] = await far.publishes(far.file(), far.file("/late.jpg"))
    for _ in range(3):
        with pytest.raises(FarFileAway):
            await far.gets(token)
    assert far.evil.asked("/bird.jpg") == 1
    with pytest.raises(FarFileAway):
        await far.gets(late)
    far.evil.paths |= {"/late.jpg": page(JPEG, "image/jpeg"), "/bird.jpg": page(JPEG, "image/jpeg")}
    for one in (token, late):
        await far.is_due(one)
        assert (await far.gets(one)).blob_key
    assert (await far.known(token)).failure_count == 0


async def test_a_file_that_stays_missing_becomes_a_link_and_comes_back_when_it_does(far):
    bea = await far.bea()
    post_id = await bea.publishes(attachments=(far.file("/gone.jpg", width=10, height=10, blurhash="x" * 28),))
    [shown] = await far.attached(post_id)
    token = shown["url"].split("/")[-2]
    for _ in range(4):
        await far.is_due(token)
        with pytest.raises((FarFileAway, FarFileNotFound)):
            await far.gets(token)
    [shown] = await far.attached(post_id)
    assert (shown["type"], shown["remote_url"]) == ("unknown", far.evil.url("/gone.jpg"))
    far.evil.paths["/gone.jpg"] = page(JPEG, "image/jpeg")
    await far.is_due(token)
    await far.gets(token)
    assert [one["type"] for one in await far.attached(post_id)] == ["image"]


async def test_a_token_that_we_did_not_give_out_leads_nowhere(far):
    with pytest.raises(FarFileNotFound):
        await far.gets(new_far_token())
    assert far.evil.connection_count == 0


@pytest.mark.parametrize("row", [pytest.param(0, id="GHSA-jqx4-9gpq-rppm")])
async def test_a_file_inside_our_network_is_not_fetched_not_even_by_redirect(far, row):
    far.room.door.is_test = False
    tokens = await far.publishes(far.file(), IncomingAttachment("http://169.254.169.254/latest", kind="image"))
    for token in tokens:
        with pytest.raises(FarFileNotFound):
            await far.gets(token)
    assert far.evil.connection_count == 0


async def test_a_film_is_made_anew_with_a_poster_and_too_large_a_one_stays_a_link(far):
    raw = film()
    far.evil.paths |= {"/a.mp4": page(raw, "video/mp4"), "/b.mp4": page(raw + b"\0" * 300_000, "video/mp4")}
    await far.settings(recording_bytes=len(raw) + 100)
    bea = await far.bea()
    post_id = await bea.publishes(attachments=(far.file("/a.mp4", kind="video"), far.file("/b.mp4", kind="video")))
    first, second = [one["url"].split("/")[-2] for one in await far.attached(post_id)]
    copy = await far.gets(first)
    assert (copy.blob_key.partition(".")[2], copy.small_key.partition(".")[2]) == ("mp4", "webp")
    with pytest.raises(FarFileNotFound):
        await far.gets(second)
    shown = await far.attached(post_id)
    assert [one["type"] for one in shown] == ["video", "unknown"]
    assert shown[0]["meta"]["original"]["width"] == 320


async def test_where_no_recordings_are_wanted_their_servers_are_not_asked(far):
    far.evil.paths["/a.mp3"] = page(sound("libmp3lame", "mp3"), "audio/mpeg")
    await far.settings(recording_bytes=0)
    [token] = await far.publishes(far.file("/a.mp3", kind="audio"))
    with pytest.raises(FarFileNotFound):
        await far.gets(token)
    assert far.evil.connection_count == 0


async def test_a_moving_avatar_has_a_still_and_another_one_takes_its_place(far):
    far.evil.paths |= {
        "/bea.gif": page(animation().gifsave_buffer(), "image/gif"),
        "/new.jpg": page(JPEG, "image/jpeg"),
    }
    bea = await far.bea(avatar=IncomingPicture(far.evil.url("/bea.gif")))
    shown = await far.world.stranger_json(f"/api/v1/accounts/{bea.id}")
    assert shown["avatar"].endswith("/whole") and shown["avatar_static"].endswith("/small")
    copy = await far.gets(shown["avatar"].split("/")[-2])
    assert copy.blob_key != copy.small_key
    await bea.arrives(avatar=IncomingPicture(far.evil.url("/new.jpg")))
    after = await far.world.stranger_json(f"/api/v1/accounts/{bea.id}")
    assert after["avatar"] != shown["avatar"]
    with pytest.raises(FarFileNotFound):
        await far.gets(copy.token)
    assert await forget_ownerless(far.app, far.room.media.blobs) == 1
    assert (await stored(far), await count_bytes(far.app)) == ([], 0)
    still = await far.gets(after["avatar"].split("/")[-2])
    assert still.blob_key == still.small_key


async def test_an_emoji_keeps_its_address_when_its_picture_changes(far):
    far.evil.paths |= {"/1.png": page(photo(64, 64).pngsave_buffer(), "image/png")}
    far.evil.paths["/2.png"] = page(photo(32, 32).pngsave_buffer(), "image/png")
    bea = await far.bea(display_name=":rook:", emoji=(IncomingEmoji("rook", far.evil.url("/1.png")),))
    [before] = (await far.world.stranger_json(f"/api/v1/accounts/{bea.id}"))["emojis"]
    token = before["url"].split("/")[-2]
    first = await far.gets(token)
    await bea.arrives(display_name=":rook:", emoji=(IncomingEmoji("rook", far.evil.url("/2.png"), "", 5),))
    [after] = (await far.world.stranger_json(f"/api/v1/accounts/{bea.id}"))["emojis"]
    assert after["url"] == before["url"]
    second = await far.gets(token)
    assert (second.url, second.blob_key != first.blob_key) == (far.evil.url("/2.png"), True)
    assert await forget_ownerless(far.app, far.room.media.blobs) == 1
    assert not await far.room.media.blobs.exists(first.blob_key)


async def test_the_budget_holds_and_what_was_wanted_longest_ago_goes_first(far):
    for number in range(6):
        far.evil.paths[f"/{number}.jpg"] = page(photo(400 + number, 300).jpegsave_buffer(), "image/jpeg")
    far.evil.paths["/bea.jpg"] = page(JPEG, "image/jpeg")
    bea = await far.bea(avatar=IncomingPicture(far.evil.url("/bea.jpg")))
    avatar = (await far.world.stranger_json(f"/api/v1/accounts/{bea.id}"))["avatar"].split("/")[-2]
    await far.gets(avatar)
    post_id = await bea.publishes(attachments=[far.file(f"/{number}.jpg") for number in range(6)])
    tokens = [one["url"].split("/")[-2] for one in await far.attached(post_id)]
    for token in tokens[:3]:
        await far.gets(token)
    await far.runs("UPDATE far_files SET wanted_at = 1, kept_until = kept_until - 1000000")
    note = await far.gets(tokens[0])
    assert far.room.wanted == {note.token: note}
    await write_wanted(far.app, far.room)
    assert (await far.known(tokens[0])).wanted_at_us > 1
    await far.gets(tokens[0])
    assert far.room.wanted == {}
    budget = await count_bytes(far.app)
    await far.settings(budget_bytes=budget)
    await far.gets(tokens[3])
    assert await count_bytes(far.app) <= budget
    kept = [bool((await far.known(token)).blob_key) for token in (avatar, *tokens[:4])]
    assert kept[:2] == [True, True] and kept[4] and not all(kept), "the avatar, what was wanted, what is new"
    for token in tokens:
        await far.gets(token)
        assert await count_bytes(far.app) <= budget
    sizes = [entry.size_bytes for entry in await stored(far)]
    assert sum(sizes) == await count_bytes(far.app)


async def test_a_post_that_goes_takes_its_files_along_and_an_edit_brings_others(far):
    far.evil.paths["/new.jpg"] = page(JPEG, "image/jpeg")
    bea = await far.bea()
    note = bea.note(attachments=(far.file(),))
    post_id = await bea.sends(note)
    [first] = [one["url"].split("/")[-2] for one in await far.attached(post_id)]
    await far.gets(first)
    later = note.published_at_us + 1_000_000
    await bea.sends(replace(note, attachments=(far.file("/new.jpg"),), published_at_us=1, edited_at_us=later))
    await far.world.settle()
    [second] = [one["url"].split("/")[-2] for one in await far.attached(post_id)]
    assert second != first
    await far.gets(second)
    await bea.deletes(note.uri)
    for token in (first, second):
        with pytest.raises(FarFileNotFound):
            await far.gets(token)
    assert await forget_ownerless(far.app, far.room.media.blobs) == 2
    assert (await stored(far), await count_bytes(far.app)) == ([], 0)


async def test_an_account_that_goes_takes_its_files_along(far):
    far.evil.paths["/bea.jpg"] = page(JPEG, "image/jpeg")
    bea = await far.bea(avatar=IncomingPicture(far.evil.url("/bea.jpg")))
    avatar = (await far.world.stranger_json(f"/api/v1/accounts/{bea.id}"))["avatar"].split("/")[-2]
    post_id = await bea.publishes(attachments=(far.file(),))
    for token in (avatar, (await far.attached(post_id))[0]["url"].split("/")[-2]):
        await far.gets(token)
    await purge_account(far.app, far.room.media, bea.id)
    assert await forget_ownerless(far.app, far.room.media.blobs) == 2
    assert (await stored(far), await count_bytes(far.app)) == ([], 0)


@pytest.mark.parametrize(
    "wishes",
    [DomainWishes(Severity.SILENCE, rejects_media=True), DomainWishes(Severity.SUSPEND)],
    ids=["media refused", "suspended"],
)
async def test_a_server_whose_files_are_refused_is_not_asked_and_what_is_here_goes(far, wishes):
    [token, other] = await far.publishes(far.file(), far.file("/other.jpg"))
    await far.gets(token)
    await block_domain(far.app, FAR, wishes, by=OPERATOR)
    await far.works()
    assert (await stored(far), await count_bytes(far.app)) == ([], 0)
    for one in (token, other):
        with pytest.raises(FarFileNotFound):
            await far.gets(one)
    assert len(far.evil.requests) == 1


async def test_what_lands_in_a_home_here_is_fetched_before_anybody_looks(far):
    far.evil.paths |= {"/bea.jpg": page(JPEG, "image/jpeg"), "/2.jpg": page(JPEG, "image/jpeg")}
    bea = await far.bea(avatar=IncomingPicture(far.evil.url("/bea.jpg")))
    await bea.publishes("nobody follows", attachments=(far.file("/2.jpg"),))
    await far.works()
    assert far.evil.requests == []
    ana = await far.world.person("ana")
    await followed_by(bea, ana)
    await bea.publishes("now they do", attachments=(far.file(),))
    await far.works()
    assert (far.evil.asked("/bird.jpg"), far.evil.asked("/bea.jpg"), far.evil.asked("/2.jpg")) == (1, 1, 0)
    [shown] = (await ana.home())[0]["media_attachments"]
    assert (await far.known(shown["url"].split("/")[-2])).blob_key


async def test_where_nothing_is_fetched_ahead_it_comes_when_somebody_looks(far):
    bea, ana = await far.bea(), await far.world.person("ana")
    await followed_by(bea, ana)
    reader = FarFileReader(far.app.ids, replace(far.app.settings, far_media=FarMediaSettings(ahead=False)))
    event = PostPublished(1, bea.id, 0, has_media=True, is_local=False)
    assert not reader.wants(event)
    assert FarFileReader(far.app.ids, far.app.settings).wants(event)


async def test_whoever_writes_much_fills_no_disk_ahead_of_readers(far):
    bea, ana = await far.bea(), await far.world.person("ana")
    await followed_by(bea, ana)
    for _ in range(AHEAD.count):
        async with far.room.door.budgets.turn(FAR, AHEAD):
            pass
    post_id = await bea.publishes("once more", attachments=(far.file(),))
    await far.works()
    assert far.evil.requests == []
    [shown] = await far.attached(post_id)
    assert (await far.gets(shown["url"].split("/")[-2])).blob_key


async def test_a_server_that_was_let_back_meanwhile_keeps_its_copies(far):
    [token] = await far.publishes()
    await far.gets(token)
    block = await block_domain(far.app, FAR, DomainWishes(Severity.SUSPEND), by=OPERATOR)
    await unblock_domain(far.app, block.id, by=OPERATOR)
    await far.works()
    assert (await far.gets(token)).blob_key
    assert far.evil.asked("/bird.jpg") == 1


async def test_a_copy_that_is_not_wanted_any_more_is_not_kept(far):
    release = asyncio.Event()

    async def slow(reader, writer):
        await release.wait()
        writer.write(page(JPEG, "image/jpeg"))
        await writer.drain()

    far.evil.paths["/bird.jpg"] = slow
    bea = await far.bea()
    note = bea.note(attachments=(far.file(),))
    [shown] = await far.attached(await bea.sends(note))
    token = shown["url"].split("/")[-2]
    with pytest.raises(FarFileAway):
        await far.gets(token, within_s=0.05)
    await bea.deletes(note.uri)
    task = far.room.fetches[token]
    release.set()
    await task
    assert (await stored(far), await count_bytes(far.app)) == ([], 0)


async def test_two_processes_that_fetch_the_same_keep_it_once(far):
    other = FarRoom(far.room.door, far.room.media)
    [token] = await far.publishes()
    both = [get_far_file(far.app, room, token, within_s=20) for room in (far.room, other)]
    first, second = await asyncio.gather(*both)
    assert (first.blob_key, len(await stored(far))) == (second.blob_key, 2)
    [total] = await list_totals(far.app.db.reader)
    assert total.file_count == 1


async def test_an_operator_sees_what_copies_take_and_drops_them(far):
    [token] = await far.publishes()
    await far.gets(token)
    server = replace(far.app.settings.server, data=str(far.world.folder))
    far.app.settings = replace(far.app.settings, server=server)
    shown = await show_usage(far.app, Namespace())
    taken = await count_bytes(far.app)
    assert shown.values["copies"] == {"attachment": {"files": 1, "bytes": taken}}
    assert (shown.values["copied_bytes"], "of 5.4 GB" in shown.text) == (taken, True)
    assert (await prune_copies(far.app, Namespace(all=False))).values == {"dropped": 0, "bytes": taken}
    assert (await prune_copies(far.app, Namespace(all=True))).values == {"dropped": 1, "bytes": 0}
    assert await stored(far) == []
    assert (await far.gets(token)).blob_key


async def test_copies_live_in_an_object_store_as_well(far, s3_url, tmp_path):
    bucket = Bucket(endpoint=s3_url, name="nest", region="us-east-1", access_key="a", secret_key="b")
    store = ObjectBlobs(bucket)
    far.room.media = MediaRoom(far.world.box, store, tmp_path, far.world.films)
    [token] = await far.publishes()
    copy = await far.gets(token)
    assert await store.exists(copy.blob_key) and await store.exists(copy.small_key)
    await far.runs("UPDATE far_files SET kept_until = 1")
    assert await forget_unwanted(far.app, far.room.media.blobs) == 1
    assert not await store.exists(copy.blob_key) and not await store.exists(copy.small_key)
