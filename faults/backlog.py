"""A heap of work and a deploy in the middle of it (F21).

Owns: the heap, the deploys, the clock at the wrists of those who go on reading and writing meanwhile.
"""

import asyncio
import json
import time
from collections import Counter
from pathlib import Path

import apsw
import asyncpg

from faults.ground import Ground, ground, rows, wrote
from faults.hatchery import hatchery

KIND = "Deliver:letters"
INSERT = "INSERT INTO jobs (id, kind, body, run_at) VALUES ({}, {}, {}, 1)"
DRAIN_S = 240
PATIENT_S = 2.0


def deploy_under_backlog(folder: Path, database: str = "", *, jobs: int, others: int, deploys: int) -> str:
    """F21: stop and start in peace while a heap is worked off: nothing is lost, and people are served first.

    jobs: deliveries of a wire that is spoken here. others: of one that is not; they must wait, and slow nothing down.
    """
    letters = folder / "letters"
    with hatchery() as eggs, ground(folder, database, eggs.server) as nest:
        speak(nest, letters)
        assert wrote(nest) == 200
        [(body,)] = rows(nest, f"SELECT body FROM jobs WHERE kind = '{KIND}' AND body LIKE '%PostPublished%'")
        assert nest.server.stop() == 0
        heap(nest, [(number, KIND, renumbered(body, number)) for number in range(1, jobs + 1)])
        heap(nest, [(jobs + number, "Deliver:nobody", body) for number in range(1, others + 1)])
        times: list[float] = []
        for _ in range(deploys):
            nest.come_back(FAULTS_DELIVERIES=str(letters))
            live_on(nest, times, 1.5)
            assert still_waiting(nest), "the heap is gone before it was disturbed"
            assert nest.server.stop() == 0
        nest.come_back(FAULTS_DELIVERIES=str(letters))
        began = time.monotonic()
        while still_waiting(nest):
            assert time.monotonic() - began < DRAIN_S, "the heap is not worked off"
            live_on(nest, times, 0.5)
        repeated = check_letters(nest, letters, jobs, others, body)
        nest.settle()
    slow = sorted(times)[len(times) * 95 // 100]
    assert slow < PATIENT_S, f"people waited {slow:.2f} s while the heap was worked off"
    return (
        f"{jobs} deliveries over {deploys} deploys: none lost, {repeated} repeated; of {len(times)} requests meanwhile"
        f" 95 in 100 within {slow * 1000:.0f} ms"
    )


def speak(nest: Ground, letters: Path) -> None:
    """Begin again as a server that speaks the wire."""
    assert nest.server.stop() == 0
    nest.come_back(FAULTS_DELIVERIES=str(letters))


def renumbered(body: str, number: int) -> str:
    """The same event of another post."""
    told = json.loads(body)
    told["event"] = json.dumps({**json.loads(told["event"]), "post_id": number})
    return json.dumps(told)


def heap(nest: Ground, jobs: list[tuple[int, str, str]]) -> None:
    if nest.database:
        asyncio.run(heap_on_postgres(nest.database, jobs))
        return
    connection = apsw.Connection(str(nest.data / "rookery.db"))
    with connection:
        connection.executemany(INSERT.format("?", "?", "?"), jobs)
    connection.close()


async def heap_on_postgres(dsn: str, jobs: list[tuple[int, str, str]]) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.executemany(INSERT.format("$1", "$2", "$3"), jobs)
    await connection.close()


def still_waiting(nest: Ground) -> bool:
    return rows(nest, f"SELECT count(*) FROM jobs WHERE kind = '{KIND}' AND state = 'waiting'") != [(0,)]


def live_on(nest: Ground, times: list[float], for_s: float) -> None:
    """Write and read for a while, and note how long each answer took."""
    until = time.monotonic() + for_s
    while time.monotonic() < until:
        began = time.monotonic()
        assert wrote(nest) == 200
        times.append(time.monotonic() - began)
        began = time.monotonic()
        nest.bea.get("/api/v1/timelines/home")
        times.append(time.monotonic() - began)
        time.sleep(0.02)


def check_letters(nest: Ground, letters: Path, jobs: int, others: int, body: str) -> int:
    """Every delivery was made, and what nobody speaks waits untouched; return how many were made twice."""
    states = rows(nest, "SELECT kind, state, count(*) FROM jobs WHERE kind LIKE 'Deliver:%' GROUP BY kind, state")
    assert {(kind, state) for kind, state, _ in states} == {(KIND, "done"), ("Deliver:nobody", "waiting")}
    assert ("Deliver:nobody", "waiting", others) in states
    made = Counter(json.loads(json.loads(line)["event"]).get("post_id", 0) for line in letters.read_text().splitlines())
    assert set(range(1, jobs + 1)) <= set(made), "a delivery was lost"
    return sum(made[number] - 1 for number in range(1, jobs + 1))
