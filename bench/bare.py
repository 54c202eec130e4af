"""A bare ASGI server: the engine and options of `rookery up`, constant answers. `python -m bench.bare PORT FOLDER`.

Owns: an answer per file of the folder, at the path of its name; streams (see FRAME) that say the same to everybody who
listens whenever anything is posted. Never: does what a Rookery does; what the stack alone costs is the point.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path
from typing import Any

import uvicorn

from rookery.network.listening import listen_on
from rookery.ops.up import engine_options, run_on_loop

# The file with what streams say: one WebSocket text, or the lines of one server-sent event.
FRAME = "frame"
JSON = b"application/json; charset=utf-8"


class BareApp:
    """Answers any GET with the body of its path, and tells every listener of any POST. bodies: by path."""

    def __init__(self, bodies: dict[str, bytes]) -> None:
        self.bodies = bodies
        self.frame = bodies.get(f"/{FRAME}", b"")
        self.text = self.frame.decode()
        self.listening: set[asyncio.Queue[None]] = set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Spec: ASGI 3.0."""
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            await self.repeat(lambda: send({"type": "websocket.send", "text": self.text}))
        elif scope["path"].startswith("/api/v1/streaming/"):
            await send(
                {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]}
            )
            await send({"type": "http.response.body", "body": b":)\n", "more_body": True})
            await self.repeat(lambda: send({"type": "http.response.body", "body": self.frame, "more_body": True}))
        else:
            await self.answer(scope, receive, send)

    async def answer(self, scope: Any, receive: Any, send: Any) -> None:
        """One request."""
        if scope["method"] == "POST":
            while (await receive()).get("more_body"):
                pass
            for queue in self.listening:
                queue.put_nowait(None)
        body = self.bodies.get(scope["path"], b"")
        headers = [(b"content-type", JSON), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def repeat(self, say: Any) -> None:
        """Say the frame whenever there is reason to, until the listener has gone."""
        queue: asyncio.Queue[None] = asyncio.Queue()
        self.listening.add(queue)
        try:
            while True:
                await queue.get()
                await say()
        finally:
            self.listening.discard(queue)


def main() -> None:
    port, folder = int(sys.argv[1]), Path(sys.argv[2])
    app = BareApp({f"/{file.name}": file.read_bytes() for file in folder.iterdir()})
    options = engine_options(app)
    options.timeout_graceful_shutdown = 0  # listeners are not waited for, nor is anything said of that
    logging.disable(logging.ERROR)
    server = uvicorn.Server(options)
    run_on_loop(lambda: server.serve(listen_on("127.0.0.1", port)))


if __name__ == "__main__":
    main()
