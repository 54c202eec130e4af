"""Reports of accounts, what staff does about them, and how somebody objects.

Owns: categories, measures, the nouns Report, Strike, Appeal, their limits and refusals. Never: who may decide.
A strike is what an account was told: the measure, the posts, the reason. It names nobody of the staff and nobody who
reported; that stands in the log of those who look after the server.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rookery.model.errors import Conflict, Invalid, NotAllowed, NotFound

MAX_COMMENT_CHARACTERS = 1000
MAX_STATEMENT_CHARACTERS = 3000
MAX_APPEAL_CHARACTERS = 2000
MAX_NOTE_CHARACTERS = 2000
MAX_REPORTED_POSTS = 50
MAX_REPORTED_COLLECTIONS = 10
APPEAL_DAYS = 20
PURGE_DAYS = 30


class Category(StrEnum):
    """Why somebody reports."""

    SPAM = "spam"
    LEGAL = "legal"
    VIOLATION = "violation"
    OTHER = "other"


class Measure(StrEnum):
    """What staff does to an account, mildest first. The text is what the database keeps and apps send."""

    NONE = "none"
    SENSITIVE = "sensitive"
    DISABLE = "disable"
    SILENCE = "silence"
    SUSPEND = "suspend"


class ReportNotFound(NotFound):
    """No such report, or one that is not for this reader."""

    def __init__(self) -> None:
        super().__init__("no such report")


class StrikeNotFound(NotFound):
    """No such decision, or somebody else's."""

    def __init__(self) -> None:
        super().__init__("no such decision")


class ReportRefused(Invalid):
    """A value of a report, a statement or a note breaks a rule."""


class AppealRefused(NotAllowed):
    """Too late, or the second time."""


class AppealDecided(Conflict):
    """Somebody else of the staff was first."""

    def __init__(self) -> None:
        super().__init__("this appeal has been decided already")


@dataclass(frozen=True, slots=True)
class ReportDraft:
    """What somebody reports. rule_ids: places in the server's rules, from 1. is_forwarded: tell their server too."""

    target_id: int
    category: Category | None = None
    comment: str = ""
    post_ids: tuple[int, ...] = ()
    rule_ids: tuple[int, ...] = ()
    is_forwarded: bool = False
    collection_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportedCollection:
    """A reported collection as it was, since its owner may change or delete it."""

    id: int
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """A reported post as it was, since its author may delete it."""

    post_id: int
    text: str
    content_warning: str
    picture_count: int


@dataclass(frozen=True, slots=True)
class Report:
    """One report. assigned_id: who of the staff looks into it; handled_*: who closed it, and when."""

    id: int
    account_id: int
    target_id: int
    category: Category
    comment: str
    post_ids: tuple[int, ...]
    rule_ids: tuple[int, ...]
    evidence: tuple[Evidence, ...]
    created_at_us: int
    updated_at_us: int
    is_forwarded: bool = False
    assigned_id: int | None = None
    handled_by_id: int | None = None
    handled_at_us: int | None = None
    collections: tuple[ReportedCollection, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """What staff tells each other about an account. report_id: where it was written, or None."""

    id: int
    account_id: int
    report_id: int | None
    author_id: int | None
    text: str
    created_at_us: int


@dataclass(frozen=True, slots=True)
class Appeal:
    """What the account said to a strike. is_granted: None while nobody decided."""

    text: str
    created_at_us: int
    decided_at_us: int | None
    is_granted: bool | None


@dataclass(frozen=True, slots=True)
class Strike:
    """A decision about an account, as it was told. by_id: who decided, for the staff alone."""

    id: int
    account_id: int
    report_id: int | None
    measure: Measure
    text: str
    post_ids: tuple[int, ...]
    by_id: int | None
    created_at_us: int
    overruled_at_us: int | None
    appeal: Appeal | None = None

    def may_be_appealed(self, now_us: int) -> bool:
        """True while the account may object: once, and for some days."""
        return (
            self.appeal is None
            and self.overruled_at_us is None
            and now_us - self.created_at_us < APPEAL_DAYS * 86_400 * 1_000_000
        )


def check_length(text: str, limit: int) -> str:
    """Return the text without outer spaces. Raises ReportRefused."""
    words = text.strip()
    if len(words) > limit:
        raise ReportRefused(f"that has {len(words)} characters, the limit is {limit}")
    return words


def check_report(draft: ReportDraft, rule_count: int) -> Category:
    """Return the category, which broken rules imply. Raises ReportRefused."""
    check_length(draft.comment, MAX_COMMENT_CHARACTERS)
    if len(draft.post_ids) > MAX_REPORTED_POSTS:
        raise ReportRefused(f"a report has at most {MAX_REPORTED_POSTS} posts")
    if len(draft.collection_ids) > MAX_REPORTED_COLLECTIONS:
        raise ReportRefused(f"a report has at most {MAX_REPORTED_COLLECTIONS} collections")
    if any(not 1 <= rule_id <= rule_count for rule_id in draft.rule_ids):
        raise ReportRefused("does not reference valid rules")
    return draft.category or (Category.VIOLATION if draft.rule_ids else Category.OTHER)
