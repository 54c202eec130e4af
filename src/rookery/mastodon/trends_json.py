"""Trends as the client API shows them, to everybody and to those who decide.

Pure: from nouns to plain values. A link that nobody has fetched is a card with its address and its host.
Spec: https://docs.joinmastodon.org/entities/PreviewCard/#trends-link, …/entities/Tag/#admin
"""

from __future__ import annotations

from typing import Any

from rookery.mastodon.tags_json import history_from
from rookery.model.trends import Trend, Verdict


def json_from_link(trend: Trend, today: int) -> dict[str, Any]:
    """Return the Trends::Link entity. today: days since 1970."""
    return {
        "url": trend.name,
        "title": trend.host,
        "description": "",
        "language": trend.language,
        "type": "link",
        "author_name": "",
        "author_url": "",
        "provider_name": trend.host,
        "provider_url": "",
        "html": "",
        "width": 0,
        "height": 0,
        "image": None,
        "image_description": "",
        "embed_url": "",
        "blurhash": None,
        "published_at": None,
        "authors": [],
        "history": history_from(trend.days, today),
    }


def json_from_publisher(trend: Trend) -> dict[str, Any]:
    """Return a site that links lead to, for those who decide."""
    return {"id": str(trend.id), "domain": trend.name, **review_json(trend.verdict)}


def review_json(verdict: Verdict | None) -> dict[str, Any]:
    """Return what was decided."""
    return {"trendable": verdict is Verdict.APPROVED, "requires_review": verdict is None}
