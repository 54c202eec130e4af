"""Who is asking: from the secret in a header or cookie to a Caller, in a microsecond when it was seen before.

Owns: the memory of callers, its bounds, its forgetting (K7), the notes of who was here. Never: ends access itself.
A caller is remembered for at most an hour and then read again. Only members who may act are remembered, so that a
confirmation or an approval shows at once. Forgetting is by account: synchronously for what this process revokes, from
the event log for the others.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass

from rookery.actions.app import App
from rookery.actions.repeating import repeatable
from rookery.actions.secrets import MAX_SECRET_CHARACTERS, hash_secret
from rookery.model.callers import Caller, covers, expand_scopes, parse_scopes
from rookery.model.errors import NotSignedIn
from rookery.model.events import AccessRevoked, Event, MemberChanged
from rookery.model.ids import AccountId, SessionId, now_us
from rookery.model.members import NEWCOMERS, check_standing
from rookery.storage import apps, members, sessions
from rookery.storage.apps import TokenRow
from rookery.storage.figures import note_days
from rookery.storage.sessions import SessionRow

MAX_CALLERS = 20_000
MAX_REVOKED = 2_000
FRESH_S = 3600
HOUR_US = 3_600_000_000
Key = tuple[str, bytes]


class TokenInvalid(NotSignedIn):
    """No such token."""

    def __init__(self) -> None:
        super().__init__("The access token is invalid")


class TokenRevoked(NotSignedIn):
    """The token was good and has ended."""

    def __init__(self) -> None:
        super().__init__("The access token was revoked")


class SessionEnded(NotSignedIn):
    """The browser is not signed in any more."""

    def __init__(self) -> None:
        super().__init__("please sign in first")


@dataclass(slots=True)
class Seen:
    """Who used a token or session lately; written to storage by save_seen."""

    tokens: set[int]
    sessions: set[int]
    members: set[int]


class CallerCache:
    """Made once per process; it listens to the app's revocations from then on."""

    def __init__(self, app: App, *, size: int = MAX_CALLERS) -> None:
        self.app, self.size = app, size
        self.tokens: dict[bytes, tuple[Caller, float]] = {}
        self.sessions: dict[bytes, tuple[Caller, float]] = {}
        self.by_account: dict[AccountId | None, set[Key]] = {}
        self.revoked: dict[bytes, None] = {}
        self.seen = Seen(set(), set(), set())
        self.generation = 0
        app.access_listeners.append(self.forget)

    async def identify_token(self, raw: str) -> Caller:
        """Return who an access token stands for; newcomers too, whom only routes for them let in.

        Raises TokenInvalid, TokenRevoked, MemberHeldBack for the disabled and suspended.
        """
        key = hashlib.sha256(raw.encode("utf-8", "surrogatepass")).digest()
        known = self.tokens.get(key)
        if known is not None and known[1] > time.monotonic():
            return known[0]
        if len(raw) > MAX_SECRET_CHARACTERS:
            raise TokenInvalid
        generation = self.generation
        row = await apps.find_token(self.app.db.reader, hash_secret(raw))
        if row is None:
            raise TokenRevoked if key in self.revoked else TokenInvalid
        caller = caller_from_token(row)
        self.note_token(row)
        self.remember("token", key, caller, generation)
        return caller

    async def identify_session(self, raw: str) -> Caller:
        """Return who a browser's cookie stands for. Raises SessionEnded, MemberHeldBack."""
        key = hashlib.sha256(raw.encode("utf-8", "surrogatepass")).digest()
        known = self.sessions.get(key)
        if known is not None and known[1] > time.monotonic():
            return known[0]
        if len(raw) > MAX_SECRET_CHARACTERS:
            raise SessionEnded
        generation = self.generation
        row = await sessions.find_session(self.app.db.reader, hash_secret(raw))
        if row is None:
            raise SessionEnded
        caller = caller_from_session(row)
        check_standing(caller.standing)
        self.note_session(row)
        self.remember("session", key, caller, generation)
        return caller

    def remember(self, kind: str, key: bytes, caller: Caller, generation: int) -> None:
        """Keep a caller who may act, unless something was forgotten since its row was read."""
        if caller.standing != "active" or generation != self.generation:
            return
        entries = self.tokens if kind == "token" else self.sessions
        if len(entries) >= self.size and key not in entries:
            self.drop((kind, next(iter(entries))))
        entries[key] = (caller, time.monotonic() + FRESH_S)
        self.by_account.setdefault(caller.account_id, set()).add((kind, key))

    def drop(self, entry: Key) -> Caller | None:
        """Take one caller out of the memory; return it."""
        kind, key = entry
        known = (self.tokens if kind == "token" else self.sessions).pop(key, None)
        if known is None:
            return None
        of_account = self.by_account.get(known[0].account_id, set())
        of_account.discard(entry)
        if not of_account:
            self.by_account.pop(known[0].account_id, None)
        return known[0]

    def forget(self, event: Event) -> None:
        """Drop the callers of an account whose access or role changed; other events are passed over."""
        if not isinstance(event, AccessRevoked | MemberChanged):
            return
        self.generation += 1
        for entry in list(self.by_account.get(event.account_id, ())):
            caller = self.drop(entry)
            if caller and isinstance(event, AccessRevoked) and entry[0] == "token" and covers(event, caller):
                self.note_revoked(entry[1])

    def on_event(self, event: Event) -> None:
        """Hear the event log, for what other processes revoke (`live.add(callers)`, see timelines/live.py)."""
        self.forget(event)

    def note_revoked(self, key: bytes) -> None:
        """Remember that a token was good once, for the words of the refusal."""
        if len(self.revoked) >= MAX_REVOKED:
            del self.revoked[next(iter(self.revoked))]
        self.revoked[key] = None

    def note_token(self, row: TokenRow) -> None:
        """Note, at most once an hour and token, that it is in use."""
        if (row.last_used_at_us or 0) < now_us() - HOUR_US:
            self.seen.tokens.add(row.id)
            if row.account_id is not None:
                self.seen.members.add(row.account_id)

    def note_session(self, row: SessionRow) -> None:
        """Note, at most once an hour and session, that it is in use."""
        if row.last_seen_at_us < now_us() - HOUR_US:
            self.seen.sessions.add(row.id)
            self.seen.members.add(row.account_id)


