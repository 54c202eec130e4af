"""Kills at every step: of what people do (F2), and of a change of the schema (F22).

Owns: the loop over steps, borrowed from SQLite's own tests: fail at the first, the second … until a run gets through.
"""

import os
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import requests

from faults.checks import check
from faults.ground import Ground, ground, rows, soon
from faults.hatchery import Hatchery, hatchery
from faults.load import PICTURE

KILLED = -signal.SIGKILL
MOST_STEPS = 600
JOBS = "SELECT body, state FROM jobs WHERE kind = 'Deliver:letters'"


class Doing:
    """What the people of one round do, one after the other; what had no answer is told again after a crash."""

    def __init__(self, nest: Ground, number: int) -> None:
        self.nest, self.number = nest, number
        self.steps: list[Callable[[], None]] = [self.write, self.like, self.upload, self.illustrate]
        self.steps += [self.unfollow, self.follow, self.delete]

    def write(self) -> None:
        self.publish(f"post{self.number}")

    def like(self) -> None:
        post_id = self.nest.ledger.posts[f"post{self.number}"]
        self.nest.bea.call("POST", f"/api/v1/statuses/{post_id}/favourite").raise_for_status()
        self.nest.ledger.liked.add(post_id)

    def upload(self) -> None:
        files = {"file": ("bird.jpg", PICTURE, "image/jpeg")}
        answer = self.nest.ana.call("POST", "/api/v2/media", files=files)
        answer.raise_for_status()
        self.nest.ledger.pictures[f"picture{self.number}"] = answer.json()["id"]

    def illustrate(self) -> None:
        text = f"picture{self.number}"
        self.publish(text, media_ids=[self.nest.ledger.pictures[text]])

    def publish(self, text: str, **more: list[str]) -> None:
        self.nest.load.write(text, **more)
        assert text in self.nest.ledger.posts, self.nest.ledger.refused

    def unfollow(self) -> None:
        self.relate("unfollow")

    def follow(self) -> None:
        self.relate("follow")

    def relate(self, verb: str) -> None:
        ana_id = self.nest.ana.get("/api/v1/accounts/verify_credentials")["id"]
        self.nest.bea.call("POST", f"/api/v1/accounts/{ana_id}/{verb}").raise_for_status()

    def delete(self) -> None:
        post_id = self.nest.ledger.posts.get(f"post{self.number - 3}")
        if post_id:
            self.nest.ledger.deleting.add(post_id)
            answer = self.nest.ana.call("DELETE", f"/api/v1/statuses/{post_id}")
            assert answer.status_code in (200, 404), answer.text
            self.nest.ledger.deleted.add(post_id)

    def all(self) -> None:
        """Do everything that is not done yet, in order."""
        while self.steps:
            self.steps[0]()
            self.steps.pop(0)


STILL_TO_DO = """
    SELECT (SELECT count(*) FROM jobs WHERE kind = 'Deliver:letters' AND state = 'waiting')
        + (SELECT count(*) FROM posts p WHERE NOT EXISTS (
            SELECT 1 FROM notifications n WHERE n.post_id = p.id AND n.kind = 'mention'))
        + (SELECT count(*) FROM marks l WHERE l.kind = 1 AND NOT EXISTS (
            SELECT 1 FROM notifications n WHERE n.post_id = l.post_id AND n.kind = 'like'))
"""
TOLD_TWICE = """
    SELECT account_id, kind, post_id FROM notifications WHERE post_id IS NOT NULL
    GROUP BY account_id, kind, post_id HAVING count(*) > 1
"""
SCHEMA = "SELECT max(number) FROM schema_versions"
TABLES = {
    False: "SELECT count(*) FROM sqlite_master WHERE name IN ('schema_versions', 'posts')",
    True: "SELECT count(*) FROM pg_tables WHERE tablename IN ('schema_versions', 'posts')",
}
MARKED = "SELECT (SELECT count(*) FROM posts WHERE fault_mark = 1), (SELECT count(*) FROM fault_notes)"


def crash_everywhere(folder: Path, database: str = "", *, stride: int = 1) -> str:
    """F2: the server dies at the first, second … step of what people do and of all that follows from it.

    stride: how many steps further each time; more than one leaves places out.
    """
    letters, at = folder / "letters", 1
    with hatchery() as eggs, ground(folder, database, eggs.server) as nest:
        assert nest.server.stop() == 0
        come_back(nest, at, letters)
        while not survives(nest, doing := Doing(nest, at)):
            assert nest.server.process.wait() == KILLED, Path(nest.server.log.name).read_text()[-2000:]
            at += stride
            assert at < MOST_STEPS, "a round never gets through"
            come_back(nest, at, letters)
            finish(nest, doing)
        nest.server.process.kill()
        come_back(nest, 0, letters)
        finish(nest, doing)
        check(nest.ana, nest.bea, nest.ledger)
        repeated = check_deliveries(nest, letters)
        posts = len(nest.ledger.posts)
    assert at > 1
    return (
        f"killed at {(at - 1) // stride} of {at - 1} steps: {posts} posts acknowledged and every effect there once;"
        f" {repeated} deliveries repeated"
    )


