"""The pages around reports: reporting, the queue, measures, appeals, blocks; all of it without script."""

import re
from dataclasses import replace

import pytest
from tests.far import FarPerson, followed_by
from tests.media.drawn_pictures import pillow_photo, saved

from rookery.actions.governing import change_role
from rookery.actions.jobs import run_due_jobs
from rookery.actions.mail import mail_handlers
from rookery.actions.members import create_member, sign_up
from rookery.actions.strikes import Decision, take_measure
from rookery.model.audit import OPERATOR
from rookery.model.members import RegistrationMode, Role, SignUp
from rookery.model.reports import Measure
from rookery.storage.members import find_member_by_name

PAGES = ("", "?list=done", "/appeals", "/accounts", "/accounts?order=seen", "/domains", "/allowed", "/door")


async def staff(pages, name, role, **more):
    browser = await pages.member(name, **more)
    member = await find_member_by_name(pages.world.app.db.reader, name)
    await change_role(pages.world.app, member.account_id, role, by=OPERATOR)
    return browser


async def id_of(pages, name):
    return (await find_member_by_name(pages.world.app.db.reader, name)).account_id


async def test_a_report_goes_from_a_menu_to_a_decision_and_an_appeal(pages):
    ben, ana = await pages.member("ben"), await pages.member("ana")
    path = await ben.posts("buy my pills")
    mod = await staff(pages, "mod", Role.MODERATOR)
    await ana.opens(path)
    link = re.search(r'href="(/report\?account=\d+&amp;post=\d+)"', ana.page)[1].replace("&amp;", "&")
    await ana.opens(link)
    post = re.search(r'name="post" value="(\d+)" checked', ana.page)[1]
    account = await id_of(pages, "ben")
    await ana.sends("/report", 200, account=account, post=post, category="spam", comment="pills again")
    assert "You need not wait for them" in ana.text() and "relation/block" in ana.page
    await pages.world.settle()
    await mod.opens("/notifications")
    report = re.search(r"/moderation/reports/\d+", mod.page)[0]
    await mod.opens(report)
    assert "pills again" in mod.text() and "buy my pills" in mod.text() and "@ana" in mod.text()
    await mod.sends(f"{report}/take")
    await mod.sends(f"{report}/note", text="known from before")
    await mod.sends(f"{report}/measure", 422, measure="tickle")
    await mod.sends(f"{report}/measure", measure="silence", text="No pills here.")
    assert "No pills here." in mod.text() and "done" in mod.text()
    await ben.opens("/decisions")
    words = ben.text()
    assert "No pills here." in words and "buy my pills" in words
    for name in ("ana", "@mod", "known from before"):
        assert name not in words.replace("Moderation", "")
    strike = re.search(r'name="strike" value="(\d+)"', ben.page)[1]
    await ben.sends("/decisions", 200, strike=strike, secret="", text="They are vitamins.")
    assert "Nobody has decided yet." in ben.text()
    await ben.sends("/decisions", 422, strike=strike, secret="", text="Again.")
    await mod.opens("/moderation/appeals")
    assert "They are vitamins." in mod.text()
    await mod.sends("/moderation/appeals", strike=strike, answer="grant")
    await ben.opens("/decisions")
    assert "You were right" in ben.text()
    shown = await pages.world.stranger_json(f"/api/v1/accounts/{account}")
    assert "limited" not in shown


