"""The page of a translation, and the link that leads to it."""

import re

from tests.libretranslate import shouting, translator_at  # noqa: F401 - a fixture


async def written(pages, language):
    ana = await pages.member("ana")
    await ana.opens("/home")
    await ana.sends("/home", text="bonjour <b> #oiseaux", language=language, audience="public")


async def test_a_post_in_another_language_is_translated_on_a_page_of_its_own(pages, shouting):  # noqa: F811
    pages.world.app.translator = translator_at(shouting)
    await written(pages, "fr")
    bea = await pages.member("bea")
    await bea.opens("/@ana")
    [path] = re.findall(r'href="(/@ana/\w+/translation)"', bea.page)
    assert shouting.asked == []
    await bea.opens(path)
    assert "BONJOUR <B> # OISEAUX (en)" in bea.text()
    assert "<b>" not in bea.page.partition("BONJOUR")[2][:20].lower()
    assert "From French, translated by Shouter." in bea.text()
    stranger = pages.browser()
    await stranger.opens("/@ana")
    assert "/translation" not in stranger.page
    await stranger.opens(path)
    assert "BONJOUR" not in stranger.text()
    assert len(shouting.asked) == 1


async def test_a_post_in_the_readers_language_needs_no_translation(pages, shouting):  # noqa: F811
    pages.world.app.translator = translator_at(shouting)
    await written(pages, "en")
    bea = await pages.member("bea")
    await bea.opens("/@ana")
    assert "/translation" not in bea.page


async def test_without_a_translator_there_is_no_link_and_the_page_says_why(pages):
    await written(pages, "fr")
    bea = await pages.member("bea")
    await bea.opens("/@ana")
    assert "/translation" not in bea.page
    path = re.search(r'class="when" href="(/@ana/\w+)"', bea.page)[1]
    await bea.opens(f"{path}/translation", 503)
    assert "no translator" in bea.text()
