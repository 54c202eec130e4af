"""The HTTP engine with bounds on what comes before a body: how long it may be, and how long it may take.

Owns: those two bounds. Never: bodies (network/requests.py bounds them), anything above HTTP.
The engine keeps addresses, headers and trailers in memory as they come, so without a bound one client could fill it.
Spec: RFC 9110 §5.4, RFC 6585 §5
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from rookery.network.whole import offer_whole

MAX_HEAD_BYTES = 64 * 1024
HEAD_WITHIN_S = 60


class BoundedHttp(HttpToolsProtocol):
    """One connection. head_bytes: what came since a head or a piece of a body was complete."""

    head_bytes = 0
    patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is here; it must say soon what it wants."""
        super().connection_made(transport)
        self.expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        self.stop_waiting()
        super().connection_lost(exc)

    def expect_head(self) -> None:
        """Begin to wait, once, for a whole head."""
        if self.patience is None:
            self.patience = self.loop.call_later(HEAD_WITHIN_S, self.transport.close)

    def stop_waiting(self) -> None:
        """Wait no more."""
        if self.patience is not None:
            self.patience.cancel()
            self.patience = None

    def data_received(self, data: bytes) -> None:
        """Take bytes; too many of them before a body end the connection."""
        self.head_bytes += len(data)
        super().data_received(data)
        if self.head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("The head of the request is too long.")

    def on_message_begin(self) -> None:
        """A request begins."""
        self.expect_head()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """A head is whole."""
        self.head_bytes = 0
        self.stop_waiting()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of a body came."""
        self.head_bytes = 0
        super().on_body(body)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """A request is handed to the application."""
        offer_whole(cycle)
        super()._start_asgi_task(cycle, app)