@pytest.mark.parametrize("how", [pytest.param("page", id="mastodon#18525")])
async def test_a_decision_and_its_mail_name_nobody_of_the_staff(pages, how):
    ben, sent = await pages.member("ben"), []
    await staff(pages, "mod", Role.MODERATOR)
    app, by = pages.world.app, await id_of(pages, "mod")
    from_mod = OPERATOR.__class__(by, Role.MODERATOR)
    await take_measure(app, await id_of(pages, "ben"), Decision(Measure.SUSPEND, "Enough."), by=from_mod)

    class Postbox:
        async def send(self, mail):
            sent.append(mail)

    while await run_due_jobs(app, mail_handlers(app, Postbox())):
        pass
    assert "suspended your account" in sent[-1].body and "Enough." in sent[-1].body and "mod" not in sent[-1].body
    link = re.search(r"(/decisions\?token=\S+)", sent[-1].body)[1]
    outside = pages.browser()
    await outside.opens(link)
    strike = re.search(r'name="strike" value="(\d+)"', outside.page)[1]
    secret = link.partition("=")[2]
    await outside.sends("/decisions", 200, strike=strike, secret=secret, text="Please look again.")
    assert "@mod" not in outside.text() and "Please look again." in outside.text()
    stranger = await pages.member("eve")
    await stranger.opens("/decisions")
    await stranger.sends("/decisions", 404, strike=strike, secret="", text="mine now")
    assert ben


async def test_members_find_no_pages_of_moderators_and_moderators_none_of_blocks(pages):
    ana, mod = await pages.member("ana"), await staff(pages, "mod", Role.MODERATOR)
    for page in PAGES:
        await ana.opens(f"/moderation{page}", 403)
        await mod.opens(f"/moderation{page}", 403 if page in ("/domains", "/allowed", "/door") else 200)
    await ana.opens("/moderation/accounts/1", 403)
    await ana.sends("/moderation/door/add-mail", 403, domain="junk.example")


async def test_a_list_of_blocks_is_reviewed_before_anything_changes(pages):
    ada = await staff(pages, "ada", Role.ADMIN)
    await ada.opens("/moderation/domains")
    await ada.sends("/moderation/domains/add", domain="old.example", severity="silence", public_comment="=HYPERLINK(1)")
    await ada.sends("/moderation/domains/add", 422, domain="not a domain")
    text = (
        "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n"
        'old.example,suspend,True,False,"worse, now",False\nnew.example,silence,False,False,,False\n*.bad,suspend,,,,\n'
    )
    files = {"file": ("blocks.csv", text.encode(), "text/csv")}
    await ada.sends("/moderation/domains/review", 200, files=files)
    assert "What the file would change" in ada.text() and "*.bad" in ada.text()
    rows = [row.replace("&#34;", '"') for row in re.findall(r'name="row" value="([^"]+)"', ada.page)]
    assert len(rows) == 2
    await ada.opens("/moderation/domains.csv")
    assert "old.example,silence,False,False,'=HYPERLINK(1),False" in ada.page and "new.example" not in ada.page
    await ada.opens("/moderation/domains")
    await ada.sends("/moderation/domains/apply", row=rows)
    await ada.opens("/moderation/domains.csv")
    assert 'old.example,suspend,True,False,"worse, now",False' in ada.page and "new.example,silence" in ada.page
    block = re.search(r'name="block" value="(\d+)"', (await ada.opens("/moderation/domains")).body.decode())[1]
    await ada.sends("/moderation/domains/remove", block=block)
    await ada.opens("/admin/log")
    assert "blocked the server old.example" in ada.text()


async def test_a_list_says_what_would_end_before_anything_does(pages):
    ada = await staff(pages, "ada", Role.ADMIN)
    gus = await pages.world.person("gus")
    bea = await FarPerson(pages.world, "bea").arrives()
    await followed_by(bea, gus)
    text = "#domain,#severity\nfar.example,suspend\nother.example,suspend\n"
    await ada.opens("/moderation/domains")
    await ada.sends("/moderation/domains/review", 200, files={"file": ("blocks.csv", text.encode(), "text/csv")})
    words = ada.text()
    assert "All of it together ends 1 follow between people here and there." in words
    assert "New far.example" in words and "Ends 1 follow · 1 person here" in words and words.count("Ends 1") == 1


