"""What is arranged in a server before it starts: a crash at a step, another clock, an invented wire, a later schema.

Owns: reaching into the house from outside, so that the house itself holds no hook. Each is asked for by a variable:

    FAULTS_CRASH_AT=n        die, as by kill -9, at the n-th step after SIGUSR1; with FAULTS_ARMED, from the beginning
    FAULTS_DELIVERIES=path   speak one wire, whose every delivery is a line of this file
    FAULTS_CLOCK=path        be as many seconds ahead of the true time as the file says
    FAULTS_NEXT_STEP=1       know one more step of the schema
    FAULTS_HURRY=1           look for jobs without a pause, so that a round takes as long as its work

A step is what changes the disk or tells somebody: a statement of a transaction, a commit, a file, an attempt at a job.
"""

import contextlib
import functools
import os
import signal
import sys
import time
from datetime import datetime, timedelta

from rookery.actions import jobs
from rookery.model.events import Event
from rookery.ops import app
from rookery.storage import migrations
from rookery.storage.encoding import encode
from rookery.storage.eventrows import body_from_event
from rookery.storage.migrations.step import Step
from rookery.storage.postgres import PostgresDatabase, PostgresTransaction
from rookery.storage.sqlite import SqliteDatabase, SqliteTransaction

ENGINES = ((SqliteDatabase, SqliteTransaction), (PostgresDatabase, PostgresTransaction))
NEXT = Step(
    number=migrations.NEWEST + 1,
    why="a fault wants to interrupt a change of tables that hold rows",
    phase="before",
    lock="as long as it likes",
    undo="throw the data away",
    oldest_compatible=1,
    statements=(
        "CREATE TABLE fault_notes (id {id}, words text NOT NULL)",
        "INSERT INTO fault_notes (id, words) SELECT id, text FROM posts",
        "ALTER TABLE posts ADD COLUMN fault_mark {int}",
        "UPDATE posts SET fault_mark = 1",
        "CREATE INDEX posts_fault_mark ON posts (fault_mark, id)",
        "UPDATE fault_notes SET words = upper(words)",
        "DELETE FROM fault_notes WHERE words = ''",
    ),
)


class Steps:
    """Counts, and dies at the step `at`."""

    def __init__(self) -> None:
        self.count, self.at = 0, int(os.environ.get("FAULTS_CRASH_AT", 0))
        self.is_armed = "FAULTS_ARMED" in os.environ

    def arm(self, *_: object) -> None:
        self.is_armed = True

    def take(self, what: str) -> None:
        if self.is_armed:
            self.count += 1
            if self.count == self.at:
                os.write(2, f"killed at step {self.at}: {what}\n".encode())
                os.kill(os.getpid(), signal.SIGKILL)
                time.sleep(60)


def crash(steps: Steps) -> None:
    """Count everywhere."""
    signal.signal(signal.SIGUSR1, steps.arm)
    for database, transaction in ENGINES:
        for name in ("run", "run_many"):
            setattr(transaction, name, counted(getattr(transaction, name), steps))
        database.transaction = around_commits(database.transaction, steps)
    SqliteDatabase.commit = on_the_thread(SqliteDatabase.commit, steps)
    jobs.run_job = around_jobs(jobs.run_job, steps)
    for name in ("fsync", "rename"):
        setattr(os, name, before_and_after(getattr(os, name), name, steps))


def counted(run, steps: Steps):
    @functools.wraps(run)
    async def take_and_run(self, sql, *more, **params):
        steps.take(" ".join(sql.split())[:60])
        return await run(self, sql, *more, **params)

    return take_and_run


def around_commits(transaction, steps: Steps):
    @contextlib.asynccontextmanager
    async def begin(self):
        async with transaction(self) as tx:
            yield tx
            steps.take("the end of a body")
        steps.take("a commit that nobody has heard of")

    return begin


def on_the_thread(commit, steps: Steps):
    def take_and_commit(self):
        steps.take("COMMIT")
        commit(self)
        steps.take("COMMIT is done")

    return take_and_commit


def around_jobs(run_job, steps: Steps):
    async def take_and_run(app, job, handler):
        async def handle(job):
            steps.take(f"job {job.kind}")
            await handler(job)
            steps.take(f"job {job.kind} is carried out")

        await run_job(app, job, handle)

    return take_and_run


def before_and_after(call, name: str, steps: Steps):
    def take_and_call(*words, **more):
        steps.take(name)
        done = call(*words, **more)
        steps.take(f"{name} is done")
        return done

    return take_and_call


class Letters:
    """A wire whose deliveries can be counted: one line of a file each."""

    name = "letters"

    def __init__(self, path: str) -> None:
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    async def project(self, tx: object, event: Event) -> bool:
        """Needs nothing but the job."""
        return True

    async def deliver(self, event: Event) -> None:
        os.write(self.file, encode(body_from_event(event)).encode() + b"\n")


class Shifted:
    """The time of a machine whose clock is wrong. The monotonic clock goes on as it should."""

    def __init__(self, path: str) -> None:
        self.file = os.open(path, os.O_RDONLY)
        self.time, self.time_ns = time.time, time.time_ns
        time.time, time.time_ns = self.shifted, self.shifted_ns
        for name, module in list(sys.modules.items()):
            if name.startswith("rookery.") and getattr(module, "datetime", None) is datetime:
                module.datetime = self.shifted_datetime()

    def ahead_s(self) -> int:
        return int(os.pread(self.file, 32, 0) or 0)

    def shifted_datetime(self) -> type[datetime]:
        """The class that has the shifted now."""
        ahead_s = self.ahead_s

        class Shifted(datetime):
            @classmethod
            def now(cls, tz=None):
                return datetime.now(tz) + timedelta(seconds=ahead_s())

        return Shifted

    def shifted(self) -> float:
        return self.time() + self.ahead_s()

    def shifted_ns(self) -> int:
        return self.time_ns() + self.ahead_s() * 1_000_000_000


def arrange() -> None:
    """Do what the variables ask for."""
    asked = os.environ
    if "FAULTS_NEXT_STEP" in asked:
        migrations.STEPS, migrations.NEWEST = (*migrations.STEPS, NEXT), NEXT.number
    if "FAULTS_DELIVERIES" in asked:
        app.WIRES = (lambda _: Letters(asked["FAULTS_DELIVERIES"]),)
    if "FAULTS_CLOCK" in asked:
        Shifted(asked["FAULTS_CLOCK"])
    if "FAULTS_HURRY" in asked:
        jobs.IDLE_S = 0.02
    if "FAULTS_CRASH_AT" in asked:
        crash(Steps())
