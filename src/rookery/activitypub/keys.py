"""The keys with which our accounts, and the server itself, sign what they send to other servers.

Owns: making pairs in a pool of threads of its own, sealing their private halves, opening them again, replacing them.
Never: verifies anything, knows an address. An RSA pair takes 45 ms of a core: a chore makes pairs ahead, so that hardly
anybody waits for one, and a surge of sign-ups never does.
Spec: FEP-521a (assertionMethod); RFC 8017 (RSA, 2048 bits); RFC 8032 (Ed25519)
"""

from __future__ import annotations

import asyncio
import base64
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from rookery.actions.app import App, record_event
from rookery.actions.audit import record_act
from rookery.actions.repeating import repeatable
from rookery.actions.sealing import sealer_of
from rookery.activitypub.multikeys import multikey_from, pem_from
from rookery.model.audit import OPERATOR, Act, Governor
from rookery.model.events import KeysRotated
from rookery.model.ids import CLOCK_BITS, AccountId, now_us
from rookery.storage import keyrings
from rookery.storage.keyrings import KeyringRow
from rookery.storage.sealing import Sealer

RSA_BITS, EXPONENT = 2048, 65537
KEPT_OPEN = 2000
MADE_AHEAD = 5  # a twentieth of a core with the rhythm of the chore; who cannot wait has them made at once
KEPT_REPLACED_US = 7 * 86_400 * 1_000_000
LATE_US = 3_600 * 1_000_000
# As many as half the cores: making keys shall not take what serving people needs. Threads begin with the first key.
POOL = ThreadPoolExecutor(max(1, (os.cpu_count() or 2) // 2), "keys")
# Pairs that are being made, by sealing key and owner: many who ask at once make one.
MAKING: dict[tuple[Path, int | None], asyncio.Task[KeyringRow]] = {}


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """What a profile shows. rsa_pem: SubjectPublicKeyInfo; ed25519: publicKeyMultibase (FEP-521a)."""

    rsa_pem: str
    ed25519: str


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """Private halves, opened. Never written, logged or sent."""

    rsa: RSAPrivateKey
    ed25519: Ed25519PrivateKey

    def __repr__(self) -> str:
        return "SigningKeys(…)"


@dataclass(frozen=True, slots=True)
class Made:
    """Fresh pairs, their private halves sealed already."""

    public: PublicKeys
    sealed: str


async def public_keys(app: App, account_id: int | None) -> PublicKeys:
    """Return the public halves of an account of ours, None for the server's own; made at once when there are none."""
    return public_from_row(await get_keyring(app, account_id))


async def replaced_keys(app: App, account_id: int | None) -> list[PublicKeys]:
    """Return the public halves that stood lately, newest first: what was signed with them is still under way."""
    return [public_from_row(row) for row in await keyrings.list_replaced(app.db.reader, account_id)]


async def signing_keys(app: App, account_id: int | None) -> SigningKeys:
    """Return the private halves. Where the sealing key was lost nothing opens them, and new pairs take their place."""
    sealer = sealer_of(app)
    row = await get_keyring(app, account_id)
    try:
        return open_pairs(sealer.path, row.sealed, purpose_of(account_id))
    except KeysSealed:
        row = await exchange_keys(app, account_id, await make_pairs(app, account_id), only_id=row.id)
        return open_pairs(sealer.path, row.sealed, purpose_of(account_id))


async def get_keyring(app: App, account_id: int | None) -> KeyringRow:
    """Return the pairs that stand; make them when there are none. Of two who make them at once, one wins."""
    row = await keyrings.find_keyring(app.db.reader, account_id)
    if row is not None:
        return row
    place = (sealer_of(app).path, account_id)
    if place not in MAKING:
        MAKING[place] = asyncio.create_task(make_first(app, account_id))
        MAKING[place].add_done_callback(lambda done: MAKING.pop(place, None))
    return await asyncio.shield(MAKING[place])  # who asked first may leave; the others still wait


async def make_first(app: App, account_id: int | None) -> KeyringRow:
    """Make pairs and store them."""
    return await keep_keys(app, account_id, await make_pairs(app, account_id))


@repeatable
async def keep_keys(app: App, account_id: int | None, made: Made) -> KeyringRow:
    """Store fresh pairs unless some stand by now; return those that stand."""
    async with app.db.transaction() as tx:
        row = row_of(app, account_id, made)
        if await keyrings.insert_keyring(tx, row):
            return row
        return await keyrings.find_keyring(tx, account_id) or row


async def replace_keys(app: App, account_id: int | None, *, by: Governor = OPERATOR) -> KeyringRow:
    """Give an account new pairs, now; the old public halves are kept for a week, the private ones are gone.

    Whoever remembers the old ones fetches these when a signature does not fit, or hears of them (KeysRotated).
    """
    return await exchange_keys(app, account_id, await make_pairs(app, account_id), by=by)


@repeatable
async def exchange_keys(
    app: App, account_id: int | None, made: Made, *, only_id: int | None = None, by: Governor | None = None
) -> KeyringRow:
    """Put fresh pairs in the place of those that stand, or only of these; return those that stand then.

    by: who decided it, for the log of staff; None for the server, which cannot open them any more.
    """
    async with app.db.transaction() as tx:
        standing = await keyrings.find_keyring(tx, account_id)
        if standing is not None and only_id in (None, standing.id):
            await keyrings.replace_keyring(tx, standing, now_us())
            await record_event(app, tx, KeysRotated(AccountId(account_id) if account_id is not None else None))
        if by is not None:
            subject = "" if account_id is not None else app.settings.server.domain
            await record_act(app, tx, by, Act.KEYS_ROTATED, account_id=account_id, subject=subject)
        row = row_of(app, account_id, made)
        if await keyrings.insert_keyring(tx, row):
            return row
        return await keyrings.find_keyring(tx, account_id) or row


def row_of(app: App, account_id: int | None, made: Made) -> KeyringRow:
    """Build the row of fresh pairs."""
    return KeyringRow(app.ids.next_id(), account_id, made.public.rsa_pem, made.public.ed25519, made.sealed, now_us())


def public_from_row(row: KeyringRow) -> PublicKeys:
    """Return what others may see of a row."""
    return PublicKeys(row.rsa_public, row.ed25519_public)


def purpose_of(account_id: int | None) -> str:
    """What private halves are sealed for: those of one account do not open as another's."""
    return f"keys of account {account_id}" if account_id is not None else "keys of the server"


async def make_pairs(app: App, account_id: int | None) -> Made:
    """Make both pairs off the loop and seal their private halves."""
    sealer = sealer_of(app)
    return await asyncio.get_running_loop().run_in_executor(POOL, generate, sealer, purpose_of(account_id))


def generate(sealer: Sealer, purpose: str) -> Made:
    """Make both pairs; blocks for 45 ms or more, without holding up other threads."""
    rsa, ed25519 = generate_private_key(EXPONENT, RSA_BITS), Ed25519PrivateKey.generate()
    der = rsa.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    text = f"{base64.b64encode(der).decode()} {base64.b64encode(ed25519.private_bytes_raw()).decode()}"
    public = PublicKeys(pem_from(rsa.public_key()), multikey_from(ed25519.public_key()))
    return Made(public, sealer.seal(text, purpose))


class KeysSealed(Exception):
    """Private halves cannot be opened: the sealing key is not the one that they were sealed under."""


@lru_cache(KEPT_OPEN)
def open_pairs(path: Path, sealed: str, purpose: str) -> SigningKeys:
    """Open private halves; what a sealed text holds never changes, so it is remembered. Raises KeysSealed.

    The pairs were checked when they were made and nobody without the sealing key wrote them: RSA is not checked again.
    """
    text = Sealer(path).open(sealed, purpose)
    if text is None:
        raise KeysSealed
    der, raw = (base64.b64decode(part) for part in text.split(" "))
    rsa = load_der_private_key(der, None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(rsa, RSAPrivateKey):
        raise KeysSealed
    return SigningKeys(rsa, Ed25519PrivateKey.from_private_bytes(raw))


class KeysAhead:
    """Makes pairs for members who have none, a few at each call, oldest first; begins anew with each process."""

    def __init__(self, app: App) -> None:
        self.app, self.after = app, 0

    async def make_some(self) -> int:
        """Make pairs for up to MADE_AHEAD members; return how many. Who joined lately is looked at again."""
        ids = await keyrings.list_members_without(self.app.db.reader, self.after, MADE_AHEAD)
        for account_id in ids:
            await get_keyring(self.app, account_id)
        late = (now_us() - LATE_US) << CLOCK_BITS
        self.after = ids[-1] if len(ids) == MADE_AHEAD else max(self.after, late)
        return len(ids)


@repeatable
async def forget_replaced(app: App) -> int:
    """Forget the public halves of pairs that were replaced more than a week ago; return how many."""
    async with app.db.transaction() as tx:
        return await keyrings.prune_replaced(tx, now_us() - KEPT_REPLACED_US)
