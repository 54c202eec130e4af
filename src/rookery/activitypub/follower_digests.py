"""Followers of one account on one server as one number, which two servers compare.

Owns: the digest, and the header that carries it in both directions. Pure but for one query. Never: ends a follow
(actions/follower_lists.py), fetches (synchronizing.py), shows who they are (synchronization.py).
Spec: https://w3id.org/fep/8fcf
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from rookery.activitypub.addresses import followers_uri
from rookery.activitypub.origin import authority_of, host_of, same_origin
from rookery.network.outward import Header
from rookery.storage.database import Reader
from rookery.storage.follower_lists import list_far_followers, list_followers_at

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


def header_for(actor: str, digest: str) -> Header:
    """Return the header for a delivery of what goes to all followers of one of ours. actor: its id."""
    said = Synchronization(followers_uri(actor), synchronization_url(actor), digest)
    return HEADER, header_from(said)


async def list_digests(reader: Reader, account_id: int) -> dict[str, str]:
    """Return the digest of the followers of one of ours for each server that has some, by host and port.

    One query for all servers, and the hashing off the loop: a post that goes to thousands asks for all of them.
    """
    return await asyncio.to_thread(digests_of, await list_far_followers(reader, account_id))


def digests_of(uris: Iterable[str]) -> dict[str, str]:
    """Return the digest of those of each server."""
    by_server: dict[str, list[str]] = {}
    for uri in uris:
        by_server.setdefault(authority_of(uri), []).append(uri)
    return {authority: digest_of(found) for authority, found in by_server.items()}


async def followers_at(reader: Reader, account_id: int, uri: str) -> list[str]:
    """Return the ids of those followers whose server is that of an address."""
    authority = authority_of(uri)
    found = await list_followers_at(reader, account_id, host_of(uri))
    return [one for one in found if authority_of(one) == authority]
