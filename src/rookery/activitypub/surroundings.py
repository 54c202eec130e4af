"""What our notes name besides their posts, read for a whole page at once.

Owns: which of it a stranger may be told (K5): the address of a post that is hidden from strangers is not.
Never: writes a document.
"""

from __future__ import annotations

from collections.abc import Sequence

from rookery.activitypub.accounts import emoji_in
from rookery.activitypub.addresses import context_uri, post_uri
from rookery.activitypub.face import STRANGER, WireFace
from rookery.activitypub.notes import Surroundings
from rookery.model.accounts import Account
from rookery.model.ids import PostId
from rookery.model.posts import Post, words_of_post
from rookery.storage.accounts import list_accounts
from rookery.storage.posts import list_posts, list_visible_ids


async def readable_posts(face: WireFace, ids: set[PostId]) -> dict[int, tuple[Post, Account]]:
    """Return those of the posts that a stranger may read, each with its author."""
    visible = await list_visible_ids(face.reader, ids, STRANGER) if ids else set()
    posts = await list_posts(face.reader, visible) if visible else {}
    authors = await list_accounts(face.reader, {post.author_id for post in posts.values()}) if posts else {}
    return {post.id: (post, authors[post.author_id]) for post in posts.values() if post.author_id in authors}


async def surroundings_of(face: WireFace, posts: Sequence[Post]) -> dict[int, Surroundings]:
    """Return what each of the posts names, by id."""
    named = {other for post in posts for other in (post.reply_to_id, post.quote_of_id, post.thread_id) if other}
    found = await readable_posts(face, named)
    uris = {post_id: post_uri(*pair, face.base_url) for post_id, pair in found.items()}
    mentioned = {one.account_id for post in posts for one in post.mentions}
    people = await list_accounts(face.reader, mentioned) if mentioned else {}
    emoji = await emoji_in(face, *(words_of_post(post) for post in posts))
    roots = {one.id: uris[one.id] for one, _ in found.values() if one.is_local and is_root(one)}
    return {
        post.id: Surroundings(
            people={one.account_id: people[one.account_id] for one in post.mentions if one.account_id in people},
            emoji=emoji,
            reply_to_uri=uris.get(post.reply_to_id or 0, ""),
            quote_uri=uris.get(post.quote_of_id or 0, ""),
            context_uri=context_uri(roots[post.thread_id]) if post.thread_id in roots else "",
        )
        for post in posts
    }


def is_root(post: Post) -> bool:
    """True for a post that begins its thread."""
    return post.reply_to_id is None and post.repost_of_id is None
