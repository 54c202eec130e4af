"""`registrations`: who may sign up, shown or changed while the server runs.

Owns: its arguments and words. Never: the rule of which choice wins (actions/registrations.py).
"""

from __future__ import annotations

import argparse

from rookery.actions.app import App
from rookery.actions.registrations import Registrations, choose_registrations, find_registrations
from rookery.model.audit import OPERATOR
from rookery.model.members import RegistrationMode
from rookery.ops.commands.options import Command, Commands, on_app
from rookery.ops.outcome import Outcome

SETTINGS = "settings"


def declare(commands: Commands) -> None:
    """Declare the command."""
    shown = Command(commands, "registrations", on_app(show_or_choose, makes=True), "Show who may sign up, or choose it")
    choices = [*map(str, RegistrationMode), SETTINGS]
    shown.takes("mode", nargs="?", choices=choices, help="the choice, at once; `settings` goes back to what they say")


async def show_or_choose(app: App, asked: argparse.Namespace) -> Outcome:
    """Show the mode and where it comes from, after a change if one was asked for."""
    if asked.mode is None:
        found = await find_registrations(app)
    else:
        mode = None if asked.mode == SETTINGS else RegistrationMode(asked.mode)
        found = await choose_registrations(app, mode, by=OPERATOR)
    values = {"mode": found.mode, "chosen": found.chosen, "settings": found.default}
    return Outcome(f"Registrations: {found.mode} ({source_of(found)})", values)


def source_of(found: Registrations) -> str:
    """Say where the mode comes from."""
    if found.chosen is None:
        return "from the settings"
    return f"chosen here; the settings say {found.default}"
