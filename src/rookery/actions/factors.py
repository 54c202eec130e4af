"""The second step of a sign-in: codes of an authenticator app, and recovery codes for the day it is lost.

Owns: turning it on and off, checking a code. Never: sessions (actions/sessions.py), passkeys (actions/passkeys.py).
Guesses are counted per account, whoever makes them, and per started sign-in; the routes count per address. A code is
good once. A generator's secret lies sealed in the database, under a key that is not in it.
Spec: RFC 6238 §5.2 (one use), §6 (one step of skew)
"""

from __future__ import annotations

import asyncio
import logging

from rookery.actions.app import App
from rookery.actions.letters import Letter
from rookery.actions.mail import plan_letter
from rookery.actions.proofs import check_fresh
from rookery.actions.repeating import repeatable
from rookery.actions.sealing import sealer_of
from rookery.actions.secrets import hash_secret
from rookery.model.errors import Conflict, NotAllowed, TooMany
from rookery.model.ids import AccountId, now_us
from rookery.model.onetime import matching_step, new_recovery_codes, new_totp_secret, recovery_key
from rookery.network.limits import Limit, Limiter
from rookery.storage import factors, members
from rookery.storage.database import Transaction

# With three codes good at a time, a guesser who has the password needs years for an even chance.
CODE_GUESSES = Limit("code_guesses", 10, 1800, by="account")
MAX_CODE_CHARACTERS = 100
SECOND_US = 1_000_000
SEALED_FOR = "the code generator of account {}"
LOG = logging.getLogger("rookery.access")


class WrongCode(NotAllowed):
    """No code that is good now."""

    def __init__(self) -> None:
        super().__init__("this code is not right, or was used already; wait for the next one and try again")


class SecondStepIsOn(Conflict):
    """There is a confirmed generator already."""

    def __init__(self) -> None:
        super().__init__("the second step is on already; turn it off first to use another device")


class NoSecondStep(Conflict):
    """There is no generator to confirm, or none that is on."""

    def __init__(self) -> None:
        super().__init__("the second step is not on; begin again from the settings")


def count_code(limiter: Limiter, account_id: AccountId) -> None:
    """Count a guess. Raises TooMany."""
    if not limiter.is_off and limiter.take(CODE_GUESSES, account_id).is_over:
        raise TooMany("too many wrong codes for this account; try again in half an hour", CODE_GUESSES.per_s)


def forgive(limiter: Limiter, account_id: AccountId) -> None:
    """Forget the guesses after a right code."""
    limiter.buckets.pop((CODE_GUESSES.name, account_id), None)


@repeatable
async def begin_totp(app: App, account_id: AccountId, *, session_id: int | None) -> str:
    """Return the secret for an authenticator app: the one that waits for its first code, or a new one.

    Raises ProofNeeded, SecondStepIsOn.
    """
    await check_fresh(app, account_id, session_id)
    known = await factors.find_generator(app.db.reader, account_id)
    if known and known.confirmed_at_us is None and (waiting := await open_secret(app, account_id, known)):
        return waiting
    secret = new_totp_secret()
    sealed = await asyncio.to_thread(sealer_of(app).seal, secret, SEALED_FOR.format(account_id))
    async with app.db.transaction() as tx:
        if not await factors.put_generator(tx, account_id, sealed):
            raise SecondStepIsOn
    return secret


async def open_secret(app: App, account_id: AccountId, known: factors.CodeGenerator) -> str | None:
    """Return a generator's secret, None when it was sealed under another key: then no code is right any more."""
    secret = await asyncio.to_thread(sealer_of(app).open, known.sealed_secret, SEALED_FOR.format(account_id))
    if secret is None:
        LOG.warning("account %s: the code generator cannot be opened; sealing.key is missing or another", account_id)
    return secret


