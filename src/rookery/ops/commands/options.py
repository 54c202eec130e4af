"""What all commands share: options of the data, reading settings, running one function on an open application.

Owns: --data, --domain, --config and --json, and the way from parsed arguments to an Outcome. Never: a command.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from rookery.actions.app import App
from rookery.actions.media import MediaRoom
from rookery.model.settings import Settings
from rookery.ops.app import open_app, open_room
from rookery.ops.folder import DataFolder
from rookery.ops.outcome import Outcome
from rookery.ops.settings import Given, load_settings

Run = Callable[[argparse.Namespace], Outcome]
Work = Callable[[App, argparse.Namespace], Awaitable[Outcome]]
Commands = Any  # what argparse gives back for a group of commands; it has no public name
# Option -> the setting that it overrides.
SETTINGS_OPTIONS = {"data": "data", "domain": "domain", "host": "host", "port": "port"}


class Command:
    """One command being declared: its parser, with the options that all commands take."""

    def __init__(self, group: Commands, name: str, run: Run, meaning: str) -> None:
        self.parser: argparse.ArgumentParser = group.add_parser(name, help=meaning, description=f"{meaning}.")
        self.parser.set_defaults(run=run)
        shared = self.parser.add_argument_group("options of every command")
        shared.add_argument("--data", metavar="DIR", help="the folder of the server's data (rookery-data)")
        shared.add_argument("--domain", help="the server's name in handles (localhost)")
        shared.add_argument("--config", metavar="FILE", help="the settings (rookery.toml in the data folder)")
        shared.add_argument("--json", action="store_true", help="answer in JSON, for scripts")

    def takes(self, *names: str, **wishes: Any) -> Command:
        """Declare an argument or option; returns itself, to declare the next."""
        self.parser.add_argument(*names, **wishes)
        return self


def read_settings(asked: argparse.Namespace) -> Settings:
    """Return the settings that the arguments, the environment and the file give. Raises SettingsRefused."""
    options = {
        ("server", key): (f"--{option}", str(value))
        for option, key in SETTINGS_OPTIONS.items()
        if (value := getattr(asked, option, None)) is not None
    }
    return load_settings(Given(asked.config, options, getattr(asked, "test", False)), os.environ)


def on_app(work: Work, *, makes: bool = False, migrates: bool = False) -> Run:
    """Return a command that opens the data, does the work and closes it. makes, migrates: see ops/app.open_app."""

    async def run(asked: argparse.Namespace) -> Outcome:
        async with open_app(read_settings(asked), makes=makes, migrates=migrates) as app:
            return await work(app, asked)

    return lambda asked: asyncio.run(run(asked))


@contextlib.asynccontextmanager
async def opened_media(app: App) -> AsyncIterator[MediaRoom]:
    """Open the media box on the data, for a command that makes pictures."""
    folder = DataFolder(Path(app.settings.server.data))
    room = open_room(app.settings, folder)
    async with room.box:
        yield room


def lines(**values: Any) -> str:
    """Return `name: value` lines for people."""
    return "\n".join(f"{name.replace('_', ' ')}: {value}" for name, value in values.items() if value is not None)
