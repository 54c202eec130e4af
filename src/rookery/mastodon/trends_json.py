"""Trends as the client API shows them, to everybody and to those who decide.

Pure: from nouns to plain values. A link that nobody has fetched is a card with its address and its host.
Spec: https://docs.joinmastodon.org/entities/PreviewCard/#trends-link, …/entities/Tag/#admin
"""

from __future__ import annotations

from typing import Any

from rookery.mastodon.cards_json import json_from_card
from rookery.mastodon.tags_json import history_from
from rookery.model.cards import Card
from rookery.model.trends import Trend, Verdict


def json_from_link(trend: Trend, card: Card | None, account: Any | None, base_url: str, today: int) -> dict[str, Any]:
    """Return the Trends::Link entity. account: of who wrote the page, as json_from_card has it. today: since 1970."""
    plain = Card(trend.name, title=trend.host, provider_name=trend.host, language=trend.language or "")
    return {**json_from_card(card or plain, account, base_url), "history": history_from(trend.days, today)}


def json_from_publisher(trend: Trend) -> dict[str, Any]:
    """Return a site that links lead to, for those who decide."""
    return {"id": str(trend.id), "domain": trend.name, **review_json(trend.verdict)}


def review_json(verdict: Verdict | None) -> dict[str, Any]:
    """Return what was decided."""
    return {"trendable": verdict is Verdict.APPROVED, "requires_review": verdict is None}
