"""Files that somebody has brought, for pages that show them: one to look at, one under way."""

from tests.world import World

from rookery.actions.aliases import add_alias
from rookery.actions.imports import read_import, start_import
from rookery.model.imports import ImportKind, ReadRow

BROUGHT = "SELECT id FROM imports WHERE state = :state ORDER BY id DESC"


async def batch(*rows: ReadRow):
    yield list(rows)


async def bring_files(world: World, me: int) -> None:
    """A draft that overwrites and has a broken line, an import that waits for the server, and an alias both ways."""
    wrong = ReadRow(3, "", "not an address", error="this is no address of an account; write it like name@example.org")
    good = ReadRow(2, "", "bea", wishes={"reposts": True})
    await read_import(world.app, me, ImportKind.FOLLOWS, batch(good, wrong), overwrites=True)
    rows = [ReadRow(line, "far.example", f"rook{line}@far.example") for line in range(1, 41)]
    going = await read_import(world.app, me, ImportKind.MUTES, batch(*rows, wrong), overwrites=False)
    await start_import(world.app, me, going.id)
    (gil,) = await world.app.db.reader.one("SELECT id FROM accounts WHERE username = 'gil'")
    await add_alias(world.app, me, "gil")
    await add_alias(world.app, gil, "ana")


async def brought_files(world: World) -> tuple[int, int]:
    """The ids of both."""
    draft = await world.app.db.reader.one(BROUGHT, state="draft")
    going = await world.app.db.reader.one(BROUGHT, state="going")
    return draft[0], going[0]
