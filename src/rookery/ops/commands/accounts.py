"""`account create|list|approve|suspend|delete|reset-2fa|reset-password|rotate-keys`: members, as an operator sees them.

Owns: their arguments and words. Never: a rule; each command calls one action, in the name of the owner.
"""

from __future__ import annotations

import argparse
import contextlib
import secrets
from collections.abc import Iterator
from pathlib import Path

from rookery.actions.app import App
from rookery.actions.factors import reset_second_step
from rookery.actions.governing import (
    approve_member,
    delete_member,
    reject_member,
    set_password,
)
from rookery.actions.members import create_member
from rookery.actions.passwords import PasswordPool
from rookery.actions.strikes import Decision, take_measure, undo_measure
from rookery.activitypub.keys import replace_keys
from rookery.model.accounts import Account, AccountNotFound, split_handle
from rookery.model.audit import OPERATOR
from rookery.model.errors import Invalid, NotAllowed
from rookery.model.ids import MAX_ID, AccountId
from rookery.model.members import Role, SignUp
from rookery.model.reports import Measure
from rookery.network.limits import Limiter
from rookery.ops.commands.options import Command, Commands, lines, on_app
from rookery.ops.folder import DataFolder
from rookery.ops.outcome import Outcome
from rookery.storage.accounts import find_account_by_name, list_accounts
from rookery.storage.members import find_member, list_members

PASSWORD_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # noqa: S105 - letters that are not mistaken for each other
PAGE = 500
KEYS_NOW = "Other servers learn them as soon as they meet a signature that does not fit what they remember."


class NoSuchAccount(AccountNotFound):
    """The name that was typed belongs to nobody here."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.args = (f"nobody here is called {name}; `rookery account list` shows who is",)


class OwnerStays(NotAllowed):
    """A server is not left without its owner by a slip."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} owns this server; a server is not left without its owner")


class WhoseKeys(Invalid):
    """The command names nobody, or both."""

    def __init__(self) -> None:
        super().__init__("name a member, or say --server for the server's own keys; not both")


def declare(commands: Commands) -> None:
    """Declare the commands of this file."""
    group = commands.add_parser("account", help="Members of the server").add_subparsers(required=True, metavar="WHAT")
    create = Command(group, "create", on_app(create_account, makes=True), "Create a member and print their password")
    create.takes("name", metavar="NAME", help="the name in the handle").takes("--email", required=True, help="theirs")
    create.takes("--password", help="the password; without it a good one is made")
    create.takes("--role", choices=[str(role) for role in reversed(Role)], default="member", help="member if not given")
    create.takes(
        "--confirmed", action="store_true", help="trust the e-mail address; without it a mail must be answered"
    )
    Command(group, "list", on_app(list_members_here), "List the members, newest first")
    approve = Command(group, "approve", on_app(approve_account), "Let in somebody who waits for approval")
    approve.takes("name", metavar="NAME").takes("--reject", action="store_true", help="turn them down and forget them")
    approve.takes("--reason", default="", help="with --reject: what the mail says about it")
    suspend = Command(group, "suspend", on_app(suspend_member), "Hide an account and end its access")
    suspend.takes("name", metavar="NAME").takes("--undo", action="store_true", help="let the account back")
    suspend.takes("--reason", default="", help="why, in words for the member, who gets them by mail")
    delete = Command(group, "delete", on_app(delete_account), "Delete a member and what they wrote, for good")
    delete.takes("name", metavar="NAME")
    reset = Command(group, "reset-password", on_app(give_new_password), "Give a member a new password and print it")
    second = Command(group, "reset-2fa", on_app(turn_second_step_off), "Let a locked-out member in with their password")
    second.takes("name", metavar="NAME")
    rotate = Command(group, "rotate-keys", on_app(rotate_keys), "Give a member, or the server, new keys to sign with")
    rotate.takes("name", metavar="NAME", nargs="?", help="the member")
    rotate.takes("--server", action="store_true", help="the keys of the server itself")
    reset.takes("name", metavar="NAME").takes("--password", help="the new password; without it a good one is made")


@contextlib.contextmanager
def password_pool(app: App) -> Iterator[PasswordPool]:
    """Hash without counting guesses: the operator makes none."""
    pool = PasswordPool(Limiter(is_off=True))
    try:
        yield pool
    finally:
        pool.close()


def new_password() -> str:
    """Return a password of 100 bits that can be read aloud."""
    letters = "".join(secrets.choice(PASSWORD_LETTERS) for _ in range(20))
    return "-".join(letters[at : at + 5] for at in range(0, 20, 5))


async def named_account(app: App, name: str) -> Account:
    """Return the local account of a name or handle. Raises NoSuchAccount."""
    try:
        key, domain = split_handle(name, app.settings.server.domain)
    except AccountNotFound:
        raise NoSuchAccount(name) from None
    account = await find_account_by_name(app.db.reader, key, domain)
    if account is None or not account.is_local:
        raise NoSuchAccount(name)
    return account


