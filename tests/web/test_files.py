"""Uploads as browsers fetch them: whole, in ranges, from the disk and from an object store."""

import pytest
from tests.client import Client
from tests.objectstore import bucket_at

from rookery.storage.object_blobs import ObjectBlobs

CONTENT = bytes(range(256)) * 10


@pytest.fixture(params=["disk", "s3"])
async def key(request, pages, world, tmp_path):
    if request.param == "s3":
        world.media.blobs = ObjectBlobs(bucket_at(request.getfixturevalue("s3_url")))
    path = tmp_path / "film"
    path.write_bytes(CONTENT)
    return await world.media.blobs.put(path, extension="mp4")


async def test_a_video_is_sent_whole_or_in_ranges(world, key):
    browser = Client(world.server)
    whole = await browser.get(f"/media/{key}")
    assert (whole.code, whole.body, whole.headers["accept-ranges"]) == (200, CONTENT, "bytes")
    assert whole.headers["content-type"] == "video/mp4"
    assert whole.headers["etag"] == f'"{key}"'
    assert "immutable" in whole.headers["cache-control"]
    assert "sandbox" in whole.headers["content-security-policy"]
    assert whole.headers["x-content-type-options"] == "nosniff"
    part = await browser.get(f"/media/{key}", headers={"range": "bytes=100-199"})
    assert (part.code, part.body) == (206, CONTENT[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(CONTENT)}"
    end = await browser.get(f"/media/{key}", headers={"range": "bytes=-10"})
    assert (end.code, end.body) == (206, CONTENT[-10:])
    head = await browser.call("HEAD", f"/media/{key}")
    assert (head.code, head.body, head.headers["content-length"]) == (200, b"", str(len(CONTENT)))
    assert (await browser.get(f"/media/{key}", headers={"if-none-match": f'"{key}"'})).code == 304
    assert (await browser.get(f"/media/{'0' * 32}.mp4")).code == 404


async def test_an_upload_as_it_came_is_never_sent(pages, world, tmp_path):
    path = tmp_path / "raw"
    path.write_bytes(CONTENT)
    key = await world.media.blobs.put(path, extension="raw")
    assert (await Client(world.server).get(f"/media/{key}")).code == 404


async def test_strangers_are_sent_to_the_bucket_and_our_own_pages_are_not(pages, world, s3_url, tmp_path):
    world.media.blobs = ObjectBlobs(bucket_at(s3_url, public_url="https://cdn.example"))
    path = tmp_path / "film"
    path.write_bytes(CONTENT)
    key = await world.media.blobs.put(path, extension="mp4")
    sent_on = await Client(world.server).get(f"/media/{key}")
    assert (sent_on.code, sent_on.headers["location"]) == (302, f"https://cdn.example/{key}")
    own = await Client(world.server).get(f"/media/{key}", headers={"sec-fetch-site": "same-origin"})
    assert (own.code, own.body) == (200, CONTENT)
