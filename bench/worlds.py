"""What the bench adds to a seeded world: a long thread, a person with many relations, people who listen or read.

Owns: data folders while no server runs on them; each addition is made once and noted beside the world. Never: HTTP.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from random import Random

from rookery.actions.app import App
from rookery.actions.apps import register_app
from rookery.actions.filters import create_filter
from rookery.actions.follows import FollowWishes, block_account, follow_account, mute_account
from rookery.actions.posts import publish_post
from rookery.actions.tokens import give_member_token
from rookery.model.apps import OUT_OF_BAND, AppDraft
from rookery.model.filters import FilterChange, WordChange
from rookery.model.ids import AccountId, AppId, PostId
from rookery.model.posts import Draft
from rookery.model.settings import Settings
from rookery.ops.app import open_app
from rookery.storage.accounts import get_account

SCOPES = ("read", "write")
REPLIES = 500
FOLLOWED, MUTED, BLOCKED, FILTERS, WORDS = 2_000, 100, 100, 10, 5
FOUND_WORDS = ["cat", "market", "harbour", "radio", "neighbour"]
LOCAL_IDS = "SELECT id FROM accounts WHERE domain = '' ORDER BY id"


@contextlib.asynccontextmanager
async def opened(data: Path) -> AsyncIterator[App]:
    """Open a folder as a command does."""
    settings = Settings(is_test=True)
    settings = replace(settings, server=replace(settings.server, data=str(data)))
    async with open_app(settings, migrates=True) as app:
        yield app


async def app_of_bench(app: App) -> AppId:
    """Register the client whose tokens the bench uses."""
    return (await register_app(app, AppDraft("bench", (OUT_OF_BAND,), SCOPES))).app.id


async def added(data: Path, what: str, add: Callable[[App], Awaitable[dict[str, str]]]) -> dict[str, str]:
    """Make an addition unless it is noted; return what it said."""
    note = data / f"bench-{what}.json"
    if not note.exists():
        async with opened(data) as app:
            note.write_text(json.dumps(await add(app)))
    said: dict[str, str] = json.loads(note.read_text())
    return said


async def local_ids(app: App) -> list[int]:
    return [row[0] for row in await app.db.reader.all(LOCAL_IDS)]


async def add_thread(app: App) -> dict[str, str]:
    """Publish a post and its replies by as many people as there are; half answer the post, half another answer."""
    chance, people = Random(1), await local_ids(app)
    root = await publish_post(app, Draft(AccountId(people[0]), "Who has seen the first swallow?"))
    there = [root.id]
    for number in range(REPLIES):
        author = AccountId(people[number % len(people)])
        answered: PostId = there[0] if chance.random() < 0.5 else chance.choice(there)
        text = f"Answer number {number}: not here, but the starlings are back on the roof of the station."
        there.append((await publish_post(app, Draft(author, text, reply_to_id=answered))).id)
    return {"id": str(root.id)}


async def add_busy_person(app: App) -> dict[str, str]:
    """Give one of the world's people many follows, mutes, blocks and filters. Return their name and token."""
    everybody = await local_ids(app)
    person = AccountId(everybody[len(everybody) // 2])
    others = [AccountId(other) for other in everybody if other != person]
    Random(2).shuffle(others)
    blocked, rest = others[:BLOCKED], others[BLOCKED:]
    for other in blocked:
        await block_account(app, person, other)
    for other in rest[:FOLLOWED]:
        await follow_account(app, person, other, FollowWishes())
    for other in rest[:MUTED]:  # followed and muted: the home must leave them out itself
        await mute_account(app, person, other)
    for number in range(FILTERS):
        await create_filter(app, person, busy_filter(number))
    token = await give_member_token(app, person, app_id=await app_of_bench(app), scopes=SCOPES)
    return {"token": token.secret, "name": (await get_account(app.db.reader, person)).username}


def busy_filter(number: int) -> FilterChange:
    """Return one filter; the first one's words stand in many posts of the world, the others' in none."""
    words = [f"word{number}n{place}" for place in range(WORDS)] if number else FOUND_WORDS
    return FilterChange(f"filter {number}", ("home", "public"), words=tuple(WordChange(keyword=word) for word in words))
