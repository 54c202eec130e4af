"""What documents are written from: our settings, and the database.

Owns: the protocol that lets the routes and the sender write with the same functions. Never: writes.
"""

from __future__ import annotations

from typing import Protocol

from rookery.actions.app import App
from rookery.storage.database import Reader

STRANGER = 0  # as storage/visibility.py calls a viewer who is nobody


class Desk(Protocol):
    """Where somebody writes documents. base_url: what others see, without a slash at the end."""

    @property
    def app(self) -> App:
        """What actions need."""
        ...

    @property
    def base_url(self) -> str:
        """Of this server."""
        ...

    @property
    def reader(self) -> Reader:
        """Where documents are read."""
        ...
