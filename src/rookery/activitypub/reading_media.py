"""Attachments of other servers: links to pictures, videos and sounds, as they are told.

Owns: reading them from every shape that peers use, and their numbers within bounds. Never: fetches, believes a type:
whoever fetches looks at the bytes.
Spec: https://docs.joinmastodon.org/spec/activitypub/#properties-used, PeerTube and Pixelfed write `url` as a list
"""

from __future__ import annotations

import re
from typing import Any

from rookery.activitypub.documents import listed, number_in, objects_in, text_in, type_in
from rookery.activitypub.markup import Markup
from rookery.activitypub.reading_parts import alt_in, duration_in, picture_in, url_in
from rookery.activitypub.vocabulary import Json
from rookery.model.incoming import (
    MAX_ALT_CHARACTERS,
    MAX_ATTACHMENT_COUNT,
    MAX_BLURHASH_CHARACTERS,
    MAX_MIME_CHARACTERS,
    MAX_PIXELS,
    IncomingAttachment,
)

MEDIA_TYPES = frozenset(("Document", "Image", "Video", "Audio", "Link"))
KINDS = {"Image": "image", "Video": "video", "Audio": "audio"}
MIME = re.compile(r"[a-z]+/[a-z0-9.+-]+")
BLURHASH = re.compile(r"[0-9A-Za-z#$%*+,\-.:;=?@\[\]^_{|}~]{6,}")
ENDINGS = {
    **dict.fromkeys(("jpg", "jpeg"), "image/jpeg"),
    **{name: f"image/{name}" for name in ("png", "gif", "webp", "avif", "heic")},
    **{"mp4": "video/mp4", "webm": "video/webm", "mov": "video/quicktime"},
    **{"mp3": "audio/mpeg", "ogg": "audio/ogg", "oga": "audio/ogg", "flac": "audio/flac", "m4a": "audio/mp4"},
}
# Of a video in several files, the ones that a browser plays.
PLAYABLE = ("video/mp4", "video/webm", "audio/mpeg", "audio/ogg", "audio/flac", "audio/mp4")


def attachments_in(document: Json, kind: str, base_url: str) -> tuple[IncomingAttachment, ...]:
    """Return what is attached, and first of all the file that a video, sound or picture itself is."""
    found: list[IncomingAttachment] = []
    if kind in KINDS and (own := file_of(document, kind, base_url)):
        found.append(own)
    for one in (*objects_in(document.get("attachment")), *page_image(document, kind)):
        read = attachment_in(one, base_url)
        if read and all(read.url != other.url for other in found):
            found.append(read)
        if len(found) >= MAX_ATTACHMENT_COUNT:
            break
    return tuple(found)


def page_image(document: Json, kind: str) -> list[Json]:
    """Return the picture with which an article, a page or an event is announced."""
    if kind not in ("Article", "Page", "Event"):
        return []
    return [{**one, "type": "Image"} for one in objects_in(document.get("image"))[:1]]


def attachment_in(one: Json, base_url: str) -> IncomingAttachment | None:
    """Return one attachment; None for what is none, such as a link to a page or a profile's field."""
    kind = type_in(one, MEDIA_TYPES)
    if kind not in MEDIA_TYPES:
        return None
    links = one.get("url") or one.get("href")
    url = url_in(links, base_url, PLAYABLE)
    mime = mime_of(one, links, url)
    if not url or (kind == "Link" and not kind_of("", mime)):
        return None
    return told(one, url, mime, kind_of(kind, mime), base_url)


def file_of(document: Json, kind: str, base_url: str) -> IncomingAttachment | None:
    """Return the file of an object that is a video, a sound or a picture itself, None when it names none.

    Its page is among the links too; streams (HLS) hold their files in tags.
    """
    links = [one for one in objects_in(document.get("url")) if mime_of(one, None, "")]
    files = [*links, *(part for one in links for part in objects_in(one.get("tag")))]
    fitting = [one for one in files if kind_of("", mime_of(one, None, "")) == KINDS[kind]]
    url = url_in(fitting, base_url, PLAYABLE)
    if not url:
        bare = url_in(document.get("url"), base_url)
        url = bare if kind_of("", guessed(bare)) == KINDS[kind] else ""
    if not url:
        return None
    mime = next((mime_of(one, None, url) for one in fitting if one.get("href") == url), guessed(url))
    return told({**document, "name": None, "summary": None}, url, mime, KINDS[kind], base_url)


def told(one: Json, url: str, mime: str, kind: str, base_url: str) -> IncomingAttachment:
    """Return an attachment with what the document says of it. Spec: Akkoma 2026.03.1: a side may be 0 or missing"""
    focus_x, focus_y = focus_in(one.get("focalPoint"))
    preview = picture_in(one.get("icon") or one.get("preview"), base_url)
    hash_of_looks = text_in(one.get("blurhash"), MAX_BLURHASH_CHARACTERS)
    return IncomingAttachment(
        url=url,
        kind=kind or "unknown",
        mime=mime,
        alt=alt_in(one)[:MAX_ALT_CHARACTERS],
        blurhash=hash_of_looks if BLURHASH.fullmatch(hash_of_looks) else "",
        width=number_in(one.get("width"), MAX_PIXELS) or 0,
        height=number_in(one.get("height"), MAX_PIXELS) or 0,
        focus_x=focus_x,
        focus_y=focus_y,
        length_ms=duration_in(one.get("duration")),
        preview_url=preview.url if preview else "",
    )


def mime_of(one: Json, links: Any, url: str) -> str:
    """Return the media type as told of the object or of the chosen link; else what the address ends in."""
    for part in (one, *(link for link in objects_in(links) if link.get("href") == url)):
        mime = text_in(part.get("mediaType"), MAX_MIME_CHARACTERS).partition(";")[0].strip().lower()
        if MIME.fullmatch(mime):
            return mime
    return guessed(url)


def guessed(url: str) -> str:
    """Return the media type that an address's ending stands for, '' for none."""
    path = url.partition("?")[0].partition("#")[0]
    return ENDINGS.get(path.rpartition(".")[2].lower(), "")


def kind_of(kind: str, mime: str) -> str:
    """Return image, video or audio, by the media type before the type; '' for anything else."""
    major = mime.partition("/")[0]
    return major if major in KINDS.values() else KINDS.get(kind, "")


def focus_in(value: Any) -> tuple[float, float]:
    """Return a focal point, each side from -1 to 1; the centre for what is none."""
    sides = [one for one in listed(value) if isinstance(one, int | float) and not isinstance(one, bool)]
    if len(sides) != 2:
        return 0.0, 0.0
    return float(min(max(sides[0], -1), 1)), float(min(max(sides[1], -1), 1))


def images_of(words: Markup, base_url: str) -> tuple[IncomingAttachment, ...]:
    """Return the pictures that stood in a text."""
    found = [(url_in(url, base_url), alt) for url, alt in dict(words.images).items()]
    return tuple(
        IncomingAttachment(url, kind="image", mime=guessed(url), alt=alt[:MAX_ALT_CHARACTERS])
        for url, alt in found[:MAX_ATTACHMENT_COUNT]
        if url
    )
