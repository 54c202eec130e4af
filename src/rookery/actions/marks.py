"""Likes, bookmarks, pins, muted threads and reposts.

Owns: what one account does to one post. Each action is harmless the second time and needs to see the post first.
"""

from __future__ import annotations

from rookery.actions.app import App, record_event
from rookery.actions.moved import check_not_moved
from rookery.actions.posts import counts_in_profile, is_public, published_event
from rookery.actions.removals import remove_post
from rookery.actions.repeating import repeatable
from rookery.model.errors import Invalid, NotAllowed
from rookery.model.events import PostMarked, PostUnmarked
from rookery.model.ids import AccountId, PostId, now_us
from rookery.model.posts import Audience, Post, PostNotFound
from rookery.storage import accounts, marks, posts
from rookery.storage.marks import Mark


class RepostRefused(NotAllowed):
    """Only what strangers may read can be repeated, and an author's own posts for followers."""

    def __init__(self) -> None:
        super().__init__("this post is not public, so it cannot be reposted")


class PinRefused(Invalid):
    """Raised with the rule that the pin breaks."""


async def get_original(app: App, post_id: PostId, viewer: AccountId) -> Post:
    """Return the post that the viewer sees, or what it repeats. Raises PostNotFound."""
    post = await posts.get_visible_post(app.db.reader, post_id, viewer)
    if post.repost_of_id:
        return await posts.get_visible_post(app.db.reader, post.repost_of_id, viewer)
    return post


@repeatable
async def mark_post(app: App, account_id: AccountId, post_id: PostId, mark: Mark) -> PostId:
    """Like, bookmark, pin or mute the thread of a post; return the original's id. Raises PostNotFound, PinRefused."""
    post = await get_original(app, post_id, account_id)
    target = post.thread_id if mark is Mark.MUTE else post.id
    if mark is Mark.PIN:
        await check_pin(app, account_id, post)
    async with app.db.transaction() as tx:
        if not await posts.lock_post(tx, post.id):
            raise PostNotFound
        mark_id = app.ids.next_id()
        if await marks.insert_mark(tx, account_id, target, mark, mark_id):
            if mark is Mark.LIKE:
                await marks.count_likes(tx, post.id, 1)
            await record_event(app, tx, PostMarked(target, account_id, post.author_id, int(mark), mark_id))
    return post.id


async def check_pin(app: App, account_id: AccountId, post: Post) -> None:
    """Raises PinRefused for somebody else's post, one that is for mentioned people only, or one pin too many."""
    if post.author_id != account_id:
        raise PinRefused("only your own posts can be pinned")
    if post.audience is Audience.MENTIONED:
        raise PinRefused("a post for mentioned people only cannot be pinned")
    limit = app.settings.post_limits.pins
    if await marks.count_marks(app.db.reader, account_id, Mark.PIN) >= limit:
        raise PinRefused(f"you have pinned {limit} posts already; unpin one first")


@repeatable
async def unmark_post(app: App, account_id: AccountId, post_id: PostId, mark: Mark) -> PostId:
    """Take a like, bookmark, pin or muted thread back; return the id of the original. Raises PostNotFound."""
    post = await get_original(app, post_id, account_id)
    target = post.thread_id if mark is Mark.MUTE else post.id
    async with app.db.transaction() as tx:
        if mark_id := await marks.delete_mark(tx, account_id, target, mark):
            if mark is Mark.LIKE:
                await marks.count_likes(tx, post.id, -1)
            await record_event(app, tx, PostUnmarked(target, account_id, post.author_id, int(mark), mark_id))
    return post.id


@repeatable
async def repost_post(app: App, account_id: AccountId, post_id: PostId, audience: Audience = Audience.PUBLIC) -> PostId:
    """Repeat a post to one's own followers; return the repost's id, the same one the second time.

    Raises PostNotFound, RepostRefused, MovedAway.
    """
    original = await get_original(app, post_id, account_id)
    own = original.author_id == account_id and original.audience is Audience.FOLLOWERS
    if not is_public(original.audience) and not own:
        raise RepostRefused
    await check_not_moved(app.db.reader, account_id)
    now = now_us()
    repost = repost_of(original, account_id, PostId(app.ids.next_id()), max(audience, original.audience), now)
    async with app.db.transaction() as tx:
        if not await posts.lock_post(tx, original.id):
            raise PostNotFound
        if earlier := await posts.find_repost(tx, original.id, account_id):
            return earlier
        if not await posts.insert_post(tx, repost):
            raise PostNotFound
        await marks.insert_mark(tx, account_id, original.id, Mark.REPOST, repost.id)
        await posts.count_reposts(tx, original.id, 1)
        if counts_in_profile(repost.audience):
            await accounts.count_post(tx, account_id, step=1, posted_at_us=now)
        await record_event(app, tx, published_event(repost))
    return repost.id


def repost_of(original: Post, account_id: AccountId, repost_id: PostId, audience: Audience, now: int) -> Post:
    """Build the repost: a post without text that points at another."""
    return Post(
        id=repost_id,
        author_id=account_id,
        audience=audience,
        text="",
        html=None,
        facets=(),
        content_warning="",
        is_sensitive=False,
        language=original.language,
        reply_to_id=None,
        reply_to_author_id=None,
        thread_id=repost_id,
        repost_of_id=original.id,
        published_at_us=now,
    )


@repeatable
async def undo_repost(app: App, account_id: AccountId, post_id: PostId) -> PostId:
    """Take a repost back; return the original's id. Harmless without one. Raises PostNotFound."""
    original = await get_original(app, post_id, account_id)
    async with app.db.transaction() as tx:
        await posts.lock_post(tx, original.id)
        repost_id = await posts.find_repost(tx, original.id, account_id)
        repost = await posts.find_post(tx, repost_id) if repost_id else None
        if repost:
            await marks.delete_mark(tx, account_id, original.id, Mark.REPOST)
            await remove_post(app, tx, repost, now_us())
    return original.id
