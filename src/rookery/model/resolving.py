"""Finding people and posts of other servers: the port through which the rest of the house asks a wire for them.

Owns: the protocol, what it can answer. Never: knows how a network finds anybody. Every method may take seconds and asks
another server, so none is called inside a transaction. Raises NotFound, Invalid (what was found cannot be taken, or its
server is blocked here) and Unavailable (its server does not answer now), each with a sentence for the person who asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from rookery.model.accounts import Account
from rookery.model.ids import AccountId, PostId
from rookery.model.posts import Post


@dataclass(frozen=True, slots=True)
class Resolved:
    """What an address names: one of the two. Whoever shows the post asks first who may see it (K5)."""

    account: Account | None = None
    post: Post | None = None


class Resolver(Protocol):
    """One network, or several that share the work. `plan_` methods return at once and are harmless again and again."""

    async def find_handle(self, username: str, domain: str) -> Account | None:
        """Return the account of a handle of another server, None when that server knows nobody of that name."""

    async def find_address(self, url: str) -> Resolved | None:
        """Return what the address of a page or a document names; None when it is neither an account nor a post."""

    async def plan_profile(self, account_id: AccountId) -> None:
        """Have the recent posts and the counts of an account brought, when that was not done lately."""

    async def plan_thread(self, post_id: PostId, *, is_read: bool = False) -> None:
        """Have what a post answers brought, when that was not done lately; while somebody reads it, the answers too."""

    async def get_account(self, uri: str, *, fresh: bool = False) -> Account:
        """Return the account of an id; with `fresh`, as its own server tells it at this moment."""
