"""A translator as the operator names it: what it is asked, what it may answer, and how little it is believed."""

import asyncio
import json

import pytest
from tests.evilhost import door_for, page, redirect
from tests.libretranslate import LANGUAGES, answer, shouting, translator_at  # noqa: F401 - a fixture

from rookery.model.settings import Settings, TranslationSettings
from rookery.model.translation import LanguageUnknown, TooLongToTranslate
from rookery.network.outward import AddressRefused, Ask
from rookery.network.translating import TranslatorFailed, find_code, open_translator


async def test_texts_are_translated_together_and_in_order(shouting):  # noqa: F811
    found = await translator_at(shouting).translate(["one", "two"], source="en", target="fr")
    assert (found.texts, found.source) == (("ONE (fr)", "TWO (fr)"), "en")
    assert shouting.asked == [{"q": ["one", "two"], "source": "en", "target": "fr", "format": "text"}]


async def test_a_language_that_nobody_said_is_found_out(shouting):  # noqa: F811
    for source in (None, "tlh"):
        found = await translator_at(shouting).translate(["un"], source=source, target="en")
        assert (found.texts, found.source) == (("UN (en)",), "fr")
    assert {body["source"] for body in shouting.asked} == {"auto"}


async def test_a_key_goes_with_every_translation_and_a_wrong_one_is_no_translation(shouting):  # noqa: F811
    shouting.key = "s3cret"
    found = await translator_at(shouting, key="s3cret").translate(["one"], source="en", target="fr")
    assert found.texts == ("ONE (fr)",)
    with pytest.raises(TranslatorFailed):
        await translator_at(shouting, key="wrong").translate(["one"], source="en", target="fr")


async def test_the_same_texts_are_asked_for_once_even_at_the_same_moment(shouting):  # noqa: F811
    translator = translator_at(shouting, kept=2)
    asking = [translator.translate(["one"], source="en", target="fr") for _ in range(5)]
    assert len({found.texts for found in await asyncio.gather(*asking)}) == 1
    assert (shouting.asked.__len__(), shouting.requests[0][0]) == (1, "GET /languages HTTP/1.1")
    for text in ("two", "three", "one"):
        await translator.translate([text], source="en", target="fr")
    assert [body["q"] for body in shouting.asked] == [["one"], ["two"], ["three"], ["one"]]
    await translator.translate(["one"], source="en", target="pt-BR")
    assert len(translator.done) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(answer({"error": "no"}, "500 Internal Server Error"), id="a fault"),
        pytest.param(answer({"error": "slow down"}, "429 Too Many Requests"), id="too many"),
        pytest.param(page("{", "application/json"), id="broken JSON"),
        pytest.param(page(b"\xff\xfe", "application/json"), id="no text"),
        pytest.param(answer({"translatedText": "one"}), id="another shape"),
        pytest.param(answer({"translatedText": ["one"]}), id="too few"),
        pytest.param(answer({"translatedText": ["x" * 5000, "two"]}), id="out of all proportion"),
        pytest.param(page(b" " * 2_000_000, "application/json"), id="huge"),
        pytest.param(redirect("http://169.254.169.254/latest"), id="sent inward"),
    ],
)
async def test_what_is_no_translation_is_said_to_be_none_and_not_kept(shouting, wrong):  # noqa: F811
    right, shouting.paths["/translate"] = shouting.paths["/translate"], wrong
    translator = translator_at(shouting)
    with pytest.raises(TranslatorFailed):
        await translator.translate(["one", "two"], source="en", target="fr")
    shouting.paths["/translate"] = right
    translator.door.budgets.hosts.clear()
    assert (await translator.translate(["one", "two"], source="en", target="fr")).texts[1] == "TWO (fr)"


async def test_nobody_waits_longer_than_the_operator_allows(shouting):  # noqa: F811
    async def never(reader, writer):
        await reader.read()

    shouting.paths["/languages"] = never
    with pytest.raises(TranslatorFailed):
        await asyncio.wait_for(translator_at(shouting, timeout_s=0.2).translate(["x"], source="en", target="fr"), 5)


async def test_too_much_text_and_unknown_languages_are_refused_before_anything_is_sent(shouting):  # noqa: F811
    translator = translator_at(shouting, most_characters=10)
    with pytest.raises(TooLongToTranslate, match="10 characters"):
        await translator.translate(["12345", "678901"], source="en", target="fr")
    for source, target in (("en", "tlh"), ("fr", "pt-BR"), ("pt-BR", "fr")):
        with pytest.raises(LanguageUnknown):
            await translator.translate(["x"], source=source, target=target)
    assert shouting.asked == []


async def test_languages_are_told_with_what_each_becomes(shouting):  # noqa: F811
    assert await translator_at(shouting).languages() == {"en": ("fr", "pt-BR"), "fr": ("en",), "pt-BR": ("en",)}
    shouting.paths["/languages"] = answer([{"code": one["code"]} for one in LANGUAGES])
    assert (await translator_at(shouting).languages())["fr"] == ("en", "pt-BR")


@pytest.mark.parametrize(
    ("asked", "found"),
    [("pt-BR", "pt-BR"), ("pt", "pt-BR"), ("PT_br", "pt-BR"), ("zh-Hant-TW", "zh-Hant"), ("en-GB", "en"), ("", None)],
)
def test_the_nearest_language_is_meant(asked, found):
    assert find_code(asked, ["en", "pt-BR", "zh-Hans", "zh-Hant"]) == found


async def test_only_what_the_operator_named_may_be_private(shouting):  # noqa: F811
    named = shouting.url("").rstrip("/")
    door = door_for(is_test=False, named=named)
    assert (await door.fetch(Ask(f"{named}/languages"))).code == 200
    for link in (f"http://localhost:{shouting.port}/languages", "http://127.0.0.1:1/", f"{named}@10.0.0.1/"):
        with pytest.raises(AddressRefused):
            await door.fetch(Ask(link, allows_http=True))
    with pytest.raises(AddressRefused):
        await door_for(is_test=False).fetch(Ask(f"{named}/languages", allows_http=True))
    shouting.paths["/away"] = redirect("http://127.0.0.2/")
    with pytest.raises(AddressRefused):
        await door.fetch(Ask(f"{named}/away"))


async def test_the_settings_say_which_translator_there_is(shouting):  # noqa: F811
    assert open_translator(Settings(), "1") is None
    asked = TranslationSettings(url=shouting.url("/"), provider="")
    translator = open_translator(Settings(translation=asked), "1")
    assert translator.provider == "127.0.0.1"
    assert (await translator.translate(["one"], source="en", target="fr")).texts == ("ONE (fr)",)
    assert json.loads(shouting.requests[-1][2])["q"] == ["one"]
