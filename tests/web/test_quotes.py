"""Quoting on pages: from the post's menu to taking it out again, without script."""

import re

REFUSED = "the author of this post does not let you quote it"


async def quote(browser, path, text, code=303, **form):
    """Quote a post through its page; return the path of the new one."""
    await browser.opens(f"{path}/quote")
    key = re.search(r'name="key" value="([^"]+)"', browser.page)[1]
    reply = await browser.sends(f"{path}/quote", code, follows=False, text=text, key=key, **form)
    return reply.headers.get("location", "")


async def test_a_quote_from_the_menu_to_the_conversation(pages):
    ana, bea = await pages.member("ana"), await pages.member("bea")
    path = await ana.posts("Forty nests in the elms.")
    await bea.opens(path)
    assert f'href="{path}/quote"' in bea.page
    await bea.opens(f"{path}/quote")
    assert "Forty nests in the elms." in bea.text()
    made = await quote(bea, path, "Forty! Look at that.")
    await bea.opens(made)
    assert "Forty! Look at that." in bea.text()
    assert re.search(r'<blockquote class="quote".*Forty nests in the elms\..*</blockquote>', bea.page, re.S)
    await ana.opens(path)
    assert f'href="{path}/quotes"' in ana.page and "See 1 quote" in ana.text()
    await pages.world.settle()
    await ana.opens("/notifications")
    assert "quoted your post" in ana.text()
    stranger = pages.browser()
    await stranger.opens(path)
    assert "1 quote" in stranger.text()
    assert f'{path}/quote"' not in stranger.page


async def test_the_author_takes_a_post_out_of_a_quote_with_a_button(pages):
    ana, bea = await pages.member("ana"), await pages.member("bea")
    path = await ana.posts("mine alone")
    made = await quote(bea, path, "so they say")
    await bea.opens(f"{path}/quotes")
    assert "so they say" in bea.text() and "Take my post out" not in bea.text()
    revoke = f"{path}/quotes/{made.rpartition('/')[2]}/revoke"
    await bea.sends(revoke, 404)
    await ana.opens(f"{path}/quotes")
    assert f'formaction="{revoke}"' in ana.page
    await ana.sends(revoke)
    assert "No quotes here." in ana.text()
    await bea.opens(made)
    assert "so they say" in bea.text() and "mine alone" not in bea.text()
    assert "The author of the quoted post took it out of this one." in bea.text()
    await ana.sends(f"{path}/quotes/x!/revoke", 404)


async def test_who_may_quote_is_chosen_in_the_composer_the_edit_and_the_settings(pages):
    ana, bea = await pages.member("ana"), await pages.member("bea")
    closed = await ana.posts("not for quoting", quote_policy="nobody")
    await bea.opens(closed)
    assert f'href="{closed}/quote"' not in bea.page
    await bea.opens(f"{closed}/quote", 403)
    assert REFUSED in bea.text().lower() or "does not let you quote" in bea.text()
    await ana.opens(f"{closed}/quote")
    await ana.opens(f"{closed}/edit")
    assert '<option value="nobody" selected>' in ana.page
    await ana.sends(f"{closed}/edit", text="not for quoting", quote_policy="followers")
    assert "edited" not in ana.text()
    await bea.opens(f"{closed}/quote", 403)
    await bea.opens("/@ana")
    await bea.sends("/@ana/relation/follow", back="/@ana")
    await bea.opens(closed)
    assert f'href="{closed}/quote"' in bea.page
    await quote(bea, closed, "now I may")
    await ana.opens("/settings/appearance")
    await ana.sends("/settings/appearance", theme="auto", default_quote_policy="nobody")
    assert '<option value="nobody" selected>' in ana.page
    await ana.opens("/home")
    assert '<option value="nobody" selected>' in ana.page


async def test_each_reader_meets_the_quoted_post_or_a_word_in_its_place(pages):
    ana, bea, cleo = [await pages.member(name) for name in ("ana", "bea", "cleo")]
    path = await ana.posts("a canary sings")
    made = await quote(bea, path, "hear hear")
    for browser in (cleo, pages.browser()):
        await browser.opens(made)
        assert "a canary sings" in browser.text()
    await cleo.opens("/@ana")
    await cleo.sends("/@ana/relation/mute", back="/@ana")
    await cleo.opens(made)
    assert "by somebody you mute" in cleo.text() and "canary" not in cleo.text()
    assert f'href="{path}">Show it' in cleo.page
    await ana.opens("/@cleo")
    await ana.sends("/@cleo/relation/block", back="/@cleo")
    for place in (made, "/@bea", f"{made}/quote"):
        await cleo.opens(place)
        assert "canary" not in cleo.page, place
    await cleo.opens(made)
    assert "you cannot read it" in cleo.text()
    french = pages.browser(language="fr")
    await ana.opens(f"{path}/delete")
    await ana.sends(f"{path}/delete")
    await french.opens(made)
    assert "Le message cité a été supprimé." in french.text()


async def test_a_refused_quote_keeps_its_text(pages):
    ana, bea = await pages.member("ana"), await pages.member("bea")
    path = await ana.posts("short")
    await quote(bea, path, "x" * 5001, 422)
    assert "x" * 5001 in bea.page and "short" in bea.text()


async def test_what_people_write_is_escaped_inside_a_quote(pages):
    ana, bea = await pages.member("ana"), await pages.member("bea")
    path = await ana.posts("<script>alert(1)</script> \"'><img src=x onerror=alert(2)>", warning="<b>careful</b>")
    made = await quote(bea, path, "look")
    await bea.opens(made)
    assert "<script>alert" not in bea.page and "<img src=x" not in bea.page and "<b>careful" not in bea.page
    assert "&lt;b&gt;careful" in bea.page
