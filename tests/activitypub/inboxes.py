"""Inboxes of other servers on loopback: every name leads to them, and each believes only what our keys have signed.

Owns: Inboxes (what each host got, what it answers), `Post` (a world that speaks the wire, with its sender). A host
answers 202 unless `codes` says otherwise; a script may do whatever it likes.
"""

import asyncio
import json
import time
from datetime import UTC, datetime

import pytest
from tests.activitypub.far import Clock
from tests.evilhost import EvilHost, FakeNames, door_for, page
from tests.far import FarPerson

from rookery.actions.deliveries import delivery_handlers
from rookery.actions.jobs import run_due_jobs
from rookery.activitypub.cavage import read_cavage
from rookery.activitypub.keys import public_keys
from rookery.activitypub.knocking import Knocking
from rookery.activitypub.message_signatures import read_message_signature
from rookery.activitypub.multikeys import is_signed_by, parse_multikey, parse_pem
from rookery.activitypub.proofs import read_proof
from rookery.activitypub.sending import Sender
from rookery.activitypub.signatures import SignedRequest
from rookery.activitypub.wire import FediverseWire
from rookery.model.ids import now_us
from rookery.storage.accounts import find_account_by_name

SECOND_US = 1_000_000
DUE = "UPDATE jobs SET run_at = 0 WHERE state = 'waiting'"


class Inboxes(EvilHost):
    """got: (host, path, activity) of what was taken, in order; codes: host -> "503 Busy", or a script."""

    def __init__(self, app):
        super().__init__()
        self.app, self.got, self.codes, self.asked_at = app, [], {}, []
        self.waiting = {}

    async def answer(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        method, target, _ = head[0].split(" ")
        host = headers["host"].partition(":")[0]
        self.asked_at.append((time.monotonic(), host))
        self.requests.append((head[0], headers, body))
        activity = json.loads(body)
        await self.check(SignedRequest(method, target, headers, body, f"http://{headers['host']}"), activity)
        said = self.codes.get(host, "202 Accepted")
        said = said(activity) if callable(said) and not asyncio.iscoroutinefunction(said) else said
        if callable(said):
            said = await said(reader, writer)
        code, _, wait = said.partition("|")
        if code.startswith("2"):
            self.got.append((host, target, activity))
        writer.write(page("", code=code, **({"retry_after": wait} if wait else {})))
        await writer.drain()

    async def check(self, request, activity):
        """Fail unless the actor has signed request and activity, each with a key that its document shows."""
        is_new = "signature-input" in request.headers
        claim = (read_message_signature if is_new else read_cavage)(request, int(time.time()))
        assert claim.key_id == f"{activity['actor']}#main-key"
        base = self.app.settings.base_url
        name = activity["actor"].removeprefix(f"{base}/@")
        account = None if activity["actor"] == f"{base}/actor" else await find_account_by_name(self.app.db.reader, name)
        keys = await public_keys(self.app, account.id if account else None)
        assert any(is_signed_by(parse_pem(keys.rsa_pem), claim.signature, text) for text in claim.texts)
        proof = read_proof(activity, datetime.now(UTC))
        assert proof.key_id == f"{activity['actor']}#ed25519"
        assert is_signed_by(parse_multikey(keys.ed25519), proof.signature, proof.texts[0])

    def taken(self, host=None):
        """The activities that a host took, in order."""
        return [activity for where, _, activity in self.got if host in (None, where)]

    def kinds(self, host=None):
        return [activity["type"] for activity in self.taken(host)]

    def hosts(self, kind):
        """Where an activity of this kind arrived."""
        return {host for host, _, activity in self.got if activity["type"] == kind}

    def asked(self, host):
        return sum(where == host for _, where in self.asked_at)


class Post:
    """The world's wire and its sender. clock: ahead of now by `ahead_us`."""

    def __init__(self, world, far):
        self.world, self.far, self.ahead_us = world, far, 0
        self.wire = FediverseWire(world.app)
        world.app.wires = (self.wire,)
        self.names = FakeNames()
        self.door = door_for(self.names)
        self.sender = self.new_sender()

    def new_sender(self, **more):
        return Sender(self.wire, Knocking(self.door), clock=self.now, **more)

    def now(self):
        return now_us() + self.ahead_us

    def passes(self, seconds):
        self.ahead_us += int(seconds * SECOND_US)

    async def pack(self):
        async with self.world.app.db.transaction() as tx:
            await tx.run(DUE)
        while await run_due_jobs(self.world.app, delivery_handlers(self.world.app)):
            pass

    async def settle(self):
        """Pack and send all that is due."""
        await self.pack()
        await self.sender.settle()

    async def person(self, name, host="far.example", **more):
        """Somebody on a host of the inboxes."""
        there = FarPerson(self.world, name, domain=host)
        base = f"http://{host}:{self.far.port}"
        return await there.arrives(inbox_url=f"{base}/users/{name}/inbox", shared_inbox_url=f"{base}/inbox", **more)

    async def waiting(self):
        rows = await self.world.app.db.reader.all("SELECT host, count(*) FROM parcel_stops GROUP BY host ORDER BY host")
        return {row[0]: row[1] for row in rows}


@pytest.fixture
async def inboxes(world):
    far = Inboxes(world.app)
    await far.start()
    yield far
    await far.stop()


@pytest.fixture
def post(world, inboxes):
    return Post(world, inboxes)


__all__ = ["Clock", "Inboxes", "Post", "inboxes", "post"]
