"""Answers that are given before any room is asked: in JSON to apps, as a small page to browsers, else as plain text.

Owns: which of the three, and the page with its few words in English and French. Never: decides to refuse
(network/connections.py). Such an answer asks nothing of the rooms, which may be the reason why it is given.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape

from rookery.network.responses import Headers

# What programs speak to: whatever they accept, they read JSON there.
FOR_PROGRAMS = (b"/api/", b"/oauth/", b"/xrpc/", b"/.well-known/", b"/nodeinfo")
FRENCH = {
    "The request took too long to arrive.": "La requête a mis trop de temps à arriver.",
    "There are too many connections from your address; close some and try again.": (
        "Trop de connexions viennent de votre adresse\u202f; fermez-en quelques-unes et réessayez."
    ),
}
TITLES = {"en": "A moment, please", "fr": "Un instant, s’il vous plaît"}
PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>{title}</title>
<style>body {{ font: 1.1rem/1.6 system-ui, sans-serif; max-width: 32rem; margin: 20vh auto; padding: 0 1rem }}</style>
</head><body><main><h1>{title}</h1><p>{sentence}</p></main></body></html>
"""
PLAIN: Headers = [(b"content-type", b"text/plain; charset=utf-8")]
JSON: Headers = [(b"content-type", b"application/json; charset=utf-8"), (b"access-control-allow-origin", b"*")]
HTML: Headers = [
    (b"content-type", b"text/html; charset=utf-8"),
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
]


def spoken(sentence: str, path: bytes = b"", headers: Iterable[tuple[bytes, bytes]] = ()) -> tuple[Headers, bytes]:
    """Return headers and body that say a sentence of ours. Without a path, because no head is known, it is plain."""
    given = {name: value.lower() for name, value in headers}
    accepted = given.get(b"accept", b"")
    if path.startswith(FOR_PROGRAMS) or (b"json" in accepted and b"text/html" not in accepted):
        return JSON, json.dumps({"error": sentence}).encode()
    if b"text/html" not in accepted:
        return PLAIN, sentence.encode()
    language = "fr" if given.get(b"accept-language", b"").startswith(b"fr") else "en"
    words = FRENCH.get(sentence, sentence) if language == "fr" else sentence
    return HTML, PAGE.format(language=language, title=TITLES[language], sentence=escape(words)).encode()
