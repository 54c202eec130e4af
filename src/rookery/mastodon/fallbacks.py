"""Notifications in words, for apps that do not know their kind.

Owns: which kinds have such words, NotificationFallback in English and French. An app says with `supported_types` what
it can show; for the other kinds below it gets a sentence and where to read on.
Spec: https://docs.joinmastodon.org/entities/NotificationFallback/
"""

from __future__ import annotations

from collections.abc import Collection
from html import escape
from typing import Any

from rookery.mastodon.forms import INDEX, Form
from rookery.mastodon.notifications_json import WORDS
from rookery.model.notifications import NotificationKind

SENTENCES = {
    "en": {
        NotificationKind.REPORT: "{name} reported somebody",
        NotificationKind.SIGN_UP: "{name} joined",
        NotificationKind.COLLECTED: "{name} put you into a collection",
        NotificationKind.COLLECTION_UPDATE: "{name} changed a collection that you are in",
        "more": "Your app does not know this kind of notification. {link}",
        "link": "Read it on the pages of the server",
    },
    "fr": {
        NotificationKind.REPORT: "{name} a signalé quelqu’un",
        NotificationKind.SIGN_UP: "{name} a rejoint le serveur",
        NotificationKind.COLLECTED: "{name} vous a ajouté·e à une collection",
        NotificationKind.COLLECTION_UPDATE: "{name} a modifié une collection dont vous faites partie",
        "more": "Votre application ne connaît pas ce type de notification. {link}",
        "link": "Lisez-la sur les pages du serveur",
    },
}


def supported_from_form(form: Form) -> frozenset[str] | None:
    """Read the words of `supported_types`; None when the app did not say, which asks for no fallback at all."""
    name = "supported_types"
    is_said = any(key == name or (key.startswith(name) and INDEX.fullmatch(key[len(name) :])) for key in form.last)
    return frozenset(form.texts(name)) if is_said else None


def needs_fallback(kind: str, supported: Collection[str] | None) -> bool:
    """True for a kind that has a fallback and that the app does not know."""
    known = NotificationKind(kind)
    return supported is not None and known in SENTENCES["en"] and WORDS[known] not in supported


def json_from_fallback(kind: str, account: Any, language: str, base_url: str) -> dict[str, Any]:
    """Return the NotificationFallback entity. account: the Account entity of who is behind it."""
    texts = SENTENCES[language]
    name = escape(account["display_name"] or account["username"])
    person = f'<a href="{escape(account["url"])}">{name}</a>'
    link = f'<a href="{escape(base_url)}/notifications">{texts["link"]}</a>'
    return {
        "title": texts[NotificationKind(kind)].format(name=person),
        "summary": texts["more"].format(link=link),
        "details": None,
    }
