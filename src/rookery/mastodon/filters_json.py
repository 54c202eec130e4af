"""Filters as the client API shows them, in its present form and in the one before.

Pure: from nouns to plain values. Spec: https://docs.joinmastodon.org/entities/Filter/, …/entities/V1_Filter/
"""

from __future__ import annotations

from typing import Any

from rookery.mastodon.dates import find_date
from rookery.model.filters import Filter, FilterAction, FilterPost, FilterWord


def json_from_filter(shown: Filter) -> dict[str, Any]:
    """Return the Filter entity with what it looks for."""
    return {
        **json_from_rule(shown),
        "keywords": [json_from_word(word) for word in shown.words],
        "statuses": [json_from_entry(entry) for entry in shown.posts],
    }


def json_from_rule(shown: Filter) -> dict[str, Any]:
    """Return the Filter entity as a FilterResult holds it: without what it looks for."""
    return {
        "id": str(shown.id),
        "title": shown.title,
        "context": list(shown.contexts),
        "expires_at": find_date(shown.expires_at_us),
        "filter_action": shown.action.value,
    }


def json_from_word(word: FilterWord) -> dict[str, Any]:
    """Return the FilterKeyword entity."""
    return {"id": str(word.id), "keyword": word.keyword, "whole_word": word.is_whole_word}


def json_from_entry(entry: FilterPost) -> dict[str, Any]:
    """Return the FilterStatus entity."""
    return {"id": str(entry.id), "status_id": str(entry.post_id)}


def json_from_old_filter(shown: Filter, word: FilterWord) -> dict[str, Any]:
    """Return the V1::Filter entity: one keyword with the rules of its filter."""
    return {
        "id": str(word.id),
        "phrase": word.keyword,
        "context": list(shown.contexts),
        "whole_word": word.is_whole_word,
        "expires_at": find_date(shown.expires_at_us),
        "irreversible": shown.action is FilterAction.HIDE,
    }
