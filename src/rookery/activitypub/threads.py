"""Threads of other servers, made whole: what a post answers, up to the root, and what answers it.

Owns: ThreadVisit, the order in which a thread is asked for, what of it is taken. Never: takes a post from anybody but
its own server, or what is no part of the thread. One visit is bounded in requests, bytes, time, and for each server;
what it did not reach is reached by a later one.
Spec: https://www.w3.org/TR/activitystreams-vocabulary/#dfn-replies, https://w3id.org/fep/7888, https://w3id.org/fep/f228
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

from rookery.actions.far_visits import Visit, note_progress
from rookery.activitypub.allowances import Allowance, Item, items_of
from rookery.activitypub.documents import id_in
from rookery.activitypub.fetching import FILLING
from rookery.activitypub.origin import is_ours
from rookery.activitypub.remote import Remote, RemoteUnavailable
from rookery.activitypub.vocabulary import Json
from rookery.model.errors import Refusal
from rookery.model.ids import PostId
from rookery.model.posts import Post
from rookery.storage import far_posts, posts

MOST_ANCESTORS = 40
MOST_EXPLORED = 60  # posts whose own answers are asked for
AT_ONCE = 4
TOLD_EVERY = 5  # posts after which it is written down how far a visit is


@dataclass(slots=True)
class ThreadVisit:
    """One visit. thread_id: under which it was planned.

    waiting: posts whose answers are still to be asked for. known: what was looked at; members: what of it belongs to
    the thread. is_cut: a server above did not answer, so that another try is worth it.
    """

    remote: Remote
    thread_id: int
    allowance: Allowance
    waiting: deque[str] = field(default_factory=deque)
    known: set[str] = field(default_factory=set)
    members: set[str] = field(default_factory=set)
    is_cut: bool = False
    found_count: int = 0
    told_count: int = 0

    async def run(self, post_id: PostId) -> None:
        """Bring the thread of a post. Raises RemoteUnavailable when its beginning could not be had for now."""
        try:
            async with asyncio.timeout(self.allowance.seconds):
                await self.bring(post_id)
        except TimeoutError:
            self.is_cut = False
        finally:
            await self.tell(is_over=True)
        if self.is_cut:
            raise RemoteUnavailable("the beginning of a thread cannot be had now", 60)

    async def bring(self, post_id: PostId) -> None:
        """First upward, then what was quoted, then the answers, those of the root first."""
        start = await posts.find_post(self.remote.app.db.reader, post_id)
        if start is None:
            return
        root = await self.climb(start)
        await self.bring_quoted(start)
        for post in (root, start):
            if post.uri and post.uri not in self.known:
                self.known.add(post.uri)
                self.members.add(post.uri)
                self.waiting.append(post.uri)
        for _ in range(MOST_EXPLORED):
            if not self.waiting or self.allowance.is_spent:
                return
            await self.explore(self.waiting.popleft())

    async def climb(self, start: Post) -> Post:
        """Return the highest post that can be had above one, itself when it answers nothing."""
        reader, current = self.remote.app.db.reader, start
        for _ in range(MOST_ANCESTORS):
            if current.reply_to_id:
                above = await posts.find_post(reader, current.reply_to_id)
            else:
                uri = (await far_posts.list_links(reader, current.id)).get("reply", "")
                above = await self.get(uri) if uri else None
            if above is None:
                return current
            current = above
        return current

    async def get(self, uri: str) -> Post | None:
        """Return a post by its id, None when it cannot be had."""
        if not is_ours(uri, self.remote.app.settings.base_url) and not self.allowance.take(uri):
            return None
        try:
            post = await self.remote.get_post(uri, budget=FILLING)
        except RemoteUnavailable:
            self.is_cut = True
            return None
        except Refusal:
            return None
        self.found_count += post is not None
        return post

    async def bring_quoted(self, post: Post) -> None:
        """Bring what a post quotes."""
        links = await far_posts.list_links(self.remote.app.db.reader, post.id)
        for kind in ("quote", "consented"):
            if links.get(kind):
                await self.get(links[kind])

    async def explore(self, uri: str) -> None:
        """Ask a far post's server for the post as it is now, and go through what it names as its thread and answers."""
        if is_ours(uri, self.remote.app.settings.base_url) or not self.allowance.take(f"{uri}#now"):
            return
        try:
            document = await self.remote.fetcher.fetch_document(uri, budget=FILLING, meter=self.allowance.count_bytes)
            await self.remote.store_post(document, budget=FILLING)
        except Refusal:
            return
        await self.go_through(document.get("context"), uri, answers="")
        await self.go_through(document.get("replies"), uri, answers=uri)

    async def go_through(self, collection: object, owner: str, *, answers: str) -> None:
        """Take what a collection lists, a few at a time. answers: what every item must answer, '' for anything."""
        several: list[Item] = []
        async for item in items_of(self.remote.fetcher, collection, owner, self.allowance):
            if item.uri in self.known or is_ours(item.uri, self.remote.app.settings.base_url):
                continue
            self.known.add(item.uri)
            several.append(item)
            if len(several) == AT_ONCE:
                await self.take_all(several, answers)
                several = []
        await self.take_all(several, answers)

    async def take_all(self, items: list[Item], answers: str) -> None:
        """Take some items at once, and write down now and then how far it is."""
        await asyncio.gather(*(self.take(item, answers) for item in items))
        if self.found_count - self.told_count >= TOLD_EVERY:
            await self.tell(is_over=False)

    async def take(self, item: Item, answers: str) -> None:
        """Store one answer, and have its own answers asked for; what is known already is looked behind last."""
        reader = self.remote.app.db.reader
        is_known = await far_posts.find_post_id(reader, item.uri) is not None
        if not is_known:
            try:
                document = await self.document_of(item)
                if document is None or not self.is_part(document, answers):
                    return
                post = await self.remote.store_post(document, budget=FILLING)
            except Refusal:
                return
            if post is None:
                return
            self.found_count += 1
        self.members.add(item.uri)
        if is_known:
            self.waiting.append(item.uri)
        else:
            self.waiting.appendleft(item.uri)

    async def document_of(self, item: Item) -> Json | None:
        """Return an item's document from its own server, None when no more may be asked."""
        if item.document is not None and "attributedTo" in item.document:
            return item.document
        if not self.allowance.take(item.uri):
            return None
        return await self.remote.fetcher.fetch_document(item.uri, budget=FILLING, meter=self.allowance.count_bytes)

    def is_part(self, document: Json, answers: str) -> bool:
        """True for a post that answers what it should: this one or another of the thread, or anything at all."""
        above = id_in(document.get("inReplyTo"))
        return above == answers or above in self.members if answers else bool(above)

    async def tell(self, *, is_over: bool) -> None:
        """Write down how much came."""
        count, self.told_count = self.found_count - self.told_count, self.found_count
        await note_progress(self.remote.app, Visit.THREAD, self.thread_id, count, is_over=is_over)
