"""Followers of one account on one server as one number, which two servers compare.

Owns: the digest, and the header that carries it in both directions. Pure but for one query. Never: ends a follow
(actions/follower_lists.py), fetches (synchronizing.py), shows who they are (synchronization.py).
Spec: https://w3id.org/fep/8fcf
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from rookery.activitypub.addresses import actor_uri, followers_uri
from rookery.activitypub.origin import authority_of, host_of, same_origin
from rookery.model.accounts import Account
from rookery.storage.database import Reader
from rookery.storage.follower_lists import list_followers_at

HEADER = "collection-synchronization"
MAX_HEADER_CHARACTERS = 8192
PARAMETER = re.compile(r'\s*([A-Za-z]{1,40})="([^"\\\x00-\x1f]{0,2048})"\s*(?:,|$)')
DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Synchronization:
    """What a header says: whose followers, where those of our people stand, and their digest."""

    collection_uri: str
    url: str
    digest: str


def digest_of(uris: Iterable[str]) -> str:
    """Return the XOR of the SHA-256 digests of ids, in hex; the order does not count, each counts once."""
    mixed = 0
    for uri in set(uris):
        mixed ^= int.from_bytes(hashlib.sha256(uri.encode()).digest(), "big")
    return f"{mixed:064x}"


def synchronization_url(actor: str) -> str:
    """Return where a server reads which of its people follow one of ours. actor: its id."""
    return f"{actor}/followers_synchronization"


def header_from(said: Synchronization) -> str:
    """Write the header's value."""
    return f'collectionId="{said.collection_uri}", url="{said.url}", digest="{said.digest}"'


def parse_header(raw: str, signer_uri: str) -> Synchronization | None:
    """Read the header of a delivery; None for what cannot be read, or speaks for another server than the signer's."""
    if len(raw) > MAX_HEADER_CHARACTERS:
        return None
    found, place = {}, 0
    while place < len(raw):
        match = PARAMETER.match(raw, place)
        if match is None or match[1].lower() in found:
            return None
        found[match[1].lower()] = match[2]
        place = match.end()
    said = Synchronization(found.get("collectionid", ""), found.get("url", ""), found.get("digest", "").lower())
    is_theirs = same_origin(said.url, signer_uri) and same_origin(said.collection_uri, signer_uri)
    return said if is_theirs and DIGEST.fullmatch(said.digest) else None


async def header_for(reader: Reader, author: Account, inbox_url: str, base_url: str) -> tuple[str, str] | None:
    """Return the header for a delivery to this inbox of what goes to all followers of one of ours; None without any."""
    actor = actor_uri(author, base_url)
    uris = await followers_at(reader, author.id, inbox_url)
    if not uris:
        return None
    said = Synchronization(followers_uri(actor), synchronization_url(actor), digest_of(uris))
    return "Collection-Synchronization", header_from(said)


async def followers_at(reader: Reader, account_id: int, uri: str) -> list[str]:
    """Return the ids of those followers whose server is that of an address."""
    authority = authority_of(uri)
    found = await list_followers_at(reader, account_id, host_of(uri))
    return [one for one in found if authority_of(one) == authority]
