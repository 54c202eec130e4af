"""Posts as the client API shows them, made once per version into bytes that do not depend on the viewer.

Owns: the Status, Poll and MediaAttachment shapes, and RenderedPost: the bytes before and after the author, so that a
changed author costs no new rendering, and the tail where a viewer's flags go. timelines/caches.py keeps them.
Who may quote a post, and how a reader meets what it quotes, depends on the viewer too; see mastodon/quotes_json.py.
Spec: https://docs.joinmastodon.org/entities/Status/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import msgspec

from rookery.mastodon.accounts_json import VISIBILITIES
from rookery.mastodon.addresses import far_url, media_url
from rookery.mastodon.cards_json import json_from_card
from rookery.mastodon.collections_json import linked_collections
from rookery.mastodon.dates import date_from_us, find_date
from rookery.mastodon.emoji import Emoji, emoji_from_texts
from rookery.model.ids import MAX_ID, now_us, short_id
from rookery.model.markup import render_html
from rookery.model.media import Attachment
from rookery.model.posts import Poll, Post, words_of_post
from rookery.model.quotes import QuotePolicy, QuoteState
from rookery.model.text import FacetKind, tag_key
from rookery.storage.marks import Mark

ENCODE = msgspec.json.Encoder().encode


def mark_bytes(bits: int) -> bytes:
    """The fields for a viewer's marks on a post."""
    words = [b"false", b"true"]
    return b',"favourited":%b,"reblogged":%b,"muted":%b,"bookmarked":%b,"pinned":%b' % (
        words[bool(bits & Mark.LIKE)],
        words[bool(bits & Mark.REPOST)],
        words[bool(bits & Mark.MUTE)],
        words[bool(bits & Mark.BOOKMARK)],
        words[bool(bits & Mark.PIN)],
    )


MARKED = tuple(mark_bytes(bits) for bits in range(32))


def flag_bytes(bits: int, filtered: bytes = b"[]") -> bytes:
    """The end of a Status for a signed-in viewer."""
    return b'%b,"filtered":%b}' % (MARKED[bits], filtered)


FLAGS = tuple(flag_bytes(bits) for bits in range(32))


@dataclass(slots=True)
class RenderedPost:
    """A post in pieces.

    before ends with `"account":`; after begins behind the account and ends before what depends on the viewer.
    whole: the bytes for a viewer without marks or a filter that matches, bare: for nobody signed in; made when first
    needed, dropped with the author's change. keys: the posts whose marks by a viewer rule `whole` out; oldest: the
    least id of the post and what it repeats. polled_by: the author of the poll in it, else 0; then `whole` is for
    those who did not vote in it, until it ends at good_until_us.
    words: what keyword filters look at.
    policy: who may quote it. insider: who, of all viewers, may not be given `whole`, because they may quote it alone.
    quote_of_id, quote_state: what it quotes, as stored. tagged: the collections that it links to.
    emoji: those of the author's own server, None for ours.
    """

    id: int
    author_id: int
    thread_id: int
    repost_of_id: int | None
    before: bytes
    after: bytes
    poll: Poll | None
    words: str
    whole: bytes | None = None
    bare: bytes | None = None
    keys: tuple[int, ...] = ()
    oldest: int = 0
    polled_by: int = 0
    good_until_us: int = MAX_ID
    insider: int = 0
    policy: QuotePolicy = QuotePolicy.PUBLIC
    quote_of_id: int | None = None
    quote_state: QuoteState | None = None
    tagged: tuple[int, ...] = ()
    emoji: dict[str, Emoji] | None = None


def post_url(post_id: int, username: str, base_url: str) -> str:
    """Address of one of our posts."""
    return f"{base_url}/@{username}/{short_id(post_id)}"


def render_post(
    post: Post, username: str, base_url: str, emoji: dict[str, Emoji], writer: Any | None = None
) -> RenderedPost:
    """Make the pieces. username: of the author, for the address of a local post.

    writer: the Account entity of who wrote the page that the post links to.
    """
    url = post.url or post.uri or post_url(post.id, username, base_url)
    before = {
        "id": str(post.id),
        "created_at": date_from_us(post.published_at_us),
        "in_reply_to_id": str(post.reply_to_id) if post.reply_to_id else None,
        "in_reply_to_account_id": str(post.reply_to_author_id) if post.reply_to_author_id else None,
        "sensitive": post.is_sensitive,
        "spoiler_text": post.content_warning,
        "visibility": VISIBILITIES[post.audience],
        "language": post.language,
        "uri": post.uri or url,
        "url": url,
        "replies_count": post.reply_count,
        "reblogs_count": post.repost_count,
        "favourites_count": post.like_count,
        "quotes_count": post.quote_count,
        "edited_at": find_date(post.edited_at_us),
        "content": post.html if post.html is not None else render_html(post.text, post.facets, base_url),
    }
    options = [option.title for option in post.poll.options] if post.poll else []
    after: dict[str, Any] = {
        "media_attachments": [json_from_media(attachment, base_url) for attachment in post.media],
        "mentions": [json_from_mention(mention, base_url) for mention in post.mentions],
        "tags": tags_json(post, base_url),
        "emojis": emoji_from_texts(emoji, post.text, post.content_warning, *options),
        "card": json_from_card(post.card, writer, base_url) if post.card else None,
    }
    if post.is_local and post.repost_of_id is None:
        after["application"] = {"name": post.app_name, "website": post.app_website} if post.app_name else None
    if post.poll is None:
        after["poll"] = None
    if post.repost_of_id is None:
        after["reblog"] = None
    if post.quote_of_id is None:
        after["quote"] = None
    links = (facet.value for facet in post.facets if facet.kind is FacetKind.LINK)
    tagged = linked_collections(links, base_url)
    if not tagged:
        after["tagged_collections"] = []
    return RenderedPost(
        post.id,
        post.author_id,
        post.thread_id,
        post.repost_of_id,
        ENCODE(before)[:-1] + b',"account":',
        b"," + ENCODE(after)[1:-1],
        post.poll,
        words_of_post(post),
        policy=post.quote_policy,
        quote_of_id=post.quote_of_id,
        quote_state=post.quote_state,
        tagged=tagged,
        emoji=None if post.is_local else emoji,
    )


