"""The small named world that all tests share: a nest in this process, and people with names.

    async def test_…(world):
        ana, bea = await world.people("ana", "bea")
        await bea.follows(ana)
        post = await ana.publishes("hello", visibility="private")
        assert [p["id"] for p in await bea.home()] == [post["id"]]

Everything goes through the real routes, on a real database: `world` runs once per engine.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.client import Client, Reply

from rookery.actions.app import App
from rookery.actions.apps import register_app
from rookery.actions.callers import CallerCache
from rookery.actions.door import Doorkeeper
from rookery.actions.media import MediaRoom
from rookery.actions.members import create_member
from rookery.actions.passwords import CHEAP, PasswordPool
from rookery.actions.tokens import give_member_token
from rookery.activitypub import tables as wire
from rookery.activitypub.face import WireFace
from rookery.mastodon.assembly import build_face
from rookery.mastodon.streaming import mount_streaming
from rookery.mastodon.tables import PREFIXES, ROUTES
from rookery.media.box import MediaBox
from rookery.media.pictures import PictureLimits
from rookery.media.recording_box import RecordingBox
from rookery.media.recordings import RecordingLimits
from rookery.model.apps import AppDraft
from rookery.model.callers import parse_scopes
from rookery.model.ids import IdClock
from rookery.model.members import Role, SignUp
from rookery.model.settings import ServerSettings, Settings
from rookery.network.limits import Limiter
from rookery.network.server import Server
from rookery.storage.apps import RegisteredApp
from rookery.storage.blobs import DiskBlobs
from rookery.storage.database import Database
from rookery.timelines.caches import MarkCache
from rookery.timelines.durable import durable_readers
from rookery.timelines.homes import Homes
from rookery.timelines.live import Live
from rookery.timelines.streams import Streams

PASSWORD = "correct horse battery"
SCOPES = "read write follow push"


class Person:
    """Somebody with an account and an app that may do everything."""

    def __init__(self, nest: "World", name: str, account_id: int, token: str) -> None:
        self.nest, self.name, self.id, self.token = nest, name, account_id, token
        self.client = Client(nest.server, token=token)

    async def calls(self, method: str, path: str, *, code: int = 200, **more: Any) -> Any:
        """Call a route and return its JSON; fail unless it answers `code`."""
        reply: Reply = await self.client.call(method, path, **more)
        assert reply.code == code, reply
        return reply.json

    async def publishes(self, text: str = "hello", **more: Any) -> Any:
        return await self.calls("POST", "/api/v1/statuses", json_body={"status": text, **more})

    async def follows(self, other: "Person", **more: Any) -> Any:
        return await self.calls("POST", f"/api/v1/accounts/{other.id}/follow", json_body=more)

    async def home(self, query: str = "") -> Any:
        return await self.calls("GET", f"/api/v1/timelines/home{query}")


class World:
    """A nest on a fresh database. settle: readers and jobs run until idle; nothing sleeps."""

    def __init__(self, app: App, folder: Path, limiter: Limiter) -> None:
        self.app, self.folder = app, folder
        self.server = Server(limiter, spool=folder)
        self.live = Live(app.db)
        self.doorkeeper = Doorkeeper(app.db)
        self.live.add(self.doorkeeper)
        self.server.is_barred = self.doorkeeper.is_barred
        self.homes = Homes(app.db, self.live, kept=app.settings.cache.homes)
        self.marks = MarkCache(app.db, kept=app.settings.cache.homes)
        self.readers = durable_readers(app.db, app.ids, app.settings)
        self.live.add(self.marks)
        self.streams = Streams(app.db, self.live, self.homes)
        app.access_listeners.append(self.streams.on_access)
        self.passwords = PasswordPool(limiter, cost=CHEAP)
        self.client: RegisteredApp | None = None
        self.callers = CallerCache(app)
        self.live.add(self.callers)
        self.box = MediaBox(PictureLimits())
        self.films = RecordingBox(RecordingLimits())
        self.films.pool.open()
        self.media = MediaRoom(self.box, DiskBlobs(folder / "media"), folder, self.films)
        self.face = build_face(
            app,
            self.live,
            self.homes,
            self.marks,
            streams=self.streams,
            callers=self.callers,
            passwords=self.passwords,
            media=self.media,
        )
        self.server.mount(ROUTES, self.face, prefixes=(*PREFIXES, "/"))
        self.wire = WireFace(app, self.face.usage)
        self.server.mount(wire.ROUTES, self.wire, prefixes=wire.PREFIXES)
        mount_streaming(self.server, self.face)
        self.stranger = Client(self.server)

    async def person(self, name: str, *, role: Role = Role.MEMBER, scopes: str = SCOPES) -> Person:
        form = SignUp(name, f"{name}@mail.test", PASSWORD)
        member = await create_member(self.app, self.passwords, form, role=role, is_confirmed=True)
        return Person(self, name, member.account_id, await self.token(member.account_id, scopes))

    async def token(self, account_id: int, scopes: str = SCOPES) -> str:
        if self.client is None:
            draft = AppDraft("the tests", ("urn:ietf:wg:oauth:2.0:oob",), parse_scopes(SCOPES), None)
            self.client = (await register_app(self.app, draft)).app
        given = await give_member_token(self.app, account_id, app_id=self.client.id, scopes=parse_scopes(scopes))
        return given.secret

    async def people(self, *names: str) -> list[Person]:
        return [await self.person(name) for name in names]

    async def stranger_json(self, path: str) -> Any:
        """What somebody without an account is told."""
        return (await self.stranger.get(path)).json

    async def settle(self) -> None:
        await self.readers.run_until_idle()
        await self.live.catch_up()
        await self.homes.place_waiting()
        await self.streams.work()

    async def close(self) -> None:
        await self.box.close()
        await self.films.pool.close()
        self.passwords.close()


@pytest.fixture
async def world(db: Database, tmp_path: Path) -> AsyncIterator[World]:
    """A nest on SQLite, then the same test on PostgreSQL."""
    built = World(
        App(db, Settings(ServerSettings(data=str(tmp_path)), is_test=True), IdClock()), tmp_path, Limiter(is_off=True)
    )
    await built.box.start()
    yield built
    await built.close()
