"""Videos and sounds as apps send them, and what they are told until a post may show them."""

import asyncio

import pytest
from tests.media.drawn_pictures import pillow_photo, saved
from tests.media.drawn_recordings import film, moving_gif, mp3_with_cover, wav

from rookery.actions import recordings
from rookery.actions.purge import purge_account
from rookery.actions.recordings import prepare_next
from rookery.media.recording_errors import QueueFull
from rookery.model.ids import now_us
from rookery.storage.media_work import claim_work, count_work, find_place, hold_work

FILM = film(count=10, size=(160, 120))
BROKEN = FILM[:64] + b"no film" * 40


async def send(person, content, *, path="/api/v2/media", code=202, form=None, **files):
    parts = {"file": ("film.bin", content, "application/octet-stream"), **files}
    return await person.calls("POST", path, files=parts, form=form, code=code)


async def keys_of(world):
    return [entry.key async for entry in world.media.blobs.entries()]


async def test_a_video_waits_is_prepared_and_shown(world):
    ana = await world.person("ana")
    sent = await send(ana, FILM, form={"description": "ten frames"})
    assert (sent["type"], sent["url"], sent["description"]) == ("video", None, "ten frames")
    path = f"/api/v1/media/{sent['id']}"
    assert (await ana.calls("GET", path, code=206))["url"] is None
    body = {"status": "look", "media_ids": [sent["id"]]}
    refused = await ana.calls("POST", "/api/v1/statuses", json_body=body, code=422)
    assert "still being prepared" in refused["error"]
    await ana.calls("PUT", path, json_body={"description": "better words"}, code=206)
    assert await prepare_next(world.app, world.media)
    ready = await ana.calls("GET", path)
    assert ready["url"].endswith(".mp4")
    assert ready["preview_url"].endswith(".webp")
    assert ready["description"] == "better words"
    meta = ready["meta"]
    assert meta["original"] == {
        "width": 160,
        "height": 120,
        "frame_rate": "25/1",
        "duration": meta["duration"],
        "bitrate": meta["original"]["bitrate"],
    }
    assert (meta["length"], meta["fps"], meta["size"]) == ("0:00:00.40", 25, "160x120")
    assert (meta["audio_encode"], meta["audio_bitrate"]) == ("aac", "48000 Hz")
    assert meta["small"]["size"] == "160x120"
    post = await ana.calls("POST", "/api/v1/statuses", json_body=body)
    assert post["media_attachments"][0] == ready
    await ana.calls("GET", path, code=404)
    assert len(await keys_of(world)) == 2
    assert not await prepare_next(world.app, world.media)


async def test_a_sound_shows_its_cover(world):
    ana = await world.person("ana")
    sent = await send(ana, mp3_with_cover(saved(pillow_photo(), "JPEG")))
    assert sent["type"] == "audio"
    await prepare_next(world.app, world.media)
    ready = await ana.calls("GET", f"/api/v1/media/{sent['id']}")
    assert (ready["type"], ready["meta"]["audio_channels"]) == ("audio", "mono")
    assert ready["meta"]["small"]["size"] == "320x200"
    assert set(ready["meta"]["original"]) == {"duration", "bitrate"}


async def test_an_app_of_the_first_version_waits_for_its_answer(world):
    ana = await world.person("ana")

    async def work():
        while not await prepare_next(world.app, world.media):
            await asyncio.wait_for(world.media.asked.wait(), 30)

    sent, _ = await asyncio.gather(send(ana, wav(0.2), path="/api/v1/media", code=200), work())
    assert sent["url"].endswith(".m4a")


async def test_a_broken_video_says_so_and_leaves_nothing(world):
    ana = await world.person("ana")
    sent = await send(ana, BROKEN)
    await prepare_next(world.app, world.media)
    failed = await ana.calls("GET", f"/api/v1/media/{sent['id']}", code=422)
    assert "damaged" in failed["error"]
    body = {"status": "look", "media_ids": [sent["id"]]}
    assert "could not be read" in (await ana.calls("POST", "/api/v1/statuses", json_body=body, code=422))["error"]
    assert await keys_of(world) == []
    await ana.calls("DELETE", f"/api/v1/media/{sent['id']}")


async def test_a_file_that_is_nothing_is_refused_at_once(world):
    ana = await world.person("ana")
    refused = await send(ana, b"#EXTM3U\nfile:///etc/passwd\n" * 40, code=422)
    assert "convert it" in refused["error"]
    assert await keys_of(world) == []


