"""Accounts as staff sees them: searched by what others do not know, with what was done to them.

Owns: those queries. Never: serves anybody but staff; the routes say who that is. They may scan: an admin asks seldom.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from rookery.model.members import Role
from rookery.model.paging import Window
from rookery.storage.database import Reader
from rookery.storage.paging import PageQuery, list_rows

STANDINGS = {
    "": "1 = 1",
    "active": "a.suspended_at IS NULL",
    "pending": "m.state = 'pending'",
    "disabled": "m.state = 'disabled'",
    "silenced": "a.silenced_at IS NOT NULL",
    "suspended": "a.suspended_at IS NOT NULL",
    "sensitized": "EXISTS (SELECT 1 FROM account_measures x WHERE x.account_id = a.id AND x.sensitive_at IS NOT NULL)",
}
CHOSEN = """
        (:origin = 0 OR (:origin = 1 AND a.domain = '') OR (:origin = 2 AND a.domain <> ''))
        AND (CAST(:domain AS text) = '' OR a.domain = :domain)
        AND (CAST(:username AS text) = '' OR a.username_key LIKE :username ESCAPE '!')
        AND (CAST(:name AS text) = '' OR lower(a.display_name) LIKE :name ESCAPE '!')
        AND (CAST(:email AS text) = '' OR m.email_key LIKE :email ESCAPE '!')
        AND (:any_role = 1 OR m.role IN (:roles...text))
        AND (:invited_by = 0 OR (m.invited_by_id = :invited_by AND m.account_id <> m.invited_by_id))
        AND (CAST(:address AS text) = '' OR EXISTS (SELECT 1 FROM sessions s
            WHERE s.account_id = a.id AND s.address = :address))
        AND (CAST(:anything AS text) = '' OR a.username_key LIKE :anything ESCAPE '!'
            OR lower(a.display_name) LIKE :anything ESCAPE '!' OR a.domain LIKE :anything ESCAPE '!'
            OR m.email_key LIKE :anything ESCAPE '!')
"""
PAGES = {
    standing: PageQuery(f"""
        -- Newest first.
        SELECT a.id FROM accounts a LEFT JOIN members m ON m.account_id = a.id
        WHERE a.id < :before AND a.id > :after AND {condition} AND {CHOSEN}
        ORDER BY a.id {{order}} LIMIT :limit
    """)
    for standing, condition in STANDINGS.items()
}
SEEN_PAGES = {
    standing: f"""
        -- Those who were here last first; who was never here, and far accounts, at the end.
        SELECT a.id, coalesce(m.last_seen_at, 0) FROM accounts a LEFT JOIN members m ON m.account_id = a.id
        WHERE (coalesce(m.last_seen_at, 0), a.id) < (:seen, :before) AND {condition} AND {CHOSEN}
        ORDER BY coalesce(m.last_seen_at, 0) DESC, a.id DESC LIMIT :limit
    """
    for standing, condition in STANDINGS.items()
}
LAST_SEEN = """
    SELECT account_id, last_seen_at FROM members WHERE account_id IN (:ids...) AND last_seen_at IS NOT NULL
"""
ADDRESSES = """
    -- Where members signed in from, newest first. Index: sessions_account (account_id, id)
    SELECT account_id, address, max(last_seen_at) FROM sessions WHERE account_id IN (:ids...) AND address <> ''
    GROUP BY account_id, address ORDER BY max(last_seen_at) DESC
"""


@dataclass(frozen=True, slots=True)
class AccountQuery:
    """What staff looks for; empty values ask nothing. origin: '', local or remote. standing: a key of STANDINGS.

    anything: stands in the name, the handle, its server or the address.
    """

    origin: str = ""
    standing: str = ""
    domain: str = ""
    username: str = ""
    display_name: str = ""
    email: str = ""
    address: str = ""
    roles: tuple[Role, ...] | None = None
    invited_by_id: int = 0
    anything: str = ""


@dataclass(slots=True)
class SeenAddresses:
    """Addresses of some members with the moments they were last used."""

    by_account: dict[int, list[tuple[str, int]]] = field(default_factory=dict)

    def of(self, account_id: int) -> list[tuple[str, int]]:
        """Return (address, microseconds since 1970), newest first."""
        return self.by_account.get(account_id, [])


def pattern_of(text: str) -> str:
    """Return the LIKE pattern for texts that hold one; '' asks nothing."""
    key = text.strip().casefold()[:200].replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return f"%{key}%" if key else ""


async def list_governed(reader: Reader, window: Window, query: AccountQuery) -> list[int]:
    """Return the ids of a page of accounts, newest first."""
    rows = await list_rows(reader, PAGES[query.standing], window, **params_of(query))
    return [row[0] for row in rows]


async def list_governed_by_sight(
    reader: Reader, query: AccountQuery, *, seen_us: int, before: int, limit: int
) -> list[tuple[int, int]]:
    """Return (id, last seen or 0) of accounts below a place, those who were here last first."""
    text = SEEN_PAGES[query.standing]
    rows = await reader.all(text, seen=seen_us, before=before, limit=limit, **params_of(query))
    return [(row[0], row[1]) for row in rows]


def params_of(query: AccountQuery) -> dict[str, Any]:
    """Parameters of CHOSEN."""
    return {
        "origin": ("", "local", "remote").index(query.origin),
        "domain": query.domain,
        "username": pattern_of(query.username.removeprefix("@")),
        "name": pattern_of(query.display_name),
        "email": pattern_of(query.email),
        "any_role": int(query.roles is None),
        "roles": [role.value for role in query.roles or ()],
        "invited_by": query.invited_by_id,
        "address": query.address,
        "anything": pattern_of(query.anything.removeprefix("@")),
    }


async def list_addresses(reader: Reader, ids: Iterable[int]) -> SeenAddresses:
    """Return where some members were seen."""
    seen = SeenAddresses()
    for row in await reader.all(ADDRESSES, ids=list(ids)):
        seen.by_account.setdefault(row[0], []).append((row[1], row[2]))
    return seen


async def list_last_seen(reader: Reader, ids: Iterable[int]) -> dict[int, int]:
    """Return when members were here last, of those who ever were."""
    return {row[0]: row[1] for row in await reader.all(LAST_SEEN, ids=list(ids))}
