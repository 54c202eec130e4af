"""One WebSocket connection as a handler sees it.

Owns: the ASGI messages of a socket. Never: knows streams. Spec: ASGI WebSocket message format.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from rookery.network.requests import Pairs, Receive, Scope, Send, parse_pairs


class SocketClosed(Exception):
    """The other side has gone."""


class Socket:
    """Accept or refuse first; then receive texts and send texts until SocketClosed."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, address: str) -> None:
        self.scope, self.receive, self.send, self.address = scope, receive, send, address
        self.is_open = False

    def header(self, name: str) -> str:
        """Return a header's text, '' when it is absent."""
        wanted = name.encode()
        return next((value.decode("latin-1") for key, value in self.scope["headers"] if key == wanted), "")

    def query(self) -> Pairs:
        """Parameters of the address."""
        return parse_pairs(self.scope["query_string"])

    async def accept(self) -> None:
        """Say yes, echoing the first subprotocol that the client offered. Raises SocketClosed."""
        await self.receive()
        offered = self.scope.get("subprotocols") or [None]
        await self.pass_on({"type": "websocket.accept", "subprotocol": offered[0], "headers": []})
        self.is_open = True

    async def refuse(self, code: int) -> None:
        """Answer the handshake with an HTTP code."""
        await self.receive()
        if "websocket.http.response" in self.scope.get("extensions", {}):
            await self.send({"type": "websocket.http.response.start", "status": code, "headers": []})
            await self.send({"type": "websocket.http.response.body", "body": b""})
        else:
            await self.send({"type": "websocket.close", "code": 1008})

    async def receive_text(self) -> str | bytes:
        """Wait for a message. Raises SocketClosed."""
        message: Any = await self.receive()
        if message["type"] == "websocket.disconnect":
            self.is_open = False
            raise SocketClosed
        text = message.get("text")
        return text if text is not None else bytes(message.get("bytes") or b"")

    async def send_text(self, text: str) -> None:
        """Send a message. Raises SocketClosed."""
        if not self.is_open:
            raise SocketClosed
        await self.pass_on({"type": "websocket.send", "text": text})

    async def close(self, code: int, reason: str = "", *, within_s: float = 2) -> None:
        """Say goodbye; harmless when it is closed already. A client that takes nothing is not waited for."""
        if self.is_open:
            self.is_open = False
            with contextlib.suppress(SocketClosed, TimeoutError):
                async with asyncio.timeout(within_s):
                    await self.pass_on({"type": "websocket.close", "code": code, "reason": reason})

    async def pass_on(self, message: dict[str, Any]) -> None:
        """Give a message to the HTTP engine. Raises SocketClosed."""
        try:
            await self.send(message)
        except Exception as error:
            self.is_open = False
            raise SocketClosed from error
