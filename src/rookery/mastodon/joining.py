"""One page's posts put together for one viewer, from rendered pieces.

Owns: View (who looks, and what depends on that), the order of the pieces of a Status, which joined bytes serve others.
Pure: everything was read before (mastodon/renders.py).

Most posts look the same to everybody but their author and who marked them, and their bytes are kept. A post that quotes
another never is: how its reader meets the quoted one is asked for every page anew (K5). The same holds for posts that
followers may quote, or that link to a collection; pages without such posts do not pay for it.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from typing import Any, Protocol

import msgspec

from rookery.mastodon.emoji import Emoji
from rookery.mastodon.posts_json import FLAGS, RenderedPost, flag_bytes, json_from_poll
from rookery.mastodon.quotes_json import (
    approval_bytes,
    insider_of,
    is_met_by_each,
    quote_bytes,
    shallow_quote_bytes,
)
from rookery.model.quotes import READABLE, QuoteState, shown_state
from rookery.storage.marks import Mark
from rookery.timelines.caches import VOTED

ENCODE = msgspec.json.Encoder().encode
NO_MATCH = b"[]"  # what filters say of most posts


class PostFilter(Protocol):
    """A viewer's filters, compiled."""

    def results(self, post: RenderedPost, original: RenderedPost | None, quoted: RenderedPost | None = None) -> bytes:
        """Return the JSON list of FilterResult for a post, `[]` for no match. quoted: as the viewer meets it."""
        ...


class View:
    """What depends on the viewer while a page is joined.

    posts: the page's, what they repeat and what either quotes. keep: takes bytes that serve others, see
    Renders.keep_joined. met: how the viewer meets what is quoted. followed: of the authors whose followers may quote.
    collections: Collection entities that posts link to, as the viewer sees them.
    """

    __slots__ = (
        "accounts",
        "bits",
        "collections",
        "emoji",
        "filters",
        "followed",
        "keep",
        "met",
        "posts",
        "viewer",
        "votes",
    )

    def __init__(
        self,
        viewer: int | None,
        posts: dict[int, RenderedPost],
        accounts: dict[int, bytes],
        emoji: dict[str, Emoji],
        keep: Callable[..., None],
    ) -> None:
        self.viewer, self.posts, self.accounts, self.emoji, self.keep = viewer, posts, accounts, emoji, keep
        self.bits: dict[int, int] = {}
        self.votes: dict[int, list[int]] = {}
        self.filters: PostFilter | None = None
        self.met: dict[int, QuoteState] = {}
        self.followed: Set[int] = frozenset()
        self.collections: dict[int, Any] = {}

    def join(self, post: RenderedPost, *, is_quoted: bool = False) -> bytes:
        """Join one Status entity, with what it repeats or quotes inside. is_quoted: inside of another one."""
        original = self.posts.get(post.repost_of_id) if post.repost_of_id else None
        shown = original or post
        pieces = [post.before, self.accounts[post.author_id], post.after]
        pieces += [approval_bytes(shown, self.viewer, self.followed), self.quote_in(post, is_quoted=is_quoted)]
        if post.tagged:
            found = [self.collections[one] for one in post.tagged if one in self.collections]
            pieces.append(b',"tagged_collections":' + ENCODE(found))
        if original:
            pieces += [b',"reblog":', self.join(original)]
        if post.poll:
            pieces.append(self.poll_in(post))
        if self.viewer is None:
            bare = b"".join((*pieces, b"}"))
            if not (is_quoted or shown.quote_state is QuoteState.ACCEPTED or shown.tagged):
                self.keep(post, original, self.accounts, bare=bare)
            return bare
        bits = self.bits_of(shown)
        filtered = self.filters.results(post, original, self.find_quoted(shown)) if self.filters else NO_MATCH
        whole = b"".join((*pieces, FLAGS[bits] if filtered == NO_MATCH else flag_bytes(bits, filtered)))
        if filtered == NO_MATCH and not (is_quoted or self.sees_apart(shown)):
            if not bits:
                self.keep(post, original, self.accounts, whole=whole)
            elif original is None:  # what repeats another post holds marks in its midst
                self.keep(post, original, self.accounts, whole=b"".join((*pieces, FLAGS[0])))
        return whole

    def sees_apart(self, post: RenderedPost) -> bool:
        """True when the bytes of an original hold what others may not be given."""
        has_part = self.votes.get(post.id) or (post.poll is not None and post.author_id == self.viewer)
        return bool(has_part) or is_met_by_each(post) or insider_of(post) == self.viewer

    def poll_in(self, post: RenderedPost) -> bytes:
        """Return `poll`, with the viewer's votes."""
        if post.poll is None:
            return b""
        votes = None if self.viewer is None else self.votes.get(post.id, [])
        emoji = self.emoji if post.emoji is None else post.emoji
        return b',"poll":' + ENCODE(json_from_poll(post.poll, emoji, votes, is_own=post.author_id == self.viewer))

    def quote_in(self, post: RenderedPost, *, is_quoted: bool) -> bytes:
        """Return `quote` of a post that quotes another; the rest have it among their pieces."""
        if not (post.quote_of_id and post.quote_state):
            return b""
        state = self.state_of(post)
        if is_quoted:
            return shallow_quote_bytes(state, post.quote_of_id)
        quoted = self.find_quoted(post)
        return quote_bytes(state, self.join(quoted, is_quoted=True) if quoted else None)

    def find_quoted(self, post: RenderedPost) -> RenderedPost | None:
        """Return what a post quotes when the viewer may read it."""
        if post.quote_of_id is None:
            return None
        return self.posts.get(post.quote_of_id) if self.state_of(post) in READABLE else None

    def state_of(self, post: RenderedPost) -> QuoteState:
        """Return the state of a post's quote as the viewer meets it."""
        quoted = self.posts.get(post.quote_of_id or 0)
        is_gone = quoted is not None and quoted.author_id not in self.accounts
        met = None if is_gone else self.met.get(post.quote_of_id or 0)
        return shown_state(post.quote_state or QuoteState.REJECTED, met)

    def bits_of(self, post: RenderedPost) -> int:
        """Return the viewer's marks on a post, a muted thread included."""
        bits = self.bits.get(post.id, 0) & ~VOTED
        if post.thread_id != post.id:
            bits |= self.bits.get(post.thread_id, 0) & Mark.MUTE
        return bits


def is_complete(post_id: int, posts: dict[int, RenderedPost], accounts: dict[int, bytes]) -> bool:
    """True when everything that a post shows is there."""
    post = posts.get(post_id)
    if post is None or post.author_id not in accounts:
        return False
    if post.repost_of_id is None:
        return True
    original = posts.get(post.repost_of_id)
    return original is not None and original.author_id in accounts
