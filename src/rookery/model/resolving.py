"""The port through which the core asks other servers for an account or a post.

Owns: the contract. Never: a network; a wire implements it and ops puts it into the App.
"""

from __future__ import annotations

from typing import Protocol

from rookery.model.accounts import Account
from rookery.model.posts import Post


class Resolver(Protocol):
    """Somebody who can ask other servers. Everything that comes back is stored here already."""

    async def find_handle(self, username: str, domain: str) -> Account | None:
        """Return the account of a handle, None when its server has none. Raises Unavailable."""

    async def get_account(self, uri: str, *, fresh: bool = False) -> Account:
        """Return the account of an address; fresh: ask even when it is known. Raises NotFound, Invalid, Unavailable."""

    async def get_post(self, uri: str) -> Post | None:
        """Return the post of an address, None for what is kept out. Raises NotFound, Invalid, Unavailable."""
