"""Moving in a real browser: without script from end to end, and with it where a page moves by itself."""

import pytest
from tests.journeys.windows import browsed, chromium, window

from rookery.actions.importing import import_handlers
from rookery.actions.jobs import run_due_jobs

__all__ = ["browsed"]


async def carries_out(world):
    while await run_due_jobs(world.app, import_handlers(world.app)):
        pass


@pytest.fixture
def follows(tmp_path):
    path = tmp_path / "following_accounts.csv"
    path.write_text(
        "Account address,Show boosts,Notify on new posts,Languages\r\nbea@localhost,true,false,\r\n"
        '"broken\r\nnobody@localhost,true,false,\r\n'
    )
    return path


async def brings(ana, path):
    await ana.opens("/settings/import")
    await ana.page.set_input_files("[name=file]", path)
    await ana.presses("main form button.strong")
    assert "1 line cannot be read" in await ana.text()


async def test_ana_brings_her_follows_and_moves_to_her_other_account_without_script(browsed, chromium_path, follows):
    world = browsed.world
    async with (
        chromium(chromium_path) as browser,
        window(browser, browsed.url, has_script=False) as ana,
        window(browser, browsed.url, has_script=False) as bea,
    ):
        await bea.joins("bea")
        await ana.joins("ana")
        await brings(ana, follows)
        await ana.presses("main form button.strong")
        assert "Under way" in await ana.text()
        await carries_out(world)
        await ana.page.wait_for_selector("text=nobody@localhost")  # the page looks again by itself
        assert "Done 2 of 2" in await ana.text()
        await bea.opens("/settings/moving")
        await bea.page.fill("[name=handle]", "@ana")
        await bea.presses("main form.fields-form button")
        await ana.opens("/settings/moving/away")
        await ana.page.fill("[name=handle]", "@bea")
        await ana.presses("main form button.strong")
        assert "For 30 days you cannot move again" in await ana.text()
        await ana.presses("main form button.danger")
        assert "You live here now:" in await ana.text()
        await bea.opens("/@ana")
        assert "has moved to" in await bea.text()
        await bea.opens("/settings/moving")
        assert "@ana has moved here." in await bea.text()
        await ana.presses("main form button")
        assert "You can move again on" in await ana.text()


async def test_the_page_of_an_import_follows_it_with_script(browsed, chromium_path, follows):
    world = browsed.world
    await world.people("bea")
    async with chromium(chromium_path) as browser, window(browser, browsed.url) as ana:
        await ana.joins("ana")
        await brings(ana, follows)
        await ana.presses("main form button.strong")
        await carries_out(world)
        await ana.page.wait_for_selector("text=nobody@localhost")
        assert "Done 2 of 2" in await ana.text()
        async with ana.page.expect_download() as taken:
            await ana.page.click("a[download]")
        assert (await taken.value).suggested_filename == "failed-follows.csv"
        await ana.check()
