"""Which keys an actor says are its own, and how ids of keys are compared.

Owns: reading `publicKey` and `assertionMethod`, the canonical form of ids. Pure. Never: a fetch; believes a key that
names its owner unless the owner names the key (activitypub/foreignkeys.py fetches both).
Spec: FEP-521a; https://swicg.github.io/activitypub-http-signature/#how-to-obtain-a-signature-s-public-key
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

from rookery.activitypub.multikeys import KeyRefused, PublicKey, parse_multikey, parse_pem
from rookery.network.destinations import Destination, parse_destination

MOST_KEYS = 10  # of one actor; what comes after them is not read
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Uri:
    """An id, taken apart. url: without the fragment, in its one form; origin: scheme, host and port."""

    url: str
    fragment: str
    origin: str
    host: str

    @property
    def text(self) -> str:
        """The whole id in its one form."""
        return f"{self.url}#{self.fragment}" if self.fragment else self.url


def parse_uri(raw: object, *, is_test: bool) -> Uri:
    """Read an id that can be fetched: https, no user name, host in lower case. Raises AddressRefused, ValueError."""
    if not isinstance(raw, str) or not raw:
        raise ValueError("an id is a string")
    return split_uri(raw, is_test)


@lru_cache(maxsize=8192)
def split_uri(raw: str, is_test: bool) -> Uri:
    """Read an id once: the same keys speak again and again. Raises AddressRefused, ValueError."""
    link, _, fragment = raw.partition("#")
    place: Destination = parse_destination(link, allows_http=False, is_test=is_test)
    return Uri(place.url, fragment, place.origin, place.host)


def parse_document(body: bytes) -> Document:
    """Read a JSON object. Raises ValueError."""
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise ValueError("not JSON") from error
    if not isinstance(document, dict):
        raise ValueError("not a JSON object")
    return document


def listed(document: Document, name: str) -> list[Any]:
    """Return the values of a property that may hold one or many; not more than MOST_KEYS."""
    value = document.get(name)
    if value is None:
        return []
    return value[:MOST_KEYS] if isinstance(value, list) else [value]


def claimed_keys(actor: Document) -> Iterator[tuple[str, PublicKey | None]]:
    """Yield (id of a key, key) for each that an actor lists as its own; None where it only names the id.

    A key that names another owner, or cannot be read, or is too weak, is not among them.
    """
    for entry in listed(actor, "publicKey"):
        yield from claim_of(actor, entry, "owner", "publicKeyPem")
    for entry in listed(actor, "assertionMethod"):
        yield from claim_of(actor, entry, "controller", "publicKeyMultibase")


def claim_of(actor: Document, entry: Any, owner: str, material: str) -> Iterator[tuple[str, PublicKey | None]]:
    """Yield the one key of an entry, or nothing."""
    if isinstance(entry, str):
        yield entry, None
    if not isinstance(entry, dict) or entry.get(owner, actor.get("id")) != actor.get("id"):
        return
    key_id, key = entry.get("id"), key_of(entry, material)
    if isinstance(key_id, str) and key is not None:
        yield key_id, key


def key_of(entry: Document, material: str) -> PublicKey | None:
    """Return the key in an entry or a document of its own, None when there is none that we accept."""
    raw = entry.get(material)
    if not isinstance(raw, str):
        return None
    try:
        return parse_pem(raw) if material == "publicKeyPem" else parse_multikey(raw)
    except KeyRefused:
        return None


def owner_named_by(document: Document) -> object:
    """Return whom a document behind a keyId names as the owner: a hint where to look, and no more."""
    for name in ("owner", "controller"):
        if document.get(name):
            return document[name]
    inner = document.get("publicKey")
    if isinstance(inner, dict) and inner.get("owner"):
        return inner["owner"]
    return document.get("id")
