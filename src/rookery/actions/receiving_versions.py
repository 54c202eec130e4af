"""Versions of a far post that is known: newer, older, or the same with other counts.

Owns: take_version. Each version carries its moment: a newer one replaces the text and the former one goes to the
history, an older one that comes late goes straight there, the same one tells only counts anew; so that every order ends
alike. The audience only narrows: who may not read a post does not get it by an edit.
"""

from __future__ import annotations

from dataclasses import replace

from rookery.actions.app import App, record_event
from rookery.actions.quotes import move_quote
from rookery.actions.receiving_parts import (
    attachment_from_incoming,
    post_from_incoming,
    store_attachments,
    store_poll_counts,
    store_tags,
)
from rookery.model.accounts import Account
from rookery.model.events import PostEdited, PostRefreshed
from rookery.model.ids import MediaId
from rookery.model.incoming import IncomingPost
from rookery.model.media import Attachment
from rookery.model.posts import Audience, Post
from rookery.model.quotes import QuoteState
from rookery.storage import far_posts, polls, posts, quotes
from rookery.storage.database import Transaction


async def take_version(app: App, tx: Transaction, incoming: IncomingPost, known: Post, author: Account) -> None:
    """Bring one version of a known post to where its moment says: above, below, or beside what is here."""
    told = await post_from_incoming(app, tx, incoming, author)
    told = replace(told, id=known.id, thread_id=known.thread_id, published_at_us=known.published_at_us)
    told = replace(told, poll=replace(told.poll, id=known.id) if told.poll else None)
    narrowed = replace(told, audience=Audience(max(known.audience, told.audience)))
    here, there = moment_of(known), moment_of(narrowed)
    if there > here:
        await replace_text(app, tx, incoming, known, narrowed, author)
    elif there < here:
        await keep_former(app, tx, incoming, narrowed)
    else:
        await refresh_counts(app, tx, incoming, known, narrowed)


def moment_of(post: Post) -> int:
    """When the text of a post was written, microseconds since 1970."""
    return post.edited_at_us or post.published_at_us


async def replace_text(
    app: App, tx: Transaction, incoming: IncomingPost, known: Post, told: Post, author: Account
) -> None:
    """Make a newer version the text of the post."""
    if not await far_posts.has_version(tx, known.id, moment_of(known)):
        await posts.insert_version(tx, known)
    await store_attachments(app, tx, incoming.attachments, told, author, before=known.media)
    placeholder = (Attachment,) if incoming.attachments else ()
    after = replace(told, media=placeholder)  # type: ignore[arg-type]
    await far_posts.update_far_post(tx, after)
    await posts.put_mentions(tx, told)
    await replace_poll(tx, known, told)
    await far_posts.set_counts(tx, known.id, incoming.like_count, incoming.repost_count)
    await quotes.set_quote_policy(tx, known.id, told.quote_policy)
    await store_tags(app, tx, incoming, told)
    named = {mention.account_id for mention in known.mentions}
    added = tuple(
        mention.account_id for mention in told.mentions if mention.account_id not in named and not mention.is_silent
    )
    await record_event(app, tx, PostEdited(known.id, known.author_id, added))


async def replace_poll(tx: Transaction, known: Post, told: Post) -> None:
    """Tell the poll's counts anew while its choices stay; another poll begins without our votes."""
    if told.poll is None:
        if known.poll:
            await polls.delete_poll(tx, known.id)
        return
    titles = [option.title for option in told.poll.options]
    is_same = known.poll and [option.title for option in known.poll.options] == titles
    if not is_same or (known.poll and known.poll.is_multiple != told.poll.is_multiple):
        await polls.put_poll(tx, told.poll)
    await store_poll_counts(tx, told.poll)


async def keep_former(app: App, tx: Transaction, incoming: IncomingPost, told: Post) -> None:
    """Put an older version into the history, whoever it named may read the post, nobody hears of it."""
    if not await far_posts.has_version(tx, told.id, moment_of(told)):
        links = [attachment_from_incoming(MediaId(0), told.author_id, one) for one in incoming.attachments]
        await posts.insert_version(tx, replace(told, media=tuple(links)))
    await posts.put_mentions(tx, told)


async def refresh_counts(app: App, tx: Transaction, incoming: IncomingPost, known: Post, told: Post) -> None:
    """Take what a post's server tells anew without an edit: votes, likes, the consent to a quote."""
    await far_posts.set_counts(tx, known.id, incoming.like_count, incoming.repost_count)
    if told.poll and known.poll and len(told.poll.options) == len(known.poll.options):
        await store_poll_counts(tx, told.poll)
    if incoming.is_consented and known.quote_state is QuoteState.PENDING and known.quote_of_id:
        quoted = await posts.find_post(tx, known.quote_of_id)
        if quoted and not quoted.is_local:
            await move_quote(app, tx, known, quoted.author_id, QuoteState.ACCEPTED)
    await posts.touch_post(tx, known.id)
    await record_event(app, tx, PostRefreshed(known.id, known.author_id))
