"""Writing the CSV files that Mastodon, GoToSocial and others import, row by row.

Owns: file names, headers and columns, which are Mastodon's to the letter: three of its files have no header. Never:
holds more than a page in memory. Fields that a spreadsheet would run get an apostrophe (archives/tables.py); of what
stands in these files only the name of a list can be one.
Spec: https://docs.joinmastodon.org/user/moving/#export
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from rookery.actions.app import App
from rookery.actions.belongings import list_belongings
from rookery.archives.tables import csv_from_rows
from rookery.model.ids import AccountId
from rookery.model.imports import ImportKind, ReadRow

FILES = {
    ImportKind.FOLLOWS: "following_accounts.csv",
    ImportKind.LISTS: "lists.csv",
    ImportKind.MUTES: "muted_accounts.csv",
    ImportKind.BLOCKS: "blocked_accounts.csv",
    ImportKind.DOMAINS: "blocked_domains.csv",
    ImportKind.BOOKMARKS: "bookmarks.csv",
}
HEADERS: dict[ImportKind, list[str]] = {
    ImportKind.FOLLOWS: ["Account address", "Show boosts", "Notify on new posts", "Languages"],
    ImportKind.MUTES: ["Account address", "Hide notifications"],
}


async def write_csv(app: App, account_id: AccountId, kind: ImportKind) -> AsyncIterator[str]:
    """Yield a person's file of a kind, some lines at a time."""
    if kind in HEADERS:
        yield csv_from_rows([HEADERS[kind]])
    here = app.settings.server.domain
    async for page in list_belongings(app, account_id, kind):
        yield csv_from_rows(fields_of(kind, row, here) for row in page if row.name)


def fields_of(kind: ImportKind, row: ReadRow, here: str) -> list[Any]:
    """Return the columns of one row."""
    handle = row.name if row.host else f"{row.name}@{here}"
    match kind:
        case ImportKind.FOLLOWS:
            languages = ", ".join(str(one) for one in listed(row.wishes["languages"]))
            return [handle, truth(row.wishes["reposts"]), truth(row.wishes["notify"]), languages]
        case ImportKind.MUTES:
            return [handle, truth(row.wishes["hides"])]
        case ImportKind.BLOCKS:
            return [handle]
        case ImportKind.LISTS:
            return [" ".join(row.title.split()), handle]
    return [row.name]


def listed(value: object) -> list[object]:
    """Return a list as it is, anything else as none."""
    return value if isinstance(value, list) else []


def truth(flag: object) -> str:
    """Return a flag as Mastodon's files spell it."""
    return "true" if flag else "false"
