"""Who is asking: nobody, an app, or a person through an app or the browser, and with which scopes.

Owns: the caller as routes see it (K6), the scope lattice, whom a revocation ends (K7). Never: reads a token.
"""

from __future__ import annotations

from dataclasses import dataclass

from rookery.model.events import AccessRevoked
from rookery.model.ids import AccountId, AppId, SessionId, TokenId

READ_SCOPES = [
    "accounts",
    "blocks",
    "bookmarks",
    "collections",
    "favourites",
    "filters",
    "follows",
    "lists",
    "mutes",
    "notifications",
    "search",
    "statuses",
]
WRITE_SCOPES = [
    "accounts",
    "blocks",
    "bookmarks",
    "collections",
    "conversations",
    "favourites",
    "filters",
    "follows",
    "lists",
    "media",
    "mutes",
    "notifications",
    "reports",
    "statuses",
]
ADMIN_SCOPES = [
    "accounts",
    "reports",
    "domain_allows",
    "domain_blocks",
    "ip_blocks",
    "email_domain_blocks",
    "canonical_email_blocks",
]
FOLLOW_SCOPE = frozenset(f"{verb}:{what}" for verb in ("read", "write") for what in ("blocks", "follows", "mutes"))
SCOPES: dict[str, frozenset[str]] = {
    "read": frozenset(f"read:{what}" for what in READ_SCOPES),
    "write": frozenset(f"write:{what}" for what in WRITE_SCOPES),
    "follow": FOLLOW_SCOPE,
    "push": frozenset(),
    "profile": frozenset(),
    "admin:read": frozenset(f"admin:read:{what}" for what in ADMIN_SCOPES),
    "admin:write": frozenset(f"admin:write:{what}" for what in ADMIN_SCOPES),
}
ALL_SCOPES = frozenset(SCOPES) | frozenset(scope for below in SCOPES.values() for scope in below)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. account_id None with an app_id: an app for itself. scopes: as granted, expanded by expand_scopes.

    granted: the scopes as the app asked for them. standing: active, or why the person may not
    act yet (see model/members.py).
    """

    account_id: AccountId | None = None
    app_id: AppId | None = None
    token_id: TokenId | None = None
    session_id: SessionId | None = None
    scopes: frozenset[str] = frozenset()
    role: str = "member"
    granted: str = ""
    standing: str = "active"


NOBODY = Caller()


def parse_scopes(raw: str) -> tuple[str, ...]:
    """Split a scope text at spaces or commas, each once, in order. Unknown ones stay, for the asker to refuse."""
    return tuple(dict.fromkeys(raw.replace(",", " ").replace("+", " ").split()))


def are_covered(asked: tuple[str, ...], allowed: tuple[str, ...]) -> bool:
    """True when every scope asked for is known and within those allowed."""
    return ALL_SCOPES.issuperset(asked) and expand_scopes(allowed).issuperset(expand_scopes(asked))


def expand_scopes(scopes: tuple[str, ...]) -> frozenset[str]:
    """Return the scopes with everything that they include."""
    return frozenset(scopes).union(*(SCOPES.get(scope, frozenset()) for scope in scopes))


def covers(event: AccessRevoked, caller: Caller) -> bool:
    """True when the event ends this very caller; its neighbours of the same account are only read again."""
    is_total = not event.token_ids and not event.session_ids
    return is_total or caller.token_id in event.token_ids or caller.session_id in event.session_ids
