"""Translations: only of what strangers may read, and honest where there is no translator.

The translator here is one that a test can read, but for the last test, which has a server of its own on loopback.
"""

import pytest
from tests.evilhost import page
from tests.libretranslate import shouting, translator_at  # noqa: F401 - a fixture
from tests.media.drawn_pictures import pillow_photo, saved

from rookery.model.translation import Translated


class Shouting:
    provider = "Shouter"

    def __init__(self):
        self.asked = []

    async def translate(self, texts, *, source, target):
        self.asked.append((tuple(texts), source, target))
        return Translated(tuple(text.upper() for text in texts), source or "xx")

    async def languages(self):
        return {"en": ("fr", "de")}


async def translate(person, post, code=200, **more):
    return await person.calls("POST", f"/api/v1/statuses/{post['id']}/translate", json_body=more, code=code)


async def test_without_a_translator_nobody_is_promised_one(world):
    ana, bea = await world.people("ana", "bea")
    refused = await translate(bea, await ana.publishes("hello"), code=503)
    assert "no translator" in refused["error"]
    assert (await world.stranger.get("/api/v2/instance")).json["configuration"]["translation"] == {"enabled": False}
    assert (await world.stranger.get("/api/v1/instance/translation_languages")).json == {}


async def test_a_public_post_is_translated_whole_and_rendered_anew(world):
    ana, bea = await world.people("ana", "bea")
    world.app.translator = Shouting()
    poll = {"options": ["tea", "coffee"], "expires_in": 600}
    post = await ana.publishes("a <b> #birds", spoiler_text="careful", language="en", poll=poll)
    found = await translate(bea, post, lang="fr")
    assert found["content"].startswith("<p>A &lt;B&gt; ")
    assert "/tags/birds" in found["content"]
    assert (found["spoiler_text"], found["language"], found["detected_source_language"]) == ("CAREFUL", "fr", "en")
    assert [option["title"] for option in found["poll"]["options"]] == ["TEA", "COFFEE"]
    assert (found["provider"], found["media_attachments"]) == ("Shouter", [])
    assert world.app.translator.asked == [(("a <b> #birds", "careful", "tea", "coffee"), "en", "fr")]
    assert (await world.stranger.get("/api/v2/instance")).json["configuration"]["translation"] == {"enabled": True}
    assert (await world.stranger.get("/api/v1/instance/translation_languages")).json == {"en": ["fr", "de"]}


@pytest.mark.parametrize(("visibility", "code"), [("unlisted", 200), ("private", 403), ("direct", 403)])
async def test_what_is_for_few_goes_to_no_translator(world, visibility, code):
    ana, bea = await world.people("ana", "bea")
    await bea.follows(ana)
    world.app.translator = Shouting()
    post = await ana.publishes("hello @bea", visibility=visibility)
    await translate(bea, post, code=code)
    assert bool(world.app.translator.asked) is (code == 200)


async def test_a_hidden_post_is_not_there_to_translate(world):
    ana, bea = await world.people("ana", "bea")
    world.app.translator = Shouting()
    await translate(bea, await ana.publishes("for friends", visibility="private"), code=404)


async def test_names_in_a_translation_lead_to_whom_the_post_names_and_to_nobody_else(world):
    ana, bea, _ = await world.people("ana", "bea", "cleo")

    class Naming(Shouting):
        async def translate(self, texts, *, source, target):
            return Translated(tuple(f"{text} @cleo" for text in texts), "en")

    world.app.translator = Naming()
    found = await translate(bea, await ana.publishes("hello @bea"))
    assert "/@bea" in found["content"]
    assert "/@cleo" not in found["content"]


async def test_markup_from_a_translator_is_shown_as_the_words_that_it_is(world):
    ana, bea = await world.people("ana", "bea")

    class Hostile(Shouting):
        async def translate(self, texts, *, source, target):
            return Translated(tuple('<img src="x" onerror="alert(1)"><script>alert(2)</script>' for _ in texts), "en")

    world.app.translator = Hostile()
    post = await ana.publishes("hello", spoiler_text="careful", language="fr")
    found = await translate(bea, post, lang="en")
    assert "<img" not in found["content"]
    assert "<script" not in found["content"]
    assert "&lt;img" in found["content"]


async def test_a_real_server_translates_a_post_with_its_warning_poll_and_pictures(world, shouting):  # noqa: F811
    ana, bea = await world.people("ana", "bea")
    world.app.translator = translator_at(shouting)
    picture = ("x.png", saved(pillow_photo(64, 64), "PNG"), "image/png")
    upload = await ana.client.post("/api/v2/media", files={"file": picture}, form={"description": "a rook"})
    more = {"media_ids": [upload.json["id"]], "spoiler_text": "careful", "language": "en"}
    found = await translate(bea, await ana.publishes("hello", **more), lang="fr-CA")
    assert (found["content"], found["spoiler_text"]) == ("<p>HELLO (fr)</p>", "CAREFUL (fr)")
    assert [one["description"] for one in found["media_attachments"]] == ["A ROOK (fr)"]
    await translate(bea, await ana.publishes("hello", language="en"), lang="tlh", code=422)
    shouting.paths["/translate"] = page("oops", code="500 Internal Server Error")
    refused = await translate(bea, await ana.publishes("other", language="en"), lang="fr", code=503)
    assert "translator" in refused["error"]
    languages = (await world.stranger.get("/api/v1/instance/translation_languages")).json
    assert languages["en"] == ["fr", "pt-BR"]
