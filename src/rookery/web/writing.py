"""The composer: one plain form for posts and replies, with pictures, a poll and a content warning.

Owns: Writing (what stands in the form), reading it, publishing. Never: a rule of posts (model/posts.py has them).
When a post is refused the form comes back with everything in it, pictures included: they are uploads by then.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from typing import Any

from rookery.actions.pictures import UploadWords, describe_upload, upload_picture
from rookery.actions.posts import publish_post
from rookery.actions.scheduled_posts import schedule_post
from rookery.model.errors import Invalid, Unavailable
from rookery.model.ids import AccountId, MediaId, PostId
from rookery.model.media import Attachment
from rookery.model.members import Preferences
from rookery.model.posts import Audience, Draft, PollDraft, Post
from rookery.model.scheduled_posts import ScheduledPost
from rookery.network.requests import Upload
from rookery.storage.media import list_own_media
from rookery.web.fields import Fields
from rookery.web.times import time_of
from rookery.web.visits import Visit
from rookery.web.words import WRITTEN

UPLOAD_BYTES = 100 * 1024 * 1024
POLL_LENGTHS_S = (1800, 3600, 6 * 3600, 86_400, 3 * 86_400, 7 * 86_400)
AUDIENCE_WORDS = {
    "public": Audience.PUBLIC,
    "unlisted": Audience.UNLISTED,
    "followers": Audience.FOLLOWERS,
    "mentioned": Audience.MENTIONED,
}


@dataclass(frozen=True, slots=True)
class Writing:
    """What stands in the composer. key: makes a second click harmless. error: a sentence, '' for none.

    publish_at, zone: a later time as the form spells it (web/times.py), '' for now.
    """

    text: str = ""
    warning: str = ""
    audience: Audience = Audience.PUBLIC
    language: str = ""
    is_sensitive: bool = False
    pictures: tuple[Attachment, ...] = ()
    choices: tuple[str, ...] = ()
    lasts_s: int = 86_400
    is_multiple: bool = False
    publish_at: str = ""
    zone: str = ""
    key: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    error: str = ""


def empty_writing(preferences: Preferences, language: str) -> Writing:
    """Return a composer as a member likes to begin."""
    return Writing(
        audience=Audience(preferences.default_audience),
        language=preferences.default_language or language,
        is_sensitive=preferences.default_sensitive,
    )


def read_writing(fields: Fields, pictures: tuple[Attachment, ...], error: str = "") -> Writing:
    """Return what somebody typed."""
    choices = tuple(choice.strip() for choice in fields.texts("choice"))
    return Writing(
        text=fields.text("text"),
        warning=fields.line("warning"),
        audience=AUDIENCE_WORDS.get(fields.text("audience"), Audience.PUBLIC),
        language=fields.line("language"),
        is_sensitive=fields.is_on("sensitive"),
        pictures=pictures,
        choices=tuple(choice for choice in choices if choice),
        lasts_s=fields.number("lasts", 86_400),
        is_multiple=fields.is_on("multiple"),
        publish_at=fields.line("publish_at")[:40],
        zone=fields.line("zone")[:6],
        key=fields.line("key")[:40] or secrets.token_urlsafe(12),
        error=error,
    )


async def publish_writing(
    visit: Visit, fields: Fields, reply_to_id: PostId | None = None
) -> Post | ScheduledPost | Writing:
    """Publish what the form holds, now or later.

    Return the post, the post that waits, or the form as it was with the sentence of the refusal.
    """
    pictures: list[Attachment] = []
    try:
        await take_pictures(visit, fields, pictures)
        writing = read_writing(fields, tuple(pictures))
        draft, key = draft_of(writing, visit.account_id, reply_to_id), f"web {writing.key}"
        publish_at_us = time_of(fields)
        if publish_at_us is not None:
            return await schedule_post(visit.face.app, draft, publish_at_us, idempotency_key=key)
        return await publish_post(visit.face.app, draft, idempotency_key=key)
    except (Invalid, Unavailable) as refusal:
        return read_writing(fields, tuple(pictures), visit.say(str(refusal)))


async def take_pictures(
    visit: Visit, fields: Fields, pictures: list[Attachment], of_post: PostId | None = None
) -> None:
    """Add to `pictures` what the form keeps and what it brings; what was taken before a refusal is in it then.

    of_post: the post that is edited. Raises MediaRefused.
    """
    pictures += await kept_pictures(visit, fields, of_post)
    for upload in [one for one in visit.request.uploads if one.size_bytes]:
        pictures.append(await take_upload(visit, upload, fields))


async def kept_pictures(visit: Visit, fields: Fields, of_post: PostId | None) -> list[Attachment]:
    """Return the pictures of an earlier try or of the edited post, with the descriptions as they are typed now.

    The words of a published picture are stored by the edit alone, so that its history has both.
    """
    wanted = [MediaId(number) for number in fields.numbers("picture_id")][:8]
    if not wanted:
        return []
    found = await list_own_media(visit.face.app.db.reader, visit.account_id, wanted)
    kept = []
    for media_id in wanted:
        one = found.get(media_id)
        if one is None or one.post_id not in (None, of_post) or fields.is_on(f"drop_{media_id}"):
            continue
        text = fields.text(f"alt_{media_id}")
        if one.post_id is None:
            kept.append(await describe_upload(visit.face.app, visit.account_id, media_id, UploadWords(text)))
        else:
            kept.append(replace(one, description=text))
    return kept


async def take_upload(visit: Visit, upload: Upload, fields: Fields) -> Attachment:
    """Make a picture of one file of the form; its description stands beside it. Raises MediaRefused."""
    place = upload.field_name.removeprefix("picture")
    words = UploadWords(fields.text(f"alt{place}"))
    return await upload_picture(visit.face.app, visit.face.media, visit.account_id, upload.path, words)


def draft_of(writing: Writing, author_id: AccountId, reply_to_id: PostId | None) -> Draft:
    """Return the draft of a form."""
    poll = PollDraft(writing.choices, writing.lasts_s, writing.is_multiple) if writing.choices else None
    return Draft(
        author_id=author_id,
        text=writing.text,
        audience=writing.audience,
        content_warning=writing.warning,
        is_sensitive=writing.is_sensitive,
        language=writing.language or None,
        reply_to_id=reply_to_id,
        media_ids=tuple(picture.id for picture in writing.pictures),
        poll=poll,
    )


def composer_choices(visit: Visit) -> dict[str, Any]:
    """Return what the composer's template needs beside the writing."""
    settings = visit.face.app.settings
    return {
        "audiences": AUDIENCE_WORDS,
        "poll_lengths": [(seconds, visit.words.length(seconds)) for seconds in POLL_LENGTHS_S],
        "written_languages": visit.words.written_languages(),
        "written_codes": WRITTEN,
        "limits": settings.post_limits,
        "script": visit.face.static.url("composer.js"),
        "is_edit": False,
    }
