"""Becoming a member and what happens to one, on both engines."""

import anyio
import pytest
from tests.measures import disable_member, enable_member, suspend_account, unsuspend_account
from tests.nest import PASSWORD

from rookery.actions.credentials import confirm_email, request_confirmation_by_email
from rookery.actions.governing import RankTooLow, approve_member, change_role, delete_member, reject_member
from rookery.actions.invitations import InvitationRefused, create_invitation
from rookery.actions.members import (
    ClaimRefused,
    RegistrationsClosed,
    change_preferences,
    claim_server,
    is_claim_good,
    make_claim,
    sign_up,
)
from rookery.model.audit import OPERATOR, Governor
from rookery.model.events import AccountChanged, MemberJoined
from rookery.model.members import MemberHeldBack, Preferences, RegistrationMode, Role, SignUp, SignUpRefused
from rookery.storage.accounts import find_account, find_account_by_name
from rookery.storage.jobs import count_jobs
from rookery.storage.members import find_member, list_members

ANA = SignUp("Ana", "Ana@Mail.example", PASSWORD, locale="fr")


async def test_ana_joins_confirms_her_address_and_is_a_member(nest):
    ana = await sign_up(nest.app, nest.passwords, ANA)
    assert ana.state == "unconfirmed"
    with pytest.raises(MemberHeldBack, match="missing a confirmed e-mail address"):
        await nest.signs_in("ana")
    assert await nest.events(MemberJoined) == []
    ana = await confirm_email(nest.app, await nest.link())
    assert ana.state == "active"
    assert await nest.events(MemberJoined) == [MemberJoined(ana.account_id)]
    assert await nest.events(AccountChanged) == [AccountChanged(ana.account_id)]
    assert (await nest.signs_in("ANA@mail.EXAMPLE")).account_id == ana.account_id
    [mail] = nest.postbox.mails
    assert mail.to == "Ana@Mail.example"
    assert mail.subject == "Confirmez votre adresse pour Rookery"


async def test_a_second_mail_works_and_a_used_link_does_not(nest):
    await sign_up(nest.app, nest.passwords, ANA)
    first = await nest.link()
    await request_confirmation_by_email(nest.app, nest.passwords.limiter, "ana@mail.example")
    second = await nest.link()
    assert first != second
    await confirm_email(nest.app, second)
    for spent in (first, second, "made up"):
        with pytest.raises(Exception, match="no longer good"):
            await confirm_email(nest.app, spent)


async def test_a_mail_that_fails_is_tried_again_and_the_sign_up_stays(nest):
    nest.postbox.fails = 1
    await sign_up(nest.app, nest.passwords, ANA)
    assert await nest.settles() == []
    assert await count_jobs(nest.app.db.reader) == {"waiting": 1}
    async with nest.app.db.transaction() as tx:
        await tx.run("UPDATE jobs SET run_at = 0")
    assert len(await nest.settles()) == 1
    assert await count_jobs(nest.app.db.reader) == {"done": 1}


async def test_everything_wrong_with_a_form_is_said_at_once(nest):
    await nest.joins("root_of_all")
    form = SignUp("admin", "nonsense", "short", agreement=False)
    with pytest.raises(SignUpRefused) as refused:
        await sign_up(nest.app, nest.passwords, form)
    assert [(problem.field, problem.reason) for problem in refused.value.problems] == [
        ("username", "RESERVED"),
        ("email", "INVALID"),
        ("password", "TOO_SHORT"),
        ("agreement", "ACCEPTED"),
    ]
    taken = SignUp("Root_Of_All", "root_of_all@MAIL.example", PASSWORD)
    with pytest.raises(SignUpRefused) as refused:
        await sign_up(nest.app, nest.passwords, taken)
    assert [(problem.field, problem.reason) for problem in refused.value.problems] == [
        ("username", "TAKEN"),
        ("email", "TAKEN"),
    ]
    assert len(await list_members(nest.app.db.reader, before=1 << 62, limit=10)) == 1


async def test_of_two_who_want_one_name_at_the_same_moment_one_gets_it(nest):
    outcomes = []

    async def join(number: int) -> None:
        form = SignUp("ana", f"ana{number}@mail.example", PASSWORD)
        try:
            await sign_up(nest.app, nest.passwords, form)
            outcomes.append("in")
        except SignUpRefused as refused:
            outcomes.append(refused.problems[0].reason)

    async with anyio.create_task_group() as group:
        for number in range(4):
            group.start_soon(join, number)
    assert sorted(outcomes) == ["TAKEN", "TAKEN", "TAKEN", "in"]
    assert len(await list_members(nest.app.db.reader, before=1 << 62, limit=10)) == 1


async def test_nobody_joins_a_closed_server(make_nest):
    nest = make_nest(registrations=RegistrationMode.CLOSED)
    with pytest.raises(RegistrationsClosed):
        await sign_up(nest.app, nest.passwords, ANA)


async def test_a_test_server_lets_everybody_in_at_once(make_nest):
    nest = make_nest(registrations=RegistrationMode.CLOSED, is_test=True)
    assert (await sign_up(nest.app, nest.passwords, ANA)).state == "active"
    assert await nest.settles() == []


async def test_ana_waits_for_approval_and_is_told_when_she_is_in(make_nest):
    nest = make_nest(registrations=RegistrationMode.APPROVAL)
    ana = await sign_up(nest.app, nest.passwords, ANA)
    assert (await confirm_email(nest.app, await nest.link())).state == "pending"
    with pytest.raises(MemberHeldBack, match="pending approval"):
        await nest.signs_in("ana")
    with pytest.raises(RankTooLow):
        await approve_member(nest.app, ana.account_id, by=Governor(None, Role.MEMBER))
    await approve_member(nest.app, ana.account_id, by=Governor(None, Role.MODERATOR))
    await nest.signs_in("ana")
    assert (await nest.settles())[-1].subject == "Bienvenue sur Rookery"
    assert await nest.events(MemberJoined) == [MemberJoined(ana.account_id)]


