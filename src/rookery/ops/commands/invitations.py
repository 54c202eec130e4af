"""`invitation create|list|withdraw`: links that let somebody join.

Owns: their arguments and words. Never: a rule; an invitation is made in the name of a member, by their rights.
"""

from __future__ import annotations

import argparse

from rookery.actions.app import App
from rookery.actions.invitations import create_invitation, list_own_invitations, withdraw_invitation
from rookery.model.errors import NotFound
from rookery.model.ids import AccountId, now_us
from rookery.ops.commands.accounts import named_account
from rookery.ops.commands.options import Command, Commands, lines, on_app
from rookery.ops.outcome import Outcome
from rookery.storage.invitations import Invitation
from rookery.storage.members import find_owner_id

DAY_S = 86_400


class NobodyInvites(NotFound):
    """No owner yet, and no member was named."""

    def __init__(self) -> None:
        super().__init__("nobody owns this server yet; name a member with --by")


def declare(commands: Commands) -> None:
    """Declare the commands of this file."""
    group = commands.add_parser("invitation", help="Links that let somebody join").add_subparsers(
        required=True, metavar="WHAT"
    )
    create = Command(group, "create", on_app(invite), "Make an invitation and print its link")
    create.takes("--by", metavar="NAME", help="who invites; the owner if not given")
    create.takes("--uses", type=int, help="how many people it lets in; without it any number")
    create.takes("--days", type=int, help="how long it works; without it until it is withdrawn")
    shown = Command(group, "list", on_app(list_open), "List a member's invitations")
    shown.takes("--by", metavar="NAME", help="whose; the owner's if not given")
    withdraw = Command(group, "withdraw", on_app(withdraw_code), "End an invitation")
    withdraw.takes("code", metavar="CODE").takes("--by", metavar="NAME", help="whose; the owner's if not given")


async def inviter(app: App, name: str | None) -> AccountId:
    """Return the member who invites. Raises NoSuchAccount, NobodyInvites."""
    if name:
        return (await named_account(app, name)).id
    owner = await find_owner_id(app.db.reader)
    if owner is None:
        raise NobodyInvites
    return owner


def values_of(app: App, invitation: Invitation) -> dict[str, object]:
    """What is told of an invitation."""
    return {
        "code": invitation.code,
        "link": f"{app.settings.base_url}/join?invitation={invitation.code}",
        "uses": invitation.use_count,
        "max_uses": invitation.max_uses,
        "is_good": invitation.is_good(now_us()),
    }


async def invite(app: App, asked: argparse.Namespace) -> Outcome:
    """Make an invitation."""
    lifetime_s = asked.days * DAY_S if asked.days is not None else None
    made = await create_invitation(app, await inviter(app, asked.by), max_uses=asked.uses, lifetime_s=lifetime_s)
    values = values_of(app, made)
    return Outcome(lines(code=made.code, link=values["link"]), values)


async def list_open(app: App, asked: argparse.Namespace) -> Outcome:
    """List invitations with how often they were used."""
    found = [values_of(app, one) for one in await list_own_invitations(app, await inviter(app, asked.by))]
    text = "\n".join(
        "{link}  used {uses} times{end}".format(**row, end="" if row["is_good"] else ", ended") for row in found
    )
    return Outcome(text or "No invitations.", {"invitations": found})


async def withdraw_code(app: App, asked: argparse.Namespace) -> Outcome:
    """End an invitation."""
    await withdraw_invitation(app, await inviter(app, asked.by), asked.code)
    return Outcome("The invitation has ended.", {"code": asked.code, "is_good": False})
