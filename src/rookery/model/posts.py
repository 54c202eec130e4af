"""Posts: what a person writes, who may see it, and the rules a draft must meet.

Owns: the noun on every floor, audiences, limits of a draft, polls as part of a post. Never: knows a wire's words.
A repost is a post of its own, with its own id from the same space and `repost_of_id`; it carries no text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum

from rookery.model.cards import Card
from rookery.model.errors import Invalid, NotFound
from rookery.model.ids import AccountId, AppId, MediaId, PostId
from rookery.model.media import Attachment
from rookery.model.quotes import QuotePolicy, QuoteState
from rookery.model.text import Facet, count_characters, count_seen, is_blank, parse_facets

LANGUAGE_SHAPE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")
MIN_POLL_S = 300
MAX_POLL_S = 31 * 86_400


class Audience(IntEnum):
    """Who may read a post, widest first; stored as its number so that SQL can compare."""

    PUBLIC = 0
    UNLISTED = 1
    FOLLOWERS = 2
    MENTIONED = 3


class PostNotFound(NotFound):
    """No such post, or not for this viewer."""

    def __init__(self) -> None:
        super().__init__("no such post here")


class PostRefused(Invalid):
    """A draft breaks a rule; nothing was stored."""


class PostEmpty(PostRefused):
    """Neither text nor picture nor poll nor quote."""

    def __init__(self) -> None:
        super().__init__("a post needs some text, a picture or a poll")


class PostTooLong(PostRefused):
    """Text and content warning together are over the server's limit."""

    def __init__(self, length: int, limit: int) -> None:
        super().__init__(f"the post has {length} characters, this server allows {limit}")
        self.length, self.limit = length, limit


class PollRefused(PostRefused):
    """A poll breaks a rule: too few or many choices, a choice too long, too short or long a time."""


@dataclass(frozen=True, slots=True)
class PostLimits:
    """What a local post may hold; announced to apps as it stands here."""

    characters: int = 5000
    pictures: int = 4
    poll_options: int = 4
    poll_option_characters: int = 50
    alt_text_characters: int = 1500
    pins: int = 5


@dataclass(frozen=True, slots=True)
class PollDraft:
    """A poll as asked for. lasts_s: seconds until it closes."""

    options: tuple[str, ...]
    lasts_s: int
    is_multiple: bool = False
    hides_totals: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """A post before it is published. Facets are parsed here, once, from the text. media_ids: own, unattached."""

    author_id: AccountId
    text: str
    audience: Audience = Audience.PUBLIC
    content_warning: str = ""
    is_sensitive: bool = False
    language: str | None = None
    reply_to_id: PostId | None = None
    media_ids: tuple[MediaId, ...] = ()
    poll: PollDraft | None = None
    app_id: AppId | None = None
    allowed_mentions: tuple[AccountId, ...] | None = None
    quote_of_id: PostId | None = None
    quote_policy: QuotePolicy = QuotePolicy.PUBLIC


@dataclass(frozen=True, slots=True)
class PollOption:
    """One choice of a poll and its votes."""

    title: str
    vote_count: int


@dataclass(frozen=True, slots=True)
class Poll:
    """A poll; its id is its post's. voter_count differs from the votes when several choices are allowed."""

    id: PostId
    expires_at_us: int | None
    is_multiple: bool
    hides_totals: bool
    voter_count: int
    options: tuple[PollOption, ...]


@dataclass(frozen=True, slots=True)
class Mention:
    """An account named in a post, as links need it. domain: '' for ours.

    is_silent: of another server's post, which it may read without being named; such a mention is stored and not shown.
    """

    account_id: AccountId
    username: str
    domain: str
    is_silent: bool = False


@dataclass(frozen=True, slots=True)
class Post:
    """One post as stored, with what belongs to it. html: sanitized remote markup, or None for ours.

    thread_id: the first post of the thread, itself when it starts one. reply_to_author_id: 0 with an answer to a post
    of another server that is not known here yet; reply_to_id is None then. version rises with every change that shows,
    counts included; edited_at_us only with the author's edits. quote_of_id: what it quotes, also when that is gone;
    quote_policy: who may quote this post, as its audience allows.
    """

    id: PostId
    author_id: AccountId
    audience: Audience
    text: str
    html: str | None
    facets: tuple[Facet, ...]
    content_warning: str
    is_sensitive: bool
    language: str | None
    reply_to_id: PostId | None
    reply_to_author_id: AccountId | None
    thread_id: PostId
    repost_of_id: PostId | None
    published_at_us: int
    edited_at_us: int | None = None
    version: int = 1
    reply_count: int = 0
    repost_count: int = 0
    like_count: int = 0
    is_local: bool = True
    uri: str | None = None
    url: str | None = None
    app_name: str | None = None
    app_website: str | None = None
    media: tuple[Attachment, ...] = ()
    mentions: tuple[Mention, ...] = ()
    poll: Poll | None = None
    card: Card | None = None
    quote_of_id: PostId | None = None
    quote_state: QuoteState | None = None
    quote_policy: QuotePolicy = QuotePolicy.PUBLIC
    quote_count: int = 0


@dataclass(frozen=True, slots=True)
class PostVersion:
    """One past or present text of a post, for its history."""

    text: str
    content_warning: str
    is_sensitive: bool
    facets: tuple[Facet, ...]
    media: tuple[Attachment, ...]
    poll_options: tuple[str, ...]
    written_at_us: int


def check_draft(draft: Draft, limits: PostLimits) -> tuple[Facet, ...]:
    """Return the facets of a draft that meets every rule. Raises PostEmpty, PostTooLong, PollRefused, PostRefused."""
    facets = parse_facets(draft.text)
    if is_blank(draft.text) and not draft.media_ids and draft.poll is None and draft.quote_of_id is None:
        raise PostEmpty
    length = count_characters(draft.text, facets) + count_seen(draft.content_warning)
    if length > limits.characters:
        raise PostTooLong(length, limits.characters)
    if len(draft.media_ids) > limits.pictures:
        raise PostRefused(f"a post has at most {limits.pictures} pictures")
    if draft.media_ids and draft.poll:
        raise PostRefused("a post has pictures or a poll, not both")
    if draft.language is not None and not LANGUAGE_SHAPE.fullmatch(draft.language):
        raise PostRefused(f"{draft.language[:20]!r} is not a language code; use one like en, fr or pt-BR")
    if draft.poll:
        check_poll(draft.poll, limits)
    return facets


def check_poll(poll: PollDraft, limits: PostLimits) -> None:
    """Raises PollRefused with the rule that the poll breaks."""
    titles = poll.options
    if not 2 <= len(titles) <= limits.poll_options:
        raise PollRefused(f"a poll has 2 to {limits.poll_options} choices")
    if any(is_blank(title) for title in titles):
        raise PollRefused("every choice of a poll needs a text")
    if any(count_seen(title) > limits.poll_option_characters for title in titles):
        raise PollRefused(f"a choice has at most {limits.poll_option_characters} characters")
    if len({title.strip() for title in titles}) < len(titles):
        raise PollRefused("the choices of a poll must differ")
    if not MIN_POLL_S <= poll.lasts_s <= MAX_POLL_S:
        raise PollRefused("a poll stays open between 5 minutes and 31 days")


def words_of_post(post: Post) -> str:
    """Return everything of a post that keyword filters look at."""
    options = [option.title for option in post.poll.options] if post.poll else []
    return "\n".join((post.content_warning, post.text, *options, *(picture.description for picture in post.media)))
