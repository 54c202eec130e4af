"""Far posts in a real browser: their pictures come from us alone, and keep nobody out."""

from types import SimpleNamespace

import pytest
from tests.evilhost import page
from tests.far import FarPerson
from tests.journeys.test_accessibility import Inspection
from tests.journeys.windows import chromium, window
from tests.media.drawn_pictures import photo, pillow_photo, saved
from tests.media.drawn_recordings import film, sound

from rookery.actions.far_jobs import fetch_files_of_post
from rookery.actions.follows import FollowWishes, follow_account
from rookery.model.incoming import IncomingAttachment, IncomingEmoji, IncomingPicture
from rookery.storage.accounts import find_account_by_name

FILES = {
    "/bea.jpg": page(photo(400, 400).jpegsave_buffer(), "image/jpeg"),
    "/top.jpg": page(photo(1500, 500).jpegsave_buffer(), "image/jpeg"),
    "/rook.png": page(saved(pillow_photo(64, 64), "PNG"), "image/png"),
    "/fly.mp4": page(film(), "video/mp4"),
    "/sing.mp3": page(sound("libmp3lame", "mp3"), "audio/mpeg"),
    "/lost.jpg": page("<p>no", "text/html"),
    **{f"/{n}.jpg": page(photo(1200 - 200 * n, 800).jpegsave_buffer(), "image/jpeg") for n in range(4)},
}
# A browser asks for what is below the fold only when somebody goes there.
ALL_SEEN = """async () => {
    for (const one of document.images) one.loading = "eager";
    await Promise.all([...document.images].map((one) => one.decode()));
    return document.images.length;
}"""


async def bea_publishes(world, evil):
    """Somebody far, whom ana follows, shows one of everything."""
    evil.paths |= FILES
    bea = await FarPerson(world).arrives(
        display_name="Bea :rook:",
        bio="A :rook: from elsewhere",
        avatar=IncomingPicture(evil.url("/bea.jpg"), "a bee"),
        header=IncomingPicture(evil.url("/top.jpg")),
        emoji=(IncomingEmoji("rook", evil.url("/rook.png")),),
    )
    ana = await find_account_by_name(world.app.db.reader, "ana", "")
    await follow_account(world.app, ana.id, bea.id, FollowWishes())
    assert await bea.accepts(SimpleNamespace(name="ana"))

    def file(path, kind="image", alt="", **more):
        return IncomingAttachment(evil.url(path), kind=kind, alt=alt, **more)

    told = [{"width": 1200 - 200 * n, "height": 800} for n in range(4)]
    await bea.publishes("four of a :rook:", attachments=[file(f"/{n}.jpg", alt=f"no {n}", **told[n]) for n in range(4)])
    await bea.publishes("one whose size was not told", attachments=[file("/0.jpg", alt="a field")])
    await bea.publishes("it flies", attachments=[file("/fly.mp4", "video", "it flies")])
    await bea.publishes("it sings", attachments=[file("/sing.mp3", "audio", "it sings")])
    await bea.publishes("warned", is_sensitive=True, attachments=[file("/1.jpg", alt="a veiled field")])
    lost = await bea.publishes("look there", attachments=[file("/lost.jpg", alt="a lost one")])
    await fetch_files_of_post(world.app, world.far, lost)


@pytest.mark.parametrize("ready_place", ["sqlite"], indirect=True)
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_far_posts_are_seen_from_our_origin_alone_and_without_barriers(
    browsed, chromium_path, axe_source, evil, scheme
):
    world, hold, found = browsed.world, Inspection(axe_source, scheme), []
    async with chromium(chromium_path) as browser, window(browser, browsed.url) as ana:
        await ana.joins("ana")
        await bea_publishes(world, evil)
        for path in ("/home", "/@bea@far.example", "/@bea@far.example?tab=media", "/@ana/following"):
            await ana.opens(path)
            assert await ana.page.evaluate(ALL_SEEN) >= 1
            found += await hold.holds(ana, f"far{path}")
        await ana.opens("/home")
        await ana.page.click("audio")
        await ana.check()
    assert not found, "\n".join(found)
    assert {line.split(" ")[1] for line, _, _ in evil.requests} == set(FILES)
