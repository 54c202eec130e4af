"""Every page, as strangers and its owner see it, on phone and desk, by day and by night: no barrier of WCAG 2.2 AA.

A new page is visited by itself; one whose address needs more than PARTS knows gets a line in EXAMPLES.
Rules: https://github.com/dequelabs/axe-core/blob/develop/doc/rule-descriptions.md
"""

import re
from dataclasses import dataclass

import pytest
from tests.journeys.brought import bring_files, brought_files
from tests.journeys.windows import PASSWORD, Watched, chromium, keep_shot, window
from tests.libretranslate import shouting, translator_at  # noqa: F401 - a fixture
from tests.media.drawn_pictures import pillow_photo, saved
from tests.world import Person, World

from rookery.actions.announcements import make_announcement
from rookery.actions.members import make_claim
from rookery.actions.secrets import hash_secret, new_secret
from rookery.actions.unsubscribing import stop_url
from rookery.model.announcements import AnnouncementDraft
from rookery.model.audit import OPERATOR
from rookery.model.ids import now_us, short_id
from rookery.model.mailing import MailTopic
from rookery.storage.mailtokens import MailToken, insert_mail_token
from rookery.web.tables import ROUTES

HOUR_US = 3600 * 1_000_000
WIDTHS = {390: 844, 1280: 900}
NO_PAGES = {
    *(
        "/media/{key}",
        "/media/far/{token}/{size}",
        "/static/{name}",
        "/settings/archive/file",
        "/sw.js",
        "/moderation/domains.csv",
    ),
    *("/settings/export/{file}", "/settings/import/{id}/progress", "/settings/import/{id}/failed.csv"),
}
PARTS = {"name": "ana", "tag": "rooks"}
HOLD = """async () => {
    // Menus lie over what is below them, so the page is held without them first, then one of them alone.
    for (const details of document.querySelectorAll("details:not(.more)")) details.open = true;
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
    const options = {
        runOnly: {type: "tag", values: tags}, rules: {"target-size": {enabled: true}}, resultTypes: ["violations"],
    };
    const told = (rule) => rule.nodes.map((node) => `${rule.id}: ${node.html.slice(0, 160)} ${node.failureSummary}`);
    const found = (await axe.run(document, options)).violations.flatMap(told);
    const menu = document.querySelector("details.more");
    if (!menu) return found;
    menu.open = true;
    return [...found, ...(await axe.run(menu, options)).violations.flatMap(told)];
}"""


@dataclass
class Inspection:
    """Holds pages against the rules, in one colour scheme."""

    axe_source: str
    scheme: str

    async def holds(self, who: Watched, name: str) -> list[str]:
        """Return the barriers of the page that is open, at both widths."""
        found = []
        await who.page.emulate_media(color_scheme=self.scheme, reduced_motion="reduce")
        for width, height in WIDTHS.items():
            await who.page.evaluate("for (const menu of document.querySelectorAll('details.more')) menu.open = false")
            await who.page.set_viewport_size({"width": width, "height": height})
            await keep_shot(who.page, f"{name}-{width}-{self.scheme}")
            await who.page.evaluate(self.axe_source)
            found += [f"{name} at {width}: {one}" for one in await who.page.evaluate(HOLD)]
        return found


