"""Far servers on loopback addresses of their own, whose people sign what they deliver.

Owns: their documents, their few keys, requests signed beforehand in several processes. Never: the sending.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from rookery.actions.app import App
from rookery.activitypub.cavage import sign_cavage
from rookery.activitypub.multikeys import is_signed_by, pem_from
from rookery.model.ids import AccountId, now_us
from rookery.storage.accounts import find_account_by_name, insert_account
from rookery.storage.far_accounts import FarAccount, put_far_account
from rookery.storage.hosts import ensure_hosts
from rookery.storage.relations import Follow, put_follow

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
KIND = "application/activity+json"
SIGNERS, AT_ONCE = 2, 1000
VERIFICATIONS = 20_000
WORDS = "The ferry was late again, so we walked along the harbour and counted the masts until the rain came in."


@dataclass(frozen=True)
class FarHost:
    """One far server with one person. pem: the private key, as it travels to the processes that sign."""

    number: int
    port: int
    pem: bytes

    @property
    def name(self) -> str:
        return f"127.0.{1 + self.number // 250}.{1 + self.number % 250}"

    @property
    def origin(self) -> str:
        return f"http://{self.name}:{self.port}"

    @property
    def uri(self) -> str:
        """Of the person."""
        return f"{self.origin}/users/writer"

    def actor(self) -> bytes:
        """The person's document, with the key."""
        key = {"id": f"{self.uri}#main-key", "owner": self.uri, "publicKeyPem": pem_from(key_of(self.pem).public_key())}
        places = {name: f"{self.uri}/{name}" for name in ("inbox", "outbox", "followers", "following")}
        person = {"id": self.uri, "type": "Person", "preferredUsername": "writer", "publicKey": key, **places}
        return json.dumps({"@context": "https://www.w3.org/ns/activitystreams", **person}).encode()

    def note_uri(self, number: int) -> str:
        return f"{self.uri}/statuses/{number}"

    def create(self, number: int, tag: str) -> bytes:
        """A Create as the most common server writes it."""
        uri, now = self.note_uri(number), datetime.now(UTC).isoformat(timespec="microseconds")
        shared = {"published": now, "to": [PUBLIC], "cc": [f"{self.uri}/followers"]}
        link = f'<a href="{self.origin}/tags/{tag}" class="mention hashtag" rel="tag">#<span>{tag}</span></a>'
        content = f"<p>{WORDS} Number {number}. {link}</p>"
        note = {
            "id": uri,
            "type": "Note",
            "summary": None,
            "inReplyTo": None,
            "url": f"{self.origin}/@writer/{number}",
            "attributedTo": self.uri,
            "sensitive": False,
            "atomUri": uri,
            "conversation": f"tag:{self.name},2026-11-21:objectId={number}:objectType=Conversation",
            "content": content,
            "contentMap": {"en": content},
            "attachment": [],
            "tag": [{"type": "Hashtag", "href": f"{self.origin}/tags/{tag}", "name": f"#{tag}"}],
            "replies": {
                "id": f"{uri}/replies",
                "type": "Collection",
                "first": {"type": "CollectionPage", "partOf": f"{uri}/replies", "items": []},
            },
            **shared,
        }
        context = [
            "https://www.w3.org/ns/activitystreams",
            {"ostatus": "http://ostatus.org#", "atomUri": "ostatus:atomUri", "conversation": "ostatus:conversation"},
        ]
        activity = {"id": f"{uri}/activity", "type": "Create", "actor": self.uri, **shared, "object": note}
        return json.dumps({"@context": context, **activity}).encode()


def make_hosts(count: int, port: int) -> list[FarHost]:
    """Return so many hosts with a key each of a few."""
    keys = [generate_private_key(65537, 2048) for _ in range(4)]
    pems = [key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) for key in keys]
    return [FarHost(number, port, pems[number % len(pems)]) for number in range(count)]


