"""One POST outward, of which only the head of the answer is read: what push services need.

Owns: the way to a push service until the safe fetch takes it over (K1). The name is looked up once, the address is
checked and that very address is asked, so that a name cannot lead to a machine of ours; certificates are checked, no
redirect is followed, no proxy is used. Never: reads a body, retries.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from rookery.model.errors import Unavailable
from rookery.network.webpush import Headers

HEAD_BYTES = 16 * 1024


class NotReached(Unavailable):
    """Nobody answers there, or nobody may be asked there."""


@dataclass(frozen=True, slots=True)
class Posted:
    """The head of an answer. retry_after_s: its wish in seconds, 0 without one or for a date."""

    code: int
    retry_after_s: int = 0


class Poster:
    """Sends POSTs. may_be_local: addresses of this machine too, on a server that only tests."""

    def __init__(self, *, may_be_local: bool = False) -> None:
        self.may_be_local = may_be_local
        self.tls = ssl.create_default_context()

    async def post(self, url: str, headers: Headers, body: bytes) -> Posted:
        """Send a body and return the head of the answer. Raises NotReached. The caller sets the time limit."""
        parts = urlsplit(url)
        host, is_tls = parts.hostname or "", parts.scheme == "https"
        port = parts.port or (443 if is_tls else 80)
        try:
            address = await self.find_address(host, port)
            tls = {"ssl": self.tls, "server_hostname": host} if is_tls else {}
            reader, writer = await asyncio.open_connection(address, port, limit=HEAD_BYTES, **tls)  # type: ignore[arg-type]
        except OSError as error:
            raise NotReached(f"{host} cannot be reached: {error}") from error
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            writer.write(request_head(target, parts.netloc, headers, len(body)) + body)
            await writer.drain()
            return read_head(await reader.readuntil(b"\r\n\r\n"))
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError) as error:
            raise NotReached(f"{host} did not answer as HTTP: {error}") from error
        finally:
            writer.close()

    async def find_address(self, host: str, port: int) -> str:
        """Return an address of a name that may be asked. Raises NotReached, OSError."""
        loop = asyncio.get_running_loop()
        for found in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            address = str(found[4][0])
            if self.may_be_local or is_public(address):
                return address
        raise NotReached(f"{host} is not on the public network")


def is_public(raw: str) -> bool:
    """True for an address that belongs to somebody on the internet, whatever it is wrapped in."""
    address = ipaddress.ip_address(raw.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None or address in ipaddress.ip_network("64:ff9b::/96"):
            return False
    return address.is_global and not address.is_multicast


def request_head(target: str, host: str, headers: Headers, length: int) -> bytes:
    """Return the head of a request. Raises ValueError for a value that would end its line."""
    named = [("host", host), ("content-length", str(length)), ("connection", "close"), *headers]
    lines = [f"POST {target} HTTP/1.1", *(f"{name}: {value}" for name, value in named)]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a header holds a line end")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def read_head(head: bytes) -> Posted:
    """Read code and Retry-After. Raises ValueError for what is no HTTP."""
    first, *rest = head.decode("latin-1").split("\r\n")
    version, _, status = first.partition(" ")
    code = status[:3]
    if not version.startswith("HTTP/1.") or not (len(code) == 3 and code.isdigit()):
        raise ValueError("no HTTP status")
    values = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
    wish = values.get("retry-after", "")
    return Posted(int(code), int(wish) if wish.isascii() and wish.isdigit() and len(wish) < 8 else 0)
