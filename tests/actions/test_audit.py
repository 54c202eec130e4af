"""What those who look after the server do is written down, and the door opens when they say so; on both engines."""

import pytest
from tests.measures import suspend_account, unsuspend_account
from tests.nest import PASSWORD

from rookery.actions.governing import ReasonTooLong, approve_member, reject_member, send_reset_link
from rookery.actions.invitations import (
    InvitationNotFound,
    InvitationRefused,
    create_invitation,
    list_every_invitation,
    may_invite,
    withdraw_any_invitation,
)
from rookery.actions.members import RegistrationsClosed, sign_up
from rookery.actions.registrations import choose_registrations, find_registrations, list_warnings, registration_mode
from rookery.model.audit import OPERATOR, Governor
from rookery.model.members import RegistrationMode, Role, SignUp
from rookery.storage.audit import list_entries
from rookery.storage.members import find_member

ANA = SignUp("Ana", "ana@mail.example", PASSWORD, locale="fr")


async def acts(nest):
    entries = await list_entries(nest.app.db.reader, before=2**62, limit=100)
    return [(one.governor, one.act, one.subject, one.detail) for one in reversed(entries)]


async def test_every_act_names_who_did_what_to_whom(make_nest):
    nest = make_nest(registrations=RegistrationMode.APPROVAL, confirms_email=False)
    owner = await nest.joins("olga", Role.OWNER)
    before = len(await acts(nest))
    by = Governor(owner.account_id, Role.OWNER)
    ana = await sign_up(nest.app, nest.passwords, ANA)
    await approve_member(nest.app, ana.account_id, by=by)
    await suspend_account(nest.app, ana.account_id, by=by)
    await unsuspend_account(nest.app, ana.account_id, by=OPERATOR)
    assert (await acts(nest))[before:] == [
        ("olga", "approved", "Ana", ""),
        ("olga", "suspended", "Ana", ""),
        ("", "lifted", "Ana", ""),
    ]


async def test_who_is_refused_reads_why_and_is_forgotten(make_nest):
    nest = make_nest(registrations=RegistrationMode.APPROVAL, confirms_email=False)
    ana = await sign_up(nest.app, nest.passwords, ANA)
    with pytest.raises(ReasonTooLong):
        await reject_member(nest.app, ana.account_id, by=OPERATOR, reason="x" * 1001)
    await reject_member(nest.app, ana.account_id, by=OPERATOR, reason="We are full until May.")
    assert await find_member(nest.app.db.reader, ana.account_id) is None
    [mail] = await nest.settles()
    assert (mail.to, mail.subject) == ("ana@mail.example", "Votre demande d’inscription sur Rookery")
    assert "Bonjour Ana," in mail.body
    assert "\n\nWe are full until May.\n\n" in mail.body
    assert (await acts(nest))[-1] == ("", "refused", "Ana", "We are full until May.")


async def test_the_door_obeys_the_newest_choice_and_the_settings_without_one(make_nest):
    nest = make_nest(registrations=RegistrationMode.CLOSED, confirms_email=False)
    with pytest.raises(RegistrationsClosed):
        await sign_up(nest.app, nest.passwords, ANA)
    await choose_registrations(nest.app, RegistrationMode.APPROVAL, by=OPERATOR)
    assert (await sign_up(nest.app, nest.passwords, ANA)).state == "pending"
    found = await find_registrations(nest.app)
    assert (found.mode, found.chosen, found.default) == ("approval", "approval", "closed")
    await choose_registrations(nest.app, None, by=OPERATOR)
    assert await registration_mode(nest.app) is RegistrationMode.CLOSED
    assert [(act, detail) for _, act, _, detail in await acts(nest)] == [
        ("registrations", "approval"),
        ("registrations", ""),
    ]


async def test_an_owner_is_warned_of_mails_that_reach_nobody_and_of_a_name_that_nobody_finds(make_nest):
    nest = make_nest(registrations=RegistrationMode.OPEN)
    assert any("no mail server is set" in one for one in await list_warnings(nest.app))
    await choose_registrations(nest.app, RegistrationMode.CLOSED, by=OPERATOR)
    assert not any("no mail server is set" in one for one in await list_warnings(nest.app))
    test = make_nest(registrations=RegistrationMode.OPEN, is_test=True)
    assert await list_warnings(test.app) == []


async def test_an_owner_is_warned_of_a_clock_that_was_set_back(nest):
    assert not any("the clock" in one for one in await list_warnings(nest.app))
    nest.app.ids.follow(nest.app.ids.next_id() + (2 * 3600 * 1_000_000 << 10))
    [said] = [one for one in await list_warnings(nest.app) if "the clock" in one]
    assert 7100 < int(said.split(" seconds behind")[0].rpartition(" ")[2]) <= 7200


async def test_a_reset_link_is_handed_over_where_no_mail_leaves(nest):
    await nest.joins("olga", Role.OWNER)
    bea = await nest.joins("bea")
    link = await send_reset_link(nest.app, bea.account_id, by=OPERATOR)
    assert "/password/reset?token=" in link
    assert (await acts(nest))[-1] == ("", "reset_link", "bea", "")


async def test_an_admin_takes_back_anybodys_invitation(make_nest):
    nest = make_nest(registrations=RegistrationMode.INVITATION)
    bea = await nest.joins("bea")
    made = await create_invitation(nest.app, bea.account_id)
    assert [one.code for one in await list_every_invitation(nest.app)] == [made.code]
    await withdraw_any_invitation(nest.app, made.code, by=OPERATOR)
    assert (await acts(nest))[-1] == ("", "withdrawn", "bea", made.code)
    assert await list_every_invitation(nest.app) == []
    with pytest.raises(InvitationNotFound):
        await withdraw_any_invitation(nest.app, made.code, by=OPERATOR)


async def test_members_invite_where_the_settings_let_them(make_nest):
    nest = make_nest(registrations=RegistrationMode.INVITATION, members_invite=False)
    bea, mod = await nest.joins("bea"), await nest.joins("mod", Role.MODERATOR)
    assert not await may_invite(nest.app, Role.MEMBER)
    with pytest.raises(InvitationRefused):
        await create_invitation(nest.app, bea.account_id)
    made = await create_invitation(nest.app, mod.account_id)
    assert (await acts(nest))[-1] == ("mod", "invited", made.code, "")
