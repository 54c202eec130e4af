"""Invitations: codes with which members bring others in.

Owns: who may invite, how often a code works. Never: the sign-up itself (actions/members.py).
"""

from __future__ import annotations

from rookery.actions.app import App
from rookery.actions.audit import record_act
from rookery.actions.registrations import registration_mode
from rookery.actions.repeating import repeatable
from rookery.actions.secrets import new_code
from rookery.model.audit import Act, Governor
from rookery.model.errors import Invalid, NotAllowed, NotFound
from rookery.model.ids import AccountId, now_us
from rookery.model.members import RegistrationMode, Role, check_standing, outranks
from rookery.storage import invitations, members
from rookery.storage.invitations import Invitation

MAX_USES = 1000
MAX_GOOD = 50
MOST_LISTED = 200
SECOND_US = 1_000_000


class InvitationRefused(NotAllowed):
    """The member may not invite now."""


class InvitationNotFound(NotFound):
    """No such invitation, or somebody else's."""

    def __init__(self) -> None:
        super().__init__("no such invitation")


@repeatable
async def create_invitation(
    app: App, account_id: AccountId, *, max_uses: int | None = None, lifetime_s: int | None = None
) -> Invitation:
    """Make a code. max_uses, lifetime_s None: without that bound. Raises InvitationRefused, Invalid, MemberHeldBack."""
    if (max_uses is not None and not 0 < max_uses <= MAX_USES) or (lifetime_s is not None and lifetime_s <= 0):
        raise Invalid(f"an invitation works 1 to {MAX_USES} times and for some time")
    now = now_us()
    expires_at = now + lifetime_s * SECOND_US if lifetime_s is not None else None
    invitation = Invitation(new_code(), account_id, max_uses, 0, expires_at, now)
    async with app.db.transaction() as tx:
        member = await members.find_member(tx, account_id)
        if member is None:
            raise InvitationRefused("only members invite")
        check_standing(member.standing)
        check_may_invite(await registration_mode(app, tx), member.role, members_invite=app.settings.nest.members_invite)
        made = await invitations.list_invitations(tx, account_id)
        if sum(other.is_good(now) for other in made) >= MAX_GOOD:
            raise InvitationRefused(f"you have {MAX_GOOD} open invitations; take one back first")
        await invitations.insert_invitation(tx, invitation)
        if outranks(member.role, Role.MEMBER):
            await record_act(app, tx, Governor(account_id, member.role), Act.INVITED, subject=invitation.code)
    return invitation


async def may_invite(app: App, role: Role) -> bool:
    """True when create_invitation would not refuse somebody of this role."""
    try:
        check_may_invite(await registration_mode(app), role, members_invite=app.settings.nest.members_invite)
    except InvitationRefused:
        return False
    return True


def check_may_invite(mode: RegistrationMode, role: Role, *, members_invite: bool) -> None:
    """Raises InvitationRefused. Where sign-ups wait for approval, an invitation is one, so it takes a moderator."""
    if mode is RegistrationMode.CLOSED:
        raise InvitationRefused("this server does not take new members at the moment")
    is_reserved = mode is RegistrationMode.APPROVAL or not members_invite
    if is_reserved and not outranks(role, Role.MEMBER):
        raise InvitationRefused("on this server moderators and admins invite")


async def list_own_invitations(app: App, account_id: AccountId) -> list[Invitation]:
    """Return a member's invitations, newest first, used up ones too."""
    return await invitations.list_invitations(app.db.reader, account_id)


async def list_every_invitation(app: App) -> list[Invitation]:
    """Return the newest invitations of all members, for those who look after the server."""
    return await invitations.list_every_invitation(app.db.reader, MOST_LISTED)


async def find_good_invitation(app: App, code: str) -> Invitation | None:
    """Return the invitation of a code while somebody may join with it, or None."""
    invitation = await invitations.find_invitation(app.db.reader, code)
    return invitation if invitation and invitation.is_good(now_us()) else None


@repeatable
async def withdraw_invitation(app: App, account_id: AccountId, code: str) -> None:
    """Take back one of one's own invitations. Raises InvitationNotFound."""
    async with app.db.transaction() as tx:
        if not await invitations.delete_invitation(tx, account_id, code):
            raise InvitationNotFound


@repeatable
async def withdraw_any_invitation(app: App, code: str, *, by: Governor) -> None:
    """Take back an invitation, whoever made it. Raises InvitationNotFound."""
    async with app.db.transaction() as tx:
        found = await invitations.find_invitation(tx, code)
        if found is None or not await invitations.delete_invitation(tx, found.created_by_id, code):
            raise InvitationNotFound
        await record_act(app, tx, by, Act.WITHDRAWN, account_id=found.created_by_id, detail=code)
