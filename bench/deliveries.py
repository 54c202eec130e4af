"""One post to other servers: until all have it, and what a delivery costs beside the one signature that it needs.

Owns: a nest in this very process with its sender, and a process that answers for every name (`python -m
bench.deliveries PORT`). The names lead to loopback addresses of their own, as those of real servers do.
"""

from __future__ import annotations

import asyncio
import hashlib
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from bench.measures import Bench
from bench.table import Line
from rookery.actions.app import App
from rookery.actions.deliveries import delivery_handlers
from rookery.actions.jobs import run_due_jobs
from rookery.actions.posts import publish_post
from rookery.activitypub.keys import signing_keys
from rookery.activitypub.knocking import Knocking
from rookery.activitypub.sending import Sender
from rookery.activitypub.wire import FediverseWire
from rookery.model.ids import AccountId, IdClock, now_us
from rookery.model.posts import Draft
from rookery.model.settings import ServerSettings, Settings
from rookery.network.door import Door
from rookery.ops.up import spare_the_collector
from rookery.storage.accounts import insert_account
from rookery.storage.far_accounts import FarAccount, put_far_account, put_follow_uri
from rookery.storage.hosts import ensure_hosts
from rookery.storage.migrations import migrate
from rookery.storage.parcels import count_waiting
from rookery.storage.relations import Follow, put_follow
from rookery.storage.sqlite import open_sqlite

TAKEN = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
SIGNATURES = 2000
POSTS = 5
FEW_HOSTS, FOLLOWERS, MANY_HOSTS = 50, 200, 10_000


async def deliveries(bench: Bench) -> AsyncIterator[Line]:
    """A post to 200 followers on 50 hosts; one to 10,000 hosts against as many signatures."""
    with subprocess.Popen([sys.executable, "-m", "bench.deliveries"], stdout=subprocess.PIPE, text=True) as far:
        assert far.stdout is not None
        port = int(far.stdout.readline())
        try:
            async for line in measure_deliveries(port):
                yield line
        finally:
            far.terminate()


async def measure_deliveries(port: int) -> AsyncIterator[Line]:
    """Measure against the process that answers for all."""
    with tempfile.TemporaryDirectory(prefix="rookery-deliveries-") as folder:
        nest = await Nest.open(Path(folder), port, hosts=FEW_HOSTS, followers=FOLLOWERS)
        times = sorted([await nest.send_post() for _ in range(POSTS)])
        await nest.app.db.close()
    note = f"{times[len(times) // 2] * 1000:.0f} ms until all have it (worst of {POSTS}: {times[-1] * 1000:.0f} ms)"
    yield Line(f"one post to {FOLLOWERS} followers on {FEW_HOSTS} hosts", note=note)
    with tempfile.TemporaryDirectory(prefix="rookery-deliveries-") as folder:
        nest = await Nest.open(Path(folder), port, hosts=MANY_HOSTS, followers=MANY_HOSTS)
        spare_the_collector()
        signature_us = await nest.signature_us()
        before = time.process_time()
        took_s = await nest.send_post()
        cpu_us = (time.process_time() - before) / MANY_HOSTS * 1e6
        await nest.app.db.close()
    yield Line(
        f"one post to {MANY_HOSTS:,} hosts, a delivery",
        per_s=MANY_HOSTS / took_s,
        cpu_us=cpu_us,
        bare_cpu_us=signature_us,
        ratio=cpu_us / signature_us,
        note="bare: one RSA-2048 signature",
    )


class Nest:
    """A server with one author, whose followers are all elsewhere."""

    def __init__(self, app: App, port: int) -> None:
        self.app, self.wire = app, FediverseWire(app)
        app.wires = (self.wire,)
        door = Door("https://nest.example", version="0", is_test=True, resolve=resolve, at_once=256)
        self.sender = Sender(self.wire, Knocking(door))
        self.author, self.count = AccountId(app.ids.next_id()), 0

    @classmethod
    async def open(cls, folder: Path, port: int, *, hosts: int, followers: int) -> Nest:
        """Begin a database with its people."""
        db = await open_sqlite(folder / "rookery.db")
        await migrate(db, now_us=now_us())
        nest = cls(App(db, Settings(ServerSettings(data=str(folder)), is_test=True), IdClock()), port)
        await nest.add_people(port, hosts, followers)
        await signing_keys(nest.app, nest.author)
        return nest

    async def add_people(self, port: int, hosts: int, followers: int) -> None:
        """Store the author and far followers, spread over the hosts."""
        now = now_us()
        async with self.app.db.transaction() as tx:
            await insert_account(tx, account_id=self.author, username="author", created_at_us=now)
            for place in range(followers):
                await add_follower(tx, self.app, self.author, port, place, f"host{place % hosts}.example")
            await ensure_hosts(tx, [f"host{place}.example" for place in range(hosts)], now)

    async def send_post(self) -> float:
        """Publish; return seconds until every host has it and the database says so."""
        self.count += 1
        began = time.perf_counter()
        await publish_post(self.app, Draft(self.author, f"to everybody elsewhere, number {self.count}"))
        while await run_due_jobs(self.app, delivery_handlers(self.app)):
            pass
        running = asyncio.create_task(self.sender.run())
        while self.is_busy() or (await count_waiting(self.app.db.reader))[0]:  # counting 10,000 rows costs too
            await asyncio.sleep(0.005)
        took_s = time.perf_counter() - began
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return took_s

    def is_busy(self) -> bool:
        """True while the sender has something in hand."""
        sender = self.sender
        return bool(sender.hints or sender.lanes or sender.ledger.stops or sender.ledger.releases)

    async def signature_us(self) -> float:
        """Return what one signature costs here and now."""
        keys, text = await signing_keys(self.app, self.author), b"x" * 300
        began = time.process_time()
        for number in range(SIGNATURES):
            keys.rsa.sign(text + hashlib.sha256(bytes(number % 7)).digest(), PKCS1v15(), SHA256())
        return (time.process_time() - began) / SIGNATURES * 1e6


async def add_follower(tx: object, app: App, author: AccountId, port: int, place: int, host: str) -> None:
    """Store one far follower."""
    account_id, now = AccountId(app.ids.next_id()), now_us()
    uri, base = f"https://{host}/users/p{place}", f"http://{host}:{port}"
    await insert_account(
        tx, account_id=account_id, username=f"p{place}", created_at_us=now, domain=host, uri=uri, url=uri
    )
    places = (f"{base}/users/p{place}/inbox", f"{base}/inbox", "", f"{uri}/followers", "", "", "", "")
    await put_far_account(tx, FarAccount(account_id, host, *places, (), "", None, None, None, now))
    await put_follow(tx, Follow(account_id, author, app.ids.next_id(), "active"))
    await put_follow_uri(tx, account_id, author, f"{uri}/follows/1")


async def resolve(host: str, port: int) -> list[str]:
    """Give each name a loopback address of its own."""
    number = int(host.removeprefix("host").partition(".")[0])
    return [f"127.1.{number // 250}.{number % 250 + 1}"]


class Answering(asyncio.Protocol):
    """Takes whatever is posted, and hangs up."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.heard = transport, b""

    def data_received(self, data: bytes) -> None:
        self.heard += data
        head, found, body = self.heard.partition(b"\r\n\r\n")
        if not found:
            return
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        if len(body) >= int(length[15:]):
            self.transport.write(TAKEN)
            self.transport.close()


async def answer_for_all() -> None:
    """Listen on every loopback address, say the port, and answer until ended."""
    server = await asyncio.get_running_loop().create_server(Answering, "0.0.0.0", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(answer_for_all())
