"""What our notes name besides their posts, read for a whole page at once.

Owns: which of it a reader may be told (K5): the address of a post that is hidden from them is not.
Never: writes a document.
"""

from __future__ import annotations

from collections.abc import Sequence

from rookery.activitypub.accounts import emoji_in
from rookery.activitypub.addresses import context_uri, post_uri, stamp_uri
from rookery.activitypub.desk import STRANGER, Desk
from rookery.activitypub.notes import Surroundings
from rookery.model.accounts import Account
from rookery.model.ids import PostId
from rookery.model.posts import Post, words_of_post
from rookery.model.quotes import QuoteState
from rookery.storage.accounts import list_accounts
from rookery.storage.far_posts import list_consents
from rookery.storage.posts import list_posts, list_visible_ids


async def readable_posts(face: Desk, ids: set[PostId], viewer: int) -> dict[int, tuple[Post, Account]]:
    """Return those of the posts that a viewer may read, each with its author."""
    visible = await list_visible_ids(face.reader, ids, viewer) if ids else set()
    posts = await list_posts(face.reader, visible) if visible else {}
    authors = await list_accounts(face.reader, {post.author_id for post in posts.values()}) if posts else {}
    return {post.id: (post, authors[post.author_id]) for post in posts.values() if post.author_id in authors}


async def surroundings_of(face: Desk, posts: Sequence[Post], viewer: int = STRANGER) -> dict[int, Surroundings]:
    """Return what each of the posts names that the viewer may be told, by id."""
    named = {other for post in posts for other in (post.reply_to_id, post.quote_of_id, post.thread_id) if other}
    found = await readable_posts(face, named, viewer)
    uris = {post_id: post_uri(*pair, face.base_url) for post_id, pair in found.items()}
    mentioned = {one.account_id for post in posts for one in post.mentions}
    people = await list_accounts(face.reader, mentioned) if mentioned else {}
    emoji = await emoji_in(face, *(words_of_post(post) for post in posts))
    consents = await consents_of(face, posts, found)
    roots = {one.id: uris[one.id] for one, _ in found.values() if one.is_local and is_root(one)}
    return {
        post.id: Surroundings(
            people={one.account_id: people[one.account_id] for one in post.mentions if one.account_id in people},
            emoji=emoji,
            reply_to_uri=uris.get(post.reply_to_id or 0, ""),
            quote_uri=uris.get(post.quote_of_id or 0, ""),
            quote_consent_uri=consents.get(post.id, ""),
            domain=face.app.settings.server.domain,
            context_uri=context_uri(roots[post.thread_id]) if post.thread_id in roots else "",
        )
        for post in posts
    }


async def consents_of(face: Desk, posts: Sequence[Post], found: dict[int, tuple[Post, Account]]) -> dict[int, str]:
    """Return what proves that each of the posts may quote what it quotes: our stamp, or the one that we were given.

    Who quotes an own post needs none. Spec: FEP-044f
    """
    agreed = [post for post in posts if post.quote_state is QuoteState.ACCEPTED and post.quote_of_id in found]
    given = await list_consents(face.reader, [post.id for post in agreed]) if agreed else {}
    for post in agreed:
        quoted, author = found[post.quote_of_id or 0]
        if author.is_local and author.id != post.author_id:
            given[post.id] = stamp_uri(post_uri(quoted, author, face.base_url), post.id)
    return given


def is_root(post: Post) -> bool:
    """True for a post that begins its thread."""
    return post.reply_to_id is None and post.repost_of_id is None