async def test_who_is_turned_away_leaves_no_trace(make_nest):
    nest = make_nest(registrations=RegistrationMode.APPROVAL, confirms_email=False)
    ana = await sign_up(nest.app, nest.passwords, ANA)
    assert ana.state == "pending"
    await reject_member(nest.app, ana.account_id, by=Governor(None, Role.MODERATOR))
    assert await find_account(nest.app.db.reader, ana.account_id) is None
    await sign_up(nest.app, nest.passwords, ANA)


async def test_an_invitation_lets_one_friend_in_and_not_two(make_nest):
    nest = make_nest(registrations=RegistrationMode.INVITATION, confirms_email=False)
    ana = await nest.joins("ana")
    invitation = await create_invitation(nest.app, ana.account_id, max_uses=1)
    form = SignUp("ben", "ben@mail.example", PASSWORD, invitation=invitation.code)
    ben = await sign_up(nest.app, nest.passwords, form)
    assert (await find_member(nest.app.db.reader, ben.account_id)).invited_by_id == ana.account_id
    for code in (invitation.code, None, "made-up"):
        late = SignUp("cem", "cem@mail.example", PASSWORD, invitation=code)
        with pytest.raises(SignUpRefused) as refused:
            await sign_up(nest.app, nest.passwords, late)
        assert refused.value.problems[-1].field == "invitation"
    assert await find_account_by_name(nest.app.db.reader, "cem") is None


async def test_where_approval_is_needed_a_member_cannot_go_round_it_with_invitations(make_nest):
    nest = make_nest(registrations=RegistrationMode.APPROVAL, confirms_email=False)
    ana = await nest.joins("ana")
    with pytest.raises(InvitationRefused):
        await create_invitation(nest.app, ana.account_id)
    mo = await nest.joins("mo", Role.MODERATOR)
    invitation = await create_invitation(nest.app, mo.account_id)
    form = SignUp("ben", "ben@mail.example", PASSWORD, invitation=invitation.code)
    assert (await sign_up(nest.app, nest.passwords, form)).state == "active"


async def test_the_first_visitor_claims_the_server_and_the_second_does_not(make_nest):
    nest = make_nest(registrations=RegistrationMode.CLOSED)
    older = await make_claim(nest.app)
    link = await make_claim(nest.app)
    assert not await is_claim_good(nest.app, older)
    with pytest.raises(ClaimRefused):
        await claim_server(nest.app, nest.passwords, older, ANA)
    with pytest.raises(SignUpRefused):
        await claim_server(nest.app, nest.passwords, link, SignUp("ana", "", ""))
    owner = await claim_server(nest.app, nest.passwords, link, ANA)
    assert (owner.role, owner.state) == (Role.OWNER, "active")
    with pytest.raises(ClaimRefused):
        await claim_server(nest.app, nest.passwords, link, SignUp("eve", "eve@mail.example", PASSWORD))
    assert await make_claim(nest.app) is None


async def test_nobody_governs_the_owner_or_an_equal(nest):
    owner, admin, other = [await nest.joins(*who) for who in (("o", Role.OWNER), ("a", Role.ADMIN), ("b", Role.ADMIN))]
    for govern in (disable_member, suspend_account, delete_member):
        for target in (owner, other):
            with pytest.raises(RankTooLow):
                await govern(nest.app, target.account_id, by=Governor(admin.account_id, admin.role))
    with pytest.raises(RankTooLow):
        await change_role(nest.app, other.account_id, Role.OWNER, by=Governor(None, Role.ADMIN))
    await change_role(nest.app, other.account_id, Role.MEMBER, by=OPERATOR)
    assert (await find_member(nest.app.db.reader, other.account_id)).role is Role.MEMBER


@pytest.mark.parametrize(("out", "back"), [(disable_member, enable_member), (suspend_account, unsuspend_account)])
async def test_who_is_locked_out_stays_out_until_let_back(nest, out, back):
    ana = await nest.joins("ana")
    await out(nest.app, ana.account_id, by=Governor(None, Role.MODERATOR))
    with pytest.raises(MemberHeldBack, match="Your login is currently disabled"):
        await nest.signs_in("ana")
    await back(nest.app, ana.account_id, by=Governor(None, Role.MODERATOR))
    await nest.signs_in("ana")


async def test_a_deleted_member_is_gone_but_the_name_stays_taken(nest):
    ana = await nest.joins("ana")
    await delete_member(nest.app, ana.account_id, by=OPERATOR)
    assert await find_member(nest.app.db.reader, ana.account_id) is None
    assert (await find_account(nest.app.db.reader, ana.account_id)).suspended_at_us
    with pytest.raises(SignUpRefused) as refused:
        await sign_up(nest.app, nest.passwords, SignUp("ana", "new@mail.example", PASSWORD))
    assert refused.value.problems[0].reason == "TAKEN"


async def test_preferences_are_kept_as_chosen(nest):
    ana = await nest.joins("ana")
    wanted = Preferences(default_audience=2, theme="dark", locale="fr-CA", expands_warnings=True)
    await change_preferences(nest.app, ana.account_id, wanted)
    assert (await find_member(nest.app.db.reader, ana.account_id)).preferences == wanted
