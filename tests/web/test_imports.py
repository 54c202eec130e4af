"""Files that people take along and bring, page by page, without script."""

import csv
import io
import re

from tests.far import AddressBook, FarPerson

from rookery.actions.importing import import_handlers
from rookery.actions.jobs import run_due_jobs
from rookery.model.imports import MAX_ROWS

HEADER = "Account address,Show boosts,Notify on new posts,Languages\r\n"


def upload(content: str | bytes, name="following_accounts.csv"):
    return {"file": (name, content.encode() if isinstance(content, str) else content, "text/csv")}


async def carries_out(pages):
    while await run_due_jobs(pages.world.app, import_handlers(pages.world.app)):
        pass


async def brings(browser, content, code=303, **form):
    await browser.opens("/settings/import")
    await browser.sends("/settings/import", code, files=upload(content), **form)


def where(browser) -> str:
    return re.search(r'action="(/settings/import/\d+)/(?:start|stop)"', browser.page)[1]


async def test_a_file_is_looked_at_begun_and_watched_to_its_end(pages):
    ana, _ = await pages.member("ana"), await pages.member("bea")
    await brings(ana, f'{HEADER}bea@localhost,true,false,\r\n"broken\r\nnobody@localhost,,,\r\n')
    assert "The file has 2 rows that can be read. 1 line cannot be read" in ana.text()
    assert "Line 3 – A quotation mark in this line is never closed." in ana.text()
    here = where(ana)
    await ana.opens("/@bea")
    assert "Unfollow" not in ana.text()  # looked at, and no more
    await ana.opens(here)
    await ana.sends(f"{here}/start")
    assert "Under way 0 of 2" in ana.text()
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in ana.page
    await ana.opens(f"{here}?still=1")
    assert "http-equiv" not in ana.page
    assert (await ana.opens(f"{here}/progress")).json == {"state": "going", "ended": 0, "goal": 2}
    await carries_out(pages)
    await ana.opens(here)
    assert "Done 2 of 2" in ana.text()
    assert "http-equiv" not in ana.page
    assert "Line 4 nobody@localhost – Nobody of this handle was found (nobody@localhost)" in ana.text()
    reply = await ana.opens(f"{here}/failed.csv")
    rows = list(csv.reader(io.StringIO(reply.body.decode())))
    assert rows[0] == ["Line", "Entry", "List", "Reason"]
    assert [row[0] for row in rows[1:]] == ["3", "4"]
    await ana.opens("/@bea")
    assert "Unfollow" in ana.text()


async def test_overwriting_shows_first_what_it_takes_away(pages):
    ana, _, _ = [await pages.member(name) for name in ("ana", "bea", "cy")]
    await ana.opens("/@cy")
    await ana.sends("/@cy/relation/follow", back="/@cy")
    await brings(ana, f"{HEADER}bea@localhost,true,false,\r\n", mode="overwrite")
    assert "1 thing that you have and the file does not name will be taken away: cy" in ana.text()
    here = where(ana)
    await ana.sends(f"{here}/start")
    await carries_out(pages)
    reply = await ana.opens("/settings/export/following_accounts.csv")
    assert reply.body.decode() == f"{HEADER}bea@localhost,true,false,\r\n"
    assert reply.headers["content-disposition"] == 'attachment; filename="following_accounts.csv"'


async def test_files_that_make_no_sense_get_a_sentence(pages):
    ana = await pages.member("ana")
    await ana.opens("/settings/import")
    await ana.sends("/settings/import", 422, kind="blocks")
    assert "Choose a file first." in ana.text()
    for content, form, said in (
        ("", {}, "Choose a file first."),
        ("\n\n", {"kind": "blocks"}, "This file is empty."),
        ("bea@localhost\n", {}, "choose what it is"),
        (HEADER, {"kind": "blocks"}, "something else than you chose"),
        ("a b c\n", {"kind": "mutes"}, "No row of this file can be read."),
        (b"\xff\xfe\x00", {"kind": "mutes"}, "can be read"),
        ("a@b.example\n" * (MAX_ROWS + 1), {"kind": "mutes"}, "more than 20000 rows"),
    ):
        await brings(ana, content, 422, **form)
        assert said in ana.text(), said
    assert "What you brought" not in ana.text()


async def test_another_persons_import_is_not_there(pages):
    """CVE-2026-28433: nobody reaches an import by its id."""
    ana, bea = await pages.member("ana"), await pages.member("bea")
    await brings(ana, f"{HEADER}bea@localhost,true,false,\r\n")
    here = where(ana)
    for path in (here, f"{here}/progress", f"{here}/failed.csv"):
        await bea.opens(path, 404)
    await bea.opens("/settings/import")
    for act in ("start", "stop"):
        await bea.sends(f"{here}/{act}", 404)
        await bea.opens("/settings/import")
    await ana.opens(here)
    assert "Begin" in ana.text()


async def test_who_stops_can_go_on_and_a_draft_can_be_thrown_away(pages):
    ana = await pages.member("ana")
    people = [FarPerson(pages.world, f"p{n}", "far.example") for n in range(8)]
    pages.world.app.resolver = AddressBook(*people)
    content = HEADER + "".join(f"{one.handle},true,false,\r\n" for one in people)
    await brings(ana, content)
    here = where(ana)
    await ana.sends(f"{here}/start")
    await run_due_jobs(pages.world.app, import_handlers(pages.world.app))
    await ana.sends(f"{here}/stop")
    assert "Stopped 6 of 8" in ana.text()
    await ana.sends(f"{here}/start")
    assert "Under way" in ana.text()
    await brings(ana, content, 422)
    assert "imported already" in ana.text()
    await brings(ana, "bad.example\n")
    await ana.sends(f"{where(ana)}/stop")
    assert "Servers you block" not in re.sub(r"<select.*?</select>", "", ana.page, flags=re.S)


async def test_six_files_can_be_taken_along(pages):
    ana = await pages.member("ana")
    await ana.opens("/settings/export")
    names = re.findall(r'href="/settings/export/([^"]+)"', ana.page)
    assert len(names) == 6
    for name in names:
        assert (await ana.opens(f"/settings/export/{name}")).headers["content-type"] == "text/csv; charset=utf-8"
    await ana.opens("/settings/export/members.csv", 404)
