"""Passwords and addresses: changed by their owner, reset by mail, and what ends with them."""

import pytest
from tests.nest import PASSWORD

from rookery.actions.credentials import (
    AlreadyConfirmed,
    LinkExpired,
    WrongPassword,
    change_email,
    change_password,
    confirm_email,
    delete_own_account,
    is_reset_good,
    request_confirmation,
    request_password_reset,
    reset_password,
)
from rookery.actions.governing import set_password
from rookery.actions.members import sign_up
from rookery.actions.sessions import SignInRefused
from rookery.model.errors import NotAllowed, TooMany
from rookery.model.events import AccessRevoked
from rookery.model.members import Role, SignUp, SignUpRefused
from rookery.storage.members import find_member

NEW = "battery staple"


async def is_known(nest, session=None, token=None) -> bool:
    try:
        if session:
            await nest.callers.identify_session(session.secret)
        else:
            await nest.callers.identify_token(token.secret)
    except Exception:
        return False
    return True


async def test_a_new_password_ends_every_other_way_in(nest):
    ana = await nest.joins("ana")
    here, there, token = await nest.signs_in("ana"), await nest.signs_in("ana"), await nest.uses_app(ana)
    await nest.callers.identify_token(token.secret)
    with pytest.raises(WrongPassword):
        await change_password(nest.app, nest.passwords, ana.account_id, current="wrong", new=NEW, keep_session=here.id)
    await change_password(nest.app, nest.passwords, ana.account_id, current=PASSWORD, new=NEW, keep_session=here.id)
    assert await is_known(nest, session=here)
    assert not await is_known(nest, session=there)
    assert not await is_known(nest, token=token)
    with pytest.raises(SignInRefused):
        await nest.signs_in("ana")
    await nest.signs_in("ana", NEW)
    assert (await nest.settles())[-1].subject == "Your password for Rookery was changed"
    [revoked] = await nest.events(AccessRevoked)
    assert revoked == AccessRevoked(ana.account_id, (token.id,), (there.id,))


async def test_the_current_password_cannot_be_guessed_through_the_settings(nest):
    ana = await nest.joins("ana")
    for _ in range(10):
        with pytest.raises(WrongPassword):
            await change_password(nest.app, nest.passwords, ana.account_id, current="x", new=NEW, keep_session=None)
    with pytest.raises(TooMany):
        await change_email(nest.app, nest.passwords, ana.account_id, password=PASSWORD, email="new@mail.example")


async def test_a_reset_ends_everything_and_its_link_works_once(nest):
    ana = await nest.joins("ana")
    session, token = await nest.signs_in("ana"), await nest.uses_app(ana)
    await request_password_reset(nest.app, nest.passwords.limiter, "ANA@mail.example")
    await request_password_reset(nest.app, nest.passwords.limiter, "ana@mail.example")
    link = await nest.link()
    assert [mail.to for mail in nest.postbox.mails] == ["ana@mail.example"] * 2
    assert await is_reset_good(nest.app, link)
    with pytest.raises(SignUpRefused):
        await reset_password(nest.app, nest.passwords, link, "short")
    assert await reset_password(nest.app, nest.passwords, link, NEW) == ana.account_id
    assert not await is_known(nest, session=session)
    assert not await is_known(nest, token=token)
    await nest.signs_in("ana", NEW)
    with pytest.raises(LinkExpired):
        await reset_password(nest.app, nest.passwords, link, "third password")
    with pytest.raises(LinkExpired):
        await confirm_email(nest.app, link)
    assert AccessRevoked(ana.account_id) in await nest.events(AccessRevoked)


async def test_a_stranger_learns_nothing_from_asking_for_a_reset(nest):
    await request_password_reset(nest.app, nest.passwords.limiter, "nobody@mail.example")
    assert await nest.settles() == []


async def test_a_mailbox_is_not_flooded(nest):
    ana = await nest.joins("ana")
    for _ in range(5):
        await request_password_reset(nest.app, nest.passwords.limiter, "ana@mail.example")
    for address in ("ana@mail.example", "ANA@MAIL.EXAMPLE"):
        with pytest.raises(TooMany):
            await request_password_reset(nest.app, nest.passwords.limiter, address)
    assert len(await nest.settles()) == 5
    for _ in range(5):
        await change_email(nest.app, nest.passwords, ana.account_id, password=PASSWORD, email="new@mail.example")
    with pytest.raises(TooMany):
        await change_email(nest.app, nest.passwords, ana.account_id, password=PASSWORD, email="other@mail.example")


