"""Posts for later: keeping them, moving them, cancelling them, publishing them once at their time.

Owns: those actions. Never: the rules of a post (model/posts.py, actions/posts.py); they are asked when the post is
scheduled, so that its author can mend it, and again when it is published, because the answered post, the limits and the
author's standing may have changed. What cannot be published any more is kept with the reason, for its author to see.

Once: the row goes in the transaction that stores the post (`publish_post`), so neither a crash nor a second process
publishes it twice, and a server that was down at the time publishes it at its next start.
"""

from __future__ import annotations

import logging

from rookery.actions.app import App
from rookery.actions.moved import check_not_moved
from rookery.actions.posts import AccountSuspended, check_media, check_mentions, publish_post, resolve_mentions
from rookery.actions.quotes import find_quoted
from rookery.actions.repeating import repeatable
from rookery.model.errors import NotFound, Refusal, Unavailable
from rookery.model.ids import AccountId, PostId, now_us
from rookery.model.media import MediaNotFound
from rookery.model.members import check_standing
from rookery.model.posts import Draft, PostNotFound, check_draft
from rookery.model.scheduled_posts import (
    ScheduledPost,
    ScheduledPostNotFound,
    TimeRefused,
    check_room,
    check_time,
)
from rookery.storage import accounts, posts, scheduled_posts
from rookery.storage.database import Reader, Transaction
from rookery.storage.members import find_member

LOG = logging.getLogger("rookery.scheduled")
IDEMPOTENCY_US = 24 * 3600 * 1_000_000


@repeatable
async def schedule_post(
    app: App, draft: Draft, publish_at_us: int, *, idempotency_key: str | None = None
) -> ScheduledPost:
    """Keep a draft for later, once per key within a day.

    Raises TimeRefused, TooManyScheduled, and what publish_post raises.
    """
    now = now_us()
    if idempotency_key and (earlier := await find_earlier(app.db.reader, draft.author_id, idempotency_key, now)):
        return earlier
    check_time(publish_at_us, now)
    facets = check_draft(draft, app.settings.post_limits)
    if draft.reply_to_id:
        await posts.get_visible_post(app.db.reader, draft.reply_to_id, draft.author_id)
    await find_quoted(app.db.reader, draft.quote_of_id, draft.author_id)
    if draft.allowed_mentions is not None:
        check_mentions((await resolve_mentions(app, facets, draft.author_id))[1], draft.allowed_mentions)
    post = ScheduledPost(app.ids.next_id(), draft.author_id, publish_at_us, draft)
    async with app.db.transaction() as tx:
        await accounts.lock_accounts(tx, draft.author_id)
        if idempotency_key and (earlier := await claim_key(tx, post, idempotency_key, now)):
            return earlier
        await store_scheduled(tx, post)
    return post


async def store_scheduled(tx: Transaction, post: ScheduledPost) -> None:
    """Write the rows of a post that waits. Raises AccountSuspended, TooManyScheduled, MediaNotFound, PostRefused."""
    author = await accounts.get_account(tx, post.account_id)
    if author.suspended_at_us:
        raise AccountSuspended
    if author.moved_to_id:
        await check_not_moved(tx, author.id)
    counts = await scheduled_posts.count_scheduled(tx, post.account_id, post.publish_at_us)
    check_room(*counts, post.publish_at_us)
    await scheduled_posts.insert_scheduled(tx, post)
    for media_id in post.draft.media_ids:
        if not await scheduled_posts.hold_media(tx, post.account_id, media_id, post.id):
            raise MediaNotFound
    await check_media(tx, post.account_id, post.draft.media_ids)


async def find_earlier(reader: Reader, account_id: AccountId, key: str, now: int) -> ScheduledPost | None:
    """Return what this key scheduled within a day, unless it waits no more."""
    known = await posts.find_idempotent(reader, account_id, key[:200], now - IDEMPOTENCY_US)
    return await scheduled_posts.find_scheduled(reader, account_id, known) if known else None


