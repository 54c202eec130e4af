"""`announcement create|list|publish|withdraw|delete`: what all members shall read.

Owns: their arguments and words. Never: a rule (actions/announcements.py).
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from rookery.actions.announcements import (
    make_announcement,
    publish_announcement,
    remove_announcement,
    withdraw_announcement,
)
from rookery.actions.app import App
from rookery.model.announcements import Announcement, AnnouncementDraft, AnnouncementRefused
from rookery.model.audit import OPERATOR
from rookery.model.ids import datetime_from_us, us_from_datetime
from rookery.ops.commands.options import Command, Commands, on_app
from rookery.ops.outcome import Outcome
from rookery.storage.announcements import list_announcements


def declare(commands: Commands) -> None:
    """Declare the commands of this file."""
    group = commands.add_parser("announcement", help="What all members shall read").add_subparsers(
        required=True, metavar="WHAT"
    )
    create = Command(group, "create", on_app(announce), "Tell all members something, in apps and on their home page")
    create.takes("text", metavar="TEXT", help="what it says; @names, #tags, links and :emoji: work as in posts")
    create.takes("--starts", metavar="TIME", help="when what it is about begins, like 2026-12-24T18:00Z")
    create.takes("--ends", metavar="TIME", help="when that ends; the announcement is gone from then on")
    create.takes("--all-day", action="store_true", help="the two are days")
    create.takes("--draft", action="store_true", help="keep it, and publish nothing yet")
    create.takes("--publish-at", metavar="TIME", help="publish it then")
    Command(group, "list", on_app(list_all), "List announcements, the newest first")
    publish = Command(group, "publish", on_app(publish_one), "Publish an announcement that was kept")
    publish.takes("id", metavar="ID", type=int)
    withdraw = Command(group, "withdraw", on_app(withdraw_one), "Let nobody read an announcement, and keep it")
    withdraw.takes("id", metavar="ID", type=int)
    delete = Command(group, "delete", on_app(delete_one), "Take an announcement back")
    delete.takes("id", metavar="ID", type=int)


def parse_time(raw: str | None) -> int | None:
    """Read a time or a day, UTC where it names no zone. Raises AnnouncementRefused."""
    if raw is None:
        return None
    try:
        moment = datetime.fromisoformat(raw)
        return us_from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        raise AnnouncementRefused(f"{raw[:40]!r} is no time; write it like 2026-12-24T18:00Z") from None


def values_of(one: Announcement) -> dict[str, object]:
    """What is told of an announcement."""
    times = {
        "starts_at": one.starts_at_us,
        "ends_at": one.ends_at_us,
        "published_at": one.published_at_us,
        "publish_at": one.publish_at_us,
    }
    spelled = {name: datetime_from_us(time).isoformat() if time is not None else None for name, time in times.items()}
    return {"id": str(one.id), "text": one.text, "all_day": one.is_all_day, **spelled}


async def announce(app: App, asked: argparse.Namespace) -> Outcome:
    """Make an announcement."""
    draft = AnnouncementDraft(
        asked.text, parse_time(asked.starts), parse_time(asked.ends), asked.all_day, parse_time(asked.publish_at)
    )
    made = await make_announcement(app, draft, by=OPERATOR, is_kept=asked.draft)
    done = "Announced" if made.published_at_us is not None else "Kept"
    return Outcome(f"{done}, as number {made.id}.", values_of(made))


async def list_all(app: App, asked: argparse.Namespace) -> Outcome:
    """List announcements."""
    found = [values_of(one) for one in await list_announcements(app.db.reader)]
    text = "\n".join(f"{row['id']}  {state_of(row)}{row['text']}" for row in found)
    return Outcome(text or "No announcements.", {"announcements": found})


def state_of(row: dict[str, object]) -> str:
    """Say what is not published."""
    if row["published_at"]:
        return ""
    return f"[on {row['publish_at']}] " if row["publish_at"] else "[draft] "


async def publish_one(app: App, asked: argparse.Namespace) -> Outcome:
    """Publish what was kept."""
    await publish_announcement(app, asked.id, by=OPERATOR)
    return Outcome("Announced.", {"id": str(asked.id)})


async def withdraw_one(app: App, asked: argparse.Namespace) -> Outcome:
    """Make a draft of an announcement again."""
    await withdraw_announcement(app, asked.id, by=OPERATOR)
    return Outcome("Nobody reads it any more; it is kept as a draft.", {"id": str(asked.id)})


async def delete_one(app: App, asked: argparse.Namespace) -> Outcome:
    """Take an announcement back."""
    await remove_announcement(app, asked.id, by=OPERATOR)
    return Outcome("The announcement is gone.", {"id": str(asked.id)})
