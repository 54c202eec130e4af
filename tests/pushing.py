"""A push service on loopback, and phones that read what it gets with somebody else's code.

Owns: PushService (a real HTTP server, asked what came in), Phone (keys, reading), LoopbackDoor (the way there for tests
of the sender alone). Answers are chosen by path: /gone answers 410, /busy 429, /dead breaks off.
"""

import asyncio
import http.client
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec

from rookery.model.errors import Unavailable
from rookery.model.pushes import Posted
from rookery.network.webpush import decode, encode, point_of


@dataclass
class Received:
    """One message as a push service got it."""

    path: str
    headers: dict[str, str]
    body: bytes


class PushService:
    """A push service; `codes` says what a path answers, 201 otherwise. stuck: paths that answer when it closes."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.asked: list[str] = []
        self.codes: dict[str, int] = {}
        self.stuck: set[str] = set()
        self.closing = threading.Event()
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                service.asked.append(self.path)
                if self.path in service.stuck:
                    service.closing.wait(30)
                code = service.codes.get(self.path, 201)
                if code < 300:
                    headers = {name.lower(): value for name, value in self.headers.items()}
                    service.received.append(Received(self.path, headers, body))
                self.send_response(code)
                if code == 429:
                    self.send_header("Retry-After", "600")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.host = f"127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def url(self, path: str) -> str:
        return f"http://{self.host}{path}"

    def close(self) -> None:
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(10)


@dataclass
class Phone:
    """Somebody's phone: gives out keys, reads messages."""

    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = b"0123456789abcdef"

    @property
    def keys(self) -> dict[str, str]:
        return {"p256dh": encode(point_of(self.private.public_key())), "auth": encode(self.auth)}

    def reads(self, message: Received) -> Any:
        """Open a message with http-ece."""
        version = message.headers["content-encoding"]
        more = {}
        if version == "aesgcm":
            dh = message.headers["crypto-key"].partition(";")[0]
            more = {
                "salt": decode(message.headers["encryption"].removeprefix("salt=")),
                "dh": decode(dh.removeprefix("dh=")),
            }
        opened = http_ece.decrypt(
            message.body, private_key=self.private, auth_secret=self.auth, version=version, **more
        )
        return json.loads(opened)


class LoopbackDoor:
    """POSTs to loopback on a thread. dead: hosts at which nobody answers."""

    def __init__(self) -> None:
        self.dead: set[str] = set()
        self.threads = ThreadPoolExecutor(64)  # more than anything here may hold at once

    async def post(self, url: str, headers: list[tuple[str, str]], body: bytes) -> Posted:
        if urlsplit(url).netloc in self.dead:
            raise Unavailable("nobody answers")
        return await asyncio.get_running_loop().run_in_executor(self.threads, self.send, url, headers, body)

    def send(self, url: str, headers: list[tuple[str, str]], body: bytes) -> Posted:
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.netloc, timeout=30)
        try:
            connection.request("POST", parts.path, body, dict(headers))
            answer = connection.getresponse()
            answer.read()
            return Posted(answer.status, int(answer.headers.get("retry-after", 0)))
        except OSError as error:
            raise Unavailable(str(error)) from error
        finally:
            connection.close()
