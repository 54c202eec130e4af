"""Notes of other servers as posts, and what else people write there: questions, articles, pages, videos, events.

Owns: read_note, which types are posts, how a text, a warning and a poll are read out of any dialect. Never: fetches,
decides whether a quote has its author's consent (the stamp's id is passed on), believes one server about another.
Spec: https://www.w3.org/TR/activitystreams-vocabulary/#object-types, https://docs.joinmastodon.org/spec/activitypub/#Note,
https://w3id.org/fep/044f, https://w3id.org/fep/e232, https://w3id.org/fep/1b12
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from rookery.activitypub.addresses import PUBLIC_NAMES
from rookery.activitypub.documents import id_in, line_in, listed, number_in, objects_in, text_in, truth_in, type_in
from rookery.activitypub.markup import Markup, Names, read_markup, read_plain
from rookery.activitypub.origin import ForeignObject, check_foreign, same_origin
from rookery.activitypub.reading_media import attachments_in, images_of
from rookery.activitypub.reading_parts import (
    audience_in,
    count_in,
    emoji_in,
    future_in,
    hashtags_in,
    language_in,
    languages_in,
    mentions_in,
    moment_in,
    silent_in,
    url_in,
)
from rookery.activitypub.reading_titles import titled
from rookery.activitypub.vocabulary import Json
from rookery.model.incoming import (
    MAX_ATTACHMENT_COUNT,
    MAX_COUNT,
    MAX_HTML_CHARACTERS,
    MAX_POLL_OPTION_CHARACTERS,
    MAX_POLL_OPTIONS,
    MAX_WARNING_CHARACTERS,
    IncomingAttachment,
    IncomingMention,
    IncomingOption,
    IncomingPoll,
    IncomingPost,
    IncomingRefused,
)
from rookery.model.posts import Audience
from rookery.model.quotes import QuotePolicy, policy_within
from rookery.model.text import tag_key

PLAIN_TYPES = frozenset(("Note", "Question"))
# Everything that people publish elsewhere and that can be shown as a post with a title.
TITLED_TYPES = frozenset(("Article", "Page", "Video", "Audio", "Image", "Event", "Document"))
NOTE_TYPES = PLAIN_TYPES | TITLED_TYPES
PLAIN_MIMES = ("text/plain", "text/markdown", "text/x.misskeymarkdown", "text/x-mfm")
HTML_SIGN = re.compile(
    r"</?(?:p|br|b|i|em|strong|span|a|div|ul|li)[\s/>]|&(?:amp|lt|gt|quot|#\d{1,6}|#x[0-9a-f]{1,5});", re.IGNORECASE
)
OBJECT_LINK_MIMES = ("application/activity+json", "application/ld+json")


@dataclass(frozen=True, slots=True)
class Vote:
    """A Note that is a vote: one choice of a poll, by its words."""

    uri: str
    voter_uri: str
    poll_uri: str
    choice: str


def read_note(document: Json, *, base_url: str, now_us: int, followers_uri: str = "") -> IncomingPost:
    """Return the post that an object describes. document: from parse_document, or embedded in such a one.

    now_us: moments ahead of it become it. followers_uri: the author's collection, when it is known.
    Raises IncomingRefused for what is no post and what has no id or author; ForeignObject when the author is of
    another server than the object, or the object is one of ours.
    """
    kind = type_in(document, NOTE_TYPES)
    if kind not in NOTE_TYPES:
        raise IncomingRefused(f"this server knows no post of the type {kind[:50]!r}")
    uri = id_in(document.get("id"))
    check_foreign(uri, uri, base_url)
    author_uri = author_in(document, uri)
    audience = audience_in(document, author_uri, followers_uri)
    tags = document.get("tag")
    mentions = mentions_in(tags, base_url)
    emoji = emoji_in(tags, base_url, now_us)
    hashtags = hashtags_in(tags)
    quoted = quote_in(document, uri)
    names = Names(
        mentions={one.uri: one.handle for one in mentions if one.handle},
        tags=frozenset(map(tag_key, hashtags)),
        emoji=frozenset(one.shortcode for one in emoji),
        hides_quote=bool(quoted),
    )
    words, language = words_in(document, names)
    url = url_in(document.get("url"), base_url, ("text/html",))
    if kind in TITLED_TYPES:
        words = titled(document, kind, words, names, url or uri)
    warning = warning_in(document, kind)
    published = moment_in(document.get("published"), now_us)
    edited = moment_in(document.get("updated"), now_us)
    return IncomingPost(
        uri=uri,
        author_uri=author_uri,
        text=words.text,
        facets=words.facets,
        html=words.html,
        url=url,
        content_warning=warning,
        is_sensitive=truth_in(document.get("sensitive")),
        language=language,
        audience=audience,
        published_at_us=published,
        edited_at_us=edited if edited > published else None,
        reply_to_uri=id_in(document.get("inReplyTo")),
        quote_of_uri=quoted,
        consent_uri=id_in(document.get("quoteAuthorization")) if quoted else "",
        mentions=(*mentions, *silent(document, mentions, author_uri, followers_uri, audience)),
        tags=hashtags,
        emoji=emoji,
        attachments=media_in(document, kind, words, base_url),
        poll=poll_in(document, now_us) if kind == "Question" else None,
        quote_policy=quote_policy_in(document, author_uri, followers_uri, audience),
        like_count=count_of(document.get("likes")),
        repost_count=count_of(document.get("shares")),
    )


def author_in(document: Json, uri: str) -> str:
    """Return the author: of several the first person, else the first. Raises when it is of another server, or none.

    A video names its account and its channel; a page of a forum its writer alone.
    """
    several = listed(document.get("attributedTo")) or listed(document.get("actor"))
    people = [one for one in several if type_in(one) == "Person"]
    author = id_in(people or several)
    if not author:
        raise IncomingRefused("a post names who wrote it")
    if not same_origin(author, uri):
        raise ForeignObject(uri, author)
    return author


def silent(
    document: Json, named: tuple[IncomingMention, ...], author_uri: str, followers_uri: str, audience: Audience
) -> tuple[IncomingMention, ...]:
    """Return who may read it without being named; where everybody may, nobody needs to be told apart."""
    if audience in (Audience.PUBLIC, Audience.UNLISTED):
        return ()
    return silent_in(document, (one.uri for one in named), author_uri, followers_uri)


def words_in(document: Json, names: Names) -> tuple[Markup, str | None]:
    """Return the text and its language: `content`, or the first of its map. A map that says something else is ignored.

    Spec: ActivityStreams core §4.7
    """
    limit = 2 * MAX_HTML_CHARACTERS
    content = text_in(document.get("content"), limit)
    translated = languages_in(document.get("contentMap"), limit)
    if not content and translated:
        content = next(iter(translated.values()))
    told = next((name for name, text in translated.items() if text == content), "")
    is_plain = text_in(document.get("mediaType"), 100).partition(";")[0].strip() in PLAIN_MIMES
    words = read_plain(content, names) if is_plain else read_markup(content, names)
    return words, language_in(told) or language_in(document.get("language"))


def warning_in(document: Json, kind: str) -> str:
    """Return the content warning: a Note's summary. With a title it is an abstract, unless it is sensitive."""
    summary = text_in(document.get("summary"), 4 * MAX_WARNING_CHARACTERS)
    if not summary:
        translated = languages_in(document.get("summaryMap"), 4 * MAX_WARNING_CHARACTERS)
        summary = next(iter(translated.values()), "")
    if kind in TITLED_TYPES and not truth_in(document.get("sensitive")):
        return ""
    # By the letter it is HTML; nearly all write plain words into it, and some of those have angles of their own.
    words = read_markup(summary).text if HTML_SIGN.search(summary) else summary
    return " ".join(words.split())[:MAX_WARNING_CHARACTERS]


