"""Changing posts.

Owns: edit_post: one transaction, with the former text kept in the post's history and the event inside.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from rookery.actions.app import App, record_event
from rookery.actions.pictures import UploadWords, check_words
from rookery.actions.posts import check_media, check_tags, own_media, poll_from_draft, resolve_mentions, tags_of
from rookery.actions.quotes import store_policy
from rookery.actions.repeating import repeatable
from rookery.actions.resolving import meet_mentioned
from rookery.model.events import PostEdited
from rookery.model.ids import AccountId, MediaId, PostId, now_us
from rookery.model.media import MediaNotFound
from rookery.model.posts import (
    Audience,
    Draft,
    PollDraft,
    Post,
    PostNotFound,
    check_draft,
)
from rookery.model.quotes import QuotePolicy
from rookery.storage import media, polls, posts
from rookery.storage.database import Reader, Transaction


@dataclass(frozen=True, slots=True)
class EditDraft:
    """A post's new text. media_ids: the pictures it shall have now. alt_texts, focus: by picture, when changed.

    quote_policy: None keeps what was.
    """

    text: str
    content_warning: str = ""
    is_sensitive: bool = False
    language: str | None = None
    media_ids: tuple[MediaId, ...] = ()
    poll: PollDraft | None = None
    alt_texts: tuple[tuple[MediaId, str], ...] = ()
    focus: tuple[tuple[MediaId, float, float], ...] = ()
    quote_policy: QuotePolicy | None = None


@repeatable
async def edit_post(app: App, author_id: AccountId, post_id: PostId, edit: EditDraft) -> Post:
    """Replace the text, pictures or poll of an own post; the former text stays in its history.

    Raises PostNotFound, PostEmpty, PostTooLong, PollRefused, PostRefused, MediaNotFound, AltTextRefused.
    """
    draft = Draft(
        author_id,
        edit.text,
        content_warning=edit.content_warning,
        language=edit.language,
        media_ids=edit.media_ids,
        poll=edit.poll,
        quote_of_id=await find_quote_of(app.db.reader, post_id),
    )
    facets = check_draft(draft, app.settings.post_limits)
    await meet_mentioned(app, facets)
    facets, mentions = await resolve_mentions(app, facets, author_id)
    for _, text in edit.alt_texts:
        check_words(UploadWords(text), app.settings.post_limits.alt_text_characters)
    now = now_us()
    async with app.db.transaction() as tx:
        before = await posts.find_held_post(tx, post_id)
        if before is None or before.author_id != author_id or before.repost_of_id:
            raise PostNotFound
        await posts.insert_version(tx, before)
        await replace_media(tx, before, edit)
        pictures = tuple(await own_media(tx, author_id, edit.media_ids))
        after = replace(
            before,
            text=edit.text,
            facets=facets,
            content_warning=edit.content_warning,
            is_sensitive=edit.is_sensitive or bool(edit.content_warning),
            language=edit.language or before.language,
            edited_at_us=now,
            version=before.version + 1,
            media=pictures,
            mentions=tuple({m.account_id: m for m in (*before.mentions, *mentions)}.values()),
        )
        await posts.update_post(tx, after)
        await replace_poll(tx, before, edit.poll, now)
        if edit.quote_policy is not None:
            await store_policy(app, tx, before, edit.quote_policy)
        await check_tags(tx, tags_of(facets))
        await posts.replace_tags(tx, post_id, tags_of(facets), app.ids.next_id(), now)
        known = {mention.account_id for mention in before.mentions}
        added = tuple(mention.account_id for mention in mentions if mention.account_id not in known)
        await record_event(app, tx, PostEdited(post_id, author_id, added, added_tags(before, after)))
    stored = await posts.find_post(app.db.reader, post_id)
    if stored is None:
        raise PostNotFound
    return stored


def added_tags(before: Post, after: Post) -> tuple[str, ...]:
    """Return the hashtags that an edit brought to a public post."""
    known = tags_of(before.facets)
    return tuple(tag for tag in tags_of(after.facets) if tag not in known and after.audience is Audience.PUBLIC)


async def find_quote_of(reader: Reader, post_id: PostId) -> PostId | None:
    """Return what a post quotes, which an edit does not change: such a post may be without words."""
    post = await posts.find_post(reader, post_id)
    return post.quote_of_id if post else None


async def replace_media(tx: Transaction, before: Post, edit: EditDraft) -> None:
    """Give the post the pictures of the edit, with their new words. Raises MediaNotFound."""
    await media.detach_media(tx, before.id)
    for place, media_id in enumerate(edit.media_ids):
        if not await media.attach_media(tx, before.author_id, media_id, before.id, place):
            raise MediaNotFound
    await check_media(tx, before.author_id, edit.media_ids)
    descriptions, focus = dict(edit.alt_texts), {media_id: (x, y) for media_id, x, y in edit.focus}
    for attachment in await own_media(tx, before.author_id, edit.media_ids):
        x, y = focus.get(attachment.id, (attachment.focus_x, attachment.focus_y))
        text = descriptions.get(attachment.id, attachment.description)
        changed = replace(attachment, description=text, focus_x=x, focus_y=y)
        if changed != attachment:
            await media.update_words(tx, changed)


async def replace_poll(tx: Transaction, before: Post, wanted: PollDraft | None, now: int) -> None:
    """Drop the poll, keep it when its choices stay the same, or start a new one without votes."""
    if wanted is None:
        if before.poll:
            await polls.delete_poll(tx, before.id)
        return
    asked = poll_from_draft(before.id, wanted, now)
    same = before.poll and [o.title for o in before.poll.options] == [o.title for o in asked.options]
    if before.poll is None or not same or before.poll.is_multiple != asked.is_multiple:
        await polls.put_poll(tx, asked)
