"""A bare ASGI server: the engine and options of `rookery up`, one constant answer. `python -m bench.bare PORT FILE`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import uvicorn

from rookery.network.listening import listen_on
from rookery.ops.up import engine_options, run_on_loop


def bare_app(body: bytes) -> Any:
    headers = [(b"content-type", b"application/json; charset=utf-8"), (b"content-length", b"%d" % len(body))]

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        if scope["method"] == "POST":
            while (await receive()).get("more_body"):
                pass
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return answer


def main() -> None:
    port, file = int(sys.argv[1]), Path(sys.argv[2])
    server = uvicorn.Server(engine_options(bare_app(file.read_bytes())))
    run_on_loop(lambda: server.serve(listen_on("127.0.0.1", port)))


if __name__ == "__main__":
    main()
