"""What other servers tell us, in the core's own words: accounts and posts before they are stored.

Owns: those nouns, how much of each value is kept, and what keeps one out. Never: knows how a network writes them, who
signed them, which key they have; a wire reads, cuts to these limits (`shortened`) and proves who speaks, actions then
receive. Whatever names something of another server is a `_uri`, whole and as that server writes it: it is compared as
text. What may be opened is a `_url`. Times are microseconds since 1970, UTC; 0 and None mean "was not told".
"""

from __future__ import annotations

from dataclasses import dataclass

from rookery.model.errors import Invalid, NotAllowed
from rookery.model.posts import Audience
from rookery.model.quotes import QuotePolicy
from rookery.model.text import Facet

# In characters, unless the name says otherwise. What is longer is cut; a uri that is longer keeps the whole thing out.
MAX_URI_CHARACTERS = 2048
MAX_URL_CHARACTERS = 2048
MAX_USERNAME_CHARACTERS = 200
MAX_DOMAIN_CHARACTERS = 253
MAX_DISPLAY_NAME_CHARACTERS = 2048
MAX_BIO_CHARACTERS = 20_000
MAX_FIELD_COUNT = 50
MAX_FIELD_NAME_CHARACTERS = 2048
MAX_FIELD_VALUE_CHARACTERS = 2048
MAX_ALIAS_COUNT = 256
MAX_TEXT_CHARACTERS = 100_000
MAX_HTML_CHARACTERS = 200_000
MAX_WARNING_CHARACTERS = 2048
MAX_LANGUAGE_CHARACTERS = 20
MAX_MENTION_COUNT = 200
MAX_TAG_COUNT = 100
MAX_TAG_CHARACTERS = 100
MAX_EMOJI_COUNT = 100
MAX_ATTACHMENT_COUNT = 16
MAX_ALT_CHARACTERS = 10_000
MAX_BLURHASH_CHARACTERS = 200
MAX_MIME_CHARACTERS = 100
MAX_POLL_OPTIONS = 500
MAX_POLL_OPTION_CHARACTERS = 500
MAX_REPORT_CHARACTERS = 5000
MAX_REPORTED_POSTS = 100
MAX_PIN_COUNT = 20
MAX_COUNT = (1 << 53) - 1  # of followers, votes and the like, as told: the largest number that JSON carries exactly
MAX_PIXELS = 1 << 20  # of one side of a picture, as told


class IncomingRefused(Invalid):
    """What came breaks a rule and is not stored."""


class NotTheirs(NotAllowed):
    """Somebody wants to change, or to speak for, what belongs to somebody else (K4)."""

    def __init__(self, uri: str) -> None:
        super().__init__(f"{uri[:200]} does not belong to the account that sent this")
        self.uri = uri


class ServerRefused(NotAllowed):
    """Nothing of a server that is blocked here is stored, and with a list of welcome ones nothing of others."""

    def __init__(self, domain: str) -> None:
        super().__init__(f"this server takes nothing from {domain[:253]}")
        self.domain = domain


@dataclass(frozen=True, slots=True)
class IncomingPicture:
    """A picture of a profile, as a link to fetch later."""

    url: str
    alt: str = ""


@dataclass(frozen=True, slots=True)
class IncomingField:
    """One labelled line of a profile. facets: of the value."""

    name: str
    value: str
    facets: tuple[Facet, ...] = ()


@dataclass(frozen=True, slots=True)
class IncomingEmoji:
    """A custom emoji that a text uses: :shortcode: without the colons. updated_at_us: when its picture changed."""

    shortcode: str
    url: str
    uri: str = ""
    updated_at_us: int = 0


@dataclass(frozen=True, slots=True)
class IncomingAccount:
    """An account of another server. domain: of its handle, lower case, without port unless that is part of the name.

    inbox_url, shared_inbox_url: where to deliver to it; '' without. *_count: as its server tells, None when it does
    not. moved_to_uri: the account that it names as its new one, '' for none. also_known_as: uris that it says are it,
    too. bio_facets and facets of fields: mentions in them carry `user@domain` and no account_id. is_memorial: its
    person has died. hides_network: does not show whom it follows.
    """

    uri: str
    username: str
    domain: str
    url: str = ""
    display_name: str = ""
    bio: str = ""
    bio_facets: tuple[Facet, ...] = ()
    fields: tuple[IncomingField, ...] = ()
    avatar: IncomingPicture | None = None
    header: IncomingPicture | None = None
    emoji: tuple[IncomingEmoji, ...] = ()
    is_locked: bool = False
    is_bot: bool = False
    is_group: bool = False
    is_discoverable: bool = False
    is_indexable: bool = False
    is_suspended: bool = False
    hides_network: bool = False
    post_count: int | None = None
    follower_count: int | None = None
    following_count: int | None = None
    inbox_url: str = ""
    shared_inbox_url: str = ""
    outbox_url: str = ""
    followers_uri: str = ""
    following_uri: str = ""
    featured_uri: str = ""
    published_at_us: int = 0
    moved_to_uri: str = ""
    also_known_as: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IncomingMention:
    """Somebody whom a post names or addresses. handle: `user@domain` as in the facets of the text, '' if not told.

    is_silent: addressed without being named; may read the post, and is not told of it.
    """

    uri: str
    handle: str = ""
    is_silent: bool = False


