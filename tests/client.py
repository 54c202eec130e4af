"""A client in the same process: requests straight into the ASGI application, no socket.

Every answer is held against the description of the client API (tests/described.py).
For clients and peers that we did not write, tests/journeys starts a real server.
"""

import asyncio
import json
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from tests.described import complaint_about


class Reply:
    def __init__(self, code: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        self.code, self.body, self.all_headers = code, body, headers
        self.headers = {key.decode().lower(): value.decode("latin-1") for key, value in headers}

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def __repr__(self) -> str:
        return f"<{self.code} {self.body[:300]!r}>"


class Client:
    """Calls a Server. token: bearer; cookie: for pages; address: of the client."""

    def __init__(self, server: Any, *, token: str | None = None, cookie: str | None = None, address="127.0.0.1"):
        self.server, self.token, self.cookie, self.address = server, token, cookie, address

    async def call(self, method, path, *, form=None, body=None, json_body=None, files=None, headers=None) -> Reply:
        path, _, query = path.partition("?")
        sent_headers = {"host": "localhost:3000", **(headers or {})}
        if self.token:
            sent_headers.setdefault("authorization", f"Bearer {self.token}")
        if self.cookie:
            sent_headers.setdefault("cookie", self.cookie)
        raw = body or b""
        if json_body is not None:
            raw, sent_headers["content-type"] = json.dumps(json_body).encode(), "application/json"
        elif files is not None:
            raw, sent_headers["content-type"] = multipart(form or {}, files)
        elif form is not None:
            raw, sent_headers["content-type"] = (
                urlencode(form, doseq=True).encode(),
                "application/x-www-form-urlencoded",
            )
        if raw:
            sent_headers["content-length"] = str(len(raw))
        messages: list[Any] = []
        pending = [{"type": "http.request", "body": raw, "more_body": False}]

        async def receive():
            if not pending:
                await asyncio.Event().wait()  # it stays until it has the whole answer
            return pending.pop(0)

        async def send(message):
            messages.append(message)

        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(key.lower().encode(), value.encode("latin-1")) for key, value in sent_headers.items()],
            "client": (self.address, 50000),
        }
        await self.server(scope, receive, send)
        start = messages[0]
        reply = Reply(start["status"], start["headers"], b"".join(m.get("body", b"") for m in messages[1:]))
        assert (complaint := complaint_about(method, path, reply.code, reply.headers, reply.body)) is None, complaint
        return reply

    async def get(self, path, **more) -> Reply:
        return await self.call("GET", path, **more)

    async def post(self, path, **more) -> Reply:
        return await self.call("POST", path, **more)

    async def put(self, path, **more) -> Reply:
        return await self.call("PUT", path, **more)

    async def patch(self, path, **more) -> Reply:
        return await self.call("PATCH", path, **more)

    async def delete(self, path, **more) -> Reply:
        return await self.call("DELETE", path, **more)


def multipart(form: dict[str, str | list[str]], files: dict[str, tuple[str, bytes, str]]) -> tuple[bytes, str]:
    """files: field -> (file name, bytes, type)."""
    boundary = uuid4().hex
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, values in form.items()
        for value in (values if isinstance(values, list) else [values])
    ]
    for name, (filename, raw, kind) in files.items():
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
        parts += [head.encode(), f"Content-Type: {kind}\r\n\r\n".encode(), raw, b"\r\n"]
    parts.append(f"--{boundary}--\r\n".encode())
    return b"".join(parts), f"multipart/form-data; boundary={boundary}"
