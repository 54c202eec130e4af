"""Puts the house together: data folder, database, application, rooms, readers and jobs.

Owns: what exists, in which order it starts and stops. Never: a rule, a route, a query of its own.
`open_app` is what a command needs; `open_nest` is a whole server without its sockets (ops/up.py). A new room is mounted
in `mount_rooms`, a new wire stands in `WIRES`, what runs beside requests stands in `background`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from rookery.actions.app import App
from rookery.actions.callers import CallerCache
from rookery.actions.jobs import work_jobs
from rookery.actions.mail import Mailer, mail_handlers
from rookery.actions.passwords import PasswordPool
from rookery.model.errors import Refusal
from rookery.model.ids import IdClock, now_us
from rookery.model.settings import Settings, is_local_domain
from rookery.model.wires import Wire
from rookery.network.limits import Limiter
from rookery.network.server import Server
from rookery.ops import health
from rookery.ops.chores import chores_of, keep_doing
from rookery.ops.folder import DataFolder, NoData
from rookery.storage.database import Transaction
from rookery.storage.log import newest_seq
from rookery.storage.migrations import check_schema, migrate, read_schema
from rookery.storage.postgres import PostgresDatabase, open_postgres
from rookery.storage.sqlite import SqliteDatabase, open_sqlite
from rookery.storage.values import find_value, set_value
from rookery.timelines.durable import durable_readers

LOG = logging.getLogger("rookery.ops")
Engine = SqliteDatabase | PostgresDatabase
WIRES: tuple[Wire[Transaction], ...] = ()
DOMAIN = "domain"
LOOK_FOR_OTHERS_S = 1.0


class DomainChanged(Refusal):
    """The data was begun under another name."""

    def __init__(self, known: str, asked: str) -> None:
        super().__init__(
            f"this data belongs to {known}, and the name cannot change to {asked}: every handle and link carries it."
            f" Use --domain {known}, or another data folder"
        )


class TestModeRefused(Refusal):
    """Test mode would open a public server to anybody."""

    def __init__(self, domain: str) -> None:
        super().__init__(f"--test opens the server to anybody, and this data belongs to {domain}; use another --data")


@dataclass(slots=True)
class Nest:
    """A whole server without its sockets. stopping: called when it should let go of long answers."""

    settings: Settings
    folder: DataFolder
    app: App
    server: Server
    passwords: PasswordPool
    callers: CallerCache
    mailer: Mailer
    stopping: list[Callable[[], None]] = field(default_factory=list)


async def open_database(settings: Settings, folder: DataFolder) -> Engine:
    """Open the engine that the settings name. Raises StorageBusy."""
    if settings.server.database:
        return await open_postgres(settings.server.database)
    return await open_sqlite(folder.database)


@contextlib.asynccontextmanager
async def open_app(settings: Settings, *, makes: bool = True, migrates: bool = False) -> AsyncIterator[App]:
    """Open what every command needs, and close it at the end.

    makes: begin a new server's data where there is none. migrates: apply missing steps instead of refusing.
    Raises NoData, FolderRefused, SchemaTooNew, SchemaTooOld, DomainChanged, StorageBusy.
    """
    folder = DataFolder(Path(settings.server.data))
    if not makes and not settings.server.database and not folder.database.is_file():
        raise NoData(folder.root)
    folder.make()
    db = await open_database(settings, folder)
    try:
        is_empty = (await read_schema(db.reader, db.dialect)).number == 0
        if is_empty and not makes:
            raise NoData(folder.root)
        if migrates or is_empty:
            await migrate(db, now_us=now_us())
        await check_schema(db)
        yield App(db, await settle_domain(db, settings), IdClock(), WIRES)
    finally:
        await db.close()


async def settle_domain(db: Engine, settings: Settings) -> Settings:
    """Return the settings with the name that the data was begun under. Raises DomainChanged, TestModeRefused."""
    known, asked = await find_value(db.reader, DOMAIN), settings.server.domain
    if known is None:
        async with db.transaction() as tx:
            await set_value(tx, DOMAIN, asked)
        return settings
    if asked not in (known, Settings().server.domain):
        raise DomainChanged(known, asked)
    if settings.is_test and not is_local_domain(known):
        raise TestModeRefused(known)
    return replace(settings, server=replace(settings.server, domain=known))


@contextlib.asynccontextmanager
async def open_nest(settings: Settings) -> AsyncIterator[Nest]:
    """Open a whole server on its data, alone. Raises what open_app raises, and FolderInUse."""
    folder = DataFolder(Path(settings.server.data))
    folder.make()
    with folder.locked(settings.base_url):
        folder.empty_spool()
        async with open_app(settings, migrates=True) as app, contextlib.AsyncExitStack() as stack:
            nest = build_nest(app, folder)
            stack.callback(nest.passwords.close)
            for work in background(nest):
                stack.push_async_callback(end_task, asyncio.create_task(keep_running(work)))
            for start in nest.server.on_start:
                await start()
            stack.push_async_callback(run_all, nest.server.on_stop)
            yield nest


def build_nest(app: App, folder: DataFolder) -> Nest:
    """Make everything that lives as long as the server, and give every room its routes."""
    settings = app.settings
    limiter = Limiter(is_off=not settings.limits.rate_limits)
    server = Server(limiter, spool=folder.spool, trusted_proxies=settings.server.trusted_proxies)
    nest = Nest(settings, folder, app, server, PasswordPool(limiter), CallerCache(app), Mailer(settings))
    mount_rooms(nest)
    return nest


def mount_rooms(nest: Nest) -> None:
    """Give every room its routes. The room of `/` comes last: it answers for paths that nobody else has."""
    watching = health.HealthFace(nest.app.db)
    nest.server.mount(health.routes.routes, watching, prefixes=["/health", "/"])


def background(nest: Nest) -> list[Callable[[], Coroutine[Any, Any, None]]]:
    """Return what runs beside the requests, each for as long as the server lives."""
    chores = [partial(keep_doing, chore) for chore in chores_of(nest.app, nest.callers)]
    readers = durable_readers(nest.app.db, nest.app.ids)
    return [readers.run, partial(hear_others, nest.app), partial(do_jobs, nest), *chores]


async def do_jobs(nest: Nest) -> None:
    """Do what was planned; at a stop, the jobs in hand are given back by their lease."""
    handlers = mail_handlers(nest.app, nest.mailer)
    await work_jobs(nest.app, handlers, asyncio.Event())


async def hear_others(app: App) -> None:
    """Wake the readers of the log for events that another process committed: a command on the same data."""
    db = app.db
    while isinstance(db, SqliteDatabase):  # PostgreSQL tells by itself
        await asyncio.sleep(LOOK_FOR_OTHERS_S)
        db.wake_readers(await newest_seq(db.reader))


async def keep_running(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a background loop; one that fails is logged and begins again."""
    while True:
        try:
            await work()
            return
        except Exception:
            LOG.exception("background work failed; it begins again")
            await asyncio.sleep(1)


async def end_task(task: asyncio.Task[None]) -> None:
    """Cancel and wait."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def run_all(steps: list[Callable[[], Awaitable[None]]]) -> None:
    """Run every step, whatever the others do."""
    for step in steps:
        try:
            await step()
        except Exception:
            LOG.exception("a part of the server did not stop well")
