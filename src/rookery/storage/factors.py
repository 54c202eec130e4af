"""Second factors in SQL: code generators, recovery codes, the step between password and session.

Owns: the tables `code_generators`, `recovery_codes`, `sign_in_steps`. Never: computes a code, sees a recovery code or a
step's secret, only their SHA-256. A generator's secret must be read again, so it is sealed (storage/sealing.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from rookery.model.ids import AccountId
from rookery.storage.database import Reader, Transaction

FIND_GENERATOR = "SELECT sealed_secret, last_step, confirmed_at FROM code_generators WHERE account_id = :account_id"
IS_SECOND_STEP_ON = "SELECT 1 FROM code_generators WHERE account_id = :account_id AND confirmed_at IS NOT NULL"
PUT_GENERATOR = """
    -- A new secret replaces only one that was never confirmed.
    INSERT INTO code_generators (account_id, sealed_secret) VALUES (:account_id, :sealed_secret)
    ON CONFLICT (account_id) DO UPDATE SET sealed_secret = excluded.sealed_secret, last_step = 0
    WHERE code_generators.confirmed_at IS NULL
"""
CONFIRM_GENERATOR = """
    UPDATE code_generators SET confirmed_at = :now WHERE account_id = :account_id AND confirmed_at IS NULL
"""
ADVANCE_STEP = """
    -- A code is good once: its step must be above every step that was used.
    UPDATE code_generators SET last_step = :step WHERE account_id = :account_id AND last_step < :step
"""
DELETE_GENERATOR = "DELETE FROM code_generators WHERE account_id = :account_id"
INSERT_RECOVERY = "INSERT INTO recovery_codes (account_id, code_hash) VALUES (:account_id, :code_hash)"
USE_RECOVERY = "DELETE FROM recovery_codes WHERE account_id = :account_id AND code_hash = :code_hash"
DELETE_RECOVERY = "DELETE FROM recovery_codes WHERE account_id = :account_id"
COUNT_RECOVERY = "SELECT count(*) FROM recovery_codes WHERE account_id = :account_id"
INSERT_STEP = """
    INSERT INTO sign_in_steps (token_hash, account_id, password_hash, expires_at)
    VALUES (:token_hash, :account_id, :password_hash, :expires_at)
"""
FIND_STEP = """
    SELECT account_id, password_hash, attempt_count FROM sign_in_steps
    WHERE token_hash = :token_hash AND expires_at > :now
"""
COUNT_ATTEMPT = """
    -- Counted before the comparison, so that guesses sent at the same moment count too.
    UPDATE sign_in_steps SET attempt_count = attempt_count + 1
    WHERE token_hash = :token_hash AND expires_at > :now AND attempt_count < :limit
"""
TAKE_STEP = "DELETE FROM sign_in_steps WHERE token_hash = :token_hash"
DELETE_STEPS = "DELETE FROM sign_in_steps WHERE account_id = :account_id"
PRUNE_STEPS = "DELETE FROM sign_in_steps WHERE expires_at < :now"


@dataclass(frozen=True, slots=True)
class CodeGenerator:
    """What an authenticator app shares with us, sealed. confirmed_at_us: None until the first code was typed."""

    sealed_secret: str
    last_step: int
    confirmed_at_us: int | None


@dataclass(frozen=True, slots=True)
class SignInStep:
    """Somebody who has proved their password and not yet their second factor."""

    account_id: AccountId
    password_hash: str
    attempt_count: int


async def find_generator(reader: Reader, account_id: int) -> CodeGenerator | None:
    """Return a member's generator, confirmed or not, or None."""
    row = await reader.one(FIND_GENERATOR, account_id=account_id)
    return CodeGenerator(*row) if row else None


async def is_second_step_on(reader: Reader, account_id: int) -> bool:
    """True when a password alone does not sign this member in."""
    return await reader.one(IS_SECOND_STEP_ON, account_id=account_id) is not None


async def put_generator(tx: Transaction, account_id: int, sealed_secret: str) -> bool:
    """Store a sealed secret that is not confirmed yet; False when a confirmed one is there."""
    return await tx.run(PUT_GENERATOR, account_id=account_id, sealed_secret=sealed_secret) == 1


async def confirm_generator(tx: Transaction, account_id: int, now_us: int) -> bool:
    """Turn the second step on; False when it is on, or there is nothing to confirm."""
    return await tx.run(CONFIRM_GENERATOR, account_id=account_id, now=now_us) == 1


async def advance_step(tx: Transaction, account_id: int, step: int) -> bool:
    """Note that a step's code was used; False when it, or a later one, was used before."""
    return await tx.run(ADVANCE_STEP, account_id=account_id, step=step) == 1


async def delete_generator(tx: Transaction, account_id: int) -> None:
    """Forget a member's generator."""
    await tx.run(DELETE_GENERATOR, account_id=account_id)


async def replace_recovery_codes(tx: Transaction, account_id: int, hashes: list[str]) -> None:
    """Store the hashes of new codes in place of the old ones."""
    await tx.run(DELETE_RECOVERY, account_id=account_id)
    await tx.run_many(INSERT_RECOVERY, [{"account_id": account_id, "code_hash": one} for one in hashes])


async def use_recovery_code(tx: Transaction, account_id: int, code_hash: str) -> bool:
    """Spend a recovery code; False when it is none, or spent."""
    return await tx.run(USE_RECOVERY, account_id=account_id, code_hash=code_hash) == 1


async def count_recovery_codes(reader: Reader, account_id: int) -> int:
    """Return how many codes are left."""
    row = await reader.one(COUNT_RECOVERY, account_id=account_id)
    return row[0] if row else 0


async def insert_step(
    tx: Transaction, token_hash: str, account_id: int, password_hash: str, expires_at_us: int
) -> None:
    """Remember that a password was right, until a moment."""
    await tx.run(
        INSERT_STEP,
        token_hash=token_hash,
        account_id=account_id,
        password_hash=password_hash,
        expires_at=expires_at_us,
    )


async def find_step(reader: Reader, token_hash: str, now_us: int) -> SignInStep | None:
    """Return what the hash of a step's secret stands for, or None."""
    row = await reader.one(FIND_STEP, token_hash=token_hash, now=now_us)
    return SignInStep(AccountId(row[0]), row[1], row[2]) if row else None


async def count_attempt(tx: Transaction, token_hash: str, now_us: int, limit: int) -> bool:
    """Count a guess; False when the step is over or has had its guesses."""
    return await tx.run(COUNT_ATTEMPT, token_hash=token_hash, now=now_us, limit=limit) == 1


async def take_step(tx: Transaction, token_hash: str) -> bool:
    """End a step; False when somebody was first."""
    return await tx.run(TAKE_STEP, token_hash=token_hash) == 1


async def delete_steps(tx: Transaction, account_id: int) -> None:
    """End every step of a member."""
    await tx.run(DELETE_STEPS, account_id=account_id)


async def prune_steps(tx: Transaction, now_us: int) -> int:
    """Forget steps that are over; return how many."""
    return await tx.run(PRUNE_STEPS, now=now_us)