async def test_welcome_servers_have_their_page(pages):
    ada = await staff(pages, "ada", Role.ADMIN)
    await ada.opens("/moderation/allowed")
    assert "deals with every server that is not blocked" in ada.text()
    await ada.sends("/moderation/allowed/add", domain="friends.example")
    await ada.sends("/moderation/allowed/add", 422, domain="not a domain")
    assert "friends.example" in ada.text()
    allow = re.search(r'name="allow" value="(\d+)"', ada.page)[1]
    await ada.sends("/moderation/allowed/remove", allow=allow)
    assert "No server is named." in ada.text()


async def test_the_door_has_its_page_and_members_meet_it(pages):
    ada = await staff(pages, "ada", Role.ADMIN)
    await ada.opens("/moderation/door")
    await ada.sends("/moderation/door/add-mail", domain="mail.test")
    await ada.sends("/moderation/door/add-network", network="192.0.2.0/24", severity="sign_up_block", days="7")
    await ada.sends("/moderation/door/add-network", 422, network="nonsense", severity="sign_up_block")
    await ada.sends("/moderation/door/add-network", 422, network="127.0.0.1", severity="no_access")
    newcomer = pages.browser()
    await newcomer.opens("/join")
    form = {"name": "bob", "email": "bob@mail.test", "password": "correct horse battery", "agreement": "1"}
    await newcomer.sends("/join", 422, **form)
    assert "Addresses of this mail provider are not taken here." in newcomer.text()
    far = pages.browser(address="192.0.2.7")
    await far.opens("/join")
    await far.sends("/join", 403, **{**form, "email": "bob@fine.example"})
    for kind in ("mail", "network"):
        await ada.opens("/moderation/door")
        block = re.search(rf'remove-{kind}">.*?name="block" value="(\d+)"', ada.page, re.S)[1]
        await ada.sends(f"/moderation/door/remove-{kind}", block=block)
    await newcomer.opens("/join")
    await newcomer.sends("/join", **form)


async def test_an_account_page_undoes_what_was_done(pages):
    await pages.member("ben")
    mod, account = await staff(pages, "mod", Role.MODERATOR), await id_of(pages, "ben")
    path = f"/moderation/accounts/{account}"
    await take_measure(pages.world.app, account, Decision(Measure.NONE, "A word."), by=OPERATOR)
    await mod.opens(path)
    for measure in ("sensitive", "silence", "disable", "suspend"):
        await mod.sends(f"{path}/measure", measure=measure, text="")
        assert f'value="{measure}">' in mod.page
        await mod.sends(f"{path}/undo", measure=measure)
    await mod.sends(f"{path}/note", text="all is well")
    assert "all is well" in mod.text() and mod.page.count('<button class="button" name="measure"') == 0


async def test_a_moderator_lets_in_or_refuses_who_asks_to_join(pages):
    mod = await staff(pages, "mod", Role.MODERATOR)
    app = pages.world.app
    before = app.settings
    nest = replace(before.nest, registrations=RegistrationMode.APPROVAL, confirms_email=False)
    app.settings = replace(before, nest=nest, signing=replace(before.signing, asks_for_work=False), is_test=False)
    for name in ("bea", "cal"):
        form = SignUp(name, f"{name}@mail.test", "correct horse battery", reason=f"I am {name}.")
        await sign_up(app, pages.world.passwords, form)
    await pages.world.settle()
    await mod.opens("/notifications")
    assert mod.text().count("asks to join") == 2
    bea, cal = await id_of(pages, "bea"), await id_of(pages, "cal")
    await mod.opens(f"/moderation/accounts/{bea}")
    assert "I am bea." in mod.text()
    await mod.sends(f"/moderation/accounts/{bea}/approve")
    assert "I am bea." not in mod.text()
    await mod.sends(f"/moderation/accounts/{cal}/refuse", 422, reason="x" * 1001)
    await mod.sends(f"/moderation/accounts/{cal}/refuse", reason="We are full.")
    assert await find_member_by_name(app.db.reader, "cal") is None
    await mod.opens("/notifications")
    assert "asks to join" not in mod.text() and "joined" in mod.text()
    browser = pages.browser()
    await browser.signs_in("bea")


