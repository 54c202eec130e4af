"""Moving and importing with another server that is really asked: WebFinger, actors, posts."""

import pytest
from tests.activitypub.village import remote_for
from tests.evilhost import evil

from rookery.actions.aliases import add_alias, list_own_aliases
from rookery.actions.importing import import_handlers
from rookery.actions.imports import read_import, start_import
from rookery.actions.jobs import run_due_jobs
from rookery.actions.moves import carry_out_move, find_new_account
from rookery.archives.imports import batches_of
from rookery.model.imports import ImportKind, RowState
from rookery.model.moves import MoveRefused, NobodyThere
from rookery.storage.imports import list_rows, tally_rows

__all__ = ["evil"]


@pytest.fixture
async def remote(world):
    world.app.resolver = built = remote_for(world.app)
    yield built
    await built.close()


async def imports(world, person, path, kind):
    draft = await read_import(world.app, person.id, kind, batches_of(path, kind), overwrites=False)
    await start_import(world.app, person.id, draft.id)
    await run_due_jobs(world.app, import_handlers(world.app))
    return draft.id


async def test_an_old_account_is_found_by_its_handle_and_kept_by_its_address(world, remote, village):
    (ana,) = await world.people("ana")
    old = village.person("old")
    await add_alias(world.app, ana.id, f"@{old.handle}")
    [alias] = await list_own_aliases(world.app, ana.id)
    assert (alias.uri, alias.account.handle) == (old.uri, old.handle)
    with pytest.raises(NobodyThere):
        await add_alias(world.app, ana.id, f"nobody@{village.domain}")


async def test_the_new_account_is_asked_anew_what_it_also_is(world, remote, village):
    (ana,) = await world.people("ana")
    new = village.person("new")
    with pytest.raises(MoveRefused):
        await find_new_account(world.app, ana.id, new.handle)
    new.shows_self(alsoKnownAs=["https://else.example/@ana"])
    with pytest.raises(MoveRefused):
        await find_new_account(world.app, ana.id, new.handle)
    new.shows_self(alsoKnownAs=[f"{world.app.settings.base_url}/@ana"])
    target = await find_new_account(world.app, ana.id, new.handle)
    assert (await carry_out_move(world.app, ana.id, target.id)).target_id == target.id
    shown = await world.stranger_json(f"/api/v1/accounts/{ana.id}")
    assert shown["moved"]["uri"] == new.uri


async def test_people_and_posts_of_a_file_are_fetched_from_their_servers(world, remote, village, tmp_path):
    (ana,) = await world.people("ana")
    bea, cy = village.person("bea"), village.person("cy")
    path = tmp_path / "brought.csv"
    path.write_text(f"{bea.handle},true,false,\nnobody@{village.domain},true,false,\n{cy.handle},true,false,\n")
    import_id = await imports(world, ana, path, ImportKind.FOLLOWS)
    tally = await tally_rows(world.app.db.reader, import_id)
    assert (tally.done, tally.failed, tally.waiting) == (2, 1, 0)
    [failed] = await list_rows(world.app.db.reader, import_id, RowState.FAILED, -1, 10)
    assert (failed.line, failed.name) == (2, f"nobody@{village.domain}")
    asked = await world.app.db.reader.all("SELECT state FROM follows WHERE follower_id = :id", id=ana.id)
    assert [row[0] for row in asked] == ["requested", "requested"]
    path.write_text(f"{bea.note('worth keeping')}\n{village.url('/users/bea/posts/none')}\n")
    import_id = await imports(world, ana, path, ImportKind.BOOKMARKS)
    [kept] = await ana.calls("GET", "/api/v1/bookmarks")
    assert "worth keeping" in kept["content"]
    assert (await tally_rows(world.app.db.reader, import_id)).failed == 1