async def create_account(app: App, asked: argparse.Namespace) -> Outcome:
    """Create a member."""
    password = asked.password or new_password()
    form = SignUp(username=asked.name, email=asked.email, password=password)
    # A test server that runs on this data asks nobody for a confirmation, whatever this command was told.
    is_test = DataFolder(Path(app.settings.server.data)).is_tested()
    is_confirmed = asked.confirmed or is_test or not app.settings.nest.confirms_email
    with password_pool(app) as pool:
        member = await create_member(app, pool, form, role=Role(asked.role), is_confirmed=is_confirmed)
    values = {
        "id": str(member.account_id),
        "name": asked.name,
        "email": member.email,
        "role": str(member.role),
        "state": member.state,
        "password": password,
    }
    return Outcome(lines(**values), values)


async def list_members_here(app: App, asked: argparse.Namespace) -> Outcome:
    """List every member."""
    rows, before = [], MAX_ID
    while page := await list_members(app.db.reader, before=before, limit=PAGE):
        accounts = await list_accounts(app.db.reader, [member.account_id for member in page])
        before = page[-1].account_id
        rows += [
            {
                "id": str(member.account_id),
                "name": accounts[member.account_id].username,
                "email": member.email,
                "role": str(member.role),
                "state": member.standing,
                "posts": accounts[member.account_id].post_count,
            }
            for member in page
        ]
    text = "\n".join("{name:<30} {role:<9} {state:<11} {email}".format(**row) for row in rows)
    return Outcome(text or "Nobody yet.", {"accounts": rows})


async def approve_account(app: App, asked: argparse.Namespace) -> Outcome:
    """Let a waiting member in, or turn them down."""
    account = await named_account(app, asked.name)
    if asked.reject:
        await reject_member(app, account.id, by=OPERATOR, reason=asked.reason)
        return Outcome(f"{account.username} is turned down.", {"name": account.username, "approved": False})
    await approve_member(app, account.id, by=OPERATOR)
    return Outcome(f"{account.username} may come in.", {"name": account.username, "approved": True})


async def suspend_member(app: App, asked: argparse.Namespace) -> Outcome:
    """Suspend an account with its statement of reasons, or let it back; its member gets a mail."""
    account = await named_account(app, asked.name)
    if asked.undo:
        await undo_measure(app, account.id, Measure.SUSPEND, by=OPERATOR)
        return Outcome(f"{account.username} is back.", {"name": account.username, "suspended": False})
    await refuse_owner(app, account)
    await take_measure(app, account.id, Decision(Measure.SUSPEND, asked.reason), by=OPERATOR)
    return Outcome(f"{account.username} is suspended.", {"name": account.username, "suspended": True})


async def delete_account(app: App, asked: argparse.Namespace) -> Outcome:
    """Delete a member."""
    account = await named_account(app, asked.name)
    await refuse_owner(app, account)
    await delete_member(app, account.id, by=OPERATOR)
    text = f"{account.username} is deleted; the running server removes what they wrote."
    return Outcome(text, {"name": account.username, "deleted": True})


async def refuse_owner(app: App, account: Account) -> None:
    """Raises OwnerStays."""
    member = await find_member(app.db.reader, account.id)
    if member and member.role is Role.OWNER:
        raise OwnerStays(account.username)


async def give_new_password(app: App, asked: argparse.Namespace) -> Outcome:
    """Set a member's password; every session and token of theirs ends."""
    account = await named_account(app, asked.name)
    password = asked.password or new_password()
    with password_pool(app) as pool:
        await set_password(app, pool, AccountId(account.id), password)
    values = {"name": account.username, "password": password}
    return Outcome(lines(**values), values)


async def turn_second_step_off(app: App, asked: argparse.Namespace) -> Outcome:
    """Turn the second step of a member off; their password and passkeys stay."""
    account = await named_account(app, asked.name)
    was_on = await reset_second_step(app, account.id)
    text = "signs in with the password alone now." if was_on else "had no second step; nothing was changed."
    return Outcome(f"{account.username} {text}", {"name": account.username, "was_on": was_on})


async def rotate_keys(app: App, asked: argparse.Namespace) -> Outcome:
    """Give a member, or the server, new keys. Raises WhoseKeys, NoSuchAccount."""
    if asked.server == bool(asked.name):
        raise WhoseKeys
    account = await named_account(app, asked.name) if asked.name else None
    row = await replace_keys(app, account.id if account else None)
    name = account.username if account else app.settings.server.domain
    return Outcome(f"{name} signs with new keys. {KEYS_NOW}", {"name": name, "ed25519": row.ed25519_public})
