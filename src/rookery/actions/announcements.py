"""Telling all members something, now or later, taking it back, dismissing it, reacting to it.

Owns: those actions, and which role may announce. Each act of staff is one transaction with its entry in the log; what
comes out at its time was noted when it was planned.
"""

from __future__ import annotations

from dataclasses import replace

from rookery.actions.app import App, record_event
from rookery.actions.audit import record_act
from rookery.actions.posts import resolve_mentions
from rookery.actions.repeating import repeatable
from rookery.model.announcements import (
    MAX_REACTION_NAMES,
    Announcement,
    AnnouncementDraft,
    AnnouncementNotFound,
    ReactionRefused,
    check_announcement,
    is_emoji,
    is_shortcode,
)
from rookery.model.audit import Act, Governor
from rookery.model.events import AnnouncementMade, AnnouncementReacted, AnnouncementRemoved
from rookery.model.ids import MAX_ID, AccountId, now_us
from rookery.model.permissions import Permission, check_permission
from rookery.model.text import Facet, parse_facets
from rookery.storage import announcements
from rookery.storage.database import Transaction
from rookery.storage.emoji import find_emoji

NOBODY = AccountId(0)
SUBJECT_CHARACTERS = 60


@repeatable
async def make_announcement(app: App, draft: AnnouncementDraft, *, by: Governor, is_kept: bool = False) -> Announcement:
    """Tell every member something now; or keep it, as a draft or for its time. is_kept: do not publish it now.

    Raises AnnouncementRefused, PermissionMissing.
    """
    facets = await checked(app, draft, by)
    now = now_us()
    is_later = is_kept or draft.publish_at_us is not None
    made = with_draft(Announcement(app.ids.next_id(), "", (), None, None, False, None if is_later else now), draft)
    made = replace(made, facets=facets, updated_at_us=now)
    async with app.db.transaction() as tx:
        await announcements.insert_announcement(tx, made)
        await note_act(app, tx, by, Act.ANNOUNCEMENT_KEPT if is_later else Act.ANNOUNCEMENT_PUBLISHED, made)
        if not is_later:
            await record_event(app, tx, AnnouncementMade(made.id))
    return made


async def checked(app: App, draft: AnnouncementDraft, by: Governor) -> tuple[Facet, ...]:
    """Return the facets of a draft. Raises AnnouncementRefused, PermissionMissing."""
    check_permission(by.role, Permission.MANAGE_ANNOUNCEMENTS)
    check_announcement(draft)
    return (await resolve_mentions(app, parse_facets(draft.text.strip()), NOBODY))[0]


def with_draft(one: Announcement, draft: AnnouncementDraft) -> Announcement:
    """Return an announcement with the words and times of a draft; a published one has no time to be published at."""
    return replace(
        one,
        text=draft.text.strip(),
        starts_at_us=draft.starts_at_us,
        ends_at_us=draft.ends_at_us,
        is_all_day=draft.is_all_day,
        publish_at_us=draft.publish_at_us if one.published_at_us is None else None,
    )


async def note_act(app: App, tx: Transaction, by: Governor, act: Act, one: Announcement) -> None:
    """Write down who did it, with the first words of the announcement."""
    await record_act(app, tx, by, act, subject=" ".join(one.text.split())[:SUBJECT_CHARACTERS])


async def get_held(tx: Transaction, announcement_id: int, by: Governor) -> Announcement:
    """Return an announcement to change, held. Raises AnnouncementNotFound, PermissionMissing."""
    check_permission(by.role, Permission.MANAGE_ANNOUNCEMENTS)
    await announcements.lock_announcement(tx, announcement_id)
    found = await announcements.find_any(tx, announcement_id)
    if found is None:
        raise AnnouncementNotFound
    return found


@repeatable
async def change_announcement(
    app: App, announcement_id: int, draft: AnnouncementDraft, *, by: Governor
) -> Announcement:
    """Give it other words and times; who reads it now reads the new ones.

    Raises AnnouncementNotFound, AnnouncementRefused, PermissionMissing.
    """
    facets = await checked(app, draft, by)
    async with app.db.transaction() as tx:
        before = await get_held(tx, announcement_id, by)
        after = replace(with_draft(before, draft), facets=facets, updated_at_us=now_us())
        await announcements.update_announcement(tx, after)
        await note_act(app, tx, by, Act.ANNOUNCEMENT_CHANGED, after)
        if after.published_at_us is not None:
            await record_event(app, tx, AnnouncementMade(after.id))
    return after


@repeatable
async def publish_announcement(app: App, announcement_id: int, *, by: Governor) -> None:
    """Let every member read it from now on; harmless the second time. Raises AnnouncementNotFound."""
    async with app.db.transaction() as tx:
        before = await get_held(tx, announcement_id, by)
        if before.published_at_us is None:
            await publish_held(app, tx, before)
            await note_act(app, tx, by, Act.ANNOUNCEMENT_PUBLISHED, before)


async def publish_held(app: App, tx: Transaction, one: Announcement) -> None:
    """Publish a held announcement, with its event."""
    now = now_us()
    await announcements.update_announcement(
        tx, replace(one, published_at_us=now, publish_at_us=None, updated_at_us=now)
    )
    await record_event(app, tx, AnnouncementMade(one.id))


async def publish_due_announcements(app: App) -> int:
    """Publish what is due, each in a transaction of its own; return how many."""
    count = 0
    for announcement_id in await announcements.list_due(app.db.reader, now_us()):
        count += await publish_due(app, announcement_id)
    return count


@repeatable
async def publish_due(app: App, announcement_id: int) -> bool:
    """Publish one at its time; False when somebody was first, or chose otherwise."""
    async with app.db.transaction() as tx:
        await announcements.lock_announcement(tx, announcement_id)
        found = await announcements.find_any(tx, announcement_id)
        if found is None or found.published_at_us is not None or (found.publish_at_us or MAX_ID) > now_us():
            return False
        await publish_held(app, tx, found)
    return True


@repeatable
async def withdraw_announcement(app: App, announcement_id: int, *, by: Governor) -> None:
    """Let nobody read it any more, and keep it as a draft. Raises AnnouncementNotFound, PermissionMissing."""
    async with app.db.transaction() as tx:
        before = await get_held(tx, announcement_id, by)
        if before.published_at_us is None and before.publish_at_us is None:
            return
        kept = replace(before, published_at_us=None, publish_at_us=None, updated_at_us=now_us())
        await announcements.update_announcement(tx, kept)
        await note_act(app, tx, by, Act.ANNOUNCEMENT_WITHDRAWN, before)
        if before.published_at_us is not None:
            await record_event(app, tx, AnnouncementRemoved(announcement_id))


@repeatable
async def remove_announcement(app: App, announcement_id: int, *, by: Governor) -> None:
    """Delete one with its reactions. Raises AnnouncementNotFound, PermissionMissing."""
    async with app.db.transaction() as tx:
        before = await get_held(tx, announcement_id, by)
        await announcements.delete_announcement(tx, announcement_id)
        await note_act(app, tx, by, Act.ANNOUNCEMENT_DELETED, before)
        if before.published_at_us is not None:
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
