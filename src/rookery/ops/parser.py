"""The tree of commands.

Owns: which commands there are and what their arguments mean. Never: runs one.
"""

from __future__ import annotations

import argparse

from rookery import __version__
from rookery.ops.commands import (
    accounts,
    allowed,
    announcements,
    apps,
    blocks,
    deliveries,
    emoji,
    imports,
    inbox,
    invitations,
    media,
    registrations,
    relays,
    reports,
    seed,
    server,
)
from rookery.ops.commands.options import Command, Run

NOUNS = (
    server,
    accounts,
    registrations,
    relays,
    invitations,
    imports,
    emoji,
    announcements,
    reports,
    blocks,
    allowed,
    inbox,
    deliveries,
    apps,
    media,
    seed,
)


def build_parser(write_docs: Run) -> argparse.ArgumentParser:
    """Return the parser of every command. write_docs: passed in, because the pages are written from this tree."""
    parser = argparse.ArgumentParser(
        prog="rookery",
        description="A microblog that nobody can switch off.",
        epilog="`rookery COMMAND --help` says more about each. Settings: docs/settings.md.",
    )
    parser.add_argument("--version", action="version", version=f"rookery {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for noun in NOUNS:
        noun.declare(commands)
    docs = Command(commands, "docs", write_docs, "Write the pages of the documentation that come from the code")
    docs.takes("--write", required=True, metavar="DIR", help="the folder, `docs` in the repository")
    return parser
