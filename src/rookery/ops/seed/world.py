"""Writes an invented world into the database, some thousand posts per transaction.

Owns: the order of writing, batches, the report. Never: events for each row; readers of the log begin at its head, and
one event at the end tells them to look again. The same number makes the same people, follows and texts.
"""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass
from itertools import islice
from random import Random
from typing import Any

from rookery.actions.app import App, record_event
from rookery.actions.media import MediaRoom
from rookery.model.events import AccountChanged
from rookery.model.ids import AccountId, now_us
from rookery.ops.progress import Progress
from rookery.ops.seed.notices import notice_rows
from rookery.ops.seed.people import Person, account_row, invent_follows, invent_people, member_row
from rookery.ops.seed.pictures import Gallery, make_gallery, media_rows
from rookery.ops.seed.posts import Draft, Storyteller, post_row, tags_of_draft
from rookery.storage.bulk import Rows, insert_rows, list_local_names
from rookery.storage.trends import recount_days
from rookery.timelines.search import refresh_accounts, refresh_posts

BATCH = 4000
WEEK_US = 7 * 86_400 * 1_000_000


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked for. number: the same one gives the same world."""

    people: int
    posts: int
    number: int = 1
    has_pictures: bool = True


@dataclass(frozen=True, slots=True)
class Report:
    """What was made. star: whom everybody follows. guest: an ordinary person to sign in as."""

    star: Person
    guest: Person
    people: int
    posts: int
    follows: int
    seconds: float


async def seed_world(app: App, room: MediaRoom, plan: Plan, password_hash: str, progress: Progress) -> Report:
    """Make the world; everybody has the password of this hash."""
    began, now = time.monotonic(), now_us()
    chance = Random(plan.number)  # noqa: S311 - a world, not a secret
    gallery = await make_gallery(room, chance) if plan.has_pictures else Gallery()
    people = invent_people(chance, plan.people, await list_local_names(app.db.reader), now)
    await write_people(app, people, gallery, password_hash, progress)
    follows = invent_follows(chance, people, now)
    await write_batches(app, "follows", follows, progress)
    await write_posts(app, people, gallery, Storyteller(chance, people, now), plan, progress)
    await write_batches(app, "account_counts", [counts_row(person) for person in people], progress)
    guest = people[max(1, len(people) // 3)]
    async with app.db.transaction() as tx:
        await record_event(app, tx, AccountChanged(AccountId(guest.id)))
    await app.db.refresh_statistics()
    return Report(people[0], guest, len(people), plan.posts, len(follows), round(time.monotonic() - began, 2))


async def write_people(
    app: App, people: list[Person], gallery: Gallery, password_hash: str, progress: Progress
) -> None:
    """Store accounts and members."""
    faces = gallery.avatars
    accounts = [account_row(person, faces[person.place % len(faces)] if faces else None) for person in people]
    await write_batches(app, "accounts", accounts, progress)
    await write_batches(app, "members", [member_row(person, password_hash) for person in people], progress)
    async with app.db.transaction() as tx:
        await refresh_accounts(tx, [person.id for person in people])


async def write_batches(app: App, table: str, rows: Rows, progress: Progress) -> None:
    """Store the rows of one table, some thousands at once."""
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        async with app.db.transaction() as tx:
            await insert_rows(tx, {table: batch})
        progress.show(table.replace("_", " "), start + len(batch), len(rows))


def counts_row(person: Person) -> dict[str, Any]:
    """Return what is counted of a person in the end."""
    return {
        "id": person.id,
        "posts": person.post_count,
        "followers": len(person.follower_places),
        "following": person.following_count,
        "last_post_at": person.last_post_at_us,
    }


async def write_posts(
    app: App, people: list[Person], gallery: Gallery, teller: Storyteller, plan: Plan, progress: Progress
) -> None:
    """Store the posts with all that hangs on them, as they leave the teller's window."""
    posts, done = teller.tell(plan.posts if people else 0), 0
    while batch := list(islice(posts, BATCH)):
        rows: dict[str, Rows] = defaultdict(list)
        for draft in batch:
            add_rows(rows, draft, gallery, teller)
        rows["tags"] = tag_rows(rows["tags"], app)
        async with app.db.transaction() as tx:
            await insert_rows(tx, rows)
            await refresh_posts(tx, [row["id"] for row in rows["posts"]])
        done += len(batch)
        progress.show("posts", done, plan.posts)
    async with app.db.transaction() as tx:
        await recount_days(tx, teller.now_us - WEEK_US)


def add_rows(rows: dict[str, Rows], draft: Draft, gallery: Gallery, teller: Storyteller) -> None:
    """Add everything that a finished post needs."""
    if not gallery.pictures:
        draft.picture_count = 0
    rows["posts"].append(post_row(draft))
    rows["mentions"] += [{"post_id": draft.id, "account_id": person.id} for person in draft.named]
    marks = teller.mark_rows(draft)
    rows["marks"] += marks
    rows["notifications"] += notice_rows(draft, marks, teller.now_us)
    for tag, shown in tags_of_draft(draft).items():
        rows["post_tags"].append({"tag": tag, "post_id": draft.id})
        rows["tags"].append({"name": tag, "shown": shown, "last_used_at": draft.at_us})
    if draft.poll:
        rows["polls"].append(draft.poll)
        rows["votes"] += [{"post_id": draft.id, "account_id": voter, "choice": choice} for voter, choice in draft.votes]
    if draft.picture_count:
        rows["media"] += media_rows(gallery, draft, teller.chance)
    # An answer in the window still needs this post's id and author, not what it answered: let long threads go.
    draft.reply_to = draft.repost_of = None


def tag_rows(used: Rows, app: App) -> Rows:
    """Return each tag of a batch once, with its last use."""
    newest = {row["name"]: row for row in used}
    return [{**row, "id": app.ids.next_id()} for _, row in sorted(newest.items())]