def quote_in(document: Json, uri: str) -> str:
    """Return what a post quotes, in any dialect: FEP-044f, Fedibird, Misskey, FEP-e232. '' for nothing."""
    tags = (one for one in objects_in(document.get("tag")) if type_in(one) == "Link" and is_object_link(one))
    candidates = (
        *(document.get(name) for name in ("quote", "quoteUrl", "quoteUri", "_misskey_quote")),
        *(tag.get("href") for tag in tags),
    )
    found = next((quoted for one in candidates if (quoted := id_in(one))), "")
    return "" if found == uri else found


def is_object_link(tag: Json) -> bool:
    """True for a link to an object that stands for a quote. Spec: FEP-e232"""
    mime = text_in(tag.get("mediaType"), 200).partition(";")[0].strip()
    return mime in OBJECT_LINK_MIMES or any("quote" in str(one) for one in listed(tag.get("rel")))


def media_in(document: Json, kind: str, words: Markup, base_url: str) -> tuple[IncomingAttachment, ...]:
    """Return the attachments; the file of what is one itself first; pictures of the text where there are no others."""
    found = attachments_in(document, kind, base_url) or images_of(words, base_url)
    return found[:MAX_ATTACHMENT_COUNT]


def poll_in(document: Json, now_us: int) -> IncomingPoll | None:
    """Return the poll of a Question, None when it offers no choices. Counts that make no sense are not told."""
    is_multiple = "anyOf" in document
    options = []
    for one in objects_in(document.get("anyOf" if is_multiple else "oneOf"))[:MAX_POLL_OPTIONS]:
        title = line_in(one.get("name"), MAX_POLL_OPTION_CHARACTERS) or line_in(one.get("content"), 500)
        if title:
            options.append(IncomingOption(title, count_in(one.get("replies"), MAX_COUNT) or 0))
    if not options:
        return None
    closed = document.get("closed")
    closed_at = now_us if closed is True else moment_in(closed, now_us)
    return IncomingPoll(
        options=tuple(options),
        is_multiple=is_multiple,
        expires_at_us=future_in(document.get("endTime")) or None,
        closed_at_us=closed_at or None,
        voter_count=number_in(document.get("votersCount"), MAX_COUNT),
    )


