"""`deliveries list|retry`: what waits for other servers, from the command line.

Owns: their arguments and words. Never: sends; a running server does, within a second or so.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict

from rookery.actions.app import App
from rookery.actions.hosts import retry_host
from rookery.model.ids import datetime_from_us, now_us
from rookery.ops.commands.options import Command, Commands, on_app
from rookery.ops.outcome import Outcome
from rookery.storage.parcels import WaitingHost, count_waiting, list_waiting_hosts

LISTED = 1000


def declare(commands: Commands) -> None:
    """Declare the commands of this file."""
    group = commands.add_parser("deliveries", help="What waits for other servers")
    kinds = group.add_subparsers(required=True, metavar="WHAT")
    Command(kinds, "list", on_app(list_waiting), "List the servers that something waits for, those in trouble first")
    retry = Command(kinds, "retry", on_app(retry_now), "Have a server tried at once")
    retry.takes("host", metavar="HOST", help="the server, as `deliveries list` names it")


async def list_waiting(app: App, asked: argparse.Namespace) -> Outcome:
    """List hosts."""
    found = await list_waiting_hosts(app.db.reader, LISTED)
    parcels, host_count = await count_waiting(app.db.reader)
    head = f"{parcels} deliveries wait for {host_count} servers." if parcels else "Nothing waits."
    text = "\n".join([head, *(line_of(one) for one in found)])
    return Outcome(text, {"waiting": parcels, "host_count": host_count, "hosts": [asdict(one) for one in found]})


def line_of(one: WaitingHost) -> str:
    """Return what is known of a host."""
    parts = [one.domain, f"{one.stop_count} waiting"]
    if one.failing_since_us:
        parts.append(f"failing since {day_of(one.failing_since_us)}")
        if one.next_try_at_us > now_us():
            parts.append(f"next try {day_of(one.next_try_at_us)}")
    if one.missed_since_us:
        parts.append("given up until it is back")
    return "  ".join([*parts, *([one.last_error] if one.last_error else [])])


def day_of(moment_us: int) -> str:
    """Return a moment in UTC, to the minute."""
    return datetime_from_us(moment_us).strftime("%Y-%m-%d %H:%M")


async def retry_now(app: App, asked: argparse.Namespace) -> Outcome:
    """Try a host. Raises HostNotFound."""
    await retry_host(app, asked.host)
    return Outcome(f"{asked.host} is tried at once.", {"host": asked.host})
