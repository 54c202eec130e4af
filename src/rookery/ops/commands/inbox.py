"""`inbox list|show|retry|drop`: what other servers delivered and could not be handled, from the command line.

Owns: their arguments and words. Never: a rule (actions/arrivals.py).
"""

from __future__ import annotations

import argparse
from typing import Any

from rookery.actions.app import App
from rookery.actions.arrivals import drop_arrival, get_aside, retry_arrival
from rookery.model.audit import OPERATOR
from rookery.model.ids import datetime_from_us
from rookery.ops.commands.options import Command, Commands, on_app
from rookery.ops.outcome import Outcome
from rookery.storage.arrivals import SetAside, count_aside, count_by_host, list_aside

LISTED = 200


def declare(commands: Commands) -> None:
    """Declare the commands of this file."""
    group = commands.add_parser("inbox", help="Deliveries of other servers")
    kinds = group.add_subparsers(required=True, metavar="WHAT")
    Command(kinds, "list", on_app(list_all), "List what could not be handled and was set aside, newest first")
    what = "its number in the list"
    Command(kinds, "show", on_app(show), "Show one whole, as it came").takes("id", type=int, metavar="ID", help=what)
    Command(kinds, "retry", on_app(retry), "Try one again").takes("id", type=int, metavar="ID", help=what)
    Command(kinds, "drop", on_app(drop), "Forget one for good").takes("id", type=int, metavar="ID", help=what)


def values_of(one: SetAside) -> dict[str, Any]:
    """Return one as plain values."""
    return {
        "id": str(one.id),
        "received_at": datetime_from_us(one.received_at_us).isoformat(),
        "host": one.host,
        "by": one.by_uri,
        "type": one.doing,
        "uri": one.uri,
        "tries": one.attempt_count,
        "why": one.error,
    }


async def list_all(app: App, asked: argparse.Namespace) -> Outcome:
    """List what was set aside, and how much waits."""
    found = await list_aside(app.db.reader, limit=LISTED)
    waiting = {host: count for host, (count, _) in (await count_by_host(app.db.long_reader)).items()}
    total = await count_aside(app.db.reader)
    rows = [f"{one.id}  {one.doing:<12} {one.host:<30} {one.error}" for one in found]
    text = "\n".join([*rows, f"{total} set aside, {sum(waiting.values())} waiting from {len(waiting)} servers."])
    return Outcome(text, {"set_aside": [values_of(one) for one in found], "count": total, "waiting": waiting})


async def show(app: App, asked: argparse.Namespace) -> Outcome:
    """Show one with its body. Raises ArrivalNotFound."""
    one = await get_aside(app.db.reader, asked.id)
    body = one.body.decode("utf-8", "replace")
    lines = [f"{name}: {value}" for name, value in values_of(one).items()]
    return Outcome("\n".join([*lines, "", body]), {**values_of(one), "body": body})


async def retry(app: App, asked: argparse.Namespace) -> Outcome:
    """Have one tried again. Raises ArrivalNotFound."""
    await retry_arrival(app, asked.id, by=OPERATOR)
    return Outcome(f"{asked.id} will be tried again.", {"id": str(asked.id)})


async def drop(app: App, asked: argparse.Namespace) -> Outcome:
    """Forget one. Raises ArrivalNotFound."""
    await drop_arrival(app, asked.id, by=OPERATOR)
    return Outcome(f"{asked.id} is forgotten.", {"id": str(asked.id)})
