"""Our posts as Notes and Questions: what other servers fetch and are sent.

Owns: the Note of a post, its audience as to and cc, the vote as a Note. Never: looks anything up; what a note names of
the world comes in `Surroundings`. Pure, and proved by a round trip through reading_notes.py.
Spec: https://www.w3.org/TR/activitystreams-vocabulary/#dfn-note, https://docs.joinmastodon.org/spec/activitypub/#Note,
https://w3id.org/fep/044f (quotes), https://w3id.org/fep/e232 (object links)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from urllib.parse import quote, urlsplit

from rookery.activitypub.addresses import (
    PUBLIC,
    actor_uri,
    followers_uri,
    media_url,
    post_uri,
    profile_url,
    replies_uri,
    tag_url,
)
from rookery.activitypub.vocabulary import NOTE_CONTEXT, EmojiPicture, Json, document, iso, tags_from_emoji
from rookery.model.accounts import Account
from rookery.model.ids import AccountId
from rookery.model.markup import render_html
from rookery.model.media import Attachment
from rookery.model.posts import Audience, Poll, Post, words_of_post
from rookery.model.quotes import QuotePolicy, QuoteState
from rookery.model.text import FacetKind, tag_key

OBJECT_LINK_MIME = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
QUOTE_REL = "https://misskey-hub.net/ns#_misskey_quote"
MOST_TAGS = 100
SHOWN_QUOTES = (QuoteState.ACCEPTED, QuoteState.PENDING)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a note names besides its post. Empty strings: nothing of the kind.

    people: the mentioned accounts by id; ours need not be among them, and far ones that are missing are not addressed.
    emoji: our catalogue by shortcode. quote_consent_uri: the stamp by which the quoted author agreed.
    context_uri: the collection of the whole thread (FEP-7888).
    """

    people: Mapping[AccountId, Account] = field(default_factory=dict)
    emoji: Mapping[str, EmojiPicture] = field(default_factory=dict)
    reply_to_uri: str = ""
    quote_uri: str = ""
    quote_consent_uri: str = ""
    context_uri: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom a note names. page: where a reader's click leads."""

    uri: str
    page: str
    handle: str


ALONE = Surroundings()


def note_from_post(
    post: Post, author: Account, base_url: str, *, at_us: int, around: Surroundings = ALONE, with_context: bool = False
) -> Json:
    """Return the Note, or Question, of a post that is not a repost. at_us: now, by which a poll has ended or not.

    Everything that the post's audience may read is in it: who may fetch it decides whoever serves it (K5).
    """
    people = people_of(post, base_url, around)
    quoted = around.quote_uri if post.quote_state in SHOWN_QUOTES else ""
    uri = post_uri(post, author, base_url)
    content = content_of(post, base_url, people, quoted)
    to, cc = addressees(post.audience, followers_uri(actor_uri(author, base_url)), [one.uri for one in people.values()])
    note: Json = {
        "id": uri,
        "type": "Note" if post.poll is None else "Question",
        "attributedTo": actor_uri(author, base_url),
        "url": post.url or uri,
        "published": iso(post.published_at_us),
        "to": to,
        "cc": cc,
        "summary": post.content_warning or None,
        "sensitive": post.is_sensitive,
        "inReplyTo": around.reply_to_uri or None,
        "content": content,
        "source": {"content": post.text, "mediaType": "text/plain"},
        "attachment": [document_from_media(one, base_url) for one in post.media if one.blob_key],
        "tag": tags_of(post, base_url, people, quoted, around.emoji),
        "replies": replies_uri(uri),
        "interactionPolicy": {"canQuote": approval_of(post.quote_policy, actor_uri(author, base_url))},
    }
    if around.context_uri:
        note["context"] = around.context_uri
    if post.language:
        note["contentMap"] = {post.language: content}
        if post.content_warning:
            note["summaryMap"] = {post.language: post.content_warning}
    if post.edited_at_us:
        note["updated"] = iso(post.edited_at_us)
    if post.poll:
        note |= question_parts(post.poll, at_us)
    if quoted:
        note |= quote_parts(quoted, around.quote_consent_uri)
    return document(NOTE_CONTEXT, note) if with_context else note


def people_of(post: Post, base_url: str, around: Surroundings) -> dict[AccountId, Person]:
    """Return who is mentioned and can be named: ours, and far accounts that we know."""
    here = urlsplit(base_url).netloc
    named: dict[AccountId, Person] = {}
    for one in post.mentions:
        known = around.people.get(one.account_id)
        if known:
            uri, page = actor_uri(known, base_url), profile_url(known, base_url)
            named[one.account_id] = Person(uri, page, f"{known.username}@{known.domain or here}")
        elif not one.domain:
            uri = f"{base_url}/@{one.username}"
            named[one.account_id] = Person(uri, uri, f"{one.username}@{here}")
    return named


