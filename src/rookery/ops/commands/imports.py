"""`import` and `export`: a member's follows, blocks, mutes, servers, lists and bookmarks as CSV.

Owns: their arguments and words. Never: how a file looks (archives), what a row does: the server does the rows while it
runs, slowly, as when the member brings the file on a page.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from rookery.actions.app import App
from rookery.actions.imports import read_import, start_import
from rookery.archives.exports import FILES, write_csv
from rookery.archives.imports import batches_of, choose_kind
from rookery.model.errors import NotFound
from rookery.model.imports import ImportKind
from rookery.ops.commands.accounts import named_account
from rookery.ops.commands.options import Command, Commands, on_app
from rookery.ops.outcome import Outcome
from rookery.storage.imports import tally_rows

KINDS = [kind.value for kind in ImportKind]


class NoSuchFile(NotFound):
    """There is no file of this name to read."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"there is no file {path}")


def declare(commands: Commands) -> None:
    """Declare the commands of this file."""
    bring = Command(
        commands, "import", on_app(import_file), "Bring a CSV of follows, blocks, mutes, lists … to a member"
    )
    bring.takes("name", metavar="NAME", help="the member").takes("file", metavar="FILE", type=Path, help="the CSV")
    bring.takes("--kind", choices=KINDS, help="what it holds; without it, what its first line says")
    bring.takes("--overwrite", action="store_true", help="take away what the file does not name")
    take = Command(commands, "export", on_app(export_file), "Write a member's follows, blocks, mutes, lists … as CSV")
    take.takes("name", metavar="NAME", help="the member").takes("kind", choices=KINDS, help="which file")
    take.takes("--to", metavar="FILE", type=Path, help="where to write it; without it, under Mastodon's name, here")


async def import_file(app: App, asked: argparse.Namespace) -> Outcome:
    """Read a file and have its rows done. Raises NoSuchAccount, NoSuchFile, ImportRefused, ImportGoing."""
    account = await named_account(app, asked.name)
    if not asked.file.is_file():
        raise NoSuchFile(asked.file)
    kind = choose_kind(asked.file, ImportKind(asked.kind) if asked.kind else None)
    rows = batches_of(asked.file, kind)
    draft = await read_import(app, account.id, kind, rows, overwrites=asked.overwrite)
    tally = await tally_rows(app.db.reader, draft.id)
    await start_import(app, account.id, draft.id)
    text = f"{tally.waiting - tally.removals} rows of {kind} wait for the server to do them while it runs."
    text += f" {tally.broken} cannot be read." if tally.broken else ""
    text += f" {tally.removals} things will be taken away." if tally.removals else ""
    values = {"id": str(draft.id), "kind": kind.value, "rows": tally.waiting - tally.removals}
    return Outcome(text, {**values, "broken": tally.broken, "removals": tally.removals})


async def export_file(app: App, asked: argparse.Namespace) -> Outcome:
    """Write one file. Raises NoSuchAccount."""
    account, kind = await named_account(app, asked.name), ImportKind(asked.kind)
    path = asked.to or Path(FILES[kind])
    size = 0
    with path.open("w", encoding="utf-8", newline="") as out:
        async for chunk in write_csv(app, account.id, kind):
            size += out.write(chunk)
    return Outcome(f"Wrote {path}.", {"file": str(path), "characters": size})
