"""Servers that cannot be reached: what staff can do about one of them.

Owns: retry_host. Never: sends; the sender of a wire looks at the rows that are written here.
"""

from __future__ import annotations

from rookery.actions.app import App
from rookery.actions.repeating import repeatable
from rookery.model.errors import NotFound
from rookery.storage import hosts


class HostNotFound(NotFound):
    """Nobody there is known here."""

    def __init__(self) -> None:
        super().__init__("no server of this name is known here")


@repeatable
async def retry_host(app: App, domain: str) -> None:
    """Have a server tried at once; one that was given up is told what it missed. Raises HostNotFound."""
    async with app.db.transaction() as tx:
        if not await hosts.try_now(tx, domain.strip().casefold()):
            raise HostNotFound