async def test_a_video_stands_alone_in_a_post(world):
    ana = await world.person("ana")
    ids = [(await send(ana, wav(0.1)))["id"] for _ in range(2)]
    picture = {"file": ("a.png", saved(pillow_photo(), "PNG"), "image/png")}
    ids.append((await ana.calls("POST", "/api/v2/media", files=picture))["id"])
    while await prepare_next(world.app, world.media):
        pass
    for mixed in (ids[:2], ids[1:]):
        body = {"status": "look", "media_ids": mixed}
        assert "alone" in (await ana.calls("POST", "/api/v1/statuses", json_body=body, code=422))["error"]
    await ana.publishes("listen", media_ids=ids[:1])


async def test_a_moving_gif_becomes_a_video(world):
    ana = await world.person("ana")
    sent = await send(ana, moving_gif(4))
    assert sent["type"] == "gifv"
    await prepare_next(world.app, world.media)
    ready = await ana.calls("GET", f"/api/v1/media/{sent['id']}")
    assert (ready["type"], ready["url"][-4:]) == ("gifv", ".mp4")


async def test_an_author_chooses_the_poster(world):
    ana = await world.person("ana")
    picture = ("p.png", saved(pillow_photo(), "PNG"), "image/png")
    sent = await send(ana, FILM, thumbnail=picture)
    await prepare_next(world.app, world.media)
    path = f"/api/v1/media/{sent['id']}"
    first = await ana.calls("GET", path)
    assert first["meta"]["small"]["size"] == "320x200"
    second = await ana.calls("PUT", path, files={"thumbnail": picture}, form={})
    assert second["preview_url"] != first["preview_url"]
    assert len(await keys_of(world)) == 2


async def test_what_is_deleted_while_it_waits_leaves_nothing(world):
    ana = await world.person("ana")
    sent = await send(ana, FILM)
    await ana.calls("DELETE", f"/api/v1/media/{sent['id']}")
    assert await keys_of(world) == []
    assert not await prepare_next(world.app, world.media)
    await send(ana, FILM)
    await purge_account(world.app, world.media, ana.id)
    assert await keys_of(world) == []


async def test_what_is_deleted_in_the_midst_of_it_leaves_nothing(world):
    ana = await world.person("ana")
    sent = await send(ana, FILM)
    _, deleted = await asyncio.gather(
        prepare_next(world.app, world.media), ana.client.delete(f"/api/v1/media/{sent['id']}")
    )
    assert deleted.code == 200
    assert await keys_of(world) == []


async def test_a_restart_goes_on_with_what_waited(world):
    ana = await world.person("ana")
    sent = await send(ana, FILM)
    task = asyncio.create_task(prepare_next(world.app, world.media))
    while not world.films.pool._busy:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await prepare_next(world.app, world.media)
    assert (await ana.calls("GET", f"/api/v1/media/{sent['id']}"))["url"]


async def test_a_video_that_takes_the_server_down_is_given_up(world):
    ana = await world.person("ana")
    sent = await send(ana, FILM)
    for _ in range(recordings.LAST_ATTEMPT):
        async with world.app.db.transaction() as tx:
            work = await claim_work(tx, now_us())
            await hold_work(tx, work, 0)
    await prepare_next(world.app, world.media)
    await ana.calls("GET", f"/api/v1/media/{sent['id']}", code=422)


async def test_turns_go_round_between_people(world):
    ana, bea = await world.people("ana", "bea")
    sent = [(await send(ana, wav(0.1)))["id"] for _ in range(3)]
    sent.insert(1, (await send(bea, wav(0.1)))["id"])
    served = []
    async with world.app.db.transaction() as tx:
        while work := await claim_work(tx, now_us()):
            served.append(str(work.media_id))
    assert served == sent


async def test_a_long_queue_is_full_for_its_maker_and_open_to_others(world):
    ana, bea = await world.people("ana", "bea")
    for _ in range(recordings.OWN_WAITING):
        await send(ana, wav(0.01))
    refused = await send(ana, wav(0.01), code=503)
    assert refused["error"] == str(QueueFull())
    await send(bea, wav(0.01))
    assert await count_work(world.app.db.reader) == recordings.OWN_WAITING + 1
    assert len(await keys_of(world)) == recordings.OWN_WAITING + 1
    assert (await find_place(world.app.db.reader, ana.id)).own == recordings.OWN_WAITING


async def test_the_server_says_what_it_takes(world):
    limits = (await world.stranger.get("/api/v2/instance")).json["configuration"]["media_attachments"]
    assert {"video/mp4", "video/webm", "audio/mpeg", "audio/flac"} <= set(limits["supported_mime_types"])
    assert limits["video_size_limit"] == 103_809_024
    assert (limits["video_matrix_limit"], limits["video_frame_rate_limit"]) == (8_294_400, 120)


async def test_a_server_without_videos_refuses_them_in_words(world):
    ana = await world.person("ana")
    world.media.films = None
    refused = await send(ana, FILM, code=422)
    assert "send a picture instead" in refused["error"]
