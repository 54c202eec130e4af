"""Accounts and posts of other servers: known here, or fetched from where they belong and stored.

Owns: Remote, the one that other rooms of this wire ask for somebody or something far away. Never: believes a server
about another one (fetching.py, origin.py), decides who may read what it found (K5: whoever shows it).
An account that was met long ago is looked at again in the background, and once its server says that it is gone and
knows its name no more, it is gone here too.
"""

from __future__ import annotations

import time

from rookery.actions import far_visits
from rookery.actions.app import App
from rookery.actions.naming import find_account_named, find_post_named
from rookery.actions.posts import AccountSuspended
from rookery.actions.receiving import check_server, receive_deletion
from rookery.actions.receiving_accounts import receive_account
from rookery.actions.receiving_posts import receive_post
from rookery.activitypub.documents import id_in, line_in, type_in
from rookery.activitypub.failures import Flights, Lately, PerMinute
from rookery.activitypub.fetching import (
    ASKED,
    Fetcher,
    RemoteNotFound,
    RemoteRefused,
    RemoteUnavailable,
)
from rookery.activitypub.handles import Handles
from rookery.activitypub.knocking import Knocking
from rookery.activitypub.origin import find_origin, is_ours
from rookery.activitypub.pages import find_document
from rookery.activitypub.reading_actors import ACTOR_TYPES, claimed_handle, read_actor
from rookery.activitypub.reading_notes import NOTE_TYPES, author_in, find_vote, read_note
from rookery.activitypub.signing import Clock, signer_of
from rookery.activitypub.vocabulary import Json
from rookery.model.accounts import Account
from rookery.model.errors import Invalid, NotAllowed
from rookery.model.ids import AccountId, PostId, now_us
from rookery.model.incoming import MAX_USERNAME_CHARACTERS
from rookery.model.posts import Post
from rookery.model.resolving import Resolved
from rookery.network.outward import Budget
from rookery.storage import far_accounts, far_posts, posts
from rookery.storage.accounts import find_account, find_account_by_name

__all__ = ["Remote", "RemoteNotFound", "RemoteRefused", "RemoteUnavailable", "build_remote"]
REPEATING = frozenset(("Create", "Announce"))
LATELY_S, ARRIVALS_PER_MINUTE = 60.0, 120
STALE_US = 3 * 86_400 * 1_000_000


