"""Link cards as the client API shows them.

Owns: the PreviewCard shape. Never: decides which post has one.
Spec: https://docs.joinmastodon.org/entities/PreviewCard/
"""

from __future__ import annotations

from typing import Any

from rookery.mastodon.addresses import media_url
from rookery.mastodon.dates import find_date
from rookery.model.cards import Card


def json_from_card(card: Card, account: Any | None, base_url: str) -> Any:
    """Return the PreviewCard entity. account: the Account entity of who wrote the page, None for nobody known here."""
    author = {"name": card.author_name, "url": card.author_url, "account": account}
    if account is not None:
        author |= {"name": account["display_name"] or account["username"], "url": account["url"]}
    return {
        "url": card.url,
        "title": card.title,
        "description": card.description,
        "language": card.language or None,
        "type": card.kind.value,
        "author_name": author["name"],
        "author_url": author["url"],
        "provider_name": card.provider_name,
        "provider_url": card.provider_url,
        "html": card.html,
        "width": card.width,
        "height": card.height,
        "image": media_url(base_url, card.image_key) if card.image_key else None,
        "image_description": card.image_description,
        "embed_url": card.embed_url,
        "blurhash": card.blurhash,
        "published_at": find_date(card.published_at_us),
        "authors": [author] if author["name"] or account else [],
    }