def addressees(audience: Audience, followers: str, named: list[str]) -> tuple[list[str], list[str]]:
    """Return (to, cc). followers: the author's collection; named: ids of the mentioned. Spec: ActivityPub §5.6"""
    if audience is Audience.PUBLIC:
        return [PUBLIC], [followers, *named]
    if audience is Audience.UNLISTED:
        return [followers], [PUBLIC, *named]
    return ([followers], named) if audience is Audience.FOLLOWERS else (named, [])


def content_of(post: Post, base_url: str, people: Mapping[AccountId, Person], quoted: str) -> str:
    """Return the HTML; a quote begins with a line for readers whose servers know no quotes."""
    html = post.html or render_html(
        post.text, post.facets, base_url, {number: person.page for number, person in people.items()}
    )
    if not quoted:
        return html
    address = escape(quoted)
    return f'<p class="quote-inline">RE: <a href="{address}">{address}</a></p>{html}'


def tags_of(
    post: Post, base_url: str, people: Mapping[AccountId, Person], quoted: str, emoji: Mapping[str, EmojiPicture]
) -> list[Json]:
    """Return mentions, hashtags, emoji and the object link of a quote."""
    keys = {tag_key(facet.value): facet.value for facet in post.facets if facet.kind is FacetKind.TAG}
    tags: list[Json] = [{"type": "Mention", "href": one.uri, "name": f"@{one.handle}"} for one in people.values()]
    tags += [
        {"type": "Hashtag", "href": tag_url(quote(key), base_url), "name": f"#{name}"}
        for key, name in list(keys.items())[:MOST_TAGS]
    ]
    tags += tags_from_emoji([words_of_post(post)], emoji, base_url)
    if quoted:
        link = {"type": "Link", "mediaType": OBJECT_LINK_MIME, "rel": QUOTE_REL, "href": quoted}
        tags.append({**link, "name": f"RE: {quoted}"})
    return tags


def quote_parts(quoted: str, consent: str) -> Json:
    """Return the fields of a quote in every dialect that is read."""
    parts = {"quote": quoted, "quoteUri": quoted, "_misskey_quote": quoted}
    return {**parts, "quoteAuthorization": consent} if consent else parts


def approval_of(policy: QuotePolicy, actor: str) -> Json:
    """Return who may quote without asking. An empty list would read as "everybody asks", so nobody is the author."""
    allowed = {QuotePolicy.PUBLIC: PUBLIC, QuotePolicy.FOLLOWERS: followers_uri(actor)}.get(policy, actor)
    return {"automaticApproval": [allowed], "manualApproval": []}


def question_parts(poll: Poll, at_us: int) -> Json:
    """Return choices, votes and the end of a poll. Votes that are hidden until the end are left out, not zero."""
    has_ended = poll.expires_at_us is not None and poll.expires_at_us <= at_us
    shows_votes = has_ended or not poll.hides_totals
    choices: list[Json] = []
    for option in poll.options:
        choice: Json = {"type": "Note", "name": option.title}
        if shows_votes:
            choice["replies"] = {"type": "Collection", "totalItems": option.vote_count}
        choices.append(choice)
    parts: Json = {"anyOf" if poll.is_multiple else "oneOf": choices}
    if shows_votes:
        parts["votersCount"] = poll.voter_count
    if poll.expires_at_us is not None:
        parts["endTime"] = iso(poll.expires_at_us)
        if has_ended:
            parts["closed"] = iso(poll.expires_at_us)
    return parts


def document_from_media(one: Attachment, base_url: str) -> Json:
    """Return an attachment. Document with a media type is the one shape that every peer shows.

    The description stands in `name`; a length is an xsd:duration. Spec: ActivityStreams vocabulary, Document
    """
    value: Json = {
        "type": "Document",
        "mediaType": one.mime,
        "url": media_url(one.blob_key or "", base_url),
        "name": one.description or None,
    }
    if one.blurhash:
        value["blurhash"] = one.blurhash
    if one.width and one.height:
        value |= {"width": one.width, "height": one.height}
    if one.focus_x or one.focus_y:
        value["focalPoint"] = [one.focus_x, one.focus_y]
    if one.playing:
        value["duration"] = f"PT{one.playing.length_ms / 1000:.3f}S"
    if one.preview_key and one.plays:
        value["icon"] = {"type": "Image", "url": media_url(one.preview_key, base_url)}
    return value


def note_from_vote(uri: str, choice: str, *, voter: str, poll: str, author: str) -> Json:
    """Return the Note by which a person votes for one choice. voter, poll, author: ids of actor, Question, its actor.

    Spec: https://docs.joinmastodon.org/spec/activitypub/#Question
    """
    return {
        "id": uri,
        "type": "Note",
        "name": choice,
        "attributedTo": voter,
        "inReplyTo": poll,
        "to": [author],
        "cc": [],
    }
