"""The parts that notes, actors and activities of strangers share: dates, links, emoji, mentions, pictures, audiences.

Owns: reading one part, each with its limit. Never: raises for a part of a wrong shape: it is skipped, the rest is read.
Spec: https://www.w3.org/TR/activitystreams-vocabulary/, https://docs.joinmastodon.org/spec/activitypub/
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from rookery.activitypub.addresses import PUBLIC_NAMES
from rookery.activitypub.documents import id_in, ids_in, line_in, listed, number_in, objects_in, text_in, type_in
from rookery.activitypub.markup import find_web_url
from rookery.activitypub.origin import authority_of, is_ours, same_origin
from rookery.activitypub.vocabulary import Json
from rookery.model.emoji import SHORTCODE_SHAPE
from rookery.model.ids import us_from_datetime
from rookery.model.incoming import (
    MAX_ALT_CHARACTERS,
    MAX_EMOJI_COUNT,
    MAX_LANGUAGE_CHARACTERS,
    MAX_MENTION_COUNT,
    MAX_TAG_CHARACTERS,
    MAX_TAG_COUNT,
    MAX_URI_CHARACTERS,
    IncomingEmoji,
    IncomingMention,
    IncomingPicture,
)
from rookery.model.posts import LANGUAGE_SHAPE, Audience
from rookery.model.text import end_of_tag, is_tag, tag_key

MAX_LANGUAGES = 10
HANDLE = re.compile(r"@?([\w](?:[\w.~+-]{0,198}[\w~-])?)(?:@([A-Za-z0-9.-]{1,253}(?::\d{1,5})?))?")
DURATION = re.compile(r"P(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?")


def moment_in(value: Any, now_us: int) -> int:
    """Return a moment in microseconds since 1970, at most `now_us`; 0 for what is none. Spec: RFC 3339"""
    return min(future_in(value), now_us)


def future_in(value: Any) -> int:
    """Return a moment that may lie ahead, such as the end of a poll; 0 for what is none or before 1970."""
    raw = text_in(value, 64).strip()
    try:
        moment = datetime.fromisoformat(raw)
        return max(us_from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC)), 0)
    except (ValueError, OverflowError):
        return 0


def duration_in(value: Any) -> int:
    """Return milliseconds from an xsd:duration (`PT1M2.5S`) or a number of seconds; 0 for what is neither."""
    if isinstance(value, str):
        match = DURATION.fullmatch(value)
        days, hours, minutes, seconds = (float(one or 0) for one in (match.groups() if match else (0, 0, 0, 0)))
        value = days * 86_400 + hours * 3600 + minutes * 60 + seconds
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return int(min(max(value, 0), 1e9) * 1000)


def language_in(value: Any) -> str | None:
    """Return a language code; None for what is none, and for `und`. Some peers write an object with an identifier."""
    if isinstance(value, dict):
        value = value.get("identifier") or value.get("name")
    raw = text_in(value, MAX_LANGUAGE_CHARACTERS + 1)
    return raw if LANGUAGE_SHAPE.fullmatch(raw) and len(raw) <= MAX_LANGUAGE_CHARACTERS and raw != "und" else None


def languages_in(value: Any, limit: int) -> dict[str, str]:
    """Return a language map, at most ten entries of it, each text cut to `limit`."""
    found: dict[str, str] = {}
    for name, text in list(value.items())[:MAX_LANGUAGES] if isinstance(value, dict) else ():
        if isinstance(text, str):
            found[name[:MAX_LANGUAGE_CHARACTERS]] = text[:limit].replace("\0", "")
    return found


def url_in(value: Any, base_url: str, mimes: tuple[str, ...] = ()) -> str:
    """Return an address to open: text, a Link, or of several the first of the wanted types, else the first.

    One of ours is none: nobody else says what a page of this server is.
    """
    fallback = ""
    for one in listed(value):
        raw = (one.get("href") or one.get("url")) if isinstance(one, dict) else one
        url = find_web_url(raw) if isinstance(raw, str) else ""
        if not url or is_ours(url, base_url):
            continue
        if not mimes or (isinstance(one, dict) and text_in(one.get("mediaType"), 100) in mimes):
            return url
        fallback = fallback or url
    return fallback


def picture_in(value: Any, base_url: str) -> IncomingPicture | None:
    """Return an icon or image: an object, the first of several, or a bare address. Its alt text is name or summary."""
    for one in listed(value):
        url = url_in(one.get("url") or one.get("href") if isinstance(one, dict) else one, base_url)
        if url:
            return IncomingPicture(url, alt_in(one) if isinstance(one, dict) else "")
    return None


def alt_in(value: Json) -> str:
    """Return the description of a picture: `name`, or `summary` as some have it."""
    return text_in(value.get("name"), MAX_ALT_CHARACTERS) or text_in(value.get("summary"), MAX_ALT_CHARACTERS)


def emoji_in(tags: Any, base_url: str, now_us: int) -> tuple[IncomingEmoji, ...]:
    """Return the custom emoji among the tags, each once; nameless ones and those without a picture are skipped."""
    found: dict[str, IncomingEmoji] = {}
    for tag in objects_in(tags):
        name = text_in(tag.get("name"), 64).strip().removeprefix(":").removesuffix(":")
        if type_in(tag) != "Emoji" or not SHORTCODE_SHAPE.fullmatch(name) or len(found) >= MAX_EMOJI_COUNT:
            continue
        picture = picture_in(tag.get("icon"), base_url)
        if picture and name not in found:
            uri = id_in(tag.get("id"))
            found[name] = IncomingEmoji(name, picture.url, uri, moment_in(tag.get("updated"), now_us))
    return tuple(found.values())


def hashtags_in(tags: Any) -> tuple[str, ...]:
    """Return the hashtags among the tags as written, without the sign, each once."""
    found: dict[str, str] = {}
    for tag in objects_in(tags):
        name = line_in(tag.get("name"), MAX_TAG_CHARACTERS + 1).lstrip("#＃")
        if type_in(tag) == "Hashtag" and is_tag(name) and end_of_tag(name, 0) == len(name):
            found.setdefault(tag_key(name), name)
    return tuple(found.values())[:MAX_TAG_COUNT]


def mentions_in(tags: Any, base_url: str) -> tuple[IncomingMention, ...]:
    """Return who is named among the tags, each once."""
    found: dict[str, IncomingMention] = {}
    for tag in objects_in(tags):
        uri = id_in(tag.get("href"))
        if type_in(tag) == "Mention" and uri and len(found) < MAX_MENTION_COUNT:
            found.setdefault(uri, IncomingMention(uri, handle_of(uri, line_in(tag.get("name"), 500), base_url)))
    return tuple(found.values())


def handle_of(uri: str, name: str, base_url: str) -> str:
    """Return `user@domain` of a mention, '' when it cannot be told.

    Our own are called what we call them, and nobody else is called like somebody of ours, whatever the name says.
    """
    here = authority_of(base_url)
    if is_ours(uri, base_url):
        rest = uri.partition(f"{base_url}/@")[2]
        return f"{rest}@{here}" if rest and HANDLE.fullmatch(rest) and "@" not in rest else ""
    match = HANDLE.fullmatch(name)
    domain = (match[2] or authority_of(uri)).lower() if match else ""
    return f"{match[1]}@{domain}" if match and domain and domain != here else ""


def audience_in(document: Json, author_uri: str, followers_uri: str) -> Audience:
    """Return who may read: whom `to` and `cc` name. What cannot be told is for the mentioned alone.

    followers_uri: the author's collection; '' when not known: then the author's own id with `/followers` behind it, or
    any address of the author's server that ends so.
    Spec: ActivityPub §5.6
    """
    first, second = set(all_ids(document.get("to"))), set(all_ids(document.get("cc")))
    if first & PUBLIC_NAMES:
        return Audience.PUBLIC
    if second & PUBLIC_NAMES:
        return Audience.UNLISTED
    is_told = any(is_followers(one, author_uri, followers_uri) for one in first | second)
    return Audience.FOLLOWERS if is_told else Audience.MENTIONED


def all_ids(value: Any) -> tuple[str, ...]:
    """Return every id of `to` or `cc`."""
    return ids_in(value, 1000)


def is_followers(uri: str, author_uri: str, followers_uri: str) -> bool:
    """True for the collection of the author's followers."""
    if followers_uri:
        return uri == followers_uri
    return uri.endswith("/followers") and same_origin(uri, author_uri)


def silent_in(document: Json, named: Iterable[str], author_uri: str, followers_uri: str) -> tuple[IncomingMention, ...]:
    """Return whom a post addresses without naming them."""
    known = {*named, author_uri, *PUBLIC_NAMES}
    addressed = dict.fromkeys((*all_ids(document.get("to")), *all_ids(document.get("cc"))))
    found = [one for one in addressed if one not in known and not is_followers(one, author_uri, followers_uri)]
    return tuple(IncomingMention(uri, "", True) for uri in found[:MAX_MENTION_COUNT] if len(uri) <= MAX_URI_CHARACTERS)


def count_in(value: Any, most: int) -> int | None:
    """Return how many are in a collection, as told; None when it is not."""
    return number_in(value.get("totalItems") if isinstance(value, dict) else value, most)
