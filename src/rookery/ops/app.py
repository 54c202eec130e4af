"""Puts the house together: data folder, database, application, rooms, readers and jobs.

Owns: what exists, in which order it starts and stops. Never: a rule, a route, a query of its own.
`open_app` is what a command needs; `open_nest` is a whole server without its sockets (ops/up.py). A new room is mounted
in ops/rooms.py, a new wire stands in `WIRES`, what runs beside requests stands in `background`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import platform
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from rookery import __version__
from rookery.actions.app import App
from rookery.actions.archives import archive_handlers
from rookery.actions.callers import CallerCache
from rookery.actions.cards import CardRoom, card_handlers
from rookery.actions.domainblocks import keep_mode
from rookery.actions.door import Doorkeeper
from rookery.actions.far_files import FarRoom
from rookery.actions.far_jobs import far_file_handlers
from rookery.actions.importing import import_handlers
from rookery.actions.jobs import JobHandler, resume_jobs, work_jobs
from rookery.actions.mail import Mailer
from rookery.actions.media import MediaRoom
from rookery.actions.members import PURGE_ACCOUNT
from rookery.actions.moves import move_handlers
from rookery.actions.passwords import PasswordPool
from rookery.actions.purge import purge_account
from rookery.actions.pushes import vapid_key
from rookery.actions.recordings import work_recordings
from rookery.actions.severing import severing_handlers
from rookery.actions.strikes import PURGE_SUSPENDED, is_still_suspended
from rookery.activitypub.relay_meeting import meeting_handlers
from rookery.activitypub.synchronizing import comparing_handlers
from rookery.activitypub.wire import FediverseWire
from rookery.archives.own import pack_archive
from rookery.media.box import MediaBox
from rookery.media.pages import PageReader
from rookery.media.pictures import PictureLimits
from rookery.media.recording_box import RecordingBox
from rookery.media.recordings import RecordingLimits
from rookery.model.errors import Refusal
from rookery.model.events import Event
from rookery.model.ids import AccountId, IdClock, now_us
from rookery.model.settings import Settings, is_local_domain
from rookery.model.wires import Wire
from rookery.network.admission import Admission
from rookery.network.door import Door
from rookery.network.limits import Limiter
from rookery.network.server import Server
from rookery.network.translating import open_translator
from rookery.ops import outreach
from rookery.ops.chores import chores_of, keep_doing
from rookery.ops.deliveries import open_deliveries
from rookery.ops.fediverse import Fediverse, build_fediverse
from rookery.ops.folder import DataFolder, NoData
from rookery.ops.rooms import Reach, mount_rooms
from rookery.storage.blobs import BlobStore, DiskBlobs
from rookery.storage.database import Transaction
from rookery.storage.jobs import Job
from rookery.storage.log import newest_seq
from rookery.storage.migrations import check_schema, migrate, read_schema
from rookery.storage.newest import newest_id
from rookery.storage.object_blobs import Bucket, ObjectBlobs
from rookery.storage.postgres import PostgresDatabase, open_postgres
from rookery.storage.sqlite import SqliteDatabase, open_sqlite
from rookery.storage.values import find_value, set_value
from rookery.timelines.caches import MarkCache
from rookery.timelines.durable import durable_readers
from rookery.timelines.homes import Homes
from rookery.timelines.live import Live
from rookery.timelines.streams import MOST_OPEN, Streams
from rookery.web.face import SESSION
from rookery.web.guards import cookie_name

LOG = logging.getLogger("rookery.ops")
Engine = SqliteDatabase | PostgresDatabase
WIRES: tuple[Callable[[App], Wire[Transaction]], ...] = (FediverseWire,)
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
    server: Server
    reach: Reach
    mailer: Mailer
    cards: CardRoom
    fediverse: Fediverse
    stopping: list[Callable[[], None]] = field(default_factory=list)

    @property
    def app(self) -> App:
        """What actions need."""
        return self.reach.app


class AccessWatch:
    """Forgets callers when another process took their access."""

    def __init__(self, callers: CallerCache) -> None:
        self.callers = callers

    def on_event(self, event: Event) -> None:
        """Pass it on."""
        self.callers.forget(event)


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
    folder = DataFolder.of(settings.server)
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
        ids = IdClock()
        ids.follow(await newest_id(db.reader))
        app = App(db, await settle_domain(db, settings), ids)
        app.wires = tuple(speak(app) for speak in WIRES)
        yield app
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
    folder = DataFolder.of(settings.server)
    folder.make()
    with folder.locked(settings.base_url, is_test=settings.is_test):
        folder.empty_spool()
        async with open_app(settings, migrates=True) as app, contextlib.AsyncExitStack() as stack:
            await vapid_key(app)  # made at the first start, so that every app learns the same one
            app.worker = f"{platform.node()} {folder.root.resolve()}"  # the lock: nobody else has it now
            await keep_mode(app)
            await resume_jobs(app)
            nest = build_nest(app, folder)
            await start_nest(nest, stack)
            yield nest


async def start_nest(nest: Nest, stack: contextlib.AsyncExitStack) -> None:
    """Begin what lives as long as the server; the stack ends it in reverse order."""
    stack.callback(nest.reach.passwords.close)
    await stack.enter_async_context(nest.reach.media.box)
    await stack.enter_async_context(nest.cards.reader)
    if nest.reach.media.films is not None:
        await stack.enter_async_context(nest.reach.media.films)
    stack.push_async_callback(nest.fediverse.remote.close)
    stack.push_async_callback(nest.reach.far.close)
    for start in nest.server.on_start:
        await start()
    stack.push_async_callback(run_all, nest.server.on_stop)
    for work in background(nest):
        stack.push_async_callback(end_task, asyncio.create_task(keep_running(work)))


def build_nest(app: App, folder: DataFolder) -> Nest:
    """Make everything that lives as long as the server, and give every room its routes."""
    settings = app.settings
    limiter = Limiter(is_off=not settings.limits.rate_limits)
    admission = Admission(session_cookie=cookie_name(settings.base_url, SESSION))
    proxies = settings.server.trusted_proxies
    server = Server(limiter, spool=folder.spool, trusted_proxies=proxies, admission=admission)
    reach = build_reach(app, folder, limiter)
    doorkeeper = Doorkeeper(app.db)
    reach.live.add(doorkeeper)
    server.is_barred = doorkeeper.is_barred
    server.on_start.append(doorkeeper.learn)
    app.translator = open_translator(settings, __version__)
    door = reach.far.door
    fediverse = build_fediverse(app, door, lambda: admission.late_s, limiter)
    mount_rooms(server, reach, fediverse.inbox, fediverse.porter)
    cards = CardRoom(door, reach.media, PageReader())
    return Nest(settings, server, reach, Mailer(settings), cards, fediverse, [reach.streams.end_all])


def build_door(settings: Settings) -> Door:
    """Make the one door to other servers (K1)."""
    return Door(settings.base_url, version=__version__, is_test=settings.is_test)


def build_reach(app: App, folder: DataFolder, limiter: Limiter) -> Reach:
    """Make what the faces share: one memory of homes, marks and callers for all of them."""
    live, kept = Live(app.db), app.settings.cache.homes
    homes, marks = Homes(app.db, live, kept=kept), MarkCache(app.db, kept=kept)
    callers = CallerCache(app)
    live.add(marks)
    live.add(AccessWatch(callers))
    streams = Streams(app.db, live, homes, most_open=MOST_OPEN if app.settings.limits.rate_limits else 0)
    app.access_listeners.append(streams.on_access)
    media = open_room(app.settings, folder)
    far = FarRoom(build_door(app.settings), media)
    return Reach(app, live, homes, marks, callers, PasswordPool(limiter), media, far, streams)


def open_room(settings: Settings, folder: DataFolder) -> MediaRoom:
    """Make the boxes and the store of uploads, none of them begun."""
    box = MediaBox(PictureLimits(upload_bytes=settings.limits.upload_bytes))
    asked = settings.recordings
    limits = RecordingLimits(upload_bytes=asked.upload_bytes, length_s=asked.length_s, pixels=asked.pixels)
    films = RecordingBox(limits, children=films_at_once(settings)) if asked.allowed else None
    return MediaRoom(box, open_blobs(settings, folder), folder.spool, films)


def films_at_once(settings: Settings) -> int:
    """How many videos are prepared at the same time."""
    return settings.recordings.at_once or os.cpu_count() or 1


def open_blobs(settings: Settings, folder: DataFolder, kind: str = "") -> BlobStore:
    """Return the store of uploads that the settings name, or that of a kind."""
    asked = settings.storage
    if (kind or asked.kind) == "disk":
        return DiskBlobs(folder.media)
    return ObjectBlobs(
        Bucket(
            endpoint=asked.endpoint,
            name=asked.bucket,
            region=asked.region,
            access_key=asked.access_key,
            secret_key=asked.secret_key,
            prefix=asked.prefix,
            public_url=asked.public_url,
            signs=asked.signed_links,
            is_path_style=asked.path_style,
            timeout_s=asked.timeout_s,
        )
    )


def background(nest: Nest) -> list[Callable[[], Coroutine[Any, Any, None]]]:
    """Return what runs beside the requests, each for as long as the server lives."""
    chores = [
        partial(keep_doing, chore)
        for chore in chores_of(nest.app, nest.reach.callers, nest.cards, nest.reach.far, nest.fediverse)
    ]
    readers = durable_readers(nest.app.db, nest.app.ids, nest.settings)
    live = [nest.reach.live.run, nest.reach.streams.run, readers.run]
    deliveries = open_deliveries(nest.app)
    films = [partial(work_recordings, nest.app, nest.reach.media)] * films_at_once(nest.settings)
    return [
        *live,
        partial(hear_others, nest.app),
        partial(carry_out_jobs, nest),
        partial(fetch_cards, nest),
        partial(fetch_far_files, nest),
        partial(carry_out_imports, nest),
        *films,
        *nest.fediverse.work(),
        *deliveries.work(),
        *outreach.work_of(nest.app, nest.mailer, nest.cards.door),
        *chores,
    ]


async def fetch_cards(nest: Nest) -> None:
    """Fetch pages in a queue of their own: a slow page must not hold up mails and deliveries."""
    await work_jobs(nest.app, card_handlers(nest.app, nest.cards), asyncio.Event())


async def fetch_far_files(nest: Nest) -> None:
    """Fetch what far posts show in a queue of its own, for the same reason."""
    await work_jobs(nest.app, far_file_handlers(nest.app, nest.reach.far), asyncio.Event())


async def carry_out_imports(nest: Nest) -> None:
    """Do what people's files ask for in a queue of their own: other servers take their time to answer."""
    await work_jobs(nest.app, import_handlers(nest.app), asyncio.Event())


async def carry_out_jobs(nest: Nest) -> None:
    """Do what was planned; at a stop, the jobs in hand are left to the next server."""
    await work_jobs(nest.app, job_handlers(nest), asyncio.Event())


def job_handlers(nest: Nest) -> dict[str, JobHandler]:
    """Return who carries out each kind of job."""
    app, media = nest.app, nest.reach.media

    async def purge(job: Job) -> None:
        await purge_account(app, media, AccountId(job.body["account_id"]))

    async def purge_suspended(job: Job) -> None:
        account_id = AccountId(job.body["account_id"])
        if await is_still_suspended(app.db.reader, account_id, job.body["since"]):
            await purge_account(app, media, account_id)

    handlers = {PURGE_ACCOUNT: purge, PURGE_SUSPENDED: purge_suspended}
    people = {**move_handlers(app), **severing_handlers(app)}
    knocking = nest.fediverse.verifier.keys.knocking
    people |= {**meeting_handlers(app, knocking), **comparing_handlers(app, knocking)}
    return {**archive_handlers(app, media, pack_archive), **people, **handlers}


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
