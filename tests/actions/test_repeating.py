"""Two who change the same rows at once: the database undoes one of them, and nobody notices."""

import ast
import asyncio
from pathlib import Path

import asyncpg
import pytest

import rookery.actions
from rookery.actions.repeating import MOST_TRIES, repeatable
from rookery.network.codes import code_of, headers_of
from rookery.storage.database import StorageConflict
from rookery.storage.postgres import LOCK_LOG

# Functions of actions with transactions that are not repeated when they collide, and why.
NOT_REPEATED = {
    "access_change": "a part of others, which are repeated",
    "upload_picture": "one row that nobody else knows yet, and its picture was moved away before",
    "run_due_jobs": "its claims pass over what others hold, and it comes back in a second",
    "run_job": "a job whose outcome was not written down is done again by its lease",
    "close_due_polls": "a chore of many transactions, done again in seconds",
    "forget_stale_uploads": "a chore of many transactions, done again in an hour",
    "forget_card_pictures": "a chore of many transactions, done again in an hour",
    "forget_unused_cards": "a chore of many transactions, done again in a day",
    "serve": "a lane of pushes, which looks at what is due again in a moment",
    "note_health": "a lane of pushes, which looks again in a moment",
    "send": "a push whose outcome was not written down is sent again",
    "purge_account": "a job of many transactions, tried again as jobs are",
    "purge_posts": "a part of that job",
    "purge_marks": "a part of that job",
    "purge_follows": "a part of that job",
}
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory'"
PATIENCE_S = 20


def functions_with_transactions():
    for path in Path(rookery.actions.__file__).parent.glob("*.py"):
        text = path.read_text()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.AsyncFunctionDef):
                source = ast.get_source_segment(text, node)
                if ".transaction()" in source or "access_change(" in source:
                    yield node.name, "repeatable" in [ast.unparse(one) for one in node.decorator_list]


def test_every_action_is_repeated_when_it_collides():
    found = dict(functions_with_transactions())
    assert {name for name, is_repeated in found.items() if not is_repeated} == set(NOT_REPEATED)
    assert len(found) > 70


async def test_who_collides_again_and_again_is_told_to_come_back():
    tries = []

    @repeatable
    async def unlucky():
        tries.append(1)
        raise StorageConflict

    with pytest.raises(StorageConflict) as caught:
        await unlucky()
    assert len(tries) == MOST_TRIES
    assert code_of(caught.value) == 503
    assert headers_of(caught.value) == [(b"retry-after", b"1")]


async def test_another_failure_is_not_repeated():
    tries = []

    @repeatable
    async def wrong():
        tries.append(1)
        raise ValueError

    with pytest.raises(ValueError):
        await wrong()
    assert tries == [1]


async def test_a_like_that_waits_for_somebody_who_waits_for_it_is_done_once(world, request):
    if world.app.db.dialect != "postgres":
        return  # one writer at a time cannot wait for another
    ana, bea = await world.people("ana", "bea")
    post = await ana.publishes()
    other = await asyncpg.connect(request.getfixturevalue("shared_postgres_database"))
    await other.execute("SET deadlock_timeout = '1min'")  # it is the like whose wait the database cuts
    try:
        async with other.transaction():
            await other.execute(LOCK_LOG)
            liking = asyncio.create_task(bea.calls("POST", f"/api/v1/statuses/{post['id']}/favourite"))
            async with asyncio.timeout(PATIENCE_S):
                while not await other.fetchval(WAITING):
                    await asyncio.sleep(0)
            # The like holds the post and waits for the log; now the other, who holds the log, waits for the post.
            async with asyncio.timeout(PATIENCE_S):
                await other.execute("UPDATE posts SET id = id WHERE id = $1", int(post["id"]))
        async with asyncio.timeout(PATIENCE_S):
            assert (await liking)["favourites_count"] == 1
    finally:
        await other.close()


async def test_a_storm_on_the_same_rows_loses_nothing(world):
    names = [f"p{number}" for number in range(8)]
    people = await world.people(*names)
    posts = [await person.publishes() for person in people]
    calls = []
    for person in people:
        for other, post in zip(people, posts, strict=True):
            if other is not person:
                calls.append(person.follows(other))
            calls.append(person.calls("POST", f"/api/v1/statuses/{post['id']}/favourite"))
            calls.append(person.calls("POST", f"/api/v1/statuses/{post['id']}/reblog"))
    await asyncio.gather(*calls)
    for person, post in zip(people, posts, strict=True):
        seen = await person.calls("GET", f"/api/v1/statuses/{post['id']}")
        account = await person.calls("GET", f"/api/v1/accounts/{person.id}")
        assert (seen["favourites_count"], seen["reblogs_count"]) == (8, 8)
        assert (account["followers_count"], account["following_count"]) == (7, 7)
