"""Videos and sounds by real clients: Mastodon.py sends them, Chromium plays them."""

from playwright.async_api import async_playwright
from tests.media.drawn_pictures import pillow_photo, saved
from tests.media.drawn_recordings import film, mp3_with_cover

from mastodon import Mastodon

# Plays without a sound, and answers the readyState once a little of it was shown.
PLAY = """one => new Promise((done, fail) => {
    one.muted = true
    one.ontimeupdate = () => one.currentTime > 0.2 && done(one.readyState)
    one.play().catch(fail)
})"""


async def test_a_video_and_a_sound_are_sent_and_played(server, chromium_path):
    name, app = "ana", Mastodon(access_token=server.person("ana"), api_base_url=server.url)
    posts = []
    for content, mime, words in (
        (film("libvpx", "libopus", "webm"), "video/webm", "a square that wanders"),
        (mp3_with_cover(saved(pillow_photo(), "JPEG")), "audio/mpeg", "a hum"),
    ):
        sent = app.media_post(content, mime_type=mime, description=words, synchronous=True)
        posts.append(app.status_post("look", media_ids=[sent]))
    assert [post.media_attachments[0].type for post in posts] == ["video", "audio"]
    assert posts[0].media_attachments[0].meta.original.width == 320
    assert abs(posts[0].media_attachments[0].meta.original.duration - 2) < 0.1
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        page = await browser.new_page()
        complaints = []
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        await page.goto(f"{server.url}/@{name}")
        for kind in ("video", "audio"):
            one = page.locator(f"article {kind}")
            assert await one.evaluate("one => one.readyState") == 0  # nothing is loaded before it is asked for
            assert await one.evaluate(PLAY) >= 3  # HAVE_FUTURE_DATA: there is more to show
        assert await page.locator("article video").get_attribute("aria-label") == "a square that wanders"
        assert await page.locator("figcaption").all_inner_texts() == ["a hum", "a square that wanders"]
        assert complaints == []
        await browser.close()
