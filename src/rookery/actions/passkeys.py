"""Passkeys: a device that signs in its person after looking at their face, finger or PIN.

Owns: adding, naming, removing them; checking what they sign. Never: pages or sessions (actions/sessions.py gives them).
The key's home is the server's domain, so it follows the server and no look-alike gets a signature; the page's origin
must be ours to the letter, for the hosts below the domain belong to others. User verification is always asked for, so a
passkey is two factors in one. A challenge is bound to the browser, lives five minutes and is good once.
Spec: https://www.w3.org/TR/webauthn-3/ §7.1 (registration), §7.2 (assertion), §6.1.1 (counter), §6.1.3 (backup state)
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from fido2.server import Fido2Server
from fido2.utils import websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorData,
    PublicKeyCredentialParameters,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialType,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from rookery.actions.app import App
from rookery.actions.challenges import Challenge, check_challenge, make_challenge, spend_challenge
from rookery.actions.letters import Letter
from rookery.actions.mail import plan_letter
from rookery.actions.proofs import check_fresh
from rookery.actions.repeating import repeatable
from rookery.actions.sessions import Browser, NewSession, StepOver, end_second_step, find_second_step, give_session
from rookery.model.errors import Invalid, NotAllowed, NotFound
from rookery.model.ids import AccountId, now_us
from rookery.model.settings import Settings
from rookery.storage import accounts, members, passkeys, proofs
from rookery.storage.database import Transaction
from rookery.storage.passkeys import Passkey

LOG = logging.getLogger("rookery.access")
MAX_PASSKEYS = 20
MAX_NAME_CHARACTERS = 60
MAX_ANSWER_CHARACTERS = 20_000
CHALLENGE_S = 300
ALGORITHMS = (-7, -8, -257)  # ES256, EdDSA, RS256: what authenticators have; none of them is broken
REGISTER, SIGN_IN, SECOND, PROVE = "passkey register", "passkey sign in", "passkey second", "passkey prove"
FLAGS = AuthenticatorData.FLAG


class PasskeyRefused(NotAllowed):
    """The answer of the device does not prove what it should; why stands in the log only."""

    def __init__(self) -> None:
        super().__init__("this passkey was not accepted; try again, or sign in with your password")


class TooManyPasskeys(Invalid):
    """There is room for MAX_PASSKEYS."""

    def __init__(self) -> None:
        super().__init__(f"there is room for {MAX_PASSKEYS} passkeys; remove one first")


class NoSuchPasskey(NotFound):
    """No passkey of this person has this id."""

    def __init__(self) -> None:
        super().__init__("no such passkey")


@dataclass(frozen=True, slots=True)
class Assertion:
    """What a device has signed, checked."""

    passkey: Passkey
    challenge: Challenge
    sign_count: int
    is_backed_up: bool


def home_of_keys(settings: Settings) -> str:
    """Return the RP id: the server's domain, or the host of its pages when they lie elsewhere."""
    domain = settings.server.domain.partition(":")[0].casefold()
    host = (urlsplit(settings.base_url).hostname or domain).casefold()
    return domain if host == domain or host.endswith(f".{domain}") else host


def verifier(app: App) -> Fido2Server:
    """Return what checks the devices' answers for this server."""
    settings = app.settings
    home = PublicKeyCredentialRpEntity(id=home_of_keys(settings), name=settings.nest.title)
    server = Fido2Server(home, verify_origin=lambda origin: origin == settings.base_url)
    server.allowed_algorithms = [
        PublicKeyCredentialParameters(type=PublicKeyCredentialType.PUBLIC_KEY, alg=alg) for alg in ALGORITHMS
    ]
    return server


def session_binding(session_id: int | None) -> str:
    """Return what binds a challenge to a session."""
    return f"session {session_id}"


def state_for(challenge: bytes) -> dict[str, Any]:
    """Return what the checks compare with."""
    return {"challenge": websafe_encode(challenge), "user_verification": UserVerificationRequirement.REQUIRED}


def credential_of(passkey: Passkey) -> AttestedCredentialData:
    """Return id and public key as they are checked."""
    return AttestedCredentialData(bytes.fromhex(passkey.credential))


def read_answer(raw: str) -> dict[str, Any]:
    """Return the JSON that the page's script sent. Raises PasskeyRefused."""
    try:
        answer = json.loads(raw) if len(raw) <= MAX_ANSWER_CHARACTERS else None
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise PasskeyRefused
    return answer


