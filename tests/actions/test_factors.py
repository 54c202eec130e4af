"""The second step: codes good once, guesses bounded, ten ways back in, and no way round."""

import time
from pathlib import Path

import pytest
from tests.measures import disable_member
from tests.nest import PASSWORD

from rookery.actions.factors import (
    CODE_GUESSES,
    NoSecondStep,
    SecondStepIsOn,
    WrongCode,
    begin_totp,
    renew_recovery_codes,
    reset_second_step,
    turn_totp_off,
    turn_totp_on,
)
from rookery.actions.governing import set_password
from rookery.actions.proofs import FRESH_US, ProofNeeded, is_fresh, renew_proof
from rookery.actions.sessions import (
    Browser,
    NewSession,
    SecondStep,
    SignInRefused,
    StepOver,
    finish_second_step,
    open_session,
)
from rookery.model.audit import OPERATOR
from rookery.model.errors import TooMany
from rookery.model.ids import now_us
from rookery.model.members import MemberHeldBack
from rookery.model.onetime import code_at
from rookery.storage.factors import count_recovery_codes

HERE = Browser("Firefox on a train", "192.0.2.7")


def code_now(secret: str, ahead: int = 0) -> str:
    return code_at(secret, int(time.time()) // 30 + ahead)


async def turns_on(nest, name: str = "ana"):
    """Somebody with a second step; returns (member, secret, recovery codes). Their first code is used up."""
    member = await nest.joins(name)
    session = await nest.signs_in(name)
    secret = await begin_totp(nest.app, member.account_id, session_id=session.id)
    limiter = nest.passwords.limiter
    codes = await turn_totp_on(nest.app, limiter, member.account_id, code_now(secret, -1), session_id=session.id)
    return member, secret, codes


async def takes_step(nest, step: SecondStep, code: str) -> NewSession:
    return await finish_second_step(nest.app, nest.passwords.limiter, step.secret, code, HERE)


async def test_a_password_alone_no_longer_signs_in(nest):
    ana, secret, _ = await turns_on(nest)
    step = await nest.signs_in("ana")
    assert isinstance(step, SecondStep)
    session = await takes_step(nest, step, code_now(secret))
    assert (await nest.callers.identify_session(session.secret)).account_id == ana.account_id
    with pytest.raises(StepOver):
        await takes_step(nest, step, code_now(secret, 1))


async def test_a_code_is_good_once_whoever_typed_it(nest):
    _, secret, _ = await turns_on(nest)
    code = code_now(secret)
    await takes_step(nest, await nest.signs_in("ana"), code)
    with pytest.raises(WrongCode):
        await takes_step(nest, await nest.signs_in("ana"), code)


async def test_a_recovery_code_is_good_once_and_new_ones_void_the_old(nest):
    ana, _, codes = await turns_on(nest)
    session = await takes_step(nest, await nest.signs_in("ana"), codes[0].upper())
    assert await count_recovery_codes(nest.app.db.reader, ana.account_id) == 9
    with pytest.raises(WrongCode):
        await takes_step(nest, await nest.signs_in("ana"), codes[0])
    fresh = await renew_recovery_codes(nest.app, ana.account_id, session_id=session.id)
    with pytest.raises(WrongCode):
        await takes_step(nest, await nest.signs_in("ana"), codes[1])
    await takes_step(nest, await nest.signs_in("ana"), fresh[0])


async def test_no_code_and_no_list_lies_readable_in_the_database(nest):
    _, _, codes = await turns_on(nest)
    step = await nest.signs_in("ana")
    kept = ""
    for table in ("recovery_codes", "sign_in_steps", "jobs", "events"):
        kept += repr([tuple(row) for row in await nest.app.db.reader.all(f"SELECT * FROM {table}")])
    assert not [word for word in (*codes, *(code.replace("-", "") for code in codes), step.secret) if word in kept]


async def test_guesses_are_bounded_for_one_sign_in_and_for_the_account(nest):
    _, secret, _ = await turns_on(nest)
    step = await nest.signs_in("ana")
    for _ in range(5):
        with pytest.raises(WrongCode):
            await takes_step(nest, step, "000000")
    with pytest.raises(StepOver):
        await takes_step(nest, step, code_now(secret))
    for _ in range(CODE_GUESSES.count - 5):
        with pytest.raises(WrongCode):
            await takes_step(nest, await nest.signs_in("ana"), "000000")
    with pytest.raises(TooMany):
        await takes_step(nest, await nest.signs_in("ana"), code_now(secret))


async def test_the_first_step_goes_stale_with_time_and_with_a_new_password(nest):
    ana, secret, _ = await turns_on(nest)
    old = await nest.signs_in("ana")
    async with nest.app.db.transaction() as tx:
        await tx.run("UPDATE sign_in_steps SET expires_at = :now", now=now_us())
    with pytest.raises(StepOver):
        await takes_step(nest, old, code_now(secret))
    stolen = await nest.signs_in("ana")
    await set_password(nest.app, nest.passwords, ana.account_id, "another horse")
    with pytest.raises(StepOver):
        await takes_step(nest, stolen, code_now(secret))


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(0, id="GHSA-vx32-x96w-qq65"),
        pytest.param(1, id="CVE-2022-2651 / GHSA-jvp3-mqv8-5rjw"),
        pytest.param(2, id="GEN-51"),
    ],
)
async def test_there_is_no_way_round_a_step(nest, row):
    ana, secret, _ = await turns_on(nest)
    # the second without the first
    for made_up in ("", "x" * 43, str(ana.account_id)):
        with pytest.raises(StepOver):
            await finish_second_step(nest.app, nest.passwords.limiter, made_up, code_now(secret), HERE)
    # the first without the second, from a caller who forgot to ask
    with pytest.raises(SignInRefused):
        await open_session(nest.app, ana, user_agent="x", address="192.0.2.7")
    # one person's first step with another's code
    _, bens_secret, bens_codes = await turns_on(nest, "ben")
    step = await nest.signs_in("ana")
    for code in (code_now(bens_secret), bens_codes[0]):
        with pytest.raises(WrongCode):
            await takes_step(nest, step, code)


