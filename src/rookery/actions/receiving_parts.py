"""What belongs to an incoming post: its noun, mentions, poll, links to pictures, hashtags.

Owns: making our nouns of what was told, and their rows beside the post's own. Never: the post's row (see
actions/receiving_posts.py and actions/receiving_versions.py, whose parts these are).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from rookery.actions.app import App
from rookery.actions.naming import find_account_named
from rookery.actions.posts import tags_of
from rookery.actions.receiving_acts import id_for
from rookery.model.accounts import Account
from rookery.model.far_files import FarFile, FarFileKind, new_far_token
from rookery.model.ids import AccountId, MediaId, PollId, PostId, now_us
from rookery.model.incoming import (
    MAX_ATTACHMENT_COUNT,
    MAX_MENTION_COUNT,
    MAX_TAG_COUNT,
    IncomingAttachment,
    IncomingPost,
)
from rookery.model.media import Attachment, Playing
from rookery.model.posts import Mention, Poll, PollOption, Post
from rookery.model.quotes import policy_within
from rookery.model.text import Facet, FacetKind, tag_key
from rookery.storage import far_posts, media, polls, posts
from rookery.storage.database import Reader, Transaction
from rookery.storage.far_files import insert_far_file
from rookery.storage.tags import list_tag_rules


async def post_from_incoming(app: App, reader: Reader, incoming: IncomingPost, author: Account) -> Post:
    """Build the post as if it started a thread; mentions are looked up among those who are known."""
    post_id = id_for(app, incoming.published_at_us)
    facets, mentions = await resolve_mentions(app, reader, incoming, author)
    now = now_us()
    published = min(incoming.published_at_us or now, now)
    edited = min(incoming.edited_at_us or 0, now)
    return Post(
        id=post_id,
        author_id=author.id,
        audience=incoming.audience,
        text=incoming.text,
        html=incoming.html,
        facets=facets,
        content_warning=incoming.content_warning,
        is_sensitive=incoming.is_sensitive or bool(incoming.content_warning),
        language=incoming.language,
        reply_to_id=None,
        reply_to_author_id=None,
        thread_id=post_id,
        repost_of_id=None,
        published_at_us=published,
        edited_at_us=edited if edited > published else None,
        is_local=False,
        uri=incoming.uri,
        url=incoming.url or incoming.uri,
        mentions=mentions,
        poll=poll_from_incoming(post_id, incoming),
        quote_policy=policy_within(incoming.audience, incoming.quote_policy),
    )


async def resolve_mentions(
    app: App, reader: Reader, incoming: IncomingPost, author: Account
) -> tuple[tuple[Facet, ...], tuple[Mention, ...]]:
    """Return the facets with account ids and each mentioned account once, not the author."""
    by_handle: dict[str, Account] = {}
    mentions: dict[int, Mention] = {}
    for mention in incoming.mentions[:MAX_MENTION_COUNT]:
        account = await find_account_named(app, reader, mention.uri)
        if account is None or account.suspended_at_us:
            continue
        if mention.handle:
            by_handle[mention.handle.casefold()] = account
        if account.id != author.id and (account.id not in mentions or not mention.is_silent):
            mentions[account.id] = Mention(account.id, account.username, account.domain, mention.is_silent)
    facets = []
    for facet in incoming.facets:
        account = by_handle.get(facet.value.casefold()) if facet.kind is FacetKind.MENTION else None
        facets.append(replace(facet, value=account.handle, account_id=account.id) if account else facet)
    return tuple(facets), tuple(mentions.values())


def poll_from_incoming(post_id: PostId, incoming: IncomingPost) -> Poll | None:
    """Build the poll with its counts as told."""
    told = incoming.poll
    if told is None or not told.options:
        return None
    options = tuple(PollOption(option.title, option.vote_count) for option in told.options)
    voters = sum(option.vote_count for option in options) if told.voter_count is None else told.voter_count
    ends = [moment for moment in (told.expires_at_us, told.closed_at_us) if moment is not None]
    return Poll(PollId(post_id), min(ends, default=None), told.is_multiple, False, voters, options)  # type: ignore[arg-type]


async def store_belongings(app: App, tx: Transaction, incoming: IncomingPost, post: Post, author: Account) -> None:
    """Write links to pictures, the poll, and the counts as told."""
    if incoming.attachments:
        await store_attachments(app, tx, incoming.attachments, post, author, before=())
    if post.poll:
        await polls.put_poll(tx, post.poll)
        await store_poll_counts(tx, post.poll)
    await far_posts.set_counts(tx, post.id, incoming.like_count, incoming.repost_count)


async def store_poll_counts(tx: Transaction, poll: Poll) -> None:
    """Write the totals and the end as told."""
    counts = [option.vote_count for option in poll.options]
    await polls.set_told(tx, PostId(poll.id), counts, poll.voter_count, poll.expires_at_us)


async def store_tags(app: App, tx: Transaction, incoming: IncomingPost, post: Post) -> Iterable[str]:
    """Write the hashtags that may be used here; return their keys."""
    tags = tags_of(post.facets) | {tag_key(tag): tag for tag in incoming.tags}
    tags = dict(list(tags.items())[:MAX_TAG_COUNT])
    barred = {name for name, rule in (await list_tag_rules(tx, tags)).items() if not rule.is_usable} if tags else set()
    usable = {name: shown for name, shown in tags.items() if name not in barred}
    await posts.replace_tags(tx, post.id, usable, app.ids.next_ids(len(usable)), now_us())
    return usable


async def store_attachments(
    app: App,
    tx: Transaction,
    told: tuple[IncomingAttachment, ...],
    post: Post,
    author: Account,
    before: tuple[Attachment, ...],
) -> None:
    """Give the post these links in this order; one that it had, with all that was fetched of it, stays."""
    known = {attachment.remote_url: attachment for attachment in before}
    ids = []
    for attachment in told[:MAX_ATTACHMENT_COUNT]:
        row = known.pop(attachment.url, None)
        if row is None:
            row = attachment_from_incoming(MediaId(app.ids.next_id()), post.author_id, attachment)
            await media.insert_media(tx, row)
            link = FarFile(new_far_token(), FarFileKind.ATTACHMENT, author.domain, attachment.url, media_id=row.id)
            await insert_far_file(tx, link)
        else:
            words = replace(row, description=attachment.alt, focus_x=attachment.focus_x, focus_y=attachment.focus_y)
            await media.update_words(tx, words)
        ids.append(row.id)
    await far_posts.replace_media(tx, post.id, ids)


def attachment_from_incoming(media_id: MediaId, author_id: AccountId, told: IncomingAttachment) -> Attachment:
    """Build the row of a link that nobody has fetched."""
    return Attachment(
        id=media_id,
        account_id=author_id,
        post_id=None,
        kind=told.kind,
        state="far",
        mime=told.mime,
        blob_key=None,
        preview_key=None,
        width=told.width,
        height=told.height,
        preview_width=0,
        preview_height=0,
        focus_x=told.focus_x,
        focus_y=told.focus_y,
        description=told.alt,
        blurhash=told.blurhash or None,
        remote_url=told.url,
        preview_remote_url=told.preview_url,
        playing=Playing(told.length_ms) if told.length_ms else None,
    )
