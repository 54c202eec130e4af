"""Signing in and out, and what a wrong guess learns: nothing."""

import pytest
from tests.nest import PASSWORD

from rookery.actions.callers import SessionEnded, save_seen
from rookery.actions.passwords import CHEAP, Cost, PasswordPool
from rookery.actions.sessions import (
    SignInRefused,
    end_idle_sessions,
    list_own_sessions,
    sign_out,
    sign_out_everywhere,
    sign_out_session,
)
from rookery.model.errors import TooMany, Unavailable
from rookery.model.members import Role
from rookery.network.limits import Limiter
from rookery.storage.members import count_members, find_member


async def test_ana_signs_in_is_known_and_signs_out(nest):
    ana = await nest.joins("ana", Role.ADMIN)
    session = await nest.signs_in("@ana")
    caller = await nest.callers.identify_session(session.secret)
    assert (caller.account_id, caller.session_id, caller.role) == (ana.account_id, session.id, "admin")
    assert await nest.callers.identify_session(session.secret) is caller
    await sign_out(nest.app, ana.account_id, session.id)
    with pytest.raises(SessionEnded):
        await nest.callers.identify_session(session.secret)


async def test_a_session_is_no_token_and_a_token_is_no_session(nest):
    ana = await nest.joins("ana")
    session, token = await nest.signs_in("ana"), await nest.uses_app(ana)
    with pytest.raises(Exception, match="token is invalid"):
        await nest.callers.identify_token(session.secret)
    with pytest.raises(SessionEnded):
        await nest.callers.identify_session(token.secret)
    for opaque in (str(token.id), str(session.id), "", "x" * 5000):
        with pytest.raises(Exception, match="token is invalid"):
            await nest.callers.identify_token(opaque)


async def test_the_database_holds_no_secret(nest):
    ana = await nest.joins("ana")
    app = await nest.has_app()
    code = await nest.grants(ana, app)
    secrets = [code, app.client_secret, (await nest.signs_in("ana")).secret, (await nest.exchanges(app, code)).secret]
    reader = nest.app.db.reader
    kept = ""
    for table in ("members", "sessions", "apps", "grants", "access_tokens", "jobs", "events"):
        kept += repr([tuple(row) for row in await reader.all(f"SELECT * FROM {table}")])
    assert not [secret for secret in (*secrets, PASSWORD) if secret in kept]


@pytest.mark.parametrize(
    "name", ["ana", "ana@mail.example", "nobody", "nobody@mail.example", "", "@", "a@b@c", "😀" * 99]
)
async def test_a_wrong_password_and_an_unknown_name_read_the_same(nest, name):
    await nest.joins("ana")
    with pytest.raises(SignInRefused) as refused:
        await nest.signs_in(name, "wrong")
    assert str(refused.value) == str(SignInRefused())


async def test_the_eleventh_guess_is_refused_even_when_it_is_right(nest):
    await nest.joins("ana")
    for _ in range(10):
        with pytest.raises(SignInRefused):
            await nest.signs_in("ana", "wrong")
    for name in ("ana", "ANA", "ana@mail.example"):
        with pytest.raises(TooMany):
            await nest.signs_in(name)


async def test_a_right_password_clears_the_count(nest):
    await nest.joins("ana")
    for _ in range(3):
        for _ in range(6):
            with pytest.raises(SignInRefused):
                await nest.signs_in("ana", "wrong")
        await nest.signs_in("ana")


async def test_old_parameters_are_renewed_at_sign_in(nest):
    ana = await nest.joins("ana")
    nest.passwords.hasher = PasswordPool(Limiter(), cost=Cost(memory_kib=16, passes=2), threads=1).hasher
    await nest.signs_in("ana")
    renewed = await find_member(nest.app.db.reader, ana.account_id)
    assert renewed.password_hash != ana.password_hash
    assert "m=16,t=2" in renewed.password_hash
    await nest.signs_in("ana")


async def test_a_surge_of_sign_ins_is_told_to_come_back(nest):
    await nest.joins("ana")
    nest.passwords.waiting = 10_000
    with pytest.raises(Unavailable):
        await nest.signs_in("ana")


def test_the_real_cost_is_what_owasp_asks_for():
    pool = PasswordPool(Limiter())
    assert "$argon2id$v=19$m=19456,t=2,p=1$" in pool.nobodys_hash
    assert CHEAP.memory_kib < 19_456
    pool.close()


async def test_ana_sees_her_browsers_and_ends_one_but_not_bens(nest):
    ana, ben = await nest.joins("ana"), await nest.joins("ben")
    home, work, bens = [await nest.signs_in(name) for name in ("ana", "ana", "ben")]
    assert [session.id for session in await list_own_sessions(nest.app, ana.account_id)] == [work.id, home.id]
    assert not await sign_out_session(nest.app, ana.account_id, bens.id)
    assert await sign_out_session(nest.app, ana.account_id, work.id)
    assert not await sign_out_session(nest.app, ana.account_id, work.id)
    assert len(await list_own_sessions(nest.app, ben.account_id)) == 1
    await nest.callers.identify_session(bens.secret)
    await nest.callers.identify_session(home.secret)


async def test_signing_out_everywhere_spares_the_browser_that_asks(nest):
    ana = await nest.joins("ana")
    here, there = await nest.signs_in("ana"), await nest.signs_in("ana")
    token = await nest.uses_app(ana)
    assert await sign_out_everywhere(nest.app, ana.account_id, keep_session=here.id) == 2
    await nest.callers.identify_session(here.secret)
    with pytest.raises(SessionEnded):
        await nest.callers.identify_session(there.secret)
    with pytest.raises(Exception, match="invalid"):
        await nest.callers.identify_token(token.secret)


async def test_use_is_noted_once_an_hour_and_idle_sessions_end(nest):
    ana = await nest.joins("ana")
    session = await nest.signs_in("ana")
    await nest.callers.identify_session(session.secret)
    assert not nest.callers.seen.sessions
    async with nest.app.db.transaction() as tx:
        await tx.run("UPDATE sessions SET last_seen_at = 1")
        await tx.run("UPDATE members SET last_seen_at = 1")
    nest.callers.sessions.clear()
    await nest.callers.identify_session(session.secret)
    assert nest.callers.seen.sessions == {session.id}
    await save_seen(nest.callers)
    assert await end_idle_sessions(nest.app) == 0
    assert await count_members(nest.app.db.reader, seen_since_us=2) == 1
    async with nest.app.db.transaction() as tx:
        await tx.run("UPDATE sessions SET last_seen_at = 1")
    assert await end_idle_sessions(nest.app) == 1
    assert await list_own_sessions(nest.app, ana.account_id) == []
