"""Telling all members something, taking it back, dismissing it, reacting to it.

Owns: those actions. Never: says who may; the command line and the owner's pages do.
"""

from __future__ import annotations

from rookery.actions.app import App, record_event
from rookery.actions.posts import resolve_mentions
from rookery.actions.repeating import repeatable
from rookery.model.announcements import (
    MAX_REACTION_NAMES,
    Announcement,
    AnnouncementNotFound,
    ReactionRefused,
    check_announcement,
    is_emoji,
    is_shortcode,
)
from rookery.model.events import AnnouncementMade, AnnouncementReacted, AnnouncementRemoved
from rookery.model.ids import AccountId, now_us
from rookery.model.text import parse_facets
from rookery.storage import announcements
from rookery.storage.database import Transaction
from rookery.storage.emoji import find_emoji

NOBODY = AccountId(0)


@repeatable
async def make_announcement(
    app: App,
    text: str,
    *,
    starts_at_us: int | None = None,
    ends_at_us: int | None = None,
    is_all_day: bool = False,
) -> Announcement:
    """Tell every member something, from now until it ends. Raises AnnouncementRefused."""
    text = text.strip()
    check_announcement(text, starts_at_us, ends_at_us)
    facets, _ = await resolve_mentions(app, parse_facets(text), NOBODY)
    made = Announcement(app.ids.next_id(), text, facets, starts_at_us, ends_at_us, is_all_day, now_us())
    async with app.db.transaction() as tx:
        await announcements.insert_announcement(tx, made)
        await record_event(app, tx, AnnouncementMade(made.id))
    return made


@repeatable
async def remove_announcement(app: App, announcement_id: int) -> None:
    """Take one back. Raises AnnouncementNotFound."""
    async with app.db.transaction() as tx:
        if not await announcements.delete_announcement(tx, announcement_id):
            raise AnnouncementNotFound
        await record_event(app, tx, AnnouncementRemoved(announcement_id))


@repeatable
async def dismiss_announcement(app: App, account_id: AccountId, announcement_id: int) -> None:
    """Show it to this person no more. Raises AnnouncementNotFound."""
    async with app.db.transaction() as tx:
        await lock_current(tx, announcement_id)
        await announcements.dismiss_announcement(tx, account_id, announcement_id)


async def lock_current(tx: Transaction, announcement_id: int) -> None:
    """Hold an announcement that is to be read now. Raises AnnouncementNotFound."""
    is_there = await announcements.lock_announcement(tx, announcement_id)
    if not is_there or await announcements.find_announcement(tx, announcement_id, now_us()) is None:
        raise AnnouncementNotFound


@repeatable
async def react(app: App, account_id: AccountId, announcement_id: int, name: str) -> None:
    """React with an emoji, or with one of ours by its name; harmless the second time.

    Raises AnnouncementNotFound, ReactionRefused.
    """
    async with app.db.transaction() as tx:
        await lock_current(tx, announcement_id)
        if not (is_emoji(name) or (is_shortcode(name) and await find_emoji(tx, name))):
            raise ReactionRefused("a reaction is one emoji, or the name of one of this server's own")
        known = {one.name for one in await announcements.list_reactions(tx, [announcement_id], account_id)}
        if name not in known and len(known) >= MAX_REACTION_NAMES:
            raise ReactionRefused(f"an announcement takes {MAX_REACTION_NAMES} different reactions; join one of them")
        if await announcements.insert_reaction(tx, app.ids.next_id(), account_id, announcement_id, name):
            await record_reaction(app, tx, announcement_id, name)


@repeatable
async def take_reaction_back(app: App, account_id: AccountId, announcement_id: int, name: str) -> None:
    """Take one's reaction back. Raises AnnouncementNotFound."""
    async with app.db.transaction() as tx:
        await lock_current(tx, announcement_id)
        if not await announcements.delete_reaction(tx, account_id, announcement_id, name):
            raise AnnouncementNotFound
        await record_reaction(app, tx, announcement_id, name)


async def record_reaction(app: App, tx: Transaction, announcement_id: int, name: str) -> None:
    """Tell the log how many there are now."""
    found = await announcements.list_reactions(tx, [announcement_id], 0)
    count = next((one.count for one in found if one.name == name), 0)
    await record_event(app, tx, AnnouncementReacted(announcement_id, name, count))
