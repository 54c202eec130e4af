"""What the handlers of activities share: what they reach, and which activities concern anybody here.

Owns: Hands, Delivered, `is_wanted`. Never: fetches by itself (activitypub/remote.py does), changes anything.
This server takes in what somebody here waits for: of accounts that they follow, what names them, what answers them,
what is about a post of theirs. The rest of the world is left where it is.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Protocol

from rookery.actions.app import App
from rookery.actions.naming import find_post_named
from rookery.activitypub.addresses import post_uri
from rookery.activitypub.foreignkeys import KeyBook
from rookery.activitypub.inbox_outcomes import Ignored
from rookery.activitypub.origin import is_ours
from rookery.activitypub.reading_activities import Activity
from rookery.activitypub.relays import Relaying
from rookery.activitypub.verifier import VerifiedActor
from rookery.activitypub.vocabulary import Json
from rookery.model.accounts import Account
from rookery.model.errors import Invalid, NotAllowed, NotFound
from rookery.model.ids import PostId
from rookery.model.incoming import IncomingPost
from rookery.model.posts import Post
from rookery.storage.accounts import find_account_by_uri, get_account
from rookery.storage.arrivals import is_heard
from rookery.storage.database import Reader
from rookery.storage.far_accounts import find_far_account, list_local_followers
from rookery.storage.far_posts import find_post_id


class Unwanted(Ignored):
    """Nobody here waits for this."""

    def __init__(self) -> None:
        super().__init__("nobody here follows its author, and it is about nobody here")


class NotUnderstood(Ignored):
    """An activity of a known type that means nothing here in this form."""


class NotToBeHad(Ignored):
    """What an activity is about cannot be had from its own server."""


class Fetcher(Protocol):
    """Gets accounts and posts of other servers (activitypub/remote.py). Raises NotFound, Invalid, Unavailable."""

    async def get_account(self, uri: str, *, fresh: bool = False) -> Account:
        """Return an account, known or fetched and stored."""
        ...

    async def get_post(self, uri: str) -> Post | None:
        """Return a post, known or fetched and stored; None for what is kept out."""
        ...

    async def get_document(self, uri: str) -> Json:
        """Return what stands at an id, which calls itself so."""
        ...

    async def plan_thread(self, post_id: PostId) -> None:
        """Have what a post answers brought later, for so many posts of one server and no more."""
        ...

    async def plan_quote(self, post_id: PostId, quoted_uri: str, consent_uri: str) -> None:
        """Have what a post quotes brought later, within the same bound."""
        ...


@dataclass(frozen=True, slots=True)
class Delivered:
    """One activity on its way to its handler. account: of the actor, None while we have none."""

    actor: VerifiedActor
    activity: Activity
    document: Json
    is_addressed: bool = False
    account: Account | None = None

    @property
    def by_uri(self) -> str:
        """Who acts, proved."""
        return self.actor.uri


@dataclass(frozen=True, slots=True)
class Hands:
    """What handlers reach. away: around every wait for another server."""

    app: App
    fetcher: Fetcher
    keys: KeyBook
    relaying: Relaying
    away: Callable[[], AbstractAsyncContextManager[None]]

    @property
    def reader(self) -> Reader:
        """Where is looked up what an activity names."""
        return self.app.db.reader

    def is_ours(self, uri: str) -> bool:
        """True for an id of this server."""
        return bool(uri) and is_ours(uri, self.app.settings.base_url)

    async def get_account(self, uri: str, *, fresh: bool = False) -> Account:
        """Return an account of another server. Raises NotToBeHad, Unavailable."""
        known = None if fresh else await find_account_by_uri(self.reader, uri)
        if known is not None:
            return known
        try:
            async with self.away():
                return await self.fetcher.get_account(uri, fresh=fresh)
        except (NotFound, Invalid, NotAllowed) as refusal:
            raise NotToBeHad(str(refusal)) from refusal

    async def get_post(self, uri: str) -> Post | None:
        """Return a post of another server, None for what is kept out. Raises NotToBeHad, Unavailable."""
        if known := await find_post_named(self.app, self.reader, uri):
            return known
        if self.is_ours(uri):
            raise NotToBeHad("there is no such post here")
        try:
            async with self.away():
                return await self.fetcher.get_post(uri)
        except (NotFound, Invalid, NotAllowed) as refusal:
            raise NotToBeHad(str(refusal)) from refusal

    async def get_document(self, uri: str) -> Json:
        """Return what stands at an id of another server. Raises NotToBeHad, Unavailable."""
        if self.is_ours(uri):
            raise NotToBeHad("nobody else speaks for this server")
        try:
            async with self.away():
                return await self.fetcher.get_document(uri)
        except (NotFound, Invalid, NotAllowed) as refusal:
            raise NotToBeHad(str(refusal)) from refusal

    async def uri_of(self, post: Post) -> str:
        """Return the id of a post, ours or far."""
        return post_uri(post, await get_account(self.reader, post.author_id), self.app.settings.base_url)

    async def meet(self, delivered: Delivered) -> Delivered:
        """Return the same with the account of its actor, fetched when it is not known. Raises NotToBeHad."""
        if delivered.account is not None:
            return delivered
        return replace(delivered, account=await self.get_account(delivered.by_uri))

    async def meet_early(self, delivered: Delivered) -> Delivered:
        """As meet, for who ends something: an account is fetched only when more of it waits, which may be what ends.

        Raises Unwanted for strangers, who have done nothing here; NotToBeHad, Unavailable.
        """
        if delivered.account is None and not await is_heard(self.reader, delivered.by_uri, beside=1):
            raise Unwanted
        return await self.meet(delivered)

    async def followers_uri(self, account: Account | None) -> str:
        """Return what an account calls its followers, '' when that is not known."""
        far = await find_far_account(self.reader, account.id) if account else None
        return far.followers_uri if far else ""

    async def is_followed(self, account: Account | None) -> bool:
        """True when somebody here follows the account."""
        return account is not None and bool(await list_local_followers(self.reader, account.id, 0, 1))

    async def is_wanted(self, delivered: Delivered, post: IncomingPost) -> bool:
        """True for a post that somebody here waits for, or that is here already."""
        named = [post.reply_to_uri, post.quote_of_uri, *(one.uri for one in post.mentions)]
        if delivered.is_addressed or any(self.is_ours(uri) for uri in named):
            return True
        if await self.is_followed(delivered.account) or await find_post_id(self.reader, post.uri):
            return True
        answered = await find_post_named(self.app, self.reader, post.reply_to_uri) if post.reply_to_uri else None
        return answered is not None and bool(await list_local_followers(self.reader, answered.author_id, 0, 1))