def json_from_mention(mention: Any, base_url: str) -> Any:
    """Return the Mention shape."""
    handle = f"{mention.username}@{mention.domain}" if mention.domain else mention.username
    return {
        "id": str(mention.account_id),
        "username": mention.username,
        "url": f"{base_url}/@{handle}",
        "acct": handle,
    }


def tags_json(post: Post, base_url: str) -> list[Any]:
    """Return the hashtags, each once, in lower case as clients expect."""
    names = {tag_key(facet.value): None for facet in post.facets if facet.kind is FacetKind.TAG}
    return [{"name": name, "url": f"{base_url}/tags/{quote(name)}"} for name in names]


def json_from_media(attachment: Attachment, base_url: str) -> Any:
    """Return the MediaAttachment entity; url null while it is being made.

    What another server has is shown from our copy. Of what we cannot show, apps show `remote_url` as a link.
    """
    whole, small = media_urls(attachment, base_url)
    meta = meta_json(attachment) if whole else {}
    return {
        "id": str(attachment.id),
        "type": media_type(attachment),
        "url": whole,
        "preview_url": small,
        "remote_url": attachment.remote_url or None,
        "preview_remote_url": attachment.preview_remote_url or None,
        "text_url": None,
        "meta": meta,
        "description": attachment.description or None,
        "blurhash": attachment.blurhash,
    }


def media_urls(attachment: Attachment, base_url: str) -> tuple[str | None, str | None]:
    """Return the addresses of an attachment and its preview, always with us; None while there is none."""
    if token := attachment.far_token:
        return far_url(base_url, token), far_url(base_url, token, is_small=True)
    if attachment.state != "ready" or not attachment.blob_key:
        return None, None
    preview = attachment.preview_key or attachment.blob_key
    return media_url(base_url, attachment.blob_key), media_url(base_url, preview)


def media_type(attachment: Attachment) -> str:
    """Return the word of the client API for what an attachment is; `unknown` for what stays a link."""
    if attachment.far_token and attachment.state == "failed":
        return "unknown"
    return "image" if attachment.kind == "gifv" and attachment.mime.startswith("image/") else attachment.kind


def meta_json(attachment: Attachment) -> dict[str, Any]:
    """Return sizes, lengths and the focal point. Spec: https://docs.joinmastodon.org/entities/MediaAttachment/#meta"""
    meta: dict[str, Any] = playing_json(attachment) if attachment.playing else {}
    if attachment.width and not attachment.playing:
        meta["original"] = size_json(attachment.width, attachment.height)
    if attachment.preview_width and attachment.preview_height:
        meta["small"] = size_json(attachment.preview_width, attachment.preview_height)
    if attachment.focus_x or attachment.focus_y:
        meta["focus"] = {"x": attachment.focus_x, "y": attachment.focus_y}
    return meta


def playing_json(attachment: Attachment) -> dict[str, Any]:
    """Return what a player wants to know of a video or sound."""
    playing = attachment.playing
    if playing is None:
        return {}
    duration = playing.length_ms / 1000
    minutes, seconds = divmod(duration, 60)
    hours, minutes = divmod(int(minutes), 60)
    meta: dict[str, Any] = {"length": f"{hours}:{minutes:02}:{seconds:05.2f}", "duration": duration}
    original: dict[str, Any] = {"duration": duration, "bitrate": playing.bits}
    if attachment.width:
        size = size_json(attachment.width, attachment.height)
        meta |= {"fps": frames_per_second(playing.rate)} | size
        original = {"width": attachment.width, "height": attachment.height, "frame_rate": playing.rate} | original
    if playing.sound_codec:
        meta["audio_encode"] = playing.sound_codec
        meta["audio_bitrate"] = f"{playing.sound_rate} Hz"
        meta["audio_channels"] = {1: "mono", 2: "stereo"}.get(playing.sound_channels, str(playing.sound_channels))
    return {**meta, "original": original}


def frames_per_second(rate: str) -> int:
    """30000/1001 -> 30."""
    above, _, below = rate.partition("/")
    return round(int(above) / int(below or 1)) if above else 0


def size_json(width: int, height: int) -> Any:
    """Return one rendition's size."""
    return {
        "width": width,
        "height": height,
        "size": f"{width}x{height}",
        "aspect": round(width / height, 6) if height else 0,
    }


def json_from_poll(poll: Poll, emoji: dict[str, Emoji], votes: list[int] | None, *, is_own: bool = False) -> Any:
    """Return the Poll entity. emoji: the catalogue. votes: what the viewer chose; None for nobody signed in."""
    expired = poll.expires_at_us is not None and poll.expires_at_us <= now_us()
    hides = poll.hides_totals and not expired
    values: dict[str, Any] = {
        "id": str(poll.id),
        "expires_at": find_date(poll.expires_at_us),
        "expired": expired,
        "multiple": poll.is_multiple,
        "votes_count": sum(option.vote_count for option in poll.options),
        "voters_count": poll.voter_count,
        "options": [
            {"title": option.title, "votes_count": None if hides else option.vote_count} for option in poll.options
        ],
        "emojis": emoji_from_texts(emoji, *(option.title for option in poll.options)),
    }
    if votes is not None:
        values |= {"voted": bool(votes) or is_own, "own_votes": votes}
    return values
