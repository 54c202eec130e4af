"""`relay add|list|remove`: relays that pass public posts on.

Owns: their arguments and words. Never: a rule (actions/relays.py).
"""

from __future__ import annotations

import argparse

from rookery.actions.app import App
from rookery.actions.relays import add_relay, remove_relay
from rookery.model.audit import OPERATOR
from rookery.model.relays import RelayNotFound, RelayStyle
from rookery.ops.commands.options import Command, Commands, on_app
from rookery.ops.outcome import Outcome
from rookery.storage.relays import find_by_address, list_relays


def declare(commands: Commands) -> None:
    """Declare the commands of this file."""
    group = commands.add_parser("relay", help="Relays").add_subparsers(required=True, metavar="WHAT")
    add = Command(
        group, "add", on_app(add_by_address), "Ask a relay to take public posts and to pass on those of others"
    )
    add.takes("address", metavar="ADDRESS", help="its inbox, like https://relay.example/inbox; or its actor")
    add.takes("--litepub", action="store_true", help="the address is that of an actor, as Pleroma and its kin want it")
    Command(group, "list", on_app(list_all), "List the relays, newest first")
    Command(group, "remove", on_app(remove_by_address), "Leave a relay").takes("address", metavar="ADDRESS", help="it")


async def add_by_address(app: App, asked: argparse.Namespace) -> Outcome:
    """Ask a relay."""
    style = RelayStyle.LITEPUB if asked.litepub else RelayStyle.MASTODON
    relay = await add_relay(app, asked.address, style, by=OPERATOR)
    text = f"{relay.address} is asked by the running server; `rookery relay list` shows what it says."
    return Outcome(text, {"address": relay.address, "state": relay.state})


async def list_all(app: App, asked: argparse.Namespace) -> Outcome:
    """List relays."""
    found = await list_relays(app.db.reader)
    text = "\n".join(f"{one.state:<9} {one.style:<9} {one.address}" for one in found)
    return Outcome(text or "No relays.", {"relays": [[one.address, one.style, one.state] for one in found]})


async def remove_by_address(app: App, asked: argparse.Namespace) -> Outcome:
    """Leave a relay. Raises RelayNotFound."""
    relay = await find_by_address(app.db.reader, asked.address.strip())
    if relay is None:
        raise RelayNotFound
    await remove_relay(app, relay.id, by=OPERATOR)
    return Outcome(f"{relay.address} is left.", {"address": relay.address})