async def test_a_moderator_finds_accounts_by_name_state_role_and_sight(pages):
    mod = await staff(pages, "mod", Role.MODERATOR)
    for name in ("ana", "ben", "cal"):
        await pages.member(name)
    app = pages.world.app
    for name in ("ana", "ben"):
        await take_measure(app, await id_of(pages, name), Decision(Measure.SILENCE), by=OPERATOR)
    ana, cal = await id_of(pages, "ana"), await id_of(pages, "cal")
    async with app.db.transaction() as tx:
        await tx.run("UPDATE members SET last_seen_at = account_id / 1024 WHERE role = 'member'")
        await tx.run("UPDATE members SET last_seen_at = last_seen_at + 60000000 WHERE account_id = :ana", ana=ana)
        await tx.run("UPDATE members SET last_seen_at = NULL WHERE account_id = :cal", cal=cal)

    async def found(query):
        await mod.opens(f"/moderation/accounts?{query}")
        listed = mod.page.partition('<ul class="lines members">')[2].partition("</ul>")[0]
        return re.findall(r"<bdi[^>]*>@(\w+)</bdi>", listed)

    assert await found("") == ["cal", "ben", "ana", "mod"]
    assert await found("q=ANA%40mail") == ["ana"]
    assert await found("q=%25") == []
    assert await found("state=silenced") == ["ben", "ana"]
    assert await found("role=moderator") == ["mod"]
    assert await found("origin=remote") == []
    assert await found("state=nonsense&role=king&origin=mars") == ["cal", "ben", "ana", "mod"]
    by_sight = await found("order=seen&origin=local")
    assert by_sight[0] == "ana" and by_sight[-1] == "cal"
    await mod.opens(f"/moderation/accounts/{ana}")
    member = pages.browser()
    await member.signs_in("ana")
    await member.opens("/moderation/accounts", 403)


@pytest.mark.parametrize("order", ["", "seen"])
async def test_the_list_of_accounts_is_paged_without_gaps(pages, order):
    mod = await staff(pages, "mod", Role.MODERATOR)
    for number in range(34):
        form = SignUp(f"ana{number}", f"ana{number}@mail.test", "correct horse battery")
        await create_member(pages.world.app, pages.world.passwords, form)
    names, path = [], f"?order={order}"
    while path:
        await mod.opens(f"/moderation/accounts{path}")
        names += re.findall(
            r"<bdi[^>]*>@(\w+)</bdi>", mod.page.partition('<ul class="lines members">')[2].partition("</ul>")[0]
        )
        more = re.search(r'href="(\?[^"]*before=[^"]+)" rel="next"', mod.page)
        if more is None:
            break
        path = more[1].replace("&amp;", "&")
    assert len(names) == len(set(names)) == 35


async def test_pictures_in_a_report_are_blurred_until_a_click(pages):
    mod = await staff(pages, "mod", Role.MODERATOR)
    world = pages.world
    ana, ben = await world.people("ana", "ben")
    files = {"file": ("x.png", saved(pillow_photo(), "PNG"), "image/png")}
    picture = await ben.calls("POST", "/api/v2/media", files=files, form={"description": "pills"})
    post = await ben.publishes("buy these", media_ids=[picture["id"]])
    report = await ana.calls(
        "POST", "/api/v1/reports", json_body={"account_id": str(ben.id), "status_ids": [post["id"]]}
    )
    await mod.opens(f"/moderation/reports/{report['id']}")
    blurred = mod.page.partition('<details class="blurred">')[2].partition("</details>")[0]
    summary, _, whole = blurred.partition("</summary>")
    assert 'class="veil" aria-hidden="true"' in summary and "Show 1 picture" in summary and 'alt="pills"' in whole
    assert "<a " not in summary