async def claim_key(tx: Transaction, post: ScheduledPost, key: str, now: int) -> ScheduledPost | None:
    """Take an idempotency key for a post that waits, or return the one that has it."""
    as_post, since = PostId(post.id), now - IDEMPOTENCY_US
    if await posts.claim_idempotent(tx, post.account_id, key[:200], as_post, now_us=now, since_us=since):
        return None
    earlier = await find_earlier(tx, post.account_id, key, now)
    if earlier is None:
        await posts.put_idempotent(tx, post.account_id, key[:200], as_post, now)
    return earlier


async def get_scheduled(app: App, account_id: AccountId, scheduled_id: int) -> ScheduledPost:
    """Return one of a person's posts that wait. Raises ScheduledPostNotFound."""
    found = await scheduled_posts.find_scheduled(app.db.reader, account_id, scheduled_id)
    if found is None:
        raise ScheduledPostNotFound
    return found


@repeatable
async def move_scheduled(app: App, account_id: AccountId, scheduled_id: int, publish_at_us: int) -> ScheduledPost:
    """Give a post another time; one that failed is tried again then.

    Raises ScheduledPostNotFound, TimeRefused, TooManyScheduled.
    """
    await get_scheduled(app, account_id, scheduled_id)
    check_time(publish_at_us, now_us())
    async with app.db.transaction() as tx:
        await accounts.lock_accounts(tx, account_id)
        counts = await scheduled_posts.count_scheduled(tx, account_id, publish_at_us, besides=scheduled_id)
        check_room(*counts, publish_at_us)
        if not await scheduled_posts.move_scheduled(tx, account_id, scheduled_id, publish_at_us):
            raise ScheduledPostNotFound
    return await get_scheduled(app, account_id, scheduled_id)


@repeatable
async def cancel_scheduled(app: App, account_id: AccountId, scheduled_id: int) -> None:
    """Publish it never; its uploads are free for another post for a while. Raises ScheduledPostNotFound."""
    async with app.db.transaction() as tx:
        if not await scheduled_posts.delete_scheduled(tx, account_id, scheduled_id):
            raise ScheduledPostNotFound


async def publish_due_posts(app: App) -> int:
    """Publish what is longest overdue, fifty at most; return how many went out."""
    due = await scheduled_posts.list_due(app.db.reader, now_us())
    return sum([await publish_or_keep(app, post) for post in due])


async def publish_or_keep(app: App, post: ScheduledPost) -> bool:
    """Publish one, or keep it with the reason; False when it did not go out. Raises Unavailable."""
    try:
        await check_author(app, post.account_id)
        await publish_post(app, post.draft, scheduled_id=post.id)
    except ScheduledPostNotFound:
        return False  # another process was faster, or its author moved it
    except Unavailable:
        raise
    except Refusal as refusal:
        await keep_failed(app, post, reason_of(refusal))
        return False
    except Exception:
        LOG.exception("scheduled post %d cannot be published; it is kept", post.id)
        await keep_failed(app, post, "the server could not publish this post; choose another time to try again")
        return False
    return True


async def check_author(app: App, account_id: AccountId) -> None:
    """Raises MemberHeldBack unless the author may still act."""
    member = await find_member(app.db.reader, account_id)
    if member is None:
        raise AccountSuspended
    check_standing(member.standing)


@repeatable
async def keep_failed(app: App, post: ScheduledPost, reason: str) -> None:
    """Write down why a post stays."""
    async with app.db.transaction() as tx:
        await scheduled_posts.fail_scheduled(tx, post.id, reason, now_us())


def reason_of(refusal: Refusal) -> str:
    """Return the sentence for the author."""
    if isinstance(refusal, PostNotFound):
        return "the post that this one answers is not there any more"
    if isinstance(refusal, NotFound):
        return "a picture of this post is not there any more"
    return str(refusal)


def check_future(publish_at_us: int | None) -> int:
    """Return a time that was asked for. Raises TimeRefused when it could not be read."""
    if publish_at_us is None:
        raise TimeRefused("Scheduled at is not a date with a time; write it like 2026-12-24T18:00:00Z")
    return publish_at_us
