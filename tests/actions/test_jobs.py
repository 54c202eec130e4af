"""Jobs: done at least once, each by one worker, tried again, set aside when hopeless."""

import asyncio

import anyio

from rookery.actions.jobs import JobHopeless, resume_jobs, run_due_jobs, work_jobs
from rookery.model.ids import now_us
from rookery.storage.jobs import (
    LONGEST_PAUSE_S,
    MAX_ATTEMPTS,
    claim_jobs,
    count_jobs,
    fail_job,
    finish_job,
    insert_job,
    list_failed_jobs,
    pause_s,
    prune_jobs,
    retry_job,
)


async def plan(nest, *, count=1, kind="Greet", run_at_us=None) -> None:
    async with nest.app.db.transaction() as tx:
        for number in range(count):
            await insert_job(tx, nest.app.ids.next_id(), kind, {"number": number}, run_at_us=run_at_us)


async def claim(nest, **more):
    async with nest.app.db.transaction() as tx:
        return await claim_jobs(tx, ["Greet"], **more)


async def test_a_job_is_done_once_and_forgotten_later(nest):
    await plan(nest, count=3)
    done = []

    async def greet(job) -> None:
        done.append(job.body["number"])

    assert await run_due_jobs(nest.app, {"Greet": greet}) == 3
    assert await run_due_jobs(nest.app, {"Greet": greet}) == 0
    assert sorted(done) == [0, 1, 2]
    assert await count_jobs(nest.app.db.reader) == {"done": 3}
    async with nest.app.db.transaction() as tx:
        assert await prune_jobs(tx, now_us() + 10**12) == 3


async def test_a_kind_without_a_handler_waits_and_so_does_a_later_job(nest):
    await plan(nest, kind="Unknown")
    await plan(nest, run_at_us=now_us() + 10**9)
    assert await run_due_jobs(nest.app, {}) == 0
    assert await claim(nest) == []
    assert await count_jobs(nest.app.db.reader) == {"waiting": 2}


async def test_the_next_server_goes_on_with_what_the_last_had_in_hand_but_not_with_what_may_have_killed_it(nest):
    await plan(nest, count=2)
    await plan(nest, kind="Later", run_at_us=now_us() + 10**12)
    [first] = await claim(nest, limit=1)
    nest.app.worker = "another machine"
    await resume_jobs(nest.app)
    [second] = await claim(nest)
    assert first.id != second.id, "the other machine may still be at work on it"
    nest.app.worker = ""
    await resume_jobs(nest.app)
    again = await claim(nest)
    assert [(job.id, job.attempt_count) for job in again] == [(first.id, 2), (second.id, 2)]
    await resume_jobs(nest.app)
    assert await claim(nest) == []
    async with nest.app.db.transaction() as tx:
        assert not await finish_job(tx, first), "the claim of the dead counts no more"
        assert await finish_job(tx, again[0])
        assert await claim_jobs(tx, ["Later"]) == [], "what was never claimed keeps its time"


async def test_a_great_heap_of_one_kind_holds_up_no_other(nest):
    await plan(nest, count=50)
    await plan(nest, count=2, kind="Hurry")
    kinds = ["Greet", "Hurry", "Never"]
    async with nest.app.db.transaction() as tx:
        taken = [job.kind for job in await claim_jobs(tx, kinds, limit=20)]
        assert sorted(taken) == ["Greet"] * 18 + ["Hurry"] * 2
        assert len(await claim_jobs(tx, kinds, limit=20)) == 20
        assert len(await claim_jobs(tx, kinds, limit=20)) == 12


async def test_of_more_kinds_than_may_be_taken_none_is_left_out_for_good(nest):
    kinds = ["a", "b", "c"]
    for kind in kinds:
        await plan(nest, count=60, kind=kind)
    taken = set()
    while len(taken) < 3:
        async with nest.app.db.transaction() as tx:
            [job] = await claim_jobs(tx, kinds, limit=1)
            taken.add(job.kind)


async def test_no_two_workers_get_the_same_job(nest):
    await plan(nest, count=40)
    claimed = []

    async def work() -> None:
        while batch := await claim(nest, limit=3):
            claimed.extend(job.id for job in batch)

    async with anyio.create_task_group() as group:
        for _ in range(4):
            group.start_soon(work)
    assert len(claimed) == len(set(claimed)) == 40


async def test_a_worker_that_dies_gives_its_job_back_and_cannot_finish_it_any_more(nest):
    await plan(nest)
    [lost] = await claim(nest, lease_s=0)
    [again] = await claim(nest)
    assert (again.id, again.attempt_count) == (lost.id, 2)
    async with nest.app.db.transaction() as tx:
        assert not await finish_job(tx, lost)
        assert not await fail_job(tx, lost, "late")
        assert await finish_job(tx, again)
        assert not await finish_job(tx, again)


async def test_a_failing_job_is_tried_again_and_at_last_set_aside(nest):
    await plan(nest)

    async def fail(job) -> None:
        raise ValueError("no luck")

    for attempt in range(1, MAX_ATTEMPTS + 1):
        assert await run_due_jobs(nest.app, {"Greet": fail}) == 1, attempt
        assert await claim(nest) == []
        async with nest.app.db.transaction() as tx:
            await tx.run("UPDATE jobs SET run_at = 0")
    [job] = await list_failed_jobs(nest.app.db.reader)
    assert (job.attempt_count, job.error) == (MAX_ATTEMPTS, "ValueError: no luck")
    async with nest.app.db.transaction() as tx:
        assert await retry_job(tx, job.id)
        assert not await retry_job(tx, job.id)
    assert [job.attempt_count for job in await claim(nest)] == [1]


async def test_a_hopeless_job_is_set_aside_at_once(nest):
    await plan(nest)

    async def give_up(job) -> None:
        raise JobHopeless("the other side is gone")

    await run_due_jobs(nest.app, {"Greet": give_up})
    assert await count_jobs(nest.app.db.reader) == {"failed": 1}


async def test_the_loop_works_until_it_is_told_to_stop(nest):
    await plan(nest, count=30)
    stop, done = asyncio.Event(), []

    async def greet(job) -> None:
        done.append(job.id)
        if len(done) == 30:
            stop.set()

    await asyncio.wait_for(work_jobs(nest.app, {"Greet": greet}, stop), 20)
    assert await count_jobs(nest.app.db.reader) == {"done": 30}


def test_pauses_grow_and_end():
    pauses = [pause_s(attempt) for attempt in range(1, 60)]
    assert 15 <= pauses[0] <= 19
    assert max(pauses) <= LONGEST_PAUSE_S * 1.25
    assert pauses[5] > pauses[1] * 8
