"""What a reader's filters do to the posts of a page: left out, folded behind the filter's title, or pictures veiled.

Owns: PageFilters, Judgement, which pages are which context. The pages do what apps do with the same filters. A post
that one opened by its address is folded and never missing, and one's own posts are never filtered.
Spec: https://docs.joinmastodon.org/user/moderating/#filters
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rookery.model.filters import Filter, FilterAction, Search
from rookery.model.ids import MAX_ID
from rookery.model.lookalikes import as_seen

# The first that fits a path. What one has kept oneself, and what staff decides about, is not filtered.
CONTEXTS = (
    (re.compile(r"/(bookmarks|admin|moderation|decisions|scheduled|messages|settings)\b"), ""),
    (re.compile(r"/@[^/]+/[^/]+/delete$"), ""),
    (re.compile(r"/(home|lists)\b"), "home"),
    (re.compile(r"/notifications\b"), "notifications"),
    (re.compile(r"/@[^/]+/[a-z2-7]{13}\b"), "thread"),
    (re.compile(r"/@"), "account"),
)


def context_of(path: str) -> str:
    """Return the context of a page's posts, '' for none."""
    return next((context for shape, context in CONTEXTS if shape.match(path)), "public")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What filters say of one post. folds, veils: the titles of those that fold it and that veil its pictures."""

    is_hidden: bool = False
    folds: tuple[str, ...] = ()
    veils: tuple[str, ...] = ()


PASSED = Judgement()


class PageFilters:
    """The filters of one reader that hold now. ends_at_us: when the first of them expires."""

    def __init__(self, filters: Sequence[Filter]) -> None:
        self.rules = [(one, Search(one.words), frozenset(entry.post_id for entry in one.posts)) for one in filters]
        self.ends_at_us = min((one.expires_at_us for one in filters if one.expires_at_us is not None), default=MAX_ID)

    def judge(self, context: str, words: str, post_ids: Iterable[int]) -> Judgement:
        """Judge a post by its words and by its ids: its own, that of its repost, that of what it quotes."""
        rules = [rule for rule in self.rules if context in rule[0].contexts]
        if not rules:
            return PASSED
        seen, ids = as_seen(words), frozenset(post_ids)
        met = [one for one, search, named in rules if not named.isdisjoint(ids) or search.finds(seen)]
        titles = {action: tuple(one.title for one in met if one.action is action) for action in FilterAction}
        return Judgement(bool(titles[FilterAction.HIDE]), titles[FilterAction.WARN], titles[FilterAction.BLUR])
