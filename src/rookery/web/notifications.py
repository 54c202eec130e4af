"""Notifications: what others did that concerns the visitor, likes and the like in groups.

Owns: `/notifications`. Never: decides who is told of what (timelines/notifications.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from markupsafe import Markup

from rookery.actions.markers import PlaceChanged, advance_place
from rookery.model.ids import MAX_ID
from rookery.model.notifications import NotificationGroup, NotificationKind
from rookery.network.responses import Answer
from rookery.storage.accounts import list_accounts
from rookery.storage.collections import list_collections_by_id
from rookery.storage.markers import list_markers
from rookery.storage.members import list_members_by_id
from rookery.storage.notifications import list_groups
from rookery.storage.posts import list_visible_ids
from rookery.web.fragments import Fragment
from rookery.web.lists import older_link, view_of, window_of
from rookery.web.people import Person
from rookery.web.posts import summary_of
from rookery.web.routing import PageTable
from rookery.web.visits import GROUPED, Visit

routes = PageTable()
PAGE_GROUPS = 30
# Kinds that show the post itself; the others show a line of it.
WHOLE_POSTS = (
    NotificationKind.MENTION,
    NotificationKind.POST,
    NotificationKind.UPDATE,
    NotificationKind.POLL,
    NotificationKind.QUOTE,
    NotificationKind.QUOTED_UPDATE,
)
ICONS = {
    NotificationKind.MENTION: "mention",
    NotificationKind.REPOST: "repost",
    NotificationKind.LIKE: "like-on",
    NotificationKind.FOLLOW: "follow",
    NotificationKind.FOLLOW_REQUEST: "follow",
    NotificationKind.POLL: "poll",
    NotificationKind.POST: "bell",
    NotificationKind.UPDATE: "write",
    NotificationKind.QUOTE: "quote",
    NotificationKind.QUOTED_UPDATE: "write",
    NotificationKind.REPORT: "warn",
    NotificationKind.SIGN_UP: "person",
    NotificationKind.COLLECTED: "person",
    NotificationKind.COLLECTION_UPDATE: "write",
}


@dataclass(frozen=True, slots=True)
class Note:
    """One entry. people: the newest few of count.

    article: the whole post, or excerpt: a line of it, or the name of a collection, with its url.
    """

    kind: str
    icon: str
    at_us: int
    people: list[Person]
    count: int
    article: Markup | None = None
    excerpt: str = ""
    url: str = ""
    newest_id: int = 0
    report_id: int | None = None
    is_waiting: bool = False


@routes.page("/notifications", who="member")
async def show_notifications(visit: Visit) -> Answer:
    """Everything new, newest first. Reading the first page is what makes it seen."""
    await visit.face.live.catch_up()
    window = window_of(visit, PAGE_GROUPS)
    groups = await list_groups(visit.face.app.db.reader, visit.account_id, window, GROUPED)
    kept = await list_markers(visit.face.app.db.reader, visit.account_id, ["notifications"])
    seen_id = kept["notifications"].last_read_id if kept else 0
    if groups and window.before == MAX_ID:
        await mark_seen(visit, groups[0].newest.id, seen_id)
    return visit.page(
        "notifications.html",
        seen_id=seen_id,
        notes=await notes_of(visit, groups),
        older=older_link(visit, [group.page_min_id for group in groups], PAGE_GROUPS),
    )


async def notes_of(visit: Visit, groups: Sequence[NotificationGroup]) -> list[Note]:
    """Return what is shown of each group whose people and post are still there."""
    reader, renders = visit.face.app.db.reader, visit.face.renders
    accounts = await list_accounts(reader, {account_id for group in groups for account_id in group.from_ids})
    post_ids = {group.newest.post_id for group in groups if group.newest.post_id}
    visible = await list_visible_ids(reader, post_ids, visit.viewer_or_nobody) if post_ids else set()
    entries = await renders.load(visible, visit.words.language)
    whole = [group.newest.post_id for group in groups if group.newest.kind in WHOLE_POSTS and group.newest.post_id]
    newcomers = [group.newest.from_id for group in groups if group.newest.kind == NotificationKind.SIGN_UP]
    members = await list_members_by_id(reader, newcomers)
    articles = await renders.by_id([post_id for post_id in whole if post_id in entries], view_of(visit))
    told = {group.newest.collection_id for group in groups if group.newest.collection_id}
    recommended = await list_collections_by_id(reader, told, visit.viewer_or_nobody) if told else {}
    await visit.face.templates.emoji.learn_people(accounts.values())
    notes = []
    for group in groups:
        newest = group.newest
        people = [Person.of(accounts[one]) for one in group.from_ids if one in accounts]
        note = Note(
            newest.kind,
            ICONS[NotificationKind(newest.kind)],
            group.page_newest_at_us,
            people,
            group.count,
            newest_id=newest.id,
            report_id=newest.report_id,
            is_waiting=newest.from_id in members and members[newest.from_id].state == "pending",
        )
        entry = entries.get(newest.post_id) if newest.post_id else None
        if not people or (newest.post_id and not isinstance(entry, Fragment)):
            continue
        if newest.collection_id is not None:
            if one := recommended.get(newest.collection_id):
                notes.append(replace(note, excerpt=one.name, url=f"/collections/{one.id}"))
            continue
        if newest.post_id and newest.kind in WHOLE_POSTS and newest.post_id not in articles:
            continue  # hidden by a filter
        notes.append(with_post(note, entry, articles) if isinstance(entry, Fragment) else note)
    return notes


def with_post(note: Note, entry: Fragment, articles: dict[int, Markup]) -> Note:
    """Return the note with its post, whole or as a line."""
    article = articles.get(entry.post.id) if note.kind in WHOLE_POSTS else None
    excerpt = "" if article else summary_of(entry.post)
    return replace(note, article=article, excerpt=excerpt, url=entry.url)


async def mark_seen(visit: Visit, newest_id: int, seen_id: int) -> None:
    """Keep that the visitor has seen what the page shows; what comes later is new. Apps read the same marker."""
    if newest_id <= seen_id or is_fetched_ahead(visit):
        return
    # Another window or an app of the same person kept a place at this moment: the next look settles it.
    with suppress(PlaceChanged):
        await advance_place(visit.face.app, visit.account_id, "notifications", newest_id)
        visit.unread_count = 0


def is_fetched_ahead(visit: Visit) -> bool:
    """True when a browser fetches the page in case somebody may want it.

    Spec: https://wicg.github.io/nav-speculation/prefetch.html#sec-purpose-header
    """
    return visit.request.method != "GET" or "prefetch" in visit.request.header("sec-purpose")
