"""One address for those who watch whether the server lives.

Owns: `/health`, and plain words for paths that no other room answers. Never: tells anything about the server.
"""

from __future__ import annotations

from rookery.model.callers import NOBODY, Caller
from rookery.model.errors import Refusal, Unavailable
from rookery.network.limits import Limit
from rookery.network.requests import Request
from rookery.network.responses import TEXT_TYPE, Headers, Response
from rookery.network.routes import RouteTable
from rookery.network.server import MethodNotAllowed
from rookery.storage.database import Database

WATCHING = Limit("watching", 600, 60, by="address")
ANSWERS = "SELECT 1"


class HealthFace:
    """Plain text, nobody signed in."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.headers: Headers = [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]

    async def identify(self, request: Request) -> Caller:
        """Nobody needs to be known here."""
        return NOBODY

    def answer_error(self, request: Request, error: Refusal) -> Response:
        """The sentence alone."""
        code = 503 if isinstance(error, Unavailable) else 405 if isinstance(error, MethodNotAllowed) else 404
        return Response(f"{error}\n".encode(), code, [TEXT_TYPE])

    def answer_fault(self, request: Request) -> Response:
        """A sentence without details."""
        return Response(b"the server made a mistake\n", 500, [TEXT_TYPE])


routes: RouteTable[HealthFace] = RouteTable(WATCHING)


@routes.route("GET", "/health", who="anyone", is_vital=True)
async def show_health(face: HealthFace, request: Request) -> Response:
    """`OK` while the server runs and its database answers."""
    await face.db.reader.one(ANSWERS)
    return Response(b"OK", headers=[TEXT_TYPE])