def come_back(nest: Ground, at: int, letters: Path) -> None:
    nest.come_back(FAULTS_CRASH_AT=str(at), FAULTS_DELIVERIES=str(letters), FAULTS_HURRY="1")


def survives(nest: Ground, doing: Doing) -> bool:
    """Do one round on a server that counts its steps; False when it died."""
    nest.server.process.send_signal(signal.SIGUSR1)
    try:
        doing.all()
        wait_for_effects(nest)
    except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
        return False
    return nest.server.process.poll() is None


def finish(nest: Ground, doing: Doing) -> None:
    """Tell the next server what was not acknowledged by the last; then everything has happened once."""
    doing.all()
    wait_for_effects(nest)
    check_round(nest, doing)


def wait_for_effects(nest: Ground) -> None:
    """Wait until all that follows from what was done is done, or the server is dead."""
    soon(lambda: nest.server.process.poll() is not None or rows(nest, STILL_TO_DO) == [(0,)])


def check_round(nest: Ground, doing: Doing) -> None:
    """What was told twice has happened once."""
    for word in ("post", "picture"):
        found = rows(nest, f"SELECT like_count FROM posts WHERE text = '{word}{doing.number} @bea'")
        assert found == [(1 if word == "post" else 0,)], f"{word}{doing.number}: {found}"
    [ana] = rows(nest, "SELECT follower_count, post_count FROM accounts WHERE username = 'ana'")
    assert ana == (1, rows(nest, "SELECT count(*) FROM posts")[0][0])
    assert rows(nest, "SELECT count(*) FROM follows") == [(1,)]
    assert rows(nest, TOLD_TWICE) == [], "somebody was told twice"
    home = [post["id"] for post in nest.bea.get("/api/v1/timelines/home?limit=40")]
    posts = [str(id) for (id,) in rows(nest, "SELECT id FROM posts ORDER BY id DESC LIMIT 40")]
    assert home == posts, "bea's home and what ana wrote disagree"


def check_deliveries(nest: Ground, letters: Path) -> int:
    """Each event has one job, each job is done and was delivered; return how many deliveries came twice."""
    found = rows(nest, "SELECT body, state FROM jobs WHERE kind = 'Deliver:letters'")
    planned = Counter(body for body, _ in found)
    assert {state for _, state in found} == {"done"}
    posts = [count for body, count in planned.items() if '"PostPublished"' in body]
    assert set(posts) == {1}, "an event was planned twice"
    assert len(posts) == rows(nest, "SELECT count(*) FROM events WHERE kind = 'PostPublished'")[0][0]
    delivered = Counter(letters.read_text().splitlines())
    assert set(delivered) == set(planned), "deliveries and events disagree"
    return sum((delivered - planned).values())


class Place(NamedTuple):
    """Where data is, also before there is a server."""

    data: Path
    database: str


def interrupt_migrations(folder: Path, database: str = "", *, stride: int = 1) -> str:
    """F22: the first step of the schema, then one more on tables with rows, killed at every statement and repeated."""
    place, killed = Place(folder / "nest", database), 0
    with hatchery() as eggs:
        at = 1
        while migrate(eggs, place, at) == KILLED:
            assert rows(place, TABLES[bool(database)]) in ([(0,)], [(2,)]), "half a step was kept"
            killed, at = killed + 1, at + stride
            assert at < MOST_STEPS
        with ground(folder, database, eggs.server) as nest:
            for number in range(20):
                nest.load.write(f"post{number}")
            assert len(nest.ledger.posts) == 20
            nest.server.process.kill()
            nest.server.process.wait()
            killed += interrupt_next(eggs, place, rows(place, SCHEMA)[0][0])
            nest.come_back()  # the version before serves on, beside what the next one added
            nest.settle()
    return f"killed at {killed} statements of two steps; nothing half done was kept, all rows are whole"


def interrupt_next(eggs: Hatchery, place: Place, before: int) -> int:
    """Kill one more step at its first, second … statement until it gets through; return how often."""
    posts, at = rows(place, "SELECT * FROM posts ORDER BY id"), 1
    while migrate(eggs, place, at, FAULTS_NEXT_STEP="1") == KILLED:
        if rows(place, SCHEMA) == [(before,)]:
            assert rows(place, "SELECT * FROM posts ORDER BY id") == posts, "half a step was kept"
        at += 1
        assert at < MOST_STEPS
    assert rows(place, SCHEMA) == [(before + 1,)]
    assert rows(place, MARKED) == [(len(posts), len(posts))]
    return at - 1


def migrate(eggs: Hatchery, place: Place, at: int, **variables: str) -> int:
    """Run `rookery migrate`, killed at a step; return the exit code."""
    variables |= {"FAULTS_CRASH_AT": str(at), "FAULTS_ARMED": "1"}
    if place.database:
        variables["ROOKERY_SERVER_DATABASE"] = place.database
    said = place.data.parent / "migrate.log"
    code = eggs.start(["migrate", "--data", str(place.data)], {**os.environ, **variables}, said).wait()
    assert code in (KILLED, 0), said.read_text()
    return code
