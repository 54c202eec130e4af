"""Leaving: hidden at once, a way back, then nothing left but a name that nobody can take."""

import pytest
from tests.measures import suspend_account, unsuspend_account
from tests.nest import PASSWORD

from rookery.actions.credentials import delete_own_account
from rookery.actions.departures import end_departures
from rookery.actions.members import sign_up
from rookery.actions.sessions import NewSession
from rookery.model.audit import OPERATOR
from rookery.model.ids import now_us
from rookery.model.members import MemberHeldBack, SignUp, SignUpFailed
from rookery.storage.accounts import find_account, find_account_by_name
from rookery.storage.departures import find_departure
from rookery.storage.members import find_member


async def leaves(nest, name: str = "ana"):
    member = await nest.joins(name)
    session, token = await nest.signs_in(name), await nest.uses_app(member)
    await delete_own_account(nest.app, nest.passwords, member.account_id, PASSWORD)
    return member, session, token


async def time_is_over(nest) -> int:
    async with nest.app.db.transaction() as tx:
        await tx.run("UPDATE departures SET purge_at = :now", now=now_us())
    return await end_departures(nest.app)


async def test_who_leaves_is_signed_out_everywhere_and_hidden(nest):
    ana, session, token = await leaves(nest)
    for identify, secret in ((nest.callers.identify_session, session), (nest.callers.identify_token, token)):
        with pytest.raises(Exception, match=r"sign in first|invalid|revoked"):
            await identify(secret.secret)
    assert (await find_account(nest.app.db.reader, ana.account_id)).suspended_at_us is not None
    [mail] = await nest.settles()
    assert mail.subject == "Your account on Rookery is being deleted"


async def test_who_signs_in_in_time_is_back(nest):
    ana, _, _ = await leaves(nest)
    assert isinstance(await nest.signs_in("ana"), NewSession)
    assert (await find_account(nest.app.db.reader, ana.account_id)).suspended_at_us is None
    assert (await find_member(nest.app.db.reader, ana.account_id)).state == "active"
    assert await find_departure(nest.app.db.reader, ana.account_id) is None
    assert await time_is_over(nest) == 0


async def test_after_the_time_there_is_no_member_and_no_way_back(nest):
    ana, _, _ = await leaves(nest)
    assert await time_is_over(nest) == 1
    assert await time_is_over(nest) == 0
    assert await find_member(nest.app.db.reader, ana.account_id) is None
    with pytest.raises(Exception, match="do not belong together"):
        await nest.signs_in("ana")
    account = await find_account_by_name(nest.app.db.reader, "ana")
    assert account.suspended_at_us is not None
    with pytest.raises(SignUpFailed, match="somebody has this name"):
        await sign_up(nest.app, nest.passwords, SignUp("Ana", "new@mail.example", PASSWORD))


async def test_a_suspension_is_not_escaped_by_leaving_and_coming_back(nest):
    ana, _, _ = await leaves(nest)
    await suspend_account(nest.app, ana.account_id, by=OPERATOR)
    with pytest.raises(MemberHeldBack):
        await nest.signs_in("ana")
    await unsuspend_account(nest.app, ana.account_id, by=OPERATOR)
    assert (await find_account(nest.app.db.reader, ana.account_id)).suspended_at_us is not None
    assert isinstance(await nest.signs_in("ana"), NewSession)
    assert (await find_account(nest.app.db.reader, ana.account_id)).suspended_at_us is None


async def test_a_wrong_password_brings_nobody_back(nest):
    ana, _, _ = await leaves(nest)
    with pytest.raises(Exception, match="do not belong together"):
        await nest.signs_in("ana", "wrong")
    assert (await find_member(nest.app.db.reader, ana.account_id)).state == "leaving"
