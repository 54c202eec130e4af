"""Accounts: people, bots and groups, ours and far ones, and what may stand in a profile.

Owns: the noun, handle rules, profile limits. Never: passwords and e-mail (see model/members.py).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from rookery.model.errors import Invalid, NotFound
from rookery.model.ids import AccountId
from rookery.model.text import Facet

USERNAME_SHAPE = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,28}[A-Za-z0-9_])?")
RESERVED_USERNAMES = frozenset(
    [
        "about",
        "abuse",
        "account",
        "accounts",
        "admin",
        "administrator",
        "api",
        "app",
        "apps",
        "auth",
        "rookery",
        "deck",
        "embed",
        "feeds",
        "health",
        "help",
        "home",
        "host",
        "inbox",
        "invite",
        "join",
        "login",
        "logout",
        "media",
        "moderator",
        "notifications",
        "oauth",
        "outbox",
        "owner",
        "packs",
        "postmaster",
        "root",
        "rules",
        "search",
        "security",
        "settings",
        "signup",
        "static",
        "support",
        "system",
        "tags",
        "webmaster",
        "well-known",
        "www",
        "xrpc",
    ]
)
MAX_FIELD_COUNT = 4
MAX_FIELD_CHARACTERS = 255
MAX_DISPLAY_NAME_CHARACTERS = 60
MAX_BIO_CHARACTERS = 1000


class AccountNotFound(NotFound):
    """No such account, or none that this viewer may see."""

    def __init__(self) -> None:
        super().__init__("no such account here")


class InvalidUsername(Invalid):
    """Raised with the rule that the name breaks."""


class ProfileRefused(Invalid):
    """A profile value is over its limit."""


@dataclass(frozen=True, slots=True)
class ProfileField:
    """One labelled line of a profile. verified_at_us: when the linked page was seen to link back, or None."""

    name: str
    value: str
    facets: tuple[Facet, ...] = ()
    verified_at_us: int | None = None


@dataclass(frozen=True, slots=True)
class ShownParts:
    """Which parts of a profile page are shown: the tab of pictures, pictures of replies in it, recommendations."""

    shows_media: bool = True
    shows_media_replies: bool = True
    shows_featured: bool = True


@dataclass(frozen=True, slots=True)
class Account:
    """One account as everybody may know it. domain: '' for ours. *_at_us: microseconds since 1970, UTC.

    *_key: blob keys of re-encoded pictures or None; the still ones do not move. version rises with each change that
    shows, counts included. role: a Role of one of our members, None for far accounts. shown: what the page has.
    far_avatar, far_header: what a far account's pictures are called (model/far_files.py), None for ours and for none.
    """

    id: AccountId
    username: str
    domain: str
    display_name: str
    bio: str
    bio_facets: tuple[Facet, ...]
    fields: tuple[ProfileField, ...]
    avatar_key: str | None
    avatar_still_key: str | None
    header_key: str | None
    header_still_key: str | None
    avatar_alt: str
    header_alt: str
    is_locked: bool
    is_bot: bool
    is_group: bool
    is_discoverable: bool
    is_indexable: bool
    hides_network: bool
    created_at_us: int
    suspended_at_us: int | None
    silenced_at_us: int | None
    moved_to_id: AccountId | None
    uri: str | None
    url: str | None
    post_count: int
    follower_count: int
    following_count: int
    last_post_at_us: int | None
    version: int
    role: str | None = None
    shown: ShownParts = ShownParts()
    far_avatar: str | None = None
    far_header: str | None = None

    @property
    def is_local(self) -> bool:
        """True when the account lives on this server."""
        return not self.domain

    @property
    def handle(self) -> str:
        """`ana` for ours, `ana@far.example` for others."""
        return f"{self.username}@{self.domain}" if self.domain else self.username


@dataclass(frozen=True, slots=True)
class ProfileChange:
    """What a person changes in their profile; None leaves a value as it is. Pictures: blob keys (moving, still)."""

    display_name: str | None = None
    bio: str | None = None
    fields: tuple[tuple[str, str], ...] | None = None
    is_locked: bool | None = None
    is_bot: bool | None = None
    is_discoverable: bool | None = None
    is_indexable: bool | None = None
    hides_network: bool | None = None
    avatar: tuple[str, str] | None = None
    header: tuple[str, str] | None = None
    avatar_alt: str | None = None
    header_alt: str | None = None
    removes: frozenset[str] = field(default_factory=frozenset)


def parse_username(raw: str) -> str:
    """Return the name a local account may take: 1 to 30 of a-z, 0-9, `_`, inner `.` and `-`. Raises InvalidUsername."""
    name = raw.strip()
    if not USERNAME_SHAPE.fullmatch(name):
        raise InvalidUsername("a name has 1 to 30 letters a-z, digits or _ (dots and dashes inside are fine)")
    if username_key(name) in RESERVED_USERNAMES:
        raise InvalidUsername("that name is kept for the server; choose another one")
    return name


def username_key(name: str) -> str:
    """Return the form in which names are compared: NFKC, case folded."""
    return unicodedata.normalize("NFKC", name).casefold()


def split_handle(raw: str, here: str) -> tuple[str, str]:
    """Split `@ana`, `ana@far.example` or `acct:…` into (name key, domain), domain '' when it is `here`.

    Raises AccountNotFound when the text cannot be a handle.
    """
    text = raw.strip().removeprefix("acct:").removeprefix("@")
    name, _, domain = text.partition("@")
    if not name or len(text) > 500 or "@" in domain:
        raise AccountNotFound
    domain = domain.casefold()
    return username_key(name), "" if domain == here.casefold() else domain


def check_profile(change: ProfileChange) -> None:
    """Raises ProfileRefused naming the first value over its limit."""
    limits = (
        ("the display name", change.display_name, MAX_DISPLAY_NAME_CHARACTERS),
        ("the bio", change.bio, MAX_BIO_CHARACTERS),
        ("the picture's description", change.avatar_alt, 1500),
        ("the header's description", change.header_alt, 1500),
    )
    for what, value, limit in limits:
        if value is not None and len(value) > limit:
            raise ProfileRefused(f"{what} has {len(value)} characters, the limit is {limit}")
    if change.fields is None:
        return
    if len(change.fields) > MAX_FIELD_COUNT:
        raise ProfileRefused(f"a profile has at most {MAX_FIELD_COUNT} fields")
    if any(len(name) > MAX_FIELD_CHARACTERS or len(value) > MAX_FIELD_CHARACTERS for name, value in change.fields):
        raise ProfileRefused(f"a profile field has at most {MAX_FIELD_CHARACTERS} characters on each side")


def words_of_account(account: Account) -> str:
    """Return everything of a profile that may name custom emoji."""
    lines = (text for one in account.fields for text in (one.name, one.value))
    return "\n".join((account.display_name, account.bio, *lines))