@pytest.mark.parametrize(
    "row",
    [pytest.param(0, id="GHSA-3xjw-gv43-3w62"), pytest.param(1, id="CVE-2023-32682 / GHSA-26c5-ppr8-f33p")],
)
async def test_who_is_locked_out_between_the_steps_gets_no_session(nest, row):
    ana, secret, _ = await turns_on(nest)
    step = await nest.signs_in("ana")
    await disable_member(nest.app, ana.account_id, by=OPERATOR)
    with pytest.raises((StepOver, MemberHeldBack)):
        await takes_step(nest, step, code_now(secret))
    with pytest.raises(MemberHeldBack):
        await nest.signs_in("ana")


async def test_a_second_step_is_confirmed_with_a_code_before_it_counts(nest):
    ana = await nest.joins("ana")
    session = await nest.signs_in("ana")
    secret = await begin_totp(nest.app, ana.account_id, session_id=session.id)
    assert await begin_totp(nest.app, ana.account_id, session_id=session.id) == secret
    limiter = nest.passwords.limiter
    with pytest.raises(WrongCode):
        await turn_totp_on(nest.app, limiter, ana.account_id, "000000", session_id=session.id)
    assert isinstance(await nest.signs_in("ana"), NewSession)
    with pytest.raises(NoSecondStep):
        await renew_recovery_codes(nest.app, ana.account_id, session_id=session.id)


async def test_the_secret_is_not_shown_again_once_it_is_on(nest):
    ana, secret, _ = await turns_on(nest)
    session = await takes_step(nest, await nest.signs_in("ana"), code_now(secret))
    with pytest.raises(SecondStepIsOn):
        await begin_totp(nest.app, ana.account_id, session_id=session.id)
    await turn_totp_off(nest.app, ana.account_id, session_id=session.id)
    assert isinstance(await nest.signs_in("ana"), NewSession)
    assert await begin_totp(nest.app, ana.account_id, session_id=session.id) != secret


async def test_a_copy_of_the_database_holds_no_secret_of_a_code_generator(nest):
    ana, secret, _ = await turns_on(nest)
    [row] = await nest.app.db.reader.all("SELECT * FROM code_generators")
    assert secret not in str(row)
    assert (Path(nest.app.settings.server.data) / "sealing.key").stat().st_mode & 0o077 == 0
    await takes_step(nest, await nest.signs_in("ana"), code_now(secret))
    ben = await nest.joins("ben")
    async with nest.app.db.transaction() as tx:  # somebody who may write rows cannot lend their own secret
        await tx.run(
            "INSERT INTO code_generators (account_id, sealed_secret, confirmed_at)"
            " SELECT :ben, sealed_secret, confirmed_at FROM code_generators WHERE account_id = :ana",
            ben=ben.account_id,
            ana=ana.account_id,
        )
    with pytest.raises(WrongCode):
        await takes_step(nest, await nest.signs_in("ben"), code_now(secret, 1))


async def test_without_the_key_no_code_is_right_and_recovery_codes_still_let_in(nest):
    _, secret, codes = await turns_on(nest)
    (Path(nest.app.settings.server.data) / "sealing.key").unlink()
    step = await nest.signs_in("ana")
    with pytest.raises(WrongCode):
        await takes_step(nest, step, code_now(secret))
    assert isinstance(await takes_step(nest, step, codes[0]), NewSession)


async def test_an_operator_lets_a_locked_out_person_in_and_they_are_told(nest):
    ana, _, codes = await turns_on(nest)
    assert await reset_second_step(nest.app, ana.account_id)
    assert not await reset_second_step(nest.app, ana.account_id)
    assert isinstance(await nest.signs_in("ana"), NewSession)
    assert await count_recovery_codes(nest.app.db.reader, ana.account_id) == 0
    mails = await nest.settles()
    assert [mail.subject for mail in mails] == ["Two steps to sign in to Rookery", "One step to sign in to Rookery"]
    assert codes[0] not in "".join(mail.body for mail in mails)


async def test_a_proof_lasts_a_quarter_of_an_hour_and_only_for_its_session(nest):
    ana = await nest.joins("ana")
    here, there = await nest.signs_in("ana"), await nest.signs_in("ana")
    async with nest.app.db.transaction() as tx:
        await tx.run("UPDATE sessions SET created_at = :then", then=now_us() - FRESH_US)
    for act in (
        begin_totp(nest.app, ana.account_id, session_id=here.id),
        turn_totp_off(nest.app, ana.account_id, session_id=here.id),
        renew_recovery_codes(nest.app, ana.account_id, session_id=here.id),
        turn_totp_on(nest.app, nest.passwords.limiter, ana.account_id, "000000", session_id=here.id),
    ):
        with pytest.raises(ProofNeeded):
            await act
    await renew_proof(nest.app, nest.passwords, ana.account_id, here.id, PASSWORD)
    assert await is_fresh(nest.app, ana.account_id, here.id)
    assert not await is_fresh(nest.app, ana.account_id, there.id)
    ben = await nest.joins("ben")
    assert not await is_fresh(nest.app, ben.account_id, here.id)
    assert not await is_fresh(nest.app, ana.account_id, None)