class Remote:
    """Made once by ops."""

    def __init__(self, app: App, fetcher: Fetcher) -> None:
        self.app, self.fetcher = app, fetcher
        self.handles, self.flights = Handles(fetcher), Flights()
        self.lately, self.arrivals = Lately(LATELY_S), PerMinute(ARRIVALS_PER_MINUTE)

    async def get_account(self, uri: str, *, fresh: bool = False, budget: Budget = ASKED) -> Account:
        """Return the account of an id, suspended ones too; fetched when it is not known, and with `fresh` in any case.

        Raises RemoteNotFound, RemoteRefused, RemoteUnavailable.
        """
        known = await find_account_named(self.app, self.app.db.reader, uri)
        if is_ours(uri, self.app.settings.base_url):
            if known is None:
                raise RemoteNotFound(uri)
            return known
        if known is not None and not fresh:
            await self.plan_refresh(known)
            return known
        found: Account = await self.flights.join(("account", uri), lambda: self.fetch_account(uri, known, budget))
        return found

    async def get_post(self, uri: str, *, budget: Budget = ASKED) -> Post | None:
        """Return the post of an id, fetched from its own server when it is not known; None for what is kept out here.

        Raises RemoteNotFound, RemoteRefused, RemoteUnavailable.
        """
        known = await find_post_named(self.app, self.app.db.reader, uri)
        if known is not None:
            return known
        if is_ours(uri, self.app.settings.base_url):
            raise RemoteNotFound(uri)
        if await far_posts.is_deleted(self.app.db.reader, uri):
            return None
        found: Post | None = await self.flights.join(("post", uri), lambda: self.fetch_post(uri, budget))
        return found

    async def get_document(self, uri: str, *, budget: Budget = ASKED) -> Json:
        """Return the document of an id, as its own server shows it now. Raises as get_post."""
        return await self.fetcher.fetch_document(uri, budget=budget)

    async def find_handle(self, username: str, domain: str) -> Account | None:
        """Return the account of a handle, ours for our domain; None when the domain has nobody of that name.

        Raises RemoteRefused, RemoteUnavailable, RemoteNotFound for an actor whom the domain names and nobody shows.
        """
        here = self.app.settings.server.domain.casefold()
        domain = domain.casefold()
        known = await find_account_by_name(self.app.db.reader, username, "" if domain == here else domain)
        if known is not None or domain == here:
            if known is not None:
                await self.plan_refresh(known)
            return known
        finger = await self.handles.ask(username, domain)
        if finger is None or not finger.selves:
            return None
        return await self.get_account(finger.selves[0])

    async def find_address(self, url: str) -> Resolved | None:
        """Return what the address of a page or a document names; None when it is neither an account nor a post.

        Raises RemoteNotFound, RemoteRefused, RemoteUnavailable.
        """
        url = url.strip().partition("#")[0]
        known = await self.find_known(url)
        if known is not None or is_ours(url, self.app.settings.base_url):
            return known
        document = await find_document(self.fetcher, url)
        known = await self.find_known(id_in(document.get("id")))
        if known is not None:
            return known
        kind = type_in(document, ACTOR_TYPES | NOTE_TYPES | REPEATING)
        if kind in ACTOR_TYPES:
            return Resolved(account=await self.store_account(document))
        if kind in NOTE_TYPES:
            return resolved_post(await self.store_post(document))
        if kind in REPEATING:
            return resolved_post(await self.get_post(id_in(document.get("object"))))
        return None

    async def find_known(self, uri: str) -> Resolved | None:
        """Return what the database has under an id."""
        account = await find_account_named(self.app, self.app.db.reader, uri)
        if account is not None:
            return Resolved(account=account)
        post = await find_post_named(self.app, self.app.db.reader, uri)
        return Resolved(post=post) if post else None

    async def plan_profile(self, account_id: AccountId) -> None:
        """See model/resolving.py."""
        if not self.lately.is_new(("profile", account_id)):
            return
        account = await find_account(self.app.db.reader, account_id)
        if account is not None and not account.is_local and not account.suspended_at_us:
            await far_visits.plan_profile(self.app, account_id)

    async def plan_thread(self, post_id: PostId, *, is_read: bool = False) -> None:
        """See model/resolving.py. What nobody reads yet is planned for so many posts of one server and no more."""
        if not self.lately.is_new(("thread", post_id, is_read)):
            return
        if not is_read and not await self.may_cost_more("thread", post_id):
            return
        await far_visits.plan_thread(self.app, post_id, is_read=is_read)

    async def plan_quote(self, post_id: PostId, quoted_uri: str, consent_uri: str) -> None:
        """Have what an arrived post quotes brought, for so many posts of one server and no more."""
        if await self.may_cost_more("quote", post_id):
            await far_visits.plan_quote(self.app, post_id, quoted_uri, consent_uri)

    async def may_cost_more(self, kind: str, post_id: PostId) -> bool:
        """True while what arrives from the server of a post may still make us ask others: one delivery is no lever."""
        post = await posts.find_post(self.app.db.reader, post_id)
        return post is not None and self.arrivals.may((kind, find_origin(post.uri or "")))

    async def plan_refresh(self, account: Account) -> None:
        """Have a far account looked at again that was not for some days."""
        if account.is_local:
            return
        if account.id in await far_accounts.list_stale(self.app.db.reader, [account.id], now_us() - STALE_US):
            await far_visits.plan_refresh(self.app, account.id)

    async def fetch_account(self, uri: str, known: Account | None, budget: Budget) -> Account:
        """Fetch an actor and store it. Raises as get_account."""
        try:
            document = await self.fetcher.fetch_document(uri, budget=budget)
        except RemoteNotFound as missing:
            if known is not None:
                await self.note_missing(known, missing)
            raise
        return await self.store_account(document)

    async def store_account(self, document: Json) -> Account:
        """Store the account of a document that was fetched from its own server. Raises RemoteRefused."""
        uri = id_in(document.get("id"))
        name = line_in(document.get("preferredUsername"), MAX_USERNAME_CHARACTERS)
        if type_in(document, ACTOR_TYPES) not in ACTOR_TYPES:
            raise RemoteRefused("it is not an account")
        proved = await self.handles.prove(uri, name, claimed_handle(document))
        base_url, domain = self.app.settings.base_url, proved[1] if proved else ""
        try:
            incoming = read_actor(document, base_url=base_url, now_us=now_us(), domain=domain)
            await check_server(self.app.db.reader, incoming.domain, uri)
            return await receive_account(self.app, incoming, by_uri=uri, is_handle_proved=proved is not None)
        except (Invalid, NotAllowed) as error:
            raise RemoteRefused(str(error)) from error

    async def note_missing(self, known: Account, missing: RemoteNotFound) -> None:
        """Let an account go that its server deleted. A page that is only missing is believed with WebFinger's word."""
        is_gone = missing.is_gone
        if not is_gone:
            try:
                finger = await self.handles.ask(known.username, known.domain)
            except (RemoteRefused, RemoteUnavailable):
                return
            is_gone = finger is None
        if is_gone and known.uri:
            await receive_deletion(self.app, known.uri, by_uri=known.uri)

    async def fetch_post(self, uri: str, budget: Budget) -> Post | None:
        """Fetch a post and store it, its author first. Raises as get_post."""
        return await self.store_post(await self.fetcher.fetch_document(uri, budget=budget), budget=budget)

    async def store_post(self, document: Json, *, budget: Budget = ASKED) -> Post | None:
        """Store the post of a document that was fetched from its own server; None for what is kept out here.

        Raises RemoteNotFound, RemoteRefused, RemoteUnavailable.
        """
        uri = id_in(document.get("id"))
        if type_in(document, NOTE_TYPES) not in NOTE_TYPES:
            raise RemoteRefused("it is not a post")
        try:
            if find_vote(document):
                raise RemoteRefused("it is a vote")
            author_uri = author_in(document, uri)
            author = await self.get_account(author_uri, budget=budget)
            far = await far_accounts.find_far_account(self.app.db.reader, author.id)
            incoming = read_note(
                document,
                base_url=self.app.settings.base_url,
                now_us=now_us(),
                followers_uri=far.followers_uri if far else "",
            )
            post_id = await receive_post(self.app, incoming, by_uri=author_uri)
        except AccountSuspended:
            return None
        except RemoteRefused:
            raise
        except (Invalid, NotAllowed) as error:
            raise RemoteRefused(str(error)) from error
        return await posts.find_post(self.app.db.reader, post_id) if post_id else None

    async def close(self) -> None:
        """Stop what is under way."""
        await self.flights.end()
        await self.fetcher.flights.end()


def resolved_post(post: Post | None) -> Resolved | None:
    """Wrap a post that may be kept out."""
    return Resolved(post=post) if post else None


def build_remote(app: App, knocking: Knocking, *, clock: Clock = time.time) -> Remote:
    """Make the one of a server; its requests are signed by the server's own actor."""
    base_url = app.settings.base_url
    fetcher = Fetcher(
        app.db.reader,
        knocking,
        lambda: signer_of(app, None, f"{base_url}/actor"),
        base_url=base_url,
        is_test=app.settings.is_test,
        clock=clock,
    )
    return Remote(app, fetcher)
