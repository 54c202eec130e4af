"""`app create` and `token create`: access for scripts, bots and tests without a browser.

Owns: their arguments and words. Never: a rule of OAuth (actions/apps.py, actions/tokens.py).
"""

from __future__ import annotations

import argparse

from rookery.actions.app import App
from rookery.actions.apps import register_app
from rookery.actions.tokens import give_member_token
from rookery.model.apps import OUT_OF_BAND, AppDraft
from rookery.model.callers import ALL_SCOPES, SCOPES, parse_scopes
from rookery.model.errors import Invalid
from rookery.model.ids import AppId
from rookery.ops.commands.accounts import named_account
from rookery.ops.commands.options import Command, Commands, lines, on_app
from rookery.ops.outcome import Outcome
from rookery.storage.apps import find_client
from rookery.storage.database import Duplicate

OPERATOR_CLIENT = "rookery-command-line"
OPERATOR_APP = AppDraft("Command line", (OUT_OF_BAND,), tuple(sorted(SCOPES)))
EVERYTHING = "read write follow push profile"


class ScopesRefused(Invalid):
    """Scopes that do not exist."""

    def __init__(self, unknown: list[str]) -> None:
        known = ", ".join(sorted(SCOPES))
        super().__init__(
            f"there is no scope {' or '.join(unknown)}; the wide ones are {known}, narrower: read:statuses"
        )


class TokenTaken(Invalid):
    """The chosen token exists."""

    def __init__(self) -> None:
        super().__init__("this token is in use already; choose another one, or leave --token away")


class ClientUnknown(Invalid):
    """No app has this client id."""

    def __init__(self, client_id: str) -> None:
        super().__init__(f"no app has the client id {client_id}; `rookery app create` makes one")


def declare(commands: Commands) -> None:
    """Declare the commands of this file."""
    apps = commands.add_parser("app", help="Apps that act for people").add_subparsers(required=True, metavar="WHAT")
    create = Command(apps, "create", on_app(create_app, makes=True), "Register an app and print its secret")
    create.takes("--name", default="Command line", help="what people see when the app asks (Command line)")
    where = f"where answers go; may be repeated ({OUT_OF_BAND})"
    create.takes("--redirect-uri", action="append", metavar="URI", help=where)
    create.takes("--scopes", default=EVERYTHING, help=f"what it may ask for ({EVERYTHING})")
    create.takes("--website", help="the app's own page")
    create.takes("--client-id", metavar="ID", help="a chosen id; without it one is made")
    create.takes("--client-secret", metavar="SECRET", help="a chosen secret; without it one is made")
    tokens = commands.add_parser("token", help="Access tokens").add_subparsers(required=True, metavar="WHAT")
    token = Command(tokens, "create", on_app(create_token), "Give an account's access token and print it")
    token.takes("account", metavar="ACCOUNT", help="the member for whom it acts")
    token.takes("--scopes", default=EVERYTHING, help=f"what it may do ({EVERYTHING})")
    token.takes("--client-id", metavar="ID", help="the app that it belongs to (the command line's own)")
    token.takes("--token", help="a chosen token; without it one is made")


def known_scopes(raw: str) -> tuple[str, ...]:
    """Return the scopes of a text. Raises ScopesRefused."""
    scopes = parse_scopes(raw)
    unknown = [scope for scope in scopes if scope not in ALL_SCOPES]
    if unknown or not scopes:
        raise ScopesRefused(unknown or [repr(raw)])
    return scopes


async def create_app(app: App, asked: argparse.Namespace) -> Outcome:
    """Register an app."""
    addresses = tuple(asked.redirect_uri or [OUT_OF_BAND])
    draft = AppDraft(asked.name, addresses, known_scopes(asked.scopes), asked.website)
    made = await register_app(app, draft, client_id=asked.client_id, client_secret=asked.client_secret)
    values = {
        "id": str(made.app.id),
        "name": made.app.name,
        "client_id": made.app.client_id,
        "client_secret": made.client_secret,
        "redirect_uri": " ".join(made.app.redirect_uris),
        "scopes": " ".join(made.app.scopes),
    }
    return Outcome(lines(**values), values)


async def create_token(app: App, asked: argparse.Namespace) -> Outcome:
    """Give a token."""
    account = await named_account(app, asked.account)
    scopes = known_scopes(asked.scopes)
    app_id = await app_of(app, asked.client_id)
    try:
        token = await give_member_token(app, account.id, app_id=app_id, scopes=scopes, secret=asked.token)
    except Duplicate:
        raise TokenTaken from None
    values = {"account": account.username, "scopes": " ".join(token.scopes), "token": token.secret}
    return Outcome(lines(**values), values)


async def app_of(app: App, client_id: str | None) -> AppId:
    """Return the app of a client id, or the command line's own, registered at its first use. Raises ClientUnknown."""
    known = await find_client(app.db.reader, client_id or OPERATOR_CLIENT)
    if known is not None:
        return known.id
    if client_id:
        raise ClientUnknown(client_id)
    return (await register_app(app, OPERATOR_APP, client_id=OPERATOR_CLIENT)).app.id
