"""Files that people bring: every dialect of CSV that exports come in, broken lines, and the way there and back."""

import csv
import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.far import AddressBook, FarPerson, followed_by

from rookery.actions.importing import ROWS_A_TURN, import_handlers
from rookery.actions.imports import read_import, start_import
from rookery.actions.jobs import run_due_jobs
from rookery.archives.exports import FILES, write_csv
from rookery.archives.imports import batches_of, choose_kind, read_rows
from rookery.model.imports import MAX_ROWS, ImportKind, ImportRefused, RowState
from rookery.storage.imports import list_rows, tally_rows

FOLLOWS_HEADER = "Account address,Show boosts,Notify on new posts,Languages"


def written(folder, content: str | bytes, name: str = "brought.csv"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def rows_in(folder, content: str | bytes, kind=ImportKind.FOLLOWS):
    return list(read_rows(written(folder, content), kind))


async def export_of(world, person, kind) -> str:
    return "".join([chunk async for chunk in write_csv(world.app, person.id, kind)])


async def imports(world, person, folder, content, kind, *, overwrites=False):
    """Bring a file and have it carried out; return the import's id."""
    path = written(folder, content)
    draft = await read_import(world.app, person.id, kind, batches_of(path, kind), overwrites=overwrites)
    await start_import(world.app, person.id, draft.id)
    handlers = import_handlers(world.app)
    while await run_due_jobs(world.app, handlers):
        pass
    return draft.id


# --- reading ---------------------------------------------------------------------------------------------------------


def test_a_file_of_follows_says_what_the_follower_wants(tmp_path):
    lines = f'{FOLLOWS_HEADER}\r\nana@far.example,true,false,"en, de"\r\n@Bo@Far.Example,false,true,\r\ncy,,,\r\n'
    first, second, third = rows_in(tmp_path, lines)
    assert (first.line, first.host, first.name) == (2, "far.example", "ana@far.example")
    assert first.wishes == {"reposts": True, "notify": False, "languages": ["en", "de"]}
    assert (second.host, second.name, second.wishes["reposts"]) == ("far.example", "Bo@far.example", False)
    assert second.wishes["notify"] is True
    assert (third.host, third.name, third.wishes["reposts"]) == ("", "cy", True)


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + FOLLOWS_HEADER.encode() + b"\r\nana@far.example,true,false,\r\n",
        f"{FOLLOWS_HEADER}\nana@far.example,true,false,\n".encode("utf-16"),
        f"{FOLLOWS_HEADER}\rana@far.example,true,false,\r".encode(),
        b'"Account address";"Show boosts"\r\n"ana@far.example";"true"\r\n',
        b"Account address\tShow boosts\nana@far.example\ttrue\n",
        b"ana@far.example,true,false,\n",
        b"ana@far.example",
        b"\n\n  \n@ana@far.example\n\n",
    ],
)
def test_every_dialect_reads_the_same(tmp_path, content):
    [row] = rows_in(tmp_path, content)
    assert (row.name, row.host, row.error) == ("ana@far.example", "far.example", "")


def test_a_broken_line_gets_a_sentence_and_the_rest_goes_on(tmp_path):
    content = (
        f"{FOLLOWS_HEADER}\n".encode()
        + b"ana@far.example,true\n"
        + b'"bo@far.example,true\n'
        + b"cy@\xff\xfe.example\n"
        + b"not an address\n"
        + b"dee@far example\n"
        + b"nul\x00@far.example\n"
        + b"eve@far.example,"
        + b"x" * 9000
        + b"\n"
        + b"fay@far.example\n"
    )
    rows = rows_in(tmp_path, content)
    assert [(row.line, bool(row.error)) for row in rows] == [
        (2, False), (3, True), (4, True), (5, True), (6, True), (7, True), (8, True), (9, False),
    ]  # fmt: skip
    assert "never closed" in rows[1].error
    assert "UTF-8" in rows[2].error
    assert "name@example.org" in rows[3].error
    assert "too long" in rows[6].error


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (FOLLOWS_HEADER, ImportKind.FOLLOWS),
        ("Account address,Hide notifications\n", ImportKind.MUTES),
        ("#domain,#severity\nbad.example,suspend\n", ImportKind.DOMAINS),
        ("bad.example\n", ImportKind.DOMAINS),
        ("birds,ana@far.example\n", ImportKind.LISTS),
        ("https://far.example/@ana/1\n", ImportKind.BOOKMARKS),
        ("#uri\nhttps://far.example/@ana/1\n", ImportKind.BOOKMARKS),
        ("List name,Account address\nbirds,ana@far.example\n", ImportKind.LISTS),
    ],
)
def test_a_file_is_known_by_its_first_line(tmp_path, content, kind):
    path = written(tmp_path, content)
    assert choose_kind(path, None) is kind
    other = next(one for one in ImportKind if one is not kind)
    with pytest.raises(ImportRefused, match="something else"):
        choose_kind(path, other)


