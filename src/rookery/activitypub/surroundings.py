"""What our notes name besides their posts, read for a whole page at once.

Owns: which of it a reader may be told (K5): the address of a post that is hidden from them is not.
Never: writes a document.
"""

from __future__ import annotations

from collections.abc import Sequence

from rookery.activitypub.accounts import emoji_in
from rookery.activitypub.addresses import post_uri
from rookery.activitypub.admitting import STRANGER
from rookery.activitypub.face import WireFace
from rookery.activitypub.notes import Surroundings
from rookery.model.accounts import Account
from rookery.model.ids import PostId
from rookery.model.posts import Post, words_of_post
from rookery.storage.accounts import list_accounts
from rookery.storage.posts import list_posts, list_visible_ids


async def readable_posts(face: WireFace, ids: set[PostId], viewer: int) -> dict[int, tuple[Post, Account]]:
    """Return those of the posts that a viewer may read, each with its author."""
    visible = await list_visible_ids(face.reader, ids, viewer) if ids else set()
    posts = await list_posts(face.reader, visible) if visible else {}
    authors = await list_accounts(face.reader, {post.author_id for post in posts.values()}) if posts else {}
    return {post.id: (post, authors[post.author_id]) for post in posts.values() if post.author_id in authors}


async def surroundings_of(face: WireFace, posts: Sequence[Post], viewer: int = STRANGER) -> dict[int, Surroundings]:
    """Return what each of the posts names that the viewer may be told, by id."""
    named = {other for post in posts for other in (post.reply_to_id, post.quote_of_id) if other}
    found = await readable_posts(face, named, viewer)
    uris = {post_id: post_uri(*pair, face.base_url) for post_id, pair in found.items()}
    mentioned = {one.account_id for post in posts for one in post.mentions}
    people = await list_accounts(face.reader, mentioned) if mentioned else {}
    emoji = await emoji_in(face, *(words_of_post(post) for post in posts))
    return {
        post.id: Surroundings(
            people={one.account_id: people[one.account_id] for one in post.mentions if one.account_id in people},
            emoji=emoji,
            reply_to_uri=uris.get(post.reply_to_id or 0, ""),
            quote_uri=uris.get(post.quote_of_id or 0, ""),
        )
        for post in posts
    }