def quote_policy_in(document: Json, author_uri: str, followers_uri: str, audience: Audience) -> QuotePolicy:
    """Return who may quote without asking, as far as the audience lets them; where nothing is said, nobody.

    Spec: FEP-044f, canQuote.automaticApproval
    """
    policy = document.get("interactionPolicy")
    rule = policy.get("canQuote") if isinstance(policy, dict) else None
    allowed = rule.get("automaticApproval") or rule.get("always") if isinstance(rule, dict) else None
    found = {one for one in map(id_in, listed(allowed)) if one}
    chosen = QuotePolicy.NOBODY
    if found & PUBLIC_NAMES:
        chosen = QuotePolicy.PUBLIC
    elif any(one == followers_uri or (same_origin(one, author_uri) and one.endswith("/followers")) for one in found):
        chosen = QuotePolicy.FOLLOWERS
    return policy_within(audience, chosen)


def count_of(value: Any) -> int | None:
    """Return how often a post was liked or repeated, when its collection says so."""
    return count_in(value, MAX_COUNT) if isinstance(value, dict) else None


def find_vote(document: Json) -> Vote | None:
    """Return the vote that a Note is: a name and no content, in reply to a poll. None for any other."""
    choice = line_in(document.get("name"), MAX_POLL_OPTION_CHARACTERS)
    poll_uri = id_in(document.get("inReplyTo"))
    has_text = text_in(document.get("content"), 1) or languages_in(document.get("contentMap"), 1)
    if type_in(document) != "Note" or not choice or not poll_uri or has_text or document.get("attachment"):
        return None
    uri = id_in(document.get("id"))
    return Vote(uri, author_in(document, uri), poll_uri, choice)
