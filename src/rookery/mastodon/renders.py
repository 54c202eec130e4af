"""From ids to the bytes of a page: caches first, SQL for what is missing, a viewer's flags last.

Owns: the two render caches of this face, loading of what they miss, keeping what is joined (mastodon/joining.py).
Every id that comes in passed the visibility gate (storage/pages.py); an id whose post is gone is left out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Sequence
from typing import Any

import msgspec

from rookery.mastodon.accounts_json import json_from_account
from rookery.mastodon.collections_json import load_collections
from rookery.mastodon.emoji import Catalogues, Emoji, catalogue_from, far_catalogues
from rookery.mastodon.joining import NO_MATCH, PostFilter, View, is_complete
from rookery.mastodon.posts_json import FLAGS, RenderedPost, render_post
from rookery.mastodon.quotes_json import insider_of
from rookery.model.accounts import Account, words_of_account
from rookery.model.events import DomainStandingChanged, EmojiChanged, Event, PicturesHidden
from rookery.model.ids import MAX_ID, now_us
from rookery.model.posts import Poll, Post, words_of_post
from rookery.model.quotes import QuotePolicy
from rookery.storage.accounts import list_accounts
from rookery.storage.database import Database
from rookery.storage.emoji import list_emoji
from rookery.storage.marks import Mark
from rookery.storage.polls import list_votes
from rookery.storage.posts import list_posts
from rookery.storage.quotes import list_followed_among, list_met
from rookery.timelines.caches import VOTED, MarkCache, RenderCache, changed_accounts, changed_posts
from rookery.timelines.live import Live

ENCODE = msgspec.json.Encoder().encode
MAX_NAMES = 100_000


class Renders:
    """The render caches of the client API."""

    def __init__(self, db: Database, live: Live, marks: MarkCache, base_url: str, *, kept: int) -> None:
        self.db, self.live, self.marks, self.base_url = db, live, marks, base_url
        self.emoji: dict[str, Emoji] = {}
        self.emoji_changes, self.emoji_known = 1, 0
        self.emoji_lock = asyncio.Lock()
        self.names: dict[int, str] = {}
        self.domains: dict[int, str] = {}  # of far ones
        self.posts: RenderCache[RenderedPost] = RenderCache(kept)
        self.accounts: RenderCache[bytes] = RenderCache(kept)
        self.by_author: dict[int, set[int]] = {}
        self.by_writer: dict[int, set[int]] = {}
        self.joined = 0
        self.reposts_of: dict[int, set[int]] = {}
        live.add(self)

    def on_event(self, event: Event) -> None:
        """Forget what looks different now."""
        if isinstance(event, EmojiChanged | PicturesHidden | DomainStandingChanged):
            self.forget_all()
        for post_id in changed_posts(event):
            self.posts.forget(post_id)
            self.unjoin(self.reposts_of.pop(post_id, ()))
        for account_id in changed_accounts(event):
            self.accounts.forget(account_id)
            self.unjoin(self.by_author.pop(account_id, ()))
            for post_id in self.by_writer.pop(account_id, ()):
                self.posts.forget(post_id)
                self.unjoin(self.reposts_of.pop(post_id, ()))

    def unjoin(self, post_ids: Iterable[int]) -> None:
        """Drop the joined bytes of posts whose pieces stay good."""
        for post_id in post_ids:
            rendered = self.posts.entries.get(post_id)
            if rendered:
                rendered.whole = rendered.bare = None

    def forget_all(self) -> None:
        """Drop everything: the emoji catalogue changed."""
        self.emoji_changes += 1
        self.posts.forget_all()
        self.accounts.forget_all()
        self.by_author.clear()
        self.reposts_of.clear()

    async def learn_emoji(self) -> dict[str, Emoji]:
        """Return the catalogue of custom emoji, read again when it changed."""
        if self.emoji_known != self.emoji_changes:
            async with self.emoji_lock:
                seen = self.emoji_changes
                self.emoji = catalogue_from(await list_emoji(self.db.reader), self.base_url)
                self.emoji_known = seen
        return self.emoji

    async def load_posts(self, ids: Iterable[int]) -> dict[int, RenderedPost]:
        """Return the rendered posts of these ids, of what they repeat, and of what either quotes."""
        found = await self.load_each(ids)
        originals = {post.repost_of_id for post in found.values() if post.repost_of_id} - found.keys()
        if originals:
            found |= await self.load_each(originals)
        quoted = {post.quote_of_id for post in found.values() if post.quote_of_id} - found.keys()
        return found | await self.load_each(quoted) if quoted else found

    async def load_each(self, ids: Iterable[int]) -> dict[int, RenderedPost]:
        """Return the rendered posts of these ids."""
        cached = self.posts.entries
        found = {post_id: cached[post_id] for post_id in ids if post_id in cached}
        missing = [post_id for post_id in ids if post_id not in found]
        return found | await self.render_missing(missing) if missing else found

    async def render_missing(self, ids: list[int]) -> dict[int, RenderedPost]:
        """Read and render posts that the cache lacks."""
        self.posts.begin_load()
        loaded: dict[int, RenderedPost] = {}
        try:
            posts = await list_posts(self.db.reader, ids)
            await self.learn_emoji()
            await self.learn_names({post.author_id for post in posts.values()})
            writers = await self.load_writers(posts.values())
            far = await self.far_emoji_of(posts.values())
            for post in posts.values():
                loaded[post.id] = self.render(post, writers, far)
        finally:
            self.posts.end_load(loaded)
        return loaded

    async def load_writers(self, posts: Iterable[Post]) -> dict[int, Any]:
        """Return the Account entities of those who wrote the pages that posts link to; note whose posts they are."""
        linked = {post.id: post.card.author_id for post in posts if post.card and post.card.author_id}
        if not linked:
            return {}
        if len(self.by_writer) > self.posts.kept:
            self.by_writer.clear()
            self.posts.forget_all()
        for post_id, writer_id in linked.items():
            self.by_writer.setdefault(writer_id, set()).add(post_id)
        found = await self.load_accounts(set(linked.values()))
        return {writer_id: msgspec.json.decode(entity) for writer_id, entity in found.items()}

    async def far_emoji_of(self, posts: Iterable[Post]) -> Catalogues:
        """Return the emoji of other servers that posts of their people name, by domain."""
        texts = [(self.domains.get(post.author_id, ""), words_of_post(post)) for post in posts if not post.is_local]
        return await far_catalogues(self.db.reader, texts, self.base_url) if texts else {}

    def render(self, post: Post, writers: dict[int, Any], far: Catalogues) -> RenderedPost:
        """Make the pieces of a post whose author's name is known. writers, far: see load_writers, far_emoji_of."""
        writer = writers.get(post.card.author_id or 0) if post.card else None
        emoji = self.emoji if post.is_local else far.get(self.domains.get(post.author_id, ""), {})
        return render_post(post, self.names.get(post.author_id, ""), self.base_url, emoji, writer)

    async def learn_names(self, ids: set[int]) -> None:
        """Remember the usernames of accounts, which never change, for the addresses of their posts."""
        unknown = ids - self.names.keys()
        if unknown:
            for one in (await list_accounts(self.db.reader, unknown)).values():
                self.note_name(one)
        while len(self.names) > MAX_NAMES:
            account_id = next(iter(self.names))
            del self.names[account_id]
            self.domains.pop(account_id, None)

    def note_name(self, account: Account) -> None:
        """Remember a username, and the domain of a far one."""
        self.names[account.id] = account.username
        if account.domain:
            self.domains[account.id] = account.domain

    async def keep_new(self, publishing: Awaitable[Post]) -> Post:
        """Wait for a post to be published and render it, without reading it again."""
        self.posts.begin_load()
        loaded: dict[int, RenderedPost] = {}
        try:
            post = await publishing
            await self.learn_names({post.author_id})
            await self.live.catch_up()
            await self.learn_emoji()
            loaded[post.id] = self.render(post, {}, {})
        finally:
            self.posts.end_load(loaded)
        return post

    async def load_accounts(self, ids: Iterable[int]) -> dict[int, bytes]:
        """Return the Account entities of these ids that exist."""
        cached = self.accounts.entries
        found = {account_id: cached[account_id] for account_id in ids if account_id in cached}
        missing = {account_id for account_id in ids if account_id not in found}
        if missing:
            self.accounts.begin_load()
            loaded: dict[int, bytes] = {}
            try:
                accounts = await list_accounts(self.db.reader, missing)
                await self.learn_emoji()
                moved = {one.moved_to_id for one in accounts.values() if one.moved_to_id}
                targets = await list_accounts(self.db.reader, moved) if moved else {}
                shown = await self.accounts_json([*accounts.values(), *targets.values()])
                for account in accounts.values():
                    self.note_name(account)
                    target = targets.get(account.moved_to_id or 0)
                    is_open = target and not target.suspended_at_us and not account.suspended_at_us
                    more = {"moved": shown[target.id]} if target and is_open else {}
                    loaded[account.id] = ENCODE({**shown[account.id], **more})
            finally:
                self.accounts.end_load(loaded)
            found |= loaded
        return found

    async def accounts_json(self, accounts: Sequence[Account]) -> dict[int, dict[str, Any]]:
        """Return the Account entities, with the emoji of each one's own server."""
        texts = ((one.domain, words_of_account(one)) for one in accounts)
        far = await far_catalogues(self.db.reader, texts, self.base_url)
        return {
            one.id: json_from_account(one, self.base_url, self.emoji if one.is_local else far.get(one.domain, {}))
            for one in accounts
        }

    async def page(self, ids: Sequence[int], viewer: int | None, filters: PostFilter | None = None) -> bytes:
        """Return the JSON list of Status entities for a viewer (None for nobody signed in)."""
        return b"[" + b",".join(await self.each(ids, viewer, filters)) + b"]"

    async def each(self, ids: Sequence[int], viewer: int | None, filters: PostFilter | None = None) -> list[bytes]:
        """Return one Status entity per id that still exists, in order. Call live.catch_up() before reading the ids."""
        joined = await self.shared_page(ids, viewer, filters)
        if None in joined:
            made = await self.join_missing(ids, joined, viewer, filters)
            joined = [post or made.get(post_id) for post_id, post in zip(ids, joined, strict=True)]
        return [post for post in joined if post]

    async def by_id(
        self, ids: Sequence[int], viewer: int | None, filters: PostFilter | None = None
    ) -> dict[int, bytes]:
        """Return the Status entities of those ids that still exist."""
        joined = await self.shared_page(ids, viewer, filters)
        made = await self.join_missing(ids, joined, viewer, filters) if None in joined else {}
        return {post_id: post for post_id, post in zip(ids, joined, strict=True) if post} | made

    async def shared_page(
        self, ids: Sequence[int], viewer: int | None, filters: PostFilter | None
    ) -> list[bytes | None]:
        """Return what is joined already of a page, None for the rest; older posts cost one question about marks."""
        joined = self.joined_for(ids, viewer, filters)
        if viewer is None or None not in joined:
            return joined
        places = [place for place, post_id in enumerate(ids) if joined[place] is None and self.is_old(post_id, viewer)]
        if places:
            keys = {key for place in places for key in self.posts.entries[ids[place]].keys}
            bits = await self.marks.of(viewer, list(keys))
            for place in places:
                post = self.posts.entries.get(ids[place])
                is_same = post is not None and self.is_old(post.id, viewer) and keys.issuperset(post.keys)
                if post and post.whole and is_same and (filters is None or self.is_unfiltered(post.id, filters)):
                    is_marked = not bits.keys().isdisjoint(post.keys)
                    joined[place] = with_marks(post.whole, post.keys, bits) if is_marked else post.whole
        return joined

    def is_old(self, post_id: int, viewer: int) -> bool:
        """True for joined bytes that only lack the viewer's marks, which are not in memory as far back."""
        post, marks = self.posts.entries.get(post_id), self.marks.viewers.get(viewer)
        if post is None or post.whole is None or marks is None:
            return False
        return post.oldest < marks.floor and post.insider != viewer and not post.polled_by

    def joined_for(self, ids: Sequence[int], viewer: int | None, filters: PostFilter | None) -> list[bytes | None]:
        """Return what is joined already, None for the rest: nearly all of nearly every page is."""
        joined = self.shared_for(ids, viewer)
        if filters is None:
            return joined
        return [
            shared if shared is not None and self.is_unfiltered(post_id, filters) else None
            for post_id, shared in zip(ids, joined, strict=True)
        ]

    def is_unfiltered(self, post_id: int, filters: PostFilter) -> bool:
        """True when no filter matches a post whose joined bytes are shared; those hold nothing quoted."""
        post = self.posts.entries[post_id]
        original = self.posts.entries.get(post.repost_of_id) if post.repost_of_id else None
        if post.repost_of_id and original is None:
            return False
        return filters.results(post, original) == NO_MATCH

    def shared_for(self, ids: Sequence[int], viewer: int | None) -> list[bytes | None]:
        """Return what is joined already for a viewer without filters, None for the rest."""
        cached = self.posts.entries.get
        if viewer is None:
            return [None if post is None or has_ended(post) else post.bare for post in map(cached, ids)]
        marks = self.marks.viewers.get(viewer)
        if marks is None:
            return [None] * len(ids)
        bits, floor, is_unmarked = marks.bits, marks.floor, marks.bits.keys().isdisjoint
        return [
            None
            if post is None
            or post.whole is None
            or post.oldest < floor
            or post.insider == viewer
            or (post.polled_by and not may_share_poll(post, viewer, bits))
            else post.whole
            if is_unmarked(post.keys)
            else with_marks(post.whole, post.keys, bits)
            for post in map(cached, ids)
        ]

    async def join_missing(
        self, ids: Sequence[int], joined: list[bytes | None], viewer: int | None, filters: PostFilter | None
    ) -> dict[int, bytes]:
        """Put together those posts of a page that are not joined, as far as they exist."""
        missing = [post_id for post_id, post in zip(ids, joined, strict=True) if post is None]
        posts = await self.load_posts(missing)
        accounts = await self.load_accounts({post.author_id for post in posts.values()})
        view = await self.view_of(viewer, posts, accounts, filters)
        return {post_id: view.join(posts[post_id]) for post_id in missing if is_complete(post_id, posts, accounts)}

    async def view_of(
        self, viewer: int | None, posts: dict[int, RenderedPost], accounts: dict[int, bytes], filters: PostFilter | None
    ) -> View:
        """Gather what depends on the viewer for some posts; what no post asks for costs nothing."""
        view = View(viewer, posts, accounts, self.emoji, self.keep_joined)
        quoted = {post.quote_of_id for post in posts.values() if post.quote_of_id}
        if quoted:
            view.met = await list_met(self.db.reader, quoted, viewer or 0, now_us())
        if tagged := {one for post in posts.values() for one in post.tagged}:
            view.collections = await load_collections(self.db.reader, self.base_url, tagged, viewer or 0)
        if viewer is None:
            return view
        view.filters = filters
        view.bits = await self.marks.of(viewer, list({*posts, *(post.thread_id for post in posts.values())}))
        if polls := [post.id for post in posts.values() if post.poll]:
            view.votes = await list_votes(self.db.reader, viewer, polls)
        if authors := {post.author_id for post in posts.values() if post.policy is QuotePolicy.FOLLOWERS}:
            view.followed = await list_followed_among(self.db.reader, viewer, authors)
        return view

    def keep_joined(
        self,
        post: RenderedPost,
        original: RenderedPost | None,
        accounts: dict[int, bytes],
        *,
        whole: bytes | None = None,
        bare: bytes | None = None,
    ) -> None:
        """Keep bytes that serve every viewer without marks, or every stranger, until a piece of them changes."""
        pieces = [post, original] if original else [post]
        if any(not self.is_newest(piece, accounts) for piece in pieces):
            return  # something changed while the page was put together
        self.bound_joined()
        if has_ended(post):
            post.whole = post.bare = None
        post.whole, post.bare = whole or post.whole, bare or post.bare
        for piece in pieces:
            self.by_author.setdefault(piece.author_id, set()).add(post.id)
        post.keys = (post.id, post.thread_id)
        post.oldest = post.id if original is None else min(post.id, original.id)
        shown = original or post
        post.insider = insider_of(shown)
        post.polled_by = shown.author_id if shown.poll else 0
        post.good_until_us = good_until(shown.poll)
        if original:
            self.reposts_of.setdefault(original.id, set()).add(post.id)
            post.keys = (post.id, original.id, original.thread_id)

    def bound_joined(self) -> None:
        """Begin anew when the notes of what is joined hold more than twice the posts that the cache may hold."""
        self.joined += 1
        if self.joined > 2 * self.posts.kept:
            self.unjoin(self.posts.entries)
            self.by_author.clear()
            self.reposts_of.clear()
            self.joined = 0

    def is_newest(self, post: RenderedPost, accounts: dict[int, bytes]) -> bool:
        """True when these very pieces are what the caches hold."""
        author = accounts.get(post.author_id)
        return self.posts.entries.get(post.id) is post and self.accounts.entries.get(post.author_id) is author

    async def post(self, post_id: int, viewer: int | None, filters: PostFilter | None = None) -> bytes | None:
        """Return one Status entity, None when it is gone."""
        await self.live.catch_up()
        found = await self.each([post_id], viewer, filters)
        return found[0] if found else None

    async def account(self, account_id: int) -> Any:
        """Return one Account entity as plain values, None when there is none."""
        await self.live.catch_up()
        found = (await self.load_accounts([account_id])).get(account_id)
        return msgspec.json.decode(found) if found else None


def good_until(poll: Poll | None) -> int:
    """Return when a poll that is open ends, in microseconds; MAX_ID when nothing will change by time alone."""
    ends_at_us = poll.expires_at_us if poll else None
    return MAX_ID if ends_at_us is None or ends_at_us <= now_us() else ends_at_us


def has_ended(post: RenderedPost) -> bool:
    """True when the poll in joined bytes was open then and is not now."""
    return post.good_until_us != MAX_ID and post.good_until_us <= now_us()


def may_share_poll(post: RenderedPost, viewer: int, bits: dict[int, int]) -> bool:
    """True when the viewer sees a post's poll as everybody does who has no part in it."""
    return post.polled_by != viewer and not bits.get(post.keys[-2], 0) & VOTED and not has_ended(post)


def with_marks(whole: bytes, keys: tuple[int, ...], bits: dict[int, int]) -> bytes:
    """Return a joined post with a viewer's marks. keys: RenderedPost.keys; a repeat shows the marks twice."""
    tails = len(keys) - 1
    shown = (bits.get(keys[-2], 0) & ~VOTED) | (bits.get(keys[-1], 0) & Mark.MUTE)
    return whole[: -tails * len(FLAGS[0])] + FLAGS[shown] * tails