def test_who_brings_bare_addresses_says_whether_these_are_friends(tmp_path):
    path = written(tmp_path, "ana@far.example\n")
    with pytest.raises(ImportRefused, match="choose what it is"):
        choose_kind(path, None)
    assert choose_kind(path, ImportKind.BLOCKS) is ImportKind.BLOCKS


@given(st.binary(max_size=600), st.sampled_from(list(ImportKind)))
def test_whatever_a_file_holds_is_read_to_its_end(tmp_path_factory, content, kind):
    path = written(tmp_path_factory.mktemp("files"), content)
    try:
        rows = list(read_rows(path, kind))
    except ImportRefused:
        return
    assert all(row.error or row.name for row in rows)


def test_a_file_with_too_many_rows_is_refused_and_ten_thousand_take_little_memory(tmp_path):
    path = written(tmp_path, "".join(f"p{number}@s{number % 700}.example,true,false,\n" for number in range(10_000)))
    tracemalloc.start()
    assert sum(1 for row in read_rows(path, ImportKind.FOLLOWS) if not row.error) == 10_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000
    path = written(tmp_path, "a@b.example\n" * (MAX_ROWS + 1))
    with pytest.raises(ImportRefused, match="more than 20000 rows"):
        list(read_rows(path, ImportKind.FOLLOWS))


# --- there and back --------------------------------------------------------------------------------------------------


async def busy(world):
    """Ana, who follows, blocks, mutes, lists, bookmarks and keeps servers away, here and elsewhere."""
    ana, ben, cy, dee = await world.people("ana", "ben", "cy", "dee")
    far = [await FarPerson(world, name, f"{name}.example").arrives() for name in ("eve", "fay")]
    await followed_by(far[0], ana)
    await ana.follows(ben, reblogs=False, notify=True, languages=["fr", "de"])
    await ana.calls("POST", f"/api/v1/accounts/{cy.id}/block")
    await ana.calls("POST", f"/api/v1/accounts/{far[1].id}/block")
    await ana.calls("POST", f"/api/v1/accounts/{dee.id}/mute", form={"notifications": "false"})
    await ana.calls("POST", "/api/v1/domain_blocks", form={"domain": "bad.example"})
    for title, member in (("birds, all", ben), ("=cmd()", far[0])):
        made = await ana.calls("POST", "/api/v1/lists", form={"title": title})
        await ana.calls("POST", f"/api/v1/lists/{made['id']}/accounts", form={"account_ids[]": member.id})
    theirs = await ben.publishes("worth keeping")
    await ana.calls("POST", f"/api/v1/statuses/{theirs['id']}/bookmark")
    await ana.calls("POST", f"/api/v1/statuses/{await far[0].publishes('from afar')}/bookmark")
    return ana, far


async def test_what_one_account_exports_another_one_has_after_the_import(world, tmp_path):
    ana, far = await busy(world)
    gil = await world.person("gil")
    for kind in ImportKind:
        content = await export_of(world, ana, kind)
        import_id = await imports(world, gil, tmp_path, content, kind)
        tally = await tally_rows(world.app.db.reader, import_id)
        assert (tally.failed, tally.broken, tally.waiting) == (0, 0, 0), (kind, content)
        assert tally.done == len([line for line in content.splitlines() if not line.startswith("Account address")])
    assert await far[0].accepts(gil)
    for kind in ImportKind:
        mine = sorted((await export_of(world, ana, kind)).splitlines())
        assert sorted((await export_of(world, gil, kind)).splitlines()) == mine
        assert len(mine) > 1 or kind in (ImportKind.DOMAINS,)


async def test_other_servers_find_the_headers_that_they_know(world):
    ana, _ = await busy(world)
    texts = {FILES[kind]: await export_of(world, ana, kind) for kind in ImportKind}
    assert texts["following_accounts.csv"].splitlines()[0] == FOLLOWS_HEADER
    assert 'ben@localhost,false,true,"fr, de"' in texts["following_accounts.csv"].splitlines()
    assert texts["muted_accounts.csv"].splitlines() == ["Account address,Hide notifications", "dee@localhost,false"]
    assert texts["blocked_accounts.csv"].splitlines() == ["cy@localhost", "fay@fay.example"]
    assert texts["blocked_domains.csv"].splitlines() == ["bad.example"]
    assert list(csv.reader(io.StringIO(texts["lists.csv"]))) == [
        ["birds, all", "ben@localhost"],
        ["'=cmd()", "eve@eve.example"],
    ]
    assert all(line.startswith(("https://eve", "http://localhost")) for line in texts["bookmarks.csv"].splitlines())


