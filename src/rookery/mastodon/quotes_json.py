"""Quotes as the client API shows them: who may quote a post, and what a reader gets of a quoted one.

Owns: the QuoteApproval, Quote and ShallowQuote shapes, as bytes that are spliced into a Status. Pure.
Spec: https://docs.joinmastodon.org/entities/Quote/, …/ShallowQuote/, …/QuoteApproval/
"""

from __future__ import annotations

from collections.abc import Set

from rookery.mastodon.posts_json import RenderedPost
from rookery.model.quotes import READABLE, QuotePolicy, QuoteState, may_quote

AUTOMATIC = {
    QuotePolicy.PUBLIC: b'["public"]',
    QuotePolicy.FOLLOWERS: b'["followers"]',
    QuotePolicy.NOBODY: b"[]",
    QuotePolicy.NEVER: b"[]",
}
# (policy, may the viewer quote) -> the bytes. Nobody reviews quotes by hand here, so `manual` is always empty.
APPROVALS = {
    (policy, may): b',"quote_approval":{"automatic":%b,"manual":[],"current_user":"%b"}'
    % (automatic, b"automatic" if may else b"denied")
    for policy, automatic in AUTOMATIC.items()
    for may in (False, True)
}


def approval_bytes(post: RenderedPost, viewer: int | None, followed: Set[int]) -> bytes:
    """Return `quote_approval` of a post for a viewer. followed: authors whom the viewer follows."""
    if viewer is None:
        return APPROVALS[post.policy, False]
    is_author, is_follower = viewer == post.author_id, post.author_id in followed
    return APPROVALS[post.policy, may_quote(post.policy, is_author=is_author, is_follower=is_follower)]


def quote_bytes(state: QuoteState, quoted: bytes | None) -> bytes:
    """Return `quote` with the quoted Status inside, as far as the state lets it be read."""
    shown = quoted if quoted is not None and state in READABLE else b"null"
    return b',"quote":{"state":"%b","quoted_status":%b}' % (state.value.encode(), shown)


def shallow_quote_bytes(state: QuoteState, quoted_id: int) -> bytes:
    """Return `quote` of a Status that is itself quoted: an id instead of the post."""
    shown = b'"%d"' % quoted_id if state in READABLE else b"null"
    return b',"quote":{"state":"%b","quoted_status_id":%b}' % (state.value.encode(), shown)


def is_met_by_each(post: RenderedPost) -> bool:
    """True when every viewer may get other bytes, so that no two share them."""
    return post.quote_state is QuoteState.ACCEPTED or post.policy is QuotePolicy.FOLLOWERS or bool(post.tagged)


def insider_of(post: RenderedPost) -> int:
    """Return the author when they alone may quote the post, 0 for no such person."""
    return post.author_id if post.policy is QuotePolicy.NOBODY else 0