@repeatable
async def turn_totp_on(
    app: App, limiter: Limiter, account_id: AccountId, code: str, *, session_id: int | None
) -> list[str]:
    """Ask for a second step from now on; return the recovery codes, which are shown this once.

    Raises ProofNeeded, WrongCode, NoSecondStep, SecondStepIsOn, TooMany.
    """
    await check_fresh(app, account_id, session_id)
    count_code(limiter, account_id)
    codes = new_recovery_codes()
    async with app.db.transaction() as tx:
        await members.lock_member(tx, account_id)
        known = await factors.find_generator(tx, account_id)
        if known is None:
            raise NoSecondStep
        if known.confirmed_at_us is not None:
            raise SecondStepIsOn
        if not await take_totp(app, tx, account_id, known, code):
            raise WrongCode
        await factors.confirm_generator(tx, account_id, now_us())
        await factors.replace_recovery_codes(tx, account_id, hashes_of(codes))
        await plan_letter(app, tx, Letter.SECOND_STEP_ON, account_id)
    forgive(limiter, account_id)
    return codes


def hashes_of(codes: list[str]) -> list[str]:
    """Return what is stored of recovery codes."""
    return [hash_secret(recovery_key(code) or "") for code in codes]


@repeatable
async def renew_recovery_codes(app: App, account_id: AccountId, *, session_id: int | None) -> list[str]:
    """Return ten new codes; the old ones are void. Raises ProofNeeded, NoSecondStep."""
    await check_fresh(app, account_id, session_id)
    codes = new_recovery_codes()
    async with app.db.transaction() as tx:
        if not await factors.is_second_step_on(tx, account_id):
            raise NoSecondStep
        await factors.replace_recovery_codes(tx, account_id, hashes_of(codes))
    return codes


@repeatable
async def turn_totp_off(app: App, account_id: AccountId, *, session_id: int | None) -> None:
    """Let the password alone sign in again. Raises ProofNeeded."""
    await check_fresh(app, account_id, session_id)
    async with app.db.transaction() as tx:
        was_on = await factors.is_second_step_on(tx, account_id)
        await forget_totp(tx, account_id)
        if was_on:
            await plan_letter(app, tx, Letter.SECOND_STEP_OFF, account_id)


@repeatable
async def reset_second_step(app: App, account_id: AccountId) -> bool:
    """An operator lets a locked-out person in with the password alone; False when it was not on."""
    async with app.db.transaction() as tx:
        was_on = await factors.is_second_step_on(tx, account_id)
        await forget_totp(tx, account_id)
        if was_on:
            await plan_letter(app, tx, Letter.SECOND_STEP_OFF, account_id)
    return was_on


async def forget_totp(tx: Transaction, account_id: AccountId) -> None:
    """Forget generator, recovery codes and sign-ins that wait for them."""
    await members.lock_member(tx, account_id)
    await factors.delete_generator(tx, account_id)
    await factors.replace_recovery_codes(tx, account_id, [])
    await factors.delete_steps(tx, account_id)


async def take_totp(app: App, tx: Transaction, account_id: AccountId, known: factors.CodeGenerator, code: str) -> bool:
    """Spend a code of the generator; False when it is wrong or was used."""
    secret = await open_secret(app, account_id, known)
    if secret is None:
        return False
    step = matching_step(secret, code[:MAX_CODE_CHARACTERS], now_us() // SECOND_US, after=known.last_step)
    return step is not None and await factors.advance_step(tx, account_id, step)


async def take_code(app: App, tx: Transaction, account_id: AccountId, code: str) -> bool:
    """Spend a code of the generator or a recovery code; False when it is neither."""
    known = await factors.find_generator(tx, account_id)
    if known is None or known.confirmed_at_us is None:
        return False
    if await take_totp(app, tx, account_id, known, code):
        return True
    typed = recovery_key(code[:MAX_CODE_CHARACTERS])
    return typed is not None and await factors.use_recovery_code(tx, account_id, hash_secret(typed))
