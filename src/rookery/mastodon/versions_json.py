"""The history of a post as the client API shows it.

Spec: https://docs.joinmastodon.org/entities/StatusEdit/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rookery.mastodon.dates import date_from_us
from rookery.mastodon.emoji import Emoji, emoji_from_texts
from rookery.mastodon.posts_json import json_from_media
from rookery.model.markup import render_html
from rookery.model.posts import Post, PostVersion


def json_from_versions(
    post: Post, versions: Sequence[PostVersion], account: Any, base_url: str, emoji: dict[str, Emoji]
) -> list[Any]:
    """Return every StatusEdit, oldest first, the present text last."""
    options = tuple(option.title for option in post.poll.options) if post.poll else ()
    present = PostVersion(
        post.text,
        post.content_warning,
        post.is_sensitive,
        post.facets,
        post.media,
        options,
        post.edited_at_us or post.published_at_us,
    )
    return [json_from_version(version, account, base_url, emoji) for version in (*versions, present)]


def json_from_version(version: PostVersion, account: Any, base_url: str, emoji: dict[str, Emoji]) -> Any:
    """Return one StatusEdit."""
    values = {
        "content": render_html(version.text, version.facets, base_url),
        "spoiler_text": version.content_warning,
        "sensitive": version.is_sensitive,
        "created_at": date_from_us(version.written_at_us),
        "account": account,
        "media_attachments": [json_from_media(picture, base_url) for picture in version.media],
        "emojis": emoji_from_texts(emoji, version.text, version.content_warning, *version.poll_options),
    }
    if version.poll_options:
        values["poll"] = {"options": [{"title": title} for title in version.poll_options]}
    return values
