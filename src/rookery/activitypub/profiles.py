"""Profiles of people whom we have just met: their newest public posts, their counts, what they pinned.

Owns: ProfileVisit. Never: takes from an outbox what is not its owner's; what they repeated is fetched from its own
server, and only as far as the allowance goes. Nothing here is news: readers of the log know old posts by their age.
Spec: https://www.w3.org/TR/activitypub/#outbox, https://docs.joinmastodon.org/spec/activitypub/#featured
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from rookery.actions.far_visits import Visit, note_progress
from rookery.actions.receiving_accounts import receive_counts
from rookery.actions.receiving_acts import receive_pin, receive_repost, receive_unpin
from rookery.actions.receiving_posts import receive_post
from rookery.activitypub.allowances import Allowance, Item, items_of, read_page
from rookery.activitypub.documents import id_in, type_in
from rookery.activitypub.fetching import FILLING
from rookery.activitypub.origin import same_origin
from rookery.activitypub.reading_activities import Doing, read_activity
from rookery.activitypub.reading_notes import NOTE_TYPES, author_in
from rookery.activitypub.reading_parts import count_in
from rookery.activitypub.remote import Remote
from rookery.activitypub.vocabulary import Json
from rookery.model.accounts import Account
from rookery.model.errors import Refusal
from rookery.model.ids import AccountId, now_us
from rookery.model.incoming import MAX_COUNT, MAX_PIN_COUNT, IncomingRepost
from rookery.model.posts import Audience
from rookery.storage import far_accounts, far_posts, posts
from rookery.storage.accounts import find_account
from rookery.storage.far_accounts import FarAccount, ToldCounts
from rookery.storage.marks import list_pinned

MOST_POSTS, MOST_REPOSTS = 40, 10
DAY_US = 86_400 * 1_000_000


@dataclass(slots=True)
class ProfileVisit:
    """One visit to an account's server."""

    remote: Remote
    allowance: Allowance
    found_count: int = 0
    repost_count: int = 0

    async def run(self, account_id: AccountId) -> None:
        """Bring what a profile shows. Whatever cannot be had is left out."""
        try:
            async with asyncio.timeout(self.allowance.seconds):
                await self.bring(account_id)
        except (TimeoutError, Refusal):
            return
        finally:
            await note_progress(self.remote.app, Visit.PROFILE, account_id, self.found_count, is_over=True)

    async def bring(self, account_id: AccountId) -> None:
        """The actor as it is now, pins first, then posts; the counts last, because each post that comes counts."""
        reader = self.remote.app.db.reader
        account = await find_account(reader, account_id)
        far = await far_accounts.find_far_account(reader, account_id)
        if account is None or not account.uri or far is None or account.suspended_at_us:
            return
        if far.refreshed_at_us < now_us() - DAY_US:
            account = await self.remote.get_account(account.uri, fresh=True, budget=FILLING)
            far = await far_accounts.find_far_account(reader, account_id) or far
        heads = [await self.head_of(one) for one in (far.outbox_url, far.followers_uri, far.following_uri)]
        await self.bring_pins(account, far)
        if heads[0]:
            await self.bring_posts(account, far, heads[0])
        told = [count_in(head, MAX_COUNT) if head else None for head in heads]
        await receive_counts(self.remote.app, ToldCounts(*told), by_uri=account.uri or "")

    async def bring_pins(self, account: Account, far: FarAccount) -> None:
        """Pin what the account pins, and nothing else."""
        app, uri = self.remote.app, account.uri or ""
        head = await self.head_of(far.featured_uri)
        if head is None:
            return
        pinned: list[str] = []
        async for item in items_of(self.remote.fetcher, head, far.featured_uri, self.allowance):
            if len(pinned) >= MAX_PIN_COUNT:
                break
            if same_origin(item.uri, uri) and await self.take_note(item, uri):
                pinned.append(item.uri)
        here = await posts.list_posts(app.db.reader, await list_pinned(app.db.reader, account.id, 0))
        for old in here.values():
            if old.uri and old.uri not in pinned:
                await receive_unpin(app, old.uri, by_uri=uri)
        for one in reversed(pinned):
            try:
                await receive_pin(app, one, by_uri=uri)
            except Refusal:
                continue

    async def bring_posts(self, account: Account, far: FarAccount, head: Json) -> None:
        """Take the newest things of the outbox."""
        count = 0
        async for item in items_of(self.remote.fetcher, head, far.outbox_url, self.allowance):
            if count >= MOST_POSTS:
                return
            count += 1
            try:
                await self.take(item, account, far)
            except Refusal:
                continue

    async def take(self, item: Item, account: Account, far: FarAccount) -> None:
        """Store one thing of an outbox: a post, or that somebody's post was repeated. Raises Refusal."""
        uri = account.uri or ""
        if item.document is None or type_in(item.document, NOTE_TYPES) in NOTE_TYPES:
            await self.take_note(item, uri)
            return
        activity = read_activity(
            item.document,
            base_url=self.remote.app.settings.base_url,
            now_us=now_us(),
            followers_uri=far.followers_uri,
        )
        if activity.actor_uri != uri:
            return
        if activity.doing is Doing.ANNOUNCE and activity.repost:
            await self.take_repost(activity.repost)
        elif activity.doing is Doing.CREATE and activity.post:
            if is_shown(activity.post.audience):
                self.found_count += await receive_post(self.remote.app, activity.post, by_uri=uri) is not None
        elif activity.doing is Doing.CREATE and same_origin(activity.object_uri, uri):
            await self.take_note(Item(activity.object_uri, None), uri)

    async def take_note(self, item: Item, author_uri: str) -> bool:
        """Store a post of this author; False when it is not theirs, or cannot be had."""
        reader = self.remote.app.db.reader
        known = await far_posts.find_post_id(reader, item.uri)
        if known is not None:
            post = await posts.find_post(reader, known)
            author = await find_account(reader, post.author_id) if post else None
            return author is not None and author.uri == author_uri
        try:
            document = await self.document_of(item)
            if document is None or author_of(document) != author_uri:
                return False
            post = await self.remote.store_post(document, budget=FILLING)
        except Refusal:
            return False
        self.found_count += post is not None
        return post is not None

    async def take_repost(self, repost: IncomingRepost) -> None:
        """Store what was repeated and that it was. Raises Refusal."""
        if self.repost_count >= MOST_REPOSTS or not is_shown(repost.audience):
            return
        self.repost_count += 1
        reader = self.remote.app.db.reader
        if await far_posts.find_post_id(reader, repost.post_uri) is None and not self.allowance.take(repost.post_uri):
            return
        if await self.remote.get_post(repost.post_uri, budget=FILLING) is not None:
            await receive_repost(self.remote.app, repost, by_uri=repost.author_uri)

    async def document_of(self, item: Item) -> Json | None:
        """Return an item's document from its own server, None when no more may be asked."""
        if item.document is not None and "attributedTo" in item.document:
            return item.document
        if not self.allowance.take(item.uri):
            return None
        return await self.remote.fetcher.fetch_document(item.uri, budget=FILLING, meter=self.allowance.count_bytes)

    async def head_of(self, uri: str) -> Json | None:
        """Return a collection as its address shows it, None without one."""
        return await read_page(self.remote.fetcher, uri, uri, self.allowance)


def is_shown(audience: Audience) -> bool:
    """True for what a profile shows to strangers."""
    return audience in (Audience.PUBLIC, Audience.UNLISTED)


def author_of(document: Json) -> str:
    """Return who wrote a note, as read_note sees it; '' when that is nobody of its own server."""
    try:
        return author_in(document, id_in(document.get("id")))
    except Refusal:
        return ""