async def settle_in(ana: Watched, world: World, tmp_path) -> str:
    """The owner and her neighbours fill the nest with one of everything; return the path of a post with all of it."""
    picture = tmp_path / "rooks.png"
    picture.write_bytes(saved(pillow_photo(), "PNG"))
    await ana.opens("/home")
    await ana.page.click("details:has([name=picture1]) summary")
    await ana.page.set_input_files("[name=picture1]", picture)
    await ana.page.fill("[name=alt1]", "Rooks over a ploughed field")
    await ana.page.fill("textarea[name=text]", "Forty nests in the elms. #rooks https://example.org/elms")
    await ana.presses(".composer .send button")
    path = await ana.page.get_attribute("article a.when", "href")
    await ana.opens(f"{path}/edit")
    await ana.page.fill("textarea[name=text]", "Forty-one nests in the elms. #rooks @bea https://example.org/elms")
    await ana.presses(".composer .send button")
    me = (await world.app.db.reader.one("SELECT id FROM accounts WHERE username = 'ana'"))[0]
    bea, cleo, dora, eve = await world.people("bea", "cleo", "dora", "eve")
    post_id = (await bea.calls("GET", f"/api/v1/accounts/{me}/statuses"))[0]["id"]
    await bea.calls(
        "PATCH", "/api/v1/accounts/update_credentials", json_body={"note": "I count rooks, at dawn.", "locked": True}
    )
    for other in (bea, cleo):
        await other.calls("POST", f"/api/v1/accounts/{me}/follow")
        await other.calls("POST", f"/api/v1/statuses/{post_id}/favourite")
        reply = await other.publishes("@ana I counted forty.", in_reply_to_id=post_id)
    await cleo.calls("POST", f"/api/v1/statuses/{post_id}/reblog")
    await dora.publishes("Which elm?", poll={"options": ["the old one", "the new one"], "expires_in": 3600})
    await dora.publishes("What the fox did", spoiler_text="a dead bird", in_reply_to_id=reply["id"])
    await eve.publishes("Does anybody know these elms? #rooks https://example.org/elms")
    days = AnnouncementDraft("The **fox** is back.", now_us(), now_us() + 86_400_000_000, is_all_day=True)
    for is_kept in (False, True):
        await make_announcement(world.app, days, by=OPERATOR, is_kept=is_kept)
    await eve.publishes("Qui connaît ces ormes ?", language="fr")
    token = await world.token(me)
    owner = type(bea)(world, "ana", me, token)
    await owner.calls("PATCH", "/api/v1/accounts/update_credentials", json_body={"locked": True})
    await eve.calls("POST", f"/api/v1/accounts/{me}/follow")
    await owner.follows(dora)
    await owner.calls("POST", f"/api/v1/statuses/{post_id}/bookmark")
    await owner.calls("POST", f"/api/v1/statuses/{post_id}/pin")
    named = {"name": "Who counts rooks", "description": "At dawn, and by the hundred.", "tag_name": "rooks"}
    people = [str(one.id) for one in (cleo, dora, eve)]
    await owner.calls("POST", "/api/v1/collections", json_body={**named, "account_ids": people})
    far = await world.people("fay", "gil")
    await owner.calls("POST", f"/api/v1/accounts/{far[0].id}/block")
    await owner.calls("POST", f"/api/v1/accounts/{far[1].id}/mute", json_body={"duration": 3600})
    await fill_with_quotes(owner, dora, far[1], post_id)
    why = {"account_id": str(dora.id), "category": "spam", "comment": "She sells fox traps to everybody."}
    await cleo.calls("POST", "/api/v1/reports", json_body=why)
    await bring_files(world, me)
    await world.settle()
    return path


async def fill_with_quotes(owner: Person, dora: Person, muted: Person, post_id: str) -> None:
    """Dora quotes the owner's post, a warned one, one of somebody whom the owner muted, and one that is gone."""
    warned = await muted.publishes("It was the cat.", spoiler_text="what happened to the fox")
    own = await owner.publishes("A fox!", spoiler_text="a fox", poll={"options": ["yes", "no"], "expires_in": 3600})
    gone = await dora.publishes("soon gone")
    quotes = [(post_id, "Forty-one! I stand corrected."), (warned["id"], "Poor fox."), (own["id"], "Where?")]
    for quoted, text in [*quotes, (gone["id"], "Never mind.")]:
        await dora.publishes(text, quoted_status_id=quoted)
    await dora.calls("DELETE", f"/api/v1/statuses/{gone['id']}")


async def mailed_secret(world: World) -> str:
    """What a mail to the owner would hold who forgot her password."""
    secret = new_secret()
    (me,) = await world.app.db.reader.one("SELECT id FROM accounts WHERE username = 'ana'")
    async with world.app.db.transaction() as tx:
        token = MailToken(me, "reset", "ana@mail.test")
        await insert_mail_token(tx, token, hash_secret(secret), now_us() + HOUR_US)
    return secret


async def examples(world: World, path: str) -> dict[str, str]:
    """Addresses of routes that show something only with more than PARTS in them."""
    (me,) = await world.app.db.reader.one("SELECT id FROM accounts WHERE username = 'ana'")
    stop = await stop_url(world.app, me, MailTopic.DIGEST)
    (collection,) = await world.app.db.reader.one("SELECT id FROM collections")
    (announced,) = await world.app.db.reader.one("SELECT min(id) FROM announcements")
    (french,) = await world.app.db.reader.one("SELECT id FROM posts WHERE language = 'fr'")
    draft, _ = await brought_files(world)
    (report, reported) = await world.app.db.reader.one("SELECT id, target_id FROM reports")
    authorize = f"/oauth/authorize?response_type=code&client_id={world.client.client_id}&scope=read+write"
    return {
        "/oauth/authorize": f"{authorize}&redirect_uri=urn:ietf:wg:oauth:2.0:oob",
        "/collections/{id}": f"/collections/{collection}",
        "/settings/import/{id}": f"/settings/import/{draft}",
        "/report": f"/report?account={reported}",
        "/admin/announcements/{id}": f"/admin/announcements/{announced}",
        "/moderation/reports/{id}": f"/moderation/reports/{report}",
        "/moderation/accounts/{id}": f"/moderation/accounts/{reported}",
        "/search": "/search?q=ana",
        "/login": "/login?again=1",
        "/mail/stop/{link}": stop[stop.index("/mail/") :],
        "/password/reset": f"/password/reset?token={await mailed_secret(world)}",
        **{route.path: route.path.replace("/@{name}/{id}", path) for route in ROUTES if "/@{name}/{id}" in route.path},
        "/@{name}/{id}/translation": f"/@eve/{short_id(french)}/translation",
    }


