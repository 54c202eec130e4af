"""Accounts and posts as ActivityStreams, for archives: what Mastodon writes into its own and other servers read.

Owns: pure translation. Never: what is sent to other servers (the wire does that), a row.
Spec: https://www.w3.org/TR/activitystreams-vocabulary/, https://docs.joinmastodon.org/user/moving/#export
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from rookery.model.accounts import Account
from rookery.model.ids import datetime_from_us, short_id
from rookery.model.markup import render_html
from rookery.model.media import Attachment
from rookery.model.posts import Audience, Mention, Post
from rookery.model.text import FacetKind, tag_key

CONTEXT = ["https://www.w3.org/ns/activitystreams", {"sensitive": "as:sensitive", "Hashtag": "as:Hashtag"}]
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


def iso(moment_us: int) -> str:
    """Return a moment as RFC 3339, to the second."""
    return datetime_from_us(moment_us).strftime("%Y-%m-%dT%H:%M:%SZ")


def actor_uri(account: Account, base_url: str) -> str:
    """Return what names the person everywhere."""
    return account.uri or f"{base_url}/@{account.handle}"


def post_uri(post: Post, author: Account, base_url: str) -> str:
    """Return what names a post everywhere."""
    return post.uri or f"{base_url}/@{author.handle}/{short_id(post.id)}"


def picture_path(attachment: Attachment) -> str:
    """Return where a picture lies inside the archive."""
    return f"media_attachments/{attachment.blob_key}"


def own_pictures(account: Account) -> dict[str, str]:
    """Return where the person's two pictures lie inside the archive, by blob key: beside actor.json."""
    pictures = (("avatar", account.avatar_key), ("header", account.header_key))
    return {key: f"{name}.{key.rpartition('.')[2]}" for name, key in pictures if key}


def actor_of(
    account: Account, base_url: str, *, also_known_as: Sequence[str] = (), moved_to_uri: str = ""
) -> dict[str, Any]:
    """Return `actor.json`; pictures are paths inside the archive."""
    uri = actor_uri(account, base_url)
    actor: dict[str, Any] = {
        "@context": CONTEXT,
        "id": uri,
        "type": "Service" if account.is_bot else "Person",
        "preferredUsername": account.username,
        "name": account.display_name,
        "summary": render_html(account.bio, account.bio_facets, base_url),
        "url": f"{base_url}/@{account.username}",
        "manuallyApprovesFollowers": account.is_locked,
        "discoverable": account.is_discoverable,
        "indexable": account.is_indexable,
        "published": iso(account.created_at_us),
        "alsoKnownAs": list(also_known_as),
        "outbox": "outbox.json",
        "likes": "likes.json",
        "bookmarks": "bookmarks.json",
        "attachment": [
            {
                "type": "PropertyValue",
                "name": field.name,
                "value": render_html(field.value, field.facets, base_url),
            }
            for field in account.fields
        ],
    }
    for name, key, words in (
        ("icon", account.avatar_key, account.avatar_alt),
        ("image", account.header_key, account.header_alt),
    ):
        if key:
            actor[name] = {"type": "Image", "url": own_pictures(account)[key], "summary": words}
    if moved_to_uri:
        actor["movedTo"] = moved_to_uri
    return actor


def audience_of(post: Post, author: Account, base_url: str) -> tuple[list[str], list[str]]:
    """Return (to, cc)."""
    followers = f"{actor_uri(author, base_url)}/followers"
    named = [named_uri(one, base_url) for one in post.mentions]
    if post.audience is Audience.PUBLIC:
        return [PUBLIC], [followers, *named]
    if post.audience is Audience.UNLISTED:
        return [followers], [PUBLIC, *named]
    return ([followers], named) if post.audience is Audience.FOLLOWERS else (named, [])


def tags_of(post: Post, base_url: str) -> list[dict[str, str]]:
    """Return the people and hashtags of a post. Far people are named by handle: their address may be unknown."""
    tags = [
        {
            "type": "Mention",
            "href": named_uri(one, base_url),
            "name": f"@{one.username}{'@' * bool(one.domain)}{one.domain}",
        }
        for one in post.mentions
    ]
    words = {tag_key(facet.value): facet.value for facet in post.facets if facet.kind is FacetKind.TAG}
    return tags + [
        {"type": "Hashtag", "href": f"{base_url}/tags/{quote(key)}", "name": f"#{word}"} for key, word in words.items()
    ]


def named_uri(one: Mention, base_url: str) -> str:
    """Return what names somebody whom a post mentions."""
    return f"{base_url}/@{one.username}" if not one.domain else f"acct:{one.username}@{one.domain}"


def note_of(post: Post, author: Account, base_url: str, *, reply_to_uri: str | None = None) -> dict[str, Any]:
    """Return one of the person's own posts."""
    to, cc = audience_of(post, author, base_url)
    note: dict[str, Any] = {
        "id": post_uri(post, author, base_url),
        "type": "Note" if post.poll is None else "Question",
        "published": iso(post.published_at_us),
        "url": f"{base_url}/@{author.handle}/{short_id(post.id)}",
        "attributedTo": actor_uri(author, base_url),
        "to": to,
        "cc": cc,
        "summary": post.content_warning or None,
        "sensitive": post.is_sensitive,
        "inReplyTo": reply_to_uri,
        "content": post.html or render_html(post.text, post.facets, base_url),
        "tag": tags_of(post, base_url),
        "source": {"content": post.text, "mediaType": "text/plain"},
        "contentMap": {post.language: post.html or render_html(post.text, post.facets, base_url)}
        if post.language
        else {},
        "attachment": [
            {
                "type": "Document",
                "mediaType": one.mime,
                "url": picture_path(one),
                "name": one.description or None,
                "width": one.width,
                "height": one.height,
                "focalPoint": [one.focus_x, one.focus_y],
            }
            for one in post.media
            if one.blob_key
        ],
    }
    if post.edited_at_us:
        note["updated"] = iso(post.edited_at_us)
    if post.poll:
        note["anyOf" if post.poll.is_multiple else "oneOf"] = [
            {"type": "Note", "name": option.title} for option in post.poll.options
        ]
    return note


def activity_of(
    post: Post, author: Account, base_url: str, *, repost_uri: str | None = None, reply_to_uri: str | None = None
) -> dict[str, Any]:
    """Return what the outbox holds: Create with the post, or Announce with the address of somebody's."""
    uri = post_uri(post, author, base_url)
    to, cc = audience_of(post, author, base_url)
    shared = {"actor": actor_uri(author, base_url), "published": iso(post.published_at_us), "to": to, "cc": cc}
    if post.repost_of_id is not None:
        return {"id": f"{uri}/activity", "type": "Announce", **shared, "object": repost_uri}
    note = note_of(post, author, base_url, reply_to_uri=reply_to_uri)
    return {"id": f"{uri}/activity", "type": "Create", **shared, "object": note}
