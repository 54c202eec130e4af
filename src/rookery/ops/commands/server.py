"""`up`, `migrate`, `config check`: the server itself.

Owns: their arguments and words.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from rookery.actions.app import App
from rookery.ops.commands.options import Command, Commands, on_app, read_settings
from rookery.ops.outcome import Outcome
from rookery.ops.up import run_up
from rookery.storage.migrations import NEWEST


def declare(commands: Commands) -> None:
    """Declare the commands of this file."""
    up = Command(commands, "up", start_server, "Start the server; control-C stops it")
    up.takes("--host", help="the address to listen on (127.0.0.1)")
    up.takes("--port", metavar="PORT", help="the port to listen on (3000); 0 takes a free one")
    up.takes(
        "--test",
        action="store_true",
        help="for trying apps on a local name: anybody joins at once, no limits, passwords give tokens",
    )
    Command(commands, "migrate", on_app(migrate_data, makes=True, migrates=True), "Bring the data to this version")
    config = commands.add_parser("config", help="Look at the settings").add_subparsers(required=True, metavar="WHAT")
    Command(config, "check", check_settings, "Say whether a server would start with these settings")


def start_server(asked: argparse.Namespace) -> Outcome:
    """Serve until stopped."""
    run_up(read_settings(asked))
    return Outcome("Rookery has stopped.", {"stopped": True})


async def migrate_data(app: App, asked: argparse.Namespace) -> Outcome:
    """Say where the data stands; the missing steps were applied while it was opened."""
    return Outcome(f"The data has schema {NEWEST}, as this version needs.", {"schema": NEWEST})


def check_settings(asked: argparse.Namespace) -> Outcome:
    """Read the settings as a start would."""
    settings = read_settings(asked)
    values = {"ok": True, "base_url": settings.base_url, "data": str(Path(settings.server.data).resolve())}
    return Outcome(f"The settings are good. The server would be {settings.base_url}.", values)
