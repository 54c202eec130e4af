"""A real browser on a real server: two people join, post, reply, and leave; with script and without."""

import pytest
from tests.journeys.windows import chromium, keep_shot, window
from tests.media.drawn_pictures import pillow_photo, saved

NAME = "((e) => (e.getAttribute('aria-label') || e.name || e.textContent).trim())(document.activeElement)"


@pytest.mark.parametrize("has_script", [True, False], ids=["script", "no-script"])
async def test_two_people_talk_in_a_browser(browsed_url, chromium_path, tmp_path, has_script):
    picture = tmp_path / "rooks.png"
    picture.write_bytes(saved(pillow_photo(), "PNG"))
    async with (
        chromium(chromium_path) as browser,
        window(browser, browsed_url, has_script=has_script) as ana,
        window(browser, browsed_url, has_script=has_script) as bea,
    ):
        await ana.joins("ana")
        await bea.joins("bea")
        await ana.page.fill("textarea[name=text]", "Forty nests in the elms tonight.")
        await ana.page.click("details:has([name=picture1]) summary")
        await ana.page.set_input_files("[name=picture1]", picture)
        await ana.page.fill("[name=alt1]", "Rooks over a ploughed field")
        await ana.presses(".composer .send button")
        image = ana.page.locator("article img[alt='Rooks over a ploughed field']")
        await image.wait_for()
        assert await image.bounding_box()
        await bea.opens("/@ana")
        await bea.presses("button:has-text('Follow')")
        await bea.opens("/home")
        await bea.presses("article a.reply")
        await bea.page.fill("textarea[name=text]", "@ana We counted forty too.")
        if has_script:
            await bea.page.press("textarea[name=text]", "Control+Enter")
            await bea.page.wait_for_load_state("load")
        else:
            await bea.presses(".composer .send button")
        await bea.page.locator("article:has-text('We counted forty too.')").wait_for()
        await bea.presses("article.focus button.like")
        assert await bea.page.locator("article.focus button.like[aria-pressed=true]").count() == 1
        await ana.opens("/home")
        await ana.presses("article a.when")
        assert "We counted forty too." in await ana.text()
        await ana.presses("article.focus details.more summary")
        await ana.presses("article.focus .menu a[href$='/edit']")
        await ana.page.fill("textarea[name=text]", "Forty-one nests in the elms tonight.")
        await ana.presses(".composer .send button")
        await bea.page.reload()
        await bea.presses("article.focus a[href$='/history']")
        assert "Forty nests in the elms tonight." in await bea.text()
        assert "Forty-one nests" in await bea.text()
        await ana.opens("/notifications")
        for words in ("bea followed you", "bea liked your post", "bea mentioned you"):
            assert words in " ".join((await ana.text()).split()), words
        await ana.presses(".me form button")
        assert "Sign in" in await ana.text()
        await ana.opens("/home")
        assert "/login" in ana.page.url


PAGES = {
    "home": "/home",
    "profile": "/@ana",
    "search": "/search?q=ana",
    "bookmarks": "/bookmarks",
    "notifications": "/notifications",
    "settings-profile": "/settings/profile",
    "settings-account": "/settings/account",
    "settings-appearance": "/settings/appearance",
    "settings-sessions": "/settings/sessions",
    "settings-notifications": "/settings/notifications",
    "letter": "/settings/notifications/letter",
    "settings-apps": "/settings/apps",
    "settings-away": "/settings/away?list=muted",
    "people": "/people",
    "about": "/about",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_no_page_is_wider_than_a_small_phone_in_either_language(browsed_url, chromium_path, scheme):
    async with chromium(chromium_path) as browser:
        small = {"width": 320, "height": 640}
        async with window(browser, browsed_url, viewport=small, color_scheme=scheme) as ana:
            await ana.joins("ana")
            await ana.page.fill("textarea[name=text]", "w" * 200 + " https://example.org/" + "x" * 300)
            await ana.presses(".composer .send button")
            for name, path in PAGES.items():
                for language in ("en", "fr"):
                    await ana.opens(f"{path}{'&' if '?' in path else '?'}lang={language}")
                    wide = await ana.page.evaluate("document.documentElement.scrollWidth")
                    assert wide <= 320, (name, language, wide)
                    await keep_shot(ana.page, f"{name}-{language}-{scheme}")


async def test_every_control_of_home_is_reached_by_keyboard_and_shows_it(browsed_url, chromium_path):
    async with chromium(chromium_path) as browser, window(browser, browsed_url) as ana:
        await ana.joins("ana")
        await ana.page.keyboard.press("Tab")
        assert "Skip" in await ana.page.evaluate("document.activeElement.textContent")
        seen = set()
        for _ in range(30):
            await ana.page.keyboard.press("Tab")
            if await ana.page.evaluate("document.activeElement === document.body"):
                break
            seen.add(await ana.page.evaluate(NAME))
            assert await ana.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
        assert {"Home", "Settings", "Write", "Sign out", "text", "audience", "Post"} <= seen
