"""Custom emoji on pages: drawn where people wrote their names, and nowhere else."""

import re

import pytest
from tests.media.drawn_pictures import animation, pillow_photo, saved
from tests.web.browsing import Inventory

from rookery.actions.emoji import add_emoji, remove_emoji
from rookery.model.audit import OPERATOR
from rookery.model.emoji import CustomEmoji
from rookery.web.emoji import EmojiShelf, picture_of


async def add(pages, name, content=None):
    source = pages.world.folder / f"{name}.picture"
    source.write_bytes(content or saved(pillow_photo(64, 64), "PNG"))
    return await add_emoji(pages.world.app, pages.world.media, name, source, by=OPERATOR)


def drawn(page):
    """Return the names of the emoji that a page draws, in order."""
    return [a["alt"] for tag, a in Inventory(page).elements if tag == "img" and a.get("class") == "emoji"]


async def test_texts_warnings_names_fields_and_polls_show_their_emoji(pages):
    ana = await pages.member("ana")
    for name in ("rook", "egg", "nest", "elm"):
        await add(pages, name)
    await ana.opens("/settings/profile")
    pair = {"field_name": [":elm:"], "field_value": ["in the :elm:"]}
    await ana.sends("/settings/profile", display_name="Ana :rook:", bio="A :nest:", **pair)
    path = await ana.posts("Look, a :nest:", warning="An :egg:", choice=["one :egg:", "none"], lasts="3600")
    stranger = pages.browser()
    await stranger.opens(path)
    assert drawn(stranger.page) == [":rook:", ":egg:", ":nest:", ":egg:"]
    assert "<title>Ana :rook:" in stranger.page
    await stranger.opens("/@ana")
    assert drawn(stranger.page)[:4] == [":rook:", ":nest:", ":elm:", ":elm:"]


async def test_an_emoji_shows_from_the_moment_it_is_added_and_until_it_is_removed(pages):
    ana = await pages.member("ana")
    path = await ana.posts("Look :rook:")
    await ana.opens(path)
    assert drawn(ana.page) == []
    added = await add(pages, "rook")
    await ana.opens(path)
    assert drawn(ana.page) == [":rook:"]
    assert (await ana.call("GET", f"/media/{added.blob_key}")).code == 200
    await remove_emoji(pages.world.app, pages.world.media, "rook", by=OPERATOR)
    await ana.opens(path)
    assert drawn(ana.page) == []
    assert "Look :rook:" in ana.text()
    assert (await ana.call("GET", f"/media/{added.blob_key}")).code == 404


async def test_a_moving_emoji_stands_still_for_who_asked_for_less_motion(pages):
    added = await add(pages, "wing", animation().webpsave_buffer())
    assert added.still_key != added.blob_key
    ana = await pages.member("ana")
    await ana.opens(await ana.posts("It flaps :wing:"))
    source = f'<source srcset="/media/{added.still_key}" media="(prefers-reduced-motion: reduce)">'
    assert f"<picture>{source}<img" in ana.page


def shelf(*names):
    made = EmojiShelf(None)
    made.pictures = {name: picture_of(CustomEmoji(name, f"{name}.png", f"{name}.png")) for name in names}
    return made


@pytest.mark.parametrize(
    ("html", "count"),
    [
        ("<p>:rook:</p>", 1),
        ("<p>:rook: and :rook:</p>", 2),
        ("<p>a:rook:b ::rook:: :crow:</p>", 0),
        ('<p><a href="https://x.test/:rook:">:rook:</a> :rook:</p>', 1),
        ('<p title=":rook:"><code>:rook:</code></p>', 0),
        ("</a><p>:rook:</p>", 1),
    ],
)
def test_a_name_counts_between_tags_outside_links_and_code(html, count):
    result = shelf("rook").draw_html(html)
    assert result.count('class="emoji"') == count
    assert re.sub(r"<img[^>]*>", ":rook:", result) == html


def test_a_name_is_escaped_before_its_emoji_are_drawn():
    text = shelf("rook").draw("<b>'Ana' :rook:</b>")
    assert "<b>" not in text
    assert text.count("<img") == 1
