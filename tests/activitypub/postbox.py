"""A far server that delivers to us: people of a village who sign, and our whole inbox behind the routes of a world.

    box = await postbox(world, evil)
    bea = box.person("bea")
    assert (await bea.sends({"type": "Follow", "object": box.uri_of(ana)})).code == 202
    await box.settle()

Owns: Postbox, Sender. Everything is real: keys are fetched from the village, accounts proved by WebFinger, rows kept.
"""

import json
import time
from datetime import UTC, datetime

import pytest
from tests.activitypub.far import BOBS
from tests.activitypub.village import KIND, PUBLIC, Village, Villager
from tests.client import Client, Reply
from tests.evilhost import EvilHost, FakeNames, door_for

from rookery.activitypub.cavage import sign_cavage
from rookery.activitypub.message_signatures import sign_message
from rookery.activitypub.multikeys import pem_from
from rookery.ops.fediverse import build_fediverse
from rookery.storage.arrivals import list_aside


def just_now() -> str:
    """The moment, as a document tells it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Postbox:
    """One far server, and our side of it."""

    def __init__(self, world, evil: EvilHost, names: FakeNames | None = None, host: str = "far.example") -> None:
        self.world, self.app, self.evil = world, world.app, evil
        self.base_url = world.app.settings.base_url
        self.village = Village(evil, host)
        self.villages = {host: self.village}
        self.door = door_for(names)
        self.fediverse = build_fediverse(world.app, self.door)
        world.wire.inbox = self.fediverse.inbox
        self.processing = self.fediverse.processing
        self.stranger = Client(world.server)

    def person(self, name: str = "bea", key=BOBS, *, host: str = "far.example", **more) -> "Sender":
        if host not in self.villages:
            self.villages[host] = Village(self.evil, host)
            self.villages[host].handles = self.village.handles
        return Sender(self, self.villages[host], name, key, **more)

    def uri_of(self, person) -> str:
        """The address of somebody of ours."""
        return f"{self.base_url}/@{person.name}"

    async def settle(self) -> None:
        """Do what came, and let the readers of the log see it."""
        await self.processing.run_until_idle()
        await self.world.settle()

    def forgives(self) -> None:
        """Ask far servers again that were in trouble a moment ago."""
        self.fediverse.remote.fetcher.failures.known.clear()
        self.door.budgets.hosts.clear()

    async def aside(self) -> list:
        return await list_aside(self.app.db.reader, limit=100)

    async def waiting(self) -> int:
        return (await self.app.db.reader.one("SELECT count(*) FROM arrivals WHERE state = 'waiting'"))[0]


class Sender(Villager):
    """Somebody of the village whose server signs for them."""

    def __init__(self, box: Postbox, village: Village, name: str, key=BOBS, **more) -> None:
        self.box, self.key = box, key
        super().__init__(village, name, **more)

    @property
    def key_id(self) -> str:
        return f"{self.uri}#main-key"

    def document(self, **more) -> dict:
        shown = {"id": self.key_id, "owner": self.uri, "publicKeyPem": pem_from(self.key.public_key())}
        return super().document(publicKey=shown, **more)

    def activity(self, kind: str, about, *, tail: str | None = None, **more) -> dict:
        """An activity of theirs, with an id of its own."""
        self.count += 1
        uri = f"{self.uri}/activities/{tail or self.count}"
        return {"id": uri, "type": kind, "actor": self.uri, "object": about, **more}

    def shown(self, uri: str) -> dict:
        """The document that stands at an address of their server."""
        raw = self.box.evil.paths[uri.partition(f":{self.box.evil.port}")[2]]
        return json.loads(raw.partition(b"\r\n\r\n")[2])

    def creates(self, text: str = "hello", *, tail: str = "", **more) -> dict:
        """A Create of a new post."""
        note = self.shown(self.note(text, tail=tail, **more))
        return self.activity("Create", note, to=note["to"], cc=note["cc"])

    async def sends(self, activity, *, target: str = "/inbox", **more) -> Reply:
        """Deliver, signed."""
        body = activity if isinstance(activity, bytes) else json.dumps(activity).encode()
        return await self.box.stranger.call("POST", target, body=body, headers=self.headers(body, target, **more))

    def headers(self, body: bytes, target: str = "/inbox", *, dialect="cavage", at=None, key=None, **more) -> dict:
        """What a signed request carries."""
        host = self.box.base_url.partition("://")[2]
        at, key = int(time.time()) if at is None else at, key or self.key
        if dialect == "cavage":
            added = sign_cavage(key, self.key_id, "POST", host, target, body, at)
        else:
            added = sign_message(key, self.key_id, "POST", self.box.base_url, target, body, at)
        kind = {"content-type": KIND, "host": host}
        return kind | {name.lower(): value for name, value in added} | more

    async def delivers(self, activity, **more) -> None:
        """Deliver, and let it be done."""
        reply = await self.sends(activity, **more)
        assert reply.code == 202, reply
        await self.box.settle()

    async def follows(self, person) -> dict:
        """Follow one of ours."""
        follow = self.activity("Follow", self.box.uri_of(person))
        await self.delivers(follow)
        return follow

    async def followed_by(self, person) -> None:
        """Be known here, and let one of ours follow, with a yes."""
        account = await self.box.fediverse.remote.get_account(self.uri)
        await person.calls("POST", f"/api/v1/accounts/{account.id}/follow")
        asked = {"type": "Follow", "actor": self.box.uri_of(person), "object": self.uri}
        await self.delivers(self.activity("Accept", asked))


@pytest.fixture
async def box(world, evil):
    """Our inbox and a village."""
    built = Postbox(world, evil)
    yield built
    await built.fediverse.remote.close()


__all__ = ["PUBLIC", "Postbox", "Sender", "box", "just_now"]
