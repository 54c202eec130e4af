"""Custom emoji of other servers in SQL.

Owns: the table `far_emoji`, by (domain, shortcode): the same name means another picture elsewhere. Its picture is a far
file (storage/far_files.py), whose token, and so our address of it, stays when the picture changes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rookery.model.incoming import IncomingEmoji
from rookery.storage.database import Reader, Transaction
from rookery.storage.far_files import put_emoji_file

PUT = """
    -- A picture is fetched anew when its address or its moment changes.
    INSERT INTO far_emoji (domain, shortcode, url, uri, updated_at)
    VALUES (:domain, :shortcode, :url, :uri, :updated_at)
    ON CONFLICT (domain, shortcode) DO UPDATE SET url = excluded.url, uri = excluded.uri,
        updated_at = excluded.updated_at
    WHERE far_emoji.updated_at <= excluded.updated_at
        AND (far_emoji.url <> excluded.url OR far_emoji.updated_at < excluded.updated_at)
"""
OF_DOMAINS = """
    SELECT e.domain, e.shortcode, f.token FROM far_emoji e
    JOIN far_files f ON f.domain = e.domain AND f.shortcode = e.shortcode
    WHERE e.domain IN (:domains...text) AND e.shortcode IN (:names...text)
"""


@dataclass(frozen=True, slots=True)
class FarEmoji:
    """A custom emoji of another server. token: what its picture is called, see model/far_files.py."""

    domain: str
    shortcode: str
    token: str


async def put_far_emoji(tx: Transaction, domain: str, emoji: IncomingEmoji) -> bool:
    """Store one; False when it is as it was, or older than what is known."""
    changed = await tx.run(
        PUT, domain=domain, shortcode=emoji.shortcode, url=emoji.url, uri=emoji.uri, updated_at=emoji.updated_at_us
    )
    if changed:
        await put_emoji_file(tx, domain, emoji.shortcode, emoji.url)
    return changed == 1


async def list_far_emoji(
    reader: Reader, domains: Iterable[str], names: Iterable[str]
) -> dict[str, dict[str, FarEmoji]]:
    """Return those of the names that some servers have: domain -> shortcode -> emoji."""
    found: dict[str, dict[str, FarEmoji]] = {}
    rows = await reader.all(OF_DOMAINS, domains=list(domains), names=list(names))
    for row in rows:
        found.setdefault(row[0], {})[row[1]] = FarEmoji(*row)
    return found
