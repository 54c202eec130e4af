"""Members: the people who have an account here, with a way to sign in. An Account without its Member is a far one.

Owns: roles, sign-up rules, member states, preferences. Never: hashes a password or sends a mail (actions do).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from rookery.model.errors import Conflict, Invalid, NotAllowed
from rookery.model.ids import AccountId

EMAIL_SHAPE = re.compile(r"[^@\s\x00-\x1f\"%(),:;<>\[\\\]]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")
MIN_PASSWORD_CHARACTERS = 8
MAX_PASSWORD_CHARACTERS = 256
MAX_REASON_CHARACTERS = 1000


class Role(StrEnum):
    """What a member may do here, least first."""

    MEMBER = "member"
    MODERATOR = "moderator"
    ADMIN = "admin"
    OWNER = "owner"


RANKS = {role: rank for rank, role in enumerate(Role)}


class RegistrationMode(StrEnum):
    """Who may sign up."""

    OPEN = "open"
    APPROVAL = "approval"
    INVITATION = "invitation"
    CLOSED = "closed"


# Why a member may not act, in the words that apps know. A state missing here may act.
HELD_BACK = {
    "unconfirmed": "Your login is missing a confirmed e-mail address",
    "pending": "Your login is currently pending approval",
    "disabled": "Your login is currently disabled",
    "suspended": "Your login is currently disabled",
    "leaving": "Your login is currently disabled",
}
# These may still do what completes their sign-up: confirm an address, ask for another mail.
NEWCOMERS = frozenset(["unconfirmed", "pending"])

# What a member's state becomes. A pair missing here raises IllegalStep.
MEMBER_STEPS = {
    ("unconfirmed", "confirm"): "active",
    ("unconfirmed", "confirm_and_wait"): "pending",
    ("unconfirmed", "disable"): "disabled",
    ("pending", "approve"): "active",
    ("pending", "confirm"): "pending",
    ("pending", "confirm_and_wait"): "pending",
    ("pending", "disable"): "disabled",
    ("active", "confirm"): "active",  # a second click on the link in the mail is harmless
    ("active", "confirm_and_wait"): "active",
    ("active", "disable"): "disabled",
    ("disabled", "disable"): "disabled",
    ("active", "approve"): "active",
    ("disabled", "enable"): "active",
    ("active", "enable"): "active",
    ("active", "leave"): "leaving",
    ("leaving", "return"): "active",
    ("leaving", "disable"): "disabled",
    ("leaving", "confirm"): "leaving",
    ("leaving", "confirm_and_wait"): "leaving",
}


class IllegalStep(Conflict):
    """The member's state does not allow this step."""

    def __init__(self, state: str, step: str) -> None:
        super().__init__(f"a member who is {state} cannot take the step {step!r}")
        self.state, self.step = state, step


class MemberHeldBack(NotAllowed):
    """The member is known and may not act now. standing: unconfirmed, pending, disabled or suspended."""

    def __init__(self, standing: str) -> None:
        super().__init__(HELD_BACK[standing])
        self.standing = standing


class SignUpRefused(Invalid):
    """A sign-up value breaks a rule. field: which one.

    reason: TAKEN, RESERVED, INVALID, BLANK, TOO_SHORT, TOO_LONG or ACCEPTED.
    """

    def __init__(self, field: str, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field, self.reason = field, reason

    @property
    def problems(self) -> tuple[SignUpRefused, ...]:
        """Every value that breaks a rule; this one alone here."""
        return (self,)


class SignUpFailed(SignUpRefused):
    """Several values break a rule: all of them, so that the form can show each beside its field."""

    def __init__(self, refusals: Sequence[SignUpRefused]) -> None:
        first = refusals[0]
        super().__init__(first.field, first.reason, str(first))
        self.refusals = tuple(refusals)

    @property
    def problems(self) -> tuple[SignUpRefused, ...]:
        """Every value that breaks a rule, in the order of the form."""
        return self.refusals


@dataclass(frozen=True, slots=True)
class Preferences:
    """A member's choices for writing and reading. language, locale: BCP 47 or None for the browser's.

    attribution_domains: websites that may name the member as an author. shows_*: parts of the profile page: the tab of
    pictures, pictures of replies in it, and what the member recommends.
    """

    default_audience: int = 0
    default_sensitive: bool = False
    default_language: str | None = None
    default_quote_policy: int = 0
    expands_media: str = "default"  # default, show_all, hide_all
    expands_warnings: bool = False
    autoplays: bool = False
    theme: str = "auto"  # auto, light, dark, contrast
    locale: str | None = None
    attribution_domains: tuple[str, ...] = ()
    shows_media: bool = True
    shows_media_replies: bool = True
    shows_featured: bool = True


@dataclass(frozen=True, slots=True)
class Member:
    """A local account's private side. state: unconfirmed, pending, active, leaving or disabled.

    suspended_at_us: when the account was suspended, or None. invited_by_id: who vouched for the member; such a member
    needs no approval. needs_approval: a block at the door wants staff to look, whatever else is chosen.
    """

    account_id: AccountId
    email: str
    password_hash: str
    role: Role
    state: str
    preferences: Preferences
    created_at_us: int
    reason: str
    confirmed_at_us: int | None = None
    invited_by_id: AccountId | None = None
    suspended_at_us: int | None = None
    needs_approval: bool = False

    @property
    def standing(self) -> str:
        """The state, or `suspended`, which outweighs it. Only `active` may act."""
        return self.state if self.suspended_at_us is None else "suspended"


@dataclass(frozen=True, slots=True)
class SignUp:
    """What somebody fills in to join. locale, theme: how the form looked, to begin with. address: where they sit."""

    username: str
    email: str
    password: str
    reason: str = ""
    locale: str | None = None
    theme: str = "auto"
    invitation: str | None = None
    agreement: bool = True
    address: str = ""


def next_state(state: str, step: str) -> str:
    """Return what the state becomes. Raises IllegalStep."""
    try:
        return MEMBER_STEPS[state, step]
    except KeyError:
        raise IllegalStep(state, step) from None


def check_standing(standing: str) -> None:
    """Raises MemberHeldBack unless the member may act."""
    if standing in HELD_BACK:
        raise MemberHeldBack(standing)


def outranks(role: Role, other: Role) -> bool:
    """True when the one may govern the other: a higher role, so nobody governs an owner."""
    return RANKS[role] > RANKS[other]


def parse_email(raw: str) -> str:
    """Return the address as written. Raises SignUpRefused."""
    email = raw.strip()
    if not email:
        raise SignUpRefused("email", "BLANK", "an e-mail address is needed")
    if len(email) > 320 or not EMAIL_SHAPE.fullmatch(email) or ".." in email:
        raise SignUpRefused("email", "INVALID", "that does not look like an e-mail address")
    return email


def email_key(email: str) -> str:
    """Return the form in which addresses are compared."""
    return email.casefold()


def check_password(password: str) -> None:
    """Raises SignUpRefused when the password is shorter than 8 or longer than 256 characters."""
    if not password:
        raise SignUpRefused("password", "BLANK", "a password is needed")
    if len(password) < MIN_PASSWORD_CHARACTERS:
        raise SignUpRefused("password", "TOO_SHORT", f"a password has at least {MIN_PASSWORD_CHARACTERS} characters")
    if len(password) > MAX_PASSWORD_CHARACTERS:
        raise SignUpRefused("password", "TOO_LONG", f"a password has at most {MAX_PASSWORD_CHARACTERS} characters")