@cache
def key_of(pem: bytes) -> RSAPrivateKey:
    """Read a key once per process."""
    key = load_pem_private_key(pem, None)
    assert isinstance(key, RSAPrivateKey)
    return key


def sign(host: FarHost, port: int, number: int, tag: str) -> bytes:
    """Return a whole signed request to the shared inbox of the server on a port."""
    body, place = host.create(number, tag), f"localhost:{port}"
    key = key_of(host.pem)
    signed = sign_cavage(key, f"{host.uri}#main-key", "POST", place, "/inbox", body, int(time.time()))
    lines = [f"Host: {place}", f"Content-Type: {KIND}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in signed]
    return "\r\n".join(["POST /inbox HTTP/1.1", *lines, "\r\n"]).encode() + body


def sign_some(hosts: list[FarHost], port: int, numbers: range, tag: str) -> list[bytes]:
    """Sign in a process of its own."""
    return [sign(hosts[number % len(hosts)], port, number, tag) for number in numbers]


def sign_all(hosts: list[FarHost], port: int, numbers: range, tag: str) -> Iterator[bytes]:
    """Return signed requests, of each host in turn; every core signs."""
    parts = [numbers[start : start + AT_ONCE] for start in range(0, len(numbers), AT_ONCE)]
    with ProcessPoolExecutor(SIGNERS) as pool:
        for done in [pool.submit(sign_some, hosts, port, part, tag) for part in parts]:
            yield from done.result()


def verify_us(host: FarHost) -> float:
    """Return what one bare verification of an RSA-2048 signature costs here and now, as the inbox calls it."""
    key, text = key_of(host.pem), b"x" * 300
    signature, public = key.sign(text, PKCS1v15(), SHA256()), key.public_key()
    began = time.process_time()
    for _ in range(VERIFICATIONS):
        assert is_signed_by(public, signature, text)
    return (time.process_time() - began) / VERIFICATIONS * 1e6


class Answering(asyncio.Protocol):
    """Shows the document of whoever is asked for. shown: by the name in Host."""

    def __init__(self, shown: dict[bytes, bytes]) -> None:
        self.shown, self.heard = shown, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.heard += data
        if b"\r\n\r\n" not in self.heard:
            return
        name = self.heard.lower().partition(b"\r\nhost:")[2].partition(b"\r\n")[0].strip()
        body = self.shown[name]
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {KIND}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        self.transport.write(head.encode() + body)  # type: ignore[attr-defined]
        self.transport.close()


async def open_hosts(count: int) -> tuple[asyncio.Server, list[FarHost]]:
    """Listen for so many hosts on one port; return them."""
    shown: dict[bytes, bytes] = {}
    server = await asyncio.get_running_loop().create_server(lambda: Answering(shown), "0.0.0.0", 0, backlog=1000)
    port = server.sockets[0].getsockname()[1]
    hosts = make_hosts(count, port)
    shown.update({f"{host.name}:{port}".encode(): host.actor() for host in hosts})
    return server, hosts


async def follow_writers(app: App, hosts: list[FarHost], name: str) -> None:
    """Store the people of the hosts, and let somebody here follow all of them."""
    reader, now = await find_account_by_name(app.db.reader, name), now_us()
    assert reader is not None
    async with app.db.transaction() as tx:
        await ensure_hosts(tx, [host.name for host in hosts], now)
        for host in hosts:
            account_id, uri = AccountId(app.ids.next_id()), host.uri
            await insert_account(
                tx,
                account_id=account_id,
                username="writer",
                created_at_us=now,
                domain=f"{host.name}:{host.port}",
                uri=uri,
                url=uri,
            )
            places = (f"{uri}/inbox", "", f"{uri}/outbox", f"{uri}/followers", f"{uri}/following", "", "", "")
            await put_far_account(tx, FarAccount(account_id, host.name, *places, (), "", None, None, None, now))
            await put_follow(tx, Follow(reader.id, account_id, app.ids.next_id(), "active"))