async def offer_registration(app: App, account_id: AccountId, *, session_id: int | None) -> Mapping[str, Any]:
    """Return the options for navigator.credentials.create, as JSON values. Raises ProofNeeded, TooManyPasskeys."""
    await check_fresh(app, account_id, session_id)
    known = await passkeys.list_passkeys(app.db.reader, account_id)
    if len(known) >= MAX_PASSKEYS:
        raise TooManyPasskeys
    account = await accounts.get_account(app.db.reader, account_id)
    user = PublicKeyCredentialUserEntity(
        id=account_id.to_bytes(8, "big"), name=account.username, display_name=account.display_name or account.username
    )
    challenge = await make_challenge(app, REGISTER, session_binding(session_id), lasts_s=CHALLENGE_S)
    options, _ = verifier(app).register_begin(
        user,
        [credential_of(one) for one in known],
        resident_key_requirement=ResidentKeyRequirement.REQUIRED,
        user_verification=UserVerificationRequirement.REQUIRED,
        challenge=challenge,
    )
    return dict(options)


async def add_passkey(app: App, account_id: AccountId, raw: str, name: str, *, session_id: int | None) -> Passkey:
    """Store a new passkey. Raises ProofNeeded, PasskeyRefused, ChallengeStale, TooManyPasskeys."""
    await check_fresh(app, account_id, session_id)
    answer = read_answer(raw)
    try:
        response = RegistrationResponse.from_dict(answer)
        sent = response.response.client_data.challenge
    except Exception as error:  # whatever a hostile answer makes the parser raise
        raise PasskeyRefused from error
    challenge = await check_challenge(app, REGISTER, session_binding(session_id), sent)
    try:
        found = verifier(app).register_complete(state_for(sent), response)
        attested = found.credential_data
        check_flags(found)
    except Exception as error:
        LOG.info("passkey refused for account %s: %s", account_id, error)
        raise PasskeyRefused from error
    if attested is None or attested.public_key.get(3) not in ALGORITHMS:
        raise PasskeyRefused
    passkey = Passkey(
        app.ids.next_id(),
        account_id,
        attested.credential_id.hex(),
        bytes(attested).hex(),
        clean_name(name),
        found.counter,
        bool(found.flags & FLAGS.BS),
        now_us(),
        None,
    )
    await keep_passkey(app, passkey, challenge)
    return passkey


@repeatable
async def keep_passkey(app: App, passkey: Passkey, challenge: Challenge) -> None:
    """Store it, spend the challenge and tell its person, in one transaction."""
    async with app.db.transaction() as tx:
        await members.lock_member(tx, passkey.account_id)
        await spend_challenge(tx, challenge)
        if await passkeys.count_passkeys(tx, passkey.account_id) >= MAX_PASSKEYS:
            raise TooManyPasskeys
        if not await passkeys.insert_passkey(tx, passkey):
            raise PasskeyRefused
        await plan_letter(app, tx, Letter.PASSKEY_ADDED, passkey.account_id, about=passkey.name)


def check_flags(found: AuthenticatorData) -> None:
    """Raises ValueError for a key that is backed up and says that it cannot be. Spec: WebAuthn §7.1 step 17"""
    if found.flags & FLAGS.BS and not found.flags & FLAGS.BE:
        raise ValueError("backed up without being eligible")


def clean_name(raw: str) -> str:
    """Return a name of one line for a passkey, never empty."""
    return " ".join(raw.split())[:MAX_NAME_CHARACTERS] or "Passkey"


async def offer_assertion(
    app: App, purpose: str, binding: str, account_id: AccountId | None = None
) -> Mapping[str, Any]:
    """Return the options for navigator.credentials.get; with an account, only its keys are asked for."""
    known = [] if account_id is None else await passkeys.list_passkeys(app.db.reader, account_id)
    challenge = await make_challenge(app, purpose, binding, lasts_s=CHALLENGE_S)
    options, _ = verifier(app).authenticate_begin(
        [credential_of(one) for one in known] or None,
        user_verification=UserVerificationRequirement.REQUIRED,
        challenge=challenge,
    )
    return dict(options)


