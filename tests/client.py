"""A client that speaks ASGI to a server in the same process: no socket, no thread, no wait.

Owns: Client, Reply. Never: follows redirects or keeps cookies; a test says what it sends.
"""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from rookery.network.server import Server


@dataclass
class Reply:
    code: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    def __init__(self, server: Server, address: str = "192.0.2.1") -> None:
        self.server, self.address = server, address

    async def ask(
        self,
        method: str,
        target: str,
        *,
        token: str | None = None,
        form: dict[str, Any] | list[tuple[str, Any]] | None = None,
        json_body: Any = None,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
    ) -> Reply:
        """Send one request. form: urlencoded; json_body: JSON; body: as it is."""
        sent = {"host": "nest.example", **(headers or {})}
        if token:
            sent["authorization"] = f"Bearer {token}"
        if form is not None:
            sent["content-type"], body = "application/x-www-form-urlencoded", urlencode(form, doseq=True).encode()
        if json_body is not None:
            sent["content-type"], body = "application/json", json.dumps(json_body).encode()
        if body:
            sent["content-length"] = str(len(body))
        path, _, query = target.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in sent.items()],
            "client": (self.address, 50000),
        }
        return await self.exchange(scope, body)

    async def exchange(self, scope: dict[str, Any], body: bytes) -> Reply:
        messages: list[dict[str, Any]] = []
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            return waiting.pop() if waiting else {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            messages.append(message)

        await self.server(scope, receive, send)
        start, *rest = messages
        headers = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
        return Reply(start["status"], headers, b"".join(message.get("body", b"") for message in rest))

    async def get(self, target: str, **options: Any) -> Reply:
        return await self.ask("GET", target, **options)

    async def post(self, target: str, **options: Any) -> Reply:
        return await self.ask("POST", target, **options)
