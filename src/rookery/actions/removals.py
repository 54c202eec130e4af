"""Deleting posts.

Owns: delete_post and remove_post: a post with all that hangs on it, the counts kept true, the event inside.
"""

from __future__ import annotations

from collections import Counter

from rookery.actions.app import App, record_event
from rookery.actions.posts import counts_in_profile, is_public
from rookery.actions.quotes import counts_as_quote
from rookery.actions.repeating import repeatable
from rookery.model.events import PostDeleted
from rookery.model.ids import AccountId, PostId, now_us
from rookery.model.posts import (
    Post,
    PostNotFound,
)
from rookery.storage import accounts, far_posts, marks, posts, quotes
from rookery.storage.database import Transaction


@repeatable
async def delete_post(app: App, author_id: AccountId, post_id: PostId, *, keeps_media: bool = True) -> Post:
    """Delete an own post with everything that hangs on it; return it as it was, for a redraft.

    keeps_media: the pictures stay as unattached uploads for a while. Raises PostNotFound.
    """
    now = now_us()
    async with app.db.transaction() as tx:
        post = await posts.find_held_post(tx, post_id)
        if post is None or post.author_id != author_id:
            raise PostNotFound
        await remove_post(app, tx, post, now)
    return post


async def remove_post(app: App, tx: Transaction, post: Post, now: int) -> None:
    """Delete a post and its reposts, keep the counts true, tell the log. Harmless when it is gone.

    Rows are locked in the same order everywhere, posts before accounts, accounts by id, so that two such transactions
    wait for each other and not in a circle.
    """
    if not await posts.lock_post(tx, post.id):
        return
    tags = tuple(await posts.list_tags_of_post(tx, post.id))
    reposts = [await posts.find_post(tx, PostId(row[0])) for row in await posts.list_reposts(tx, post.id)]
    removed = [*(repost for repost in reposts if repost), post]
    witnesses = await far_posts.list_witnesses(tx, post.id) if post.is_local and not post.repost_of_id else []
    await marks.delete_marks_of_post(tx, post.id)
    for one in removed:
        await posts.delete_post(tx, one, now)
    if post.reply_to_id and is_public(post.audience):
        await posts.count_replies(tx, post.reply_to_id, -1)
    if post.repost_of_id:
        await posts.count_reposts(tx, post.repost_of_id, -1)
    if post.quote_of_id and counts_as_quote(post):
        await quotes.count_quotes(tx, post.quote_of_id, -1)
    for author_id, count in sorted(
        Counter(one.author_id for one in removed if counts_in_profile(one.audience)).items()
    ):
        await accounts.count_post(tx, author_id, step=-count)
    for one in removed:
        if one is post:
            await record_event(app, tx, deleted_event(one, tags, tuple(witnesses)))
        else:
            await record_event(app, tx, deleted_event(one, (), ()))


def deleted_event(post: Post, tags: tuple[str, ...], witnesses: tuple[AccountId, ...]) -> PostDeleted:
    """Everything that readers need to tell whoever may have met the post, and nobody else."""
    mentioned = tuple(mention.account_id for mention in post.mentions)
    if post.reply_to_author_id and is_public(post.audience):
        witnesses = (*witnesses, post.reply_to_author_id)
    return PostDeleted(
        *(post.id, post.author_id, int(post.audience), post.repost_of_id, post.reply_to_id, tags, mentioned),
        quote_of_id=post.quote_of_id,
        known_to_ids=witnesses,
    )