async def check_assertion(app: App, purpose: str, binding: str, raw: str) -> Assertion:
    """Return what a device signed for a challenge of ours. Raises PasskeyRefused, ChallengeStale."""
    answer = read_answer(raw)
    try:
        response = AuthenticationResponse.from_dict(answer)
        sent, found = response.response.client_data.challenge, response.response.authenticator_data
    except Exception as error:  # whatever a hostile answer makes the parser raise
        raise PasskeyRefused from error
    challenge = await check_challenge(app, purpose, binding, sent)
    passkey = await passkeys.find_passkey(app.db.reader, response.raw_id.hex())
    if passkey is None:
        raise PasskeyRefused
    try:
        verifier(app).authenticate_complete(state_for(sent), [credential_of(passkey)], response)
        check_flags(found)
    except Exception as error:
        LOG.info("passkey refused for account %s: %s", passkey.account_id, error)
        raise PasskeyRefused from error
    handle = response.response.user_handle
    if handle and handle != passkey.account_id.to_bytes(8, "big"):
        raise PasskeyRefused
    return Assertion(passkey, challenge, found.counter, bool(found.flags & FLAGS.BS))


async def spend_assertion(tx: Transaction, assertion: Assertion) -> None:
    """Note the use of a key and spend its challenge. Raises ChallengeStale, PasskeyRefused for a copied key."""
    await spend_challenge(tx, assertion.challenge)
    is_sole = await passkeys.note_use(
        tx,
        assertion.passkey.id,
        sign_count=assertion.sign_count,
        is_backed_up=assertion.is_backed_up,
        now_us=now_us(),
    )
    if not is_sole:
        LOG.warning("account %s: the counter of a passkey fell; there may be a copy", assertion.passkey.account_id)
        raise PasskeyRefused


@repeatable
async def sign_in_with_passkey(app: App, raw: str, *, binding: str, browser: Browser) -> NewSession:
    """Give a session to whoever's device answers. Raises PasskeyRefused, ChallengeStale, MemberHeldBack."""
    assertion = await check_assertion(app, SIGN_IN, binding, raw)
    async with app.db.transaction() as tx:
        await spend_assertion(tx, assertion)
        return await give_session(app, tx, assertion.passkey.account_id, browser, password_hash=None, is_second=True)


@repeatable
async def finish_step_with_passkey(app: App, secret: str, raw: str, browser: Browser) -> NewSession:
    """Take a passkey for the second step. Raises StepOver, PasskeyRefused, ChallengeStale, MemberHeldBack."""
    step = await find_second_step(app, secret)
    if step is None:
        raise StepOver
    assertion = await check_assertion(app, SECOND, secret, raw)
    if assertion.passkey.account_id != step.account_id:
        raise PasskeyRefused
    async with app.db.transaction() as tx:
        await spend_assertion(tx, assertion)
        return await end_second_step(app, tx, secret, step, browser)


@repeatable
async def renew_proof_with_passkey(app: App, account_id: AccountId, session_id: int, raw: str) -> None:
    """Note that the person of a session showed their passkey. Raises PasskeyRefused, ChallengeStale."""
    assertion = await check_assertion(app, PROVE, session_binding(session_id), raw)
    if assertion.passkey.account_id != account_id:
        raise PasskeyRefused
    async with app.db.transaction() as tx:
        await spend_assertion(tx, assertion)
        await proofs.note_proof(tx, account_id, session_id, now_us())


async def list_own_passkeys(app: App, account_id: AccountId) -> list[Passkey]:
    """Return a person's passkeys, oldest first."""
    return await passkeys.list_passkeys(app.db.reader, account_id)


@repeatable
async def rename_passkey(
    app: App, account_id: AccountId, passkey_id: int, name: str, *, session_id: int | None
) -> None:
    """Call a passkey something else. Raises ProofNeeded, NoSuchPasskey."""
    await check_fresh(app, account_id, session_id)
    async with app.db.transaction() as tx:
        if not await passkeys.rename_passkey(tx, account_id, passkey_id, clean_name(name)):
            raise NoSuchPasskey


@repeatable
async def remove_passkey(app: App, account_id: AccountId, passkey_id: int, *, session_id: int | None) -> None:
    """Forget a passkey; it signs nobody in any more. Raises ProofNeeded, NoSuchPasskey."""
    await check_fresh(app, account_id, session_id)
    async with app.db.transaction() as tx:
        if not await passkeys.delete_passkey(tx, account_id, passkey_id):
            raise NoSuchPasskey