async def test_a_new_address_counts_when_it_is_confirmed_and_the_old_one_is_told(nest):
    ana = await nest.joins("ana")
    await nest.joins("ben")
    with pytest.raises(SignUpRefused):
        await change_email(nest.app, nest.passwords, ana.account_id, password=PASSWORD, email="Ben@mail.example")
    await change_email(nest.app, nest.passwords, ana.account_id, password=PASSWORD, email="new@mail.example")
    link = await nest.link()
    assert nest.postbox.mails[-1].to == "new@mail.example"
    assert (await find_member(nest.app.db.reader, ana.account_id)).email == "ana@mail.example"
    assert (await confirm_email(nest.app, link)).email == "new@mail.example"
    farewell = (await nest.settles())[-1]
    assert farewell.to == "ana@mail.example"
    assert "new@mail.example" in farewell.body


@pytest.mark.parametrize("fails", [0, 1])
async def test_a_change_of_address_that_was_withdrawn_before_its_mail_left_sends_none(nest, fails):
    ana = await nest.joins("ana")
    await change_email(nest.app, nest.passwords, ana.account_id, password=PASSWORD, email="eve@mail.example")
    if fails:  # the postman came once, in vain, and has a link in his bag
        nest.postbox.fails = fails
        await nest.settles()
    await set_password(nest.app, nest.passwords, ana.account_id, NEW)
    async with nest.app.db.transaction() as tx:
        await tx.run("UPDATE jobs SET run_at = 0")
    assert await nest.settles() == []
    assert await nest.app.db.reader.all("SELECT email FROM mail_tokens") == []
    await change_email(nest.app, nest.passwords, ana.account_id, password=NEW, email="new@mail.example")
    assert (await confirm_email(nest.app, await nest.link())).email == "new@mail.example"


async def test_an_address_that_somebody_else_took_meanwhile_is_refused(nest):
    ana = await nest.joins("ana")
    await change_email(nest.app, nest.passwords, ana.account_id, password=PASSWORD, email="ben@mail.example")
    link = await nest.link()
    await nest.joins("ben")
    with pytest.raises(SignUpRefused):
        await confirm_email(nest.app, link)
    assert (await find_member(nest.app.db.reader, ana.account_id)).email == "ana@mail.example"


async def test_a_newcomer_corrects_a_mistyped_address(nest):
    ana = await sign_up(nest.app, nest.passwords, SignUp("ana", "anna@mail.example", PASSWORD))
    wrong = await nest.link()
    await request_confirmation(nest.app, nest.passwords.limiter, ana.account_id, "ana@mail.example")
    right = await nest.link()
    assert nest.postbox.mails[-1].to == "ana@mail.example"
    with pytest.raises(LinkExpired):
        await confirm_email(nest.app, wrong)
    assert (await confirm_email(nest.app, right)).state == "active"
    with pytest.raises(AlreadyConfirmed):
        await request_confirmation(nest.app, nest.passwords.limiter, ana.account_id)


async def test_an_operator_sets_a_password_and_everything_ends(nest):
    ana = await nest.joins("ana")
    session = await nest.signs_in("ana")
    await nest.callers.identify_session(session.secret)
    await set_password(nest.app, nest.passwords, ana.account_id, NEW)
    assert not await is_known(nest, session=session)
    await nest.signs_in("ana", NEW)


async def test_a_person_may_leave_but_the_owner_hands_over_first(nest):
    ana, owner = await nest.joins("ana"), await nest.joins("olga", Role.OWNER)
    with pytest.raises(WrongPassword):
        await delete_own_account(nest.app, nest.passwords, ana.account_id, "wrong")
    await delete_own_account(nest.app, nest.passwords, ana.account_id, PASSWORD)
    assert await find_member(nest.app.db.reader, ana.account_id) is None
    with pytest.raises(NotAllowed):
        await delete_own_account(nest.app, nest.passwords, owner.account_id, PASSWORD)