def standing_of(state: str | None, suspended_at_us: int | None) -> str:
    """The state, or `suspended`, which outweighs it."""
    return "suspended" if suspended_at_us is not None else state or "disabled"


def caller_from_token(row: TokenRow) -> Caller:
    """Raises MemberHeldBack for a person who may do nothing at all, TokenInvalid for one without membership."""
    scopes = expand_scopes(parse_scopes(row.scopes))
    if row.account_id is None:
        return Caller(app_id=row.app_id, token_id=row.id, scopes=scopes, granted=row.scopes)
    if row.state is None:
        raise TokenInvalid
    standing = standing_of(row.state, row.suspended_at_us)
    if standing not in NEWCOMERS:
        check_standing(standing)
    return Caller(
        row.account_id,
        row.app_id,
        row.id,
        scopes=scopes,
        role=row.role or "member",
        granted=row.scopes,
        standing=standing,
    )


def caller_from_session(row: SessionRow) -> Caller:
    """The browser's caller: no scopes, as a session may do what its person may."""
    standing = standing_of(row.state, row.suspended_at_us)
    return Caller(row.account_id, session_id=SessionId(row.id), role=row.role, standing=standing)


async def save_seen(callers: CallerCache) -> None:
    """Write down who was here since the last call, in one transaction. For a timer of a few minutes."""
    seen, callers.seen = callers.seen, Seen(set(), set(), set())
    if not (seen.tokens or seen.sessions):
        return
    await write_seen(callers.app, seen, now_us())


@repeatable
async def write_seen(app: App, seen: Seen, now: int) -> None:
    """Store the notes."""
    async with app.db.transaction() as tx:
        await apps.touch_tokens(tx, sorted(seen.tokens), now)
        await sessions.touch_sessions(tx, sorted(seen.sessions), now)
        await members.touch_members(tx, sorted(seen.members), now)
        await note_days(tx, sorted(seen.members), now)
