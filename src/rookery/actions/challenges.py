"""Challenges that we make without writing them down: signed, short-lived, bound to a browser, good once.

Owns: their bytes and the key that signs them. Never: knows what answers them (passkeys, sign-ups). A page that shows a
challenge costs no write; only an answer does, when its nonce is marked as spent inside the answer's own transaction.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass

from rookery.actions.app import App
from rookery.model.errors import NotAllowed
from rookery.model.ids import now_us
from rookery.storage import proofs, values
from rookery.storage.database import Transaction

KEY = "challenge_key"
NONCE_BYTES, TIME_BYTES, MARK_BYTES = 16, 8, 32
SIZE_BYTES = NONCE_BYTES + TIME_BYTES + MARK_BYTES


class ChallengeStale(NotAllowed):
    """The challenge is too old, was answered before, or belongs to another browser."""

    def __init__(self) -> None:
        super().__init__("this page is too old or was used already; reload it and try again")


@dataclass(frozen=True, slots=True)
class Challenge:
    """A challenge whose mark is right."""

    nonce: str
    expires_at_us: int


async def find_key(app: App) -> bytes:
    """Return the key of this server's challenges, made at the first use."""
    known = await values.find_value(app.db.reader, KEY)
    while known is None:
        async with app.db.transaction() as tx:
            await values.keep_value(tx, KEY, secrets.token_hex(32))
            known = await values.find_value(tx, KEY)
    return bytes.fromhex(known)


def mark_of(key: bytes, purpose: str, binding: str, head: bytes) -> bytes:
    """Sign nonce and time for one purpose and one browser."""
    said = purpose.encode() + b"\0" + binding.encode("utf-8", "replace") + b"\0" + head
    return hmac.digest(key, said, "sha256")


async def make_challenge(app: App, purpose: str, binding: str, *, lasts_s: int) -> bytes:
    """Return 56 bytes: nonce, end in microseconds, mark. binding: what only this browser's requests carry."""
    head = secrets.token_bytes(NONCE_BYTES) + (now_us() + lasts_s * 1_000_000).to_bytes(TIME_BYTES, "big")
    return head + mark_of(await find_key(app), purpose, binding, head)


async def check_challenge(app: App, purpose: str, binding: str, raw: bytes) -> Challenge:
    """Return the challenge when we made it for this purpose and browser and it is not over. Raises ChallengeStale."""
    if len(raw) != SIZE_BYTES:
        raise ChallengeStale
    head, mark = raw[:-MARK_BYTES], raw[-MARK_BYTES:]
    if not hmac.compare_digest(mark_of(await find_key(app), purpose, binding, head), mark):
        raise ChallengeStale
    expires_at = int.from_bytes(head[NONCE_BYTES:], "big")
    if expires_at <= now_us():
        raise ChallengeStale
    return Challenge(head[:NONCE_BYTES].hex(), expires_at)


async def spend_challenge(tx: Transaction, challenge: Challenge) -> None:
    """Take the challenge's one answer, inside the transaction of what it allows. Raises ChallengeStale."""
    if not await proofs.spend_challenge(tx, challenge.nonce, challenge.expires_at_us):
        raise ChallengeStale
