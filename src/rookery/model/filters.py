"""Filters: words and posts that a person would rather not meet, for a time or for ever.

Owns: the nouns, their limits and refusals, what a match is. Never: a cache; the client API compiles a viewer's filters
for its own answers (mastodon/filters.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from rookery.model.errors import Invalid, NotFound
from rookery.model.ids import AccountId, FilterId, PostId
from rookery.model.lookalikes import Seen, as_seen, bare_form

CONTEXTS = ("home", "notifications", "public", "thread", "account")
MAX_FILTER_COUNT = 200
MAX_WORD_COUNT = 500  # of one person, over all filters: every page of theirs looks for all of them
MAX_FILTERED_POSTS = 2000
MAX_TITLE_CHARACTERS = 256
MAX_KEYWORD_CHARACTERS = 512
EDGE = re.compile(r"\w")
NEVER = "(?!)"


class FilterAction(StrEnum):
    """What an app does with a match: fold it away behind a warning, leave it out, or blur its pictures."""

    WARN = "warn"
    HIDE = "hide"
    BLUR = "blur"


class FilterNotFound(NotFound):
    """No such filter, keyword or filtered post of this account."""

    def __init__(self) -> None:
        super().__init__("no such filter")


class FilterRefused(Invalid):
    """Raised with the rule that the filter breaks."""


@dataclass(frozen=True, slots=True)
class FilterWord:
    """One keyword of a filter. is_whole_word: it counts only between the edges of words."""

    id: int
    keyword: str
    is_whole_word: bool = True


@dataclass(frozen=True, slots=True)
class FilterPost:
    """One post that a filter names."""

    id: int
    post_id: PostId


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter with what it looks for. contexts: where apps apply it. expires_at_us: None for ever."""

    id: FilterId
    account_id: AccountId
    title: str
    contexts: tuple[str, ...]
    action: FilterAction = FilterAction.WARN
    expires_at_us: int | None = None
    words: tuple[FilterWord, ...] = ()
    posts: tuple[FilterPost, ...] = ()


@dataclass(frozen=True, slots=True)
class WordChange:
    """What happens to one keyword: without an id it is new; None keeps what was."""

    id: int | None = None
    keyword: str | None = None
    is_whole_word: bool | None = None
    is_removed: bool = False


@dataclass(frozen=True, slots=True)
class FilterChange:
    """What a person sets of a filter; None keeps what was. sets_expiry: take expires_at_us, also when it is None."""

    title: str | None = None
    contexts: tuple[str, ...] | None = None
    action: FilterAction | None = None
    sets_expiry: bool = False
    expires_at_us: int | None = None
    words: tuple[WordChange, ...] = ()


def check_filter(checked: Filter) -> None:
    """Raises FilterRefused with the first rule that title or contexts break."""
    if not checked.title:
        raise FilterRefused("Title can't be blank")
    if len(checked.title) > MAX_TITLE_CHARACTERS:
        raise FilterRefused(f"Title is too long (maximum is {MAX_TITLE_CHARACTERS} characters)")
    if not checked.contexts:
        raise FilterRefused("Context can't be blank")
    if not set(checked.contexts).issubset(CONTEXTS):
        raise FilterRefused("None or invalid context supplied")


def check_keyword(raw: str) -> str:
    """Return the keyword without outer spaces. Raises FilterRefused."""
    keyword = raw.strip()
    if not keyword:
        raise FilterRefused("Keyword can't be blank")
    if len(keyword) > MAX_KEYWORD_CHARACTERS:
        raise FilterRefused(f"Keyword is too long (maximum is {MAX_KEYWORD_CHARACTERS} characters)")
    return keyword


class Search:
    """Keywords to look for, in a text as it is seen and in what its disguise shows (model/lookalikes.py)."""

    __slots__ = ("bare", "plain")

    def __init__(self, words: Iterable[FilterWord]) -> None:
        words = [word for word in words if word.keyword]
        plain = "|".join(expression_of(as_seen(word.keyword).plain, word) for word in words) or NEVER
        bare = "|".join(expression_of(bare_form(word.keyword), word) for word in words) or NEVER
        self.plain = re.compile(plain)
        self.bare = self.plain if bare == plain else re.compile(bare)

    def finds(self, seen: Seen) -> bool:
        """True when one of the keywords is there."""
        if self.plain.search(seen.plain):
            return True
        return seen.bare is not None and self.bare.search(seen.bare) is not None


def expression_of(keyword: str, word: FilterWord) -> str:
    """Return the regular expression of a keyword in one of its forms.

    An edge is asked for only beside a letter or digit. Spec: Mastodon, app/models/custom_filter_keyword.rb.
    """
    if not keyword:
        return NEVER
    middle = re.escape(keyword)
    if not word.is_whole_word:
        return middle
    start = r"\b" if EDGE.match(keyword[:1]) else ""
    end = r"\b" if EDGE.match(keyword[-1:]) else ""
    return f"{start}{middle}{end}"


def strictest_match(
    filters: Iterable[Filter], context: str, words: str, post_ids: Iterable[int], now_us: int
) -> Filter | None:
    """Return the filter that holds now, in a context, for a text or the ids of a post; one that hides goes first."""
    seen, ids = as_seen(words), frozenset(post_ids)
    found = None
    for one in filters:
        is_over = one.expires_at_us is not None and one.expires_at_us <= now_us
        if is_over or context not in one.contexts:
            continue
        is_named = any(entry.post_id in ids for entry in one.posts)
        if is_named or Search(one.words).finds(seen):
            if one.action is FilterAction.HIDE:
                return one
            found = found or one
    return found