async def test_overwriting_leaves_what_the_file_names_and_nothing_else(world, tmp_path):
    ana, _ = await busy(world)
    await world.person("gil")
    await imports(
        world, ana, tmp_path, "gil@localhost,true\neve@EVE.example,false\n", ImportKind.FOLLOWS, overwrites=True
    )
    follows = (await export_of(world, ana, ImportKind.FOLLOWS)).splitlines()[1:]
    assert sorted(follows) == ["eve@eve.example,false,false,", "gil@localhost,true,false,"]
    await imports(world, ana, tmp_path, "worse.example\n", ImportKind.DOMAINS, overwrites=True)
    assert (await export_of(world, ana, ImportKind.DOMAINS)) == "worse.example\r\n"
    await imports(world, ana, tmp_path, '"birds, all",gil@localhost\n', ImportKind.LISTS, overwrites=True)
    assert (await export_of(world, ana, ImportKind.LISTS)) == '"birds, all",gil@localhost\r\n'
    for kind in (ImportKind.BLOCKS, ImportKind.MUTES):
        await imports(world, ana, tmp_path, "gil@localhost\n", kind, overwrites=True)
        assert (await export_of(world, ana, kind)).splitlines()[-1].startswith("gil@localhost")
        assert "cy@" not in await export_of(world, ana, kind)


async def test_a_broken_file_is_done_as_far_as_it_goes(world, tmp_path):
    ana, ben = await world.people("ana", "ben")
    content = f'{FOLLOWS_HEADER}\nben@localhost,true\n"oops\nnobody@localhost,true\nana@localhost,true\n'
    import_id = await imports(world, ana, tmp_path, content, ImportKind.FOLLOWS)
    [followed] = await ana.calls("GET", f"/api/v1/accounts/{ana.id}/following")
    assert followed["id"] == str(ben.id)
    failed = await list_rows(world.app.db.reader, import_id, RowState.FAILED, -1, 10)
    assert [(row.line, row.error) for row in failed] == [
        (4, "nobody of this handle was found (nobody@localhost); write it like name@example.org"),
        (5, "you cannot follow yourself"),
    ]
    [broken] = await list_rows(world.app.db.reader, import_id, RowState.BROKEN, -1, 10)
    assert broken.line == 3


async def test_a_file_that_says_nothing_takes_nothing_away(world, tmp_path):
    ana, _ = await busy(world)
    before = await export_of(world, ana, ImportKind.FOLLOWS)
    for content, why in (("", "empty"), ("\n\n", "empty"), (FOLLOWS_HEADER, "empty"), ("not @ all\n", "no row")):
        with pytest.raises(ImportRefused, match=why):
            await imports(world, ana, tmp_path, content, ImportKind.FOLLOWS, overwrites=True)
    assert await export_of(world, ana, ImportKind.FOLLOWS) == before


async def test_people_elsewhere_are_looked_for_at_their_own_server(world, tmp_path):
    (ana,) = await world.people("ana")
    bo = FarPerson(world, "bo", "far.example")
    world.app.resolver = AddressBook(bo)
    content = "bo@far.example\nnobody@far.example\n"
    import_id = await imports(world, ana, tmp_path, content, ImportKind.FOLLOWS)
    assert world.app.resolver.asked == ["bo@far.example", "nobody@far.example"]
    tally = await tally_rows(world.app.db.reader, import_id)
    assert (tally.done, tally.failed) == (1, 1)


async def test_ten_thousand_rows_are_kept_taken_along_and_done_in_little_memory(world, tmp_path):
    (ana,) = await world.people("ana")
    path = written(tmp_path, "".join(f"s{number}.example\r\n" for number in range(10_000)))
    tracemalloc.start()
    draft = await read_import(
        world.app, ana.id, ImportKind.DOMAINS, batches_of(path, ImportKind.DOMAINS), overwrites=True
    )
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16_000_000
    await start_import(world.app, ana.id, draft.id)
    await run_due_jobs(world.app, import_handlers(world.app))
    assert (await tally_rows(world.app.db.reader, draft.id)).waiting == 10_000 - ROWS_A_TURN