@dataclass(frozen=True, slots=True)
class IncomingAttachment:
    """A picture, video or sound, as a link to fetch later. kind: a MediaKind's value, or 'unknown'.

    width, height: pixels as told, 0 if not. focus: -1.0 to 1.0 from the centre, y upward. length_ms: of what plays.
    """

    url: str
    kind: str = "unknown"
    mime: str = ""
    alt: str = ""
    blurhash: str = ""
    width: int = 0
    height: int = 0
    focus_x: float = 0.0
    focus_y: float = 0.0
    length_ms: int = 0
    preview_url: str = ""


@dataclass(frozen=True, slots=True)
class IncomingOption:
    """One choice of a poll, with its votes as told."""

    title: str
    vote_count: int = 0


@dataclass(frozen=True, slots=True)
class IncomingPoll:
    """A poll, with its counts as told. voter_count: None when not told. closed_at_us: when it has ended already."""

    options: tuple[IncomingOption, ...]
    is_multiple: bool = False
    expires_at_us: int | None = None
    closed_at_us: int | None = None
    voter_count: int | None = None


@dataclass(frozen=True, slots=True)
class IncomingPost:
    """A post of another server, as written now.

    text, facets: plain words with places of links, mentions (`user@domain`), tags and emoji; html: sanitized markup
    that says more than they do, or None. reply_to_uri, quote_of_uri: '' for none; either may be a post of ours.
    consent_uri: what proves that the quoted author agreed, '' without one; whoever checked it says is_consented.
    edited_at_us: None when it was never edited. tags: as written, without the sign.
    """

    uri: str
    author_uri: str
    text: str = ""
    facets: tuple[Facet, ...] = ()
    html: str | None = None
    url: str = ""
    content_warning: str = ""
    is_sensitive: bool = False
    language: str | None = None
    audience: Audience = Audience.PUBLIC
    published_at_us: int = 0
    edited_at_us: int | None = None
    reply_to_uri: str = ""
    quote_of_uri: str = ""
    consent_uri: str = ""
    is_consented: bool = False
    mentions: tuple[IncomingMention, ...] = ()
    tags: tuple[str, ...] = ()
    emoji: tuple[IncomingEmoji, ...] = ()
    attachments: tuple[IncomingAttachment, ...] = ()
    poll: IncomingPoll | None = None
    quote_policy: QuotePolicy = QuotePolicy.NOBODY
    like_count: int | None = None
    repost_count: int | None = None


@dataclass(frozen=True, slots=True)
class IncomingRepost:
    """Somebody repeats a post. uri: of the repeating itself. published_at_us: when, 0 if not told."""

    uri: str
    author_uri: str
    post_uri: str
    audience: Audience = Audience.PUBLIC
    published_at_us: int = 0


@dataclass(frozen=True, slots=True)
class IncomingReport:
    """Another server's report about one of our accounts, and what of it. by_uri: an account, often the server's own."""

    uri: str
    by_uri: str
    target_uri: str
    post_uris: tuple[str, ...] = ()
    comment: str = ""


def shortened(text: str, limit: int) -> str:
    """Return the first `limit` characters, for values that are cut."""
    return text if len(text) <= limit else text[:limit]


def check_uri(uri: str) -> str:
    """Return a uri that can name something. Raises IncomingRefused for an empty or endless one, or one with spaces."""
    if not 0 < len(uri) <= MAX_URI_CHARACTERS:
        raise IncomingRefused(f"an address has 1 to {MAX_URI_CHARACTERS} characters, this one has {len(uri)}")
    if uri.split() != [uri] or not uri.isprintable():
        raise IncomingRefused("an address has no spaces or control characters")
    return uri
