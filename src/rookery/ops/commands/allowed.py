"""`allow add|list|remove`: the servers that are welcome where only named ones are.

Owns: their arguments and words. Never: a rule (actions/domainblocks.py); the mode is a setting.
"""

from __future__ import annotations

import argparse

from rookery.actions.app import App
from rookery.actions.domainblocks import allow_domain, unallow_domain
from rookery.model.audit import OPERATOR
from rookery.model.blocks import BlockNotFound, FederationMode, parse_domain
from rookery.model.paging import Window
from rookery.ops.commands.options import Command, Commands, on_app
from rookery.ops.outcome import Outcome
from rookery.storage.domainblocks import find_allow, list_allows

LISTED = 10_000
UNUSED = "It counts once the setting federation.mode is allowlist."


def declare(commands: Commands) -> None:
    """Declare the commands of this file."""
    group = commands.add_parser("allow", help="Welcome servers").add_subparsers(required=True, metavar="WHAT")
    add = Command(group, "add", on_app(add_domain), "Welcome a server, by the name in its handles and its addresses")
    add.takes("name", metavar="DOMAIN", help="the server; names below it are welcome only when they are named too")
    Command(group, "list", on_app(list_domains), "List the welcome servers, newest first")
    Command(group, "remove", on_app(remove_domain), "Take a welcome back").takes("name", metavar="DOMAIN", help="it")


async def add_domain(app: App, asked: argparse.Namespace) -> Outcome:
    """Welcome a server."""
    allow = await allow_domain(app, asked.name, by=OPERATOR)
    used = "" if app.settings.federation.mode is FederationMode.ALLOWLIST else f" {UNUSED}"
    return Outcome(f"{allow.domain} is welcome.{used}", {"domain": allow.domain})


async def list_domains(app: App, asked: argparse.Namespace) -> Outcome:
    """List welcome servers."""
    allows = await list_allows(app.db.reader, Window(limit=LISTED))
    text = "\n".join(one.domain for one in allows)
    return Outcome(text or "No server is named.", {"domains": [one.domain for one in allows]})


async def remove_domain(app: App, asked: argparse.Namespace) -> Outcome:
    """Take a welcome back. Raises BlockNotFound."""
    allow = await find_allow(app.db.reader, parse_domain(asked.name))
    if allow is None:
        raise BlockNotFound
    await unallow_domain(app, allow.id, by=OPERATOR)
    return Outcome(f"{allow.domain} is not named any more.", {"domain": allow.domain})