def shot_name(address: str) -> str:
    """A short name for a page, another for each kind of page."""
    plain = re.sub(r"(token|client_id)=.*", "", address.partition("&")[0])
    named = re.sub(r"/[0-9]{10,}", "/one", re.sub(r"/@\w+/3\w+", "/post", plain))
    return re.sub("[^a-z]+", "-", named).strip("-") or "front"


async def visit_every_page(who: Watched, kind: str, shown: dict[str, str], hold: Inspection) -> list[str]:
    """Open each route that answers GET, and what its forms say of themselves; return all barriers."""
    routes = [route for route in ROUTES if route.method == "GET" and route.path not in NO_PAGES]
    found = []
    for route in routes:
        if route.path == "/claim/{secret}" or (kind == "stranger" and route.who != "anyone"):
            continue
        address = shown.get(route.path) or route.path.format(**PARTS)
        reply = await who.page.goto(who.url + address)
        assert reply.status == 200, address
        found += await hold.holds(who, f"{kind}-{shot_name(address)}")
    return found


@pytest.mark.parametrize("ready_place", ["sqlite"], indirect=True)
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_no_page_has_a_barrier(browsed, chromium_path, axe_source, tmp_path, scheme, shouting):  # noqa: F811
    world, hold, found = browsed.world, Inspection(axe_source, scheme), []
    world.app.translator = translator_at(shouting)
    async with (
        chromium(chromium_path) as browser,
        window(browser, browsed.url) as ana,
        window(browser, browsed.url) as stranger,
    ):
        await ana.opens(f"/claim/{await make_claim(world.app)}")
        found += await hold.holds(ana, "claim")
        for field, value in (("name", "ana"), ("email", "ana@mail.test"), ("password", PASSWORD)):
            await ana.page.fill(f"[name={field}]", value)
        await ana.presses("main form button")
        found += await hold.holds(ana, "owner-home-empty")
        path = await settle_in(ana, world, tmp_path)
        shown = await examples(world, path)
        found += await visit_every_page(ana, "owner", shown, hold)
        found += await visit_every_page(stranger, "stranger", shown, hold)
        found += await walk_away(ana, world, hold)
        found += await walk_into_refusals(ana, stranger, shown, hold)
    assert not found, "\n".join(found)


async def walk_away(ana: Watched, world: World, hold: Inspection) -> list[str]:
    """Watch an import, move away and come back; return the barriers of what is shown on the way."""
    _, going = await brought_files(world)
    await ana.opens(f"/settings/import/{going}?still=1")
    found = await hold.holds(ana, "owner-import-going")
    await ana.opens("/settings/moving/away")
    await ana.page.fill("[name=handle]", "@gil")
    await ana.presses("main form button.strong")
    found += await hold.holds(ana, "owner-moving-confirm")
    await ana.presses("main form button.danger")
    found += await hold.holds(ana, "owner-moved")
    await ana.opens("/@ana")
    found += await hold.holds(ana, "owner-moved-profile")
    await ana.opens("/settings/moving/away")
    await ana.presses("main form button")
    return found + await hold.holds(ana, "owner-moved-back")


async def walk_into_refusals(ana: Watched, stranger: Watched, shown: dict[str, str], hold: Inspection) -> list[str]:
    """Fill forms in wrongly and rightly; return the barriers of what they answer."""
    found = []
    for address in (
        "/settings/away?list=muted",
        "/settings/appearance?saved=1",
        "/@ana?tab=media",
        "/people?sort=active",
    ):
        await ana.opens(address)
        found += await hold.holds(ana, f"owner-{shot_name(address)}")
    await ana.opens("/home")
    await ana.page.fill("textarea[name=text]", "x" * 5001)
    await ana.page.click(".composer .send button")
    await ana.page.wait_for_selector("[role=alert]")
    found += await hold.holds(ana, "owner-refused")
    await ana.page.goto(f"{ana.url}/settings/moving")
    await ana.page.fill("[name=handle]", "@nobody")
    await ana.page.click("main form.fields-form button")
    await ana.page.wait_for_selector("[role=alert]")
    found += await hold.holds(ana, "owner-moving-refused")
    await ana.page.goto(ana.url + shown["/oauth/authorize"])
    await ana.page.click("button[value=yes]")
    await ana.page.wait_for_selector("#code")
    found += await hold.holds(ana, "owner-code")
    await stranger.page.goto(f"{stranger.url}/nowhere")
    found += await hold.holds(stranger, "stranger-nowhere")
    for address, problem in (("/login", "#problem-login"), ("/join", "#problem-username")):
        await stranger.page.goto(stranger.url + address)
        await stranger.page.fill("[name=name]", "a-")
        await stranger.page.fill("[name=password]", "wrong horse")
        if address == "/join":
            await stranger.page.fill("[name=email]", "a@mail.test")
            await stranger.page.check("[name=agreement]")
        await stranger.page.click("main form button")
        await stranger.page.wait_for_selector(problem)
        found += await hold.holds(stranger, f"stranger-refused-{shot_name(address)}")
    return found
