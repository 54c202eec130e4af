"""The route table (K6): every route says who may call it, with which scope, under which limit; the rest is closed.

Owns: matching paths, the declaration of a route, the order of the gates (find, limit, know the caller, allow). Never:
reads a token itself; the caller comes from the `identify` of the room that mounts the table.

Gates of a request, in order: 404 or 405 for no route, 429 for the route's limit, 401 for a bad token or a missing one
where one is needed, 403 for a missing scope or permission, then the handler. `who` is one of
  anyone     no caller needed; a token, when there is one, must still be good and have the scope
  app        an app's own token or a person's
  user       a person, through an app
  member     a person, through the browser's session
  admin      a member whose role is admin or owner
  newcomer   like user, and also a person whose sign-up is not complete

Two routes may share a path: one of them declares the media types that it answers with, and whoever prefers one of them
(Accept, see network/accepting.py) gets it; everybody else gets the other. Both answers then say `Vary: Accept`.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from rookery.model.permissions import Permission
from rookery.network.accepting import prefers
from rookery.network.limits import API, Limit
from rookery.network.requests import BODY_BYTES, Request
from rookery.network.responses import Answer

Face = TypeVar("Face")
Handler = Callable[[Face, Request], Awaitable[Answer]]
Who = Literal["anyone", "app", "user", "member", "admin", "newcomer"]
# Every type that a route may declare ends so: a header without it is not read any further.
STRUCTURED = b"+json"
PARAMETER = re.compile(r"\{([a-z_]+)(?::(path))?\}")


@dataclass(frozen=True, slots=True)
class Route(Generic[Face]):
    """One declared route. scopes: any one of them is enough; empty means that none is needed.

    permission: what the caller's role must allow beside that; None for everybody who gets so far.
    is_vital: answered even when others are turned away (network/admission.py): it costs no more than a refusal.
    types: answers only those who prefer one of these media types; empty means everybody.
    """

    method: str
    path: str
    handler: Handler[Face]
    who: Who
    scopes: tuple[str, ...]
    limit: Limit
    body_limit: int
    shape: re.Pattern[str] | None
    permission: Permission | None = None
    is_vital: bool = False
    types: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """`GET /api/v1/…`, as documentation and tests name it; ` as TYPE` behind it where the type decides."""
        return f"{self.method} {self.path}" + (f" as {self.types[0]}" if self.types else "")


class RouteTable(Generic[Face]):
    """The routes of one room, declared at import with decorators, each handler taking (face, request)."""

    def __init__(self, prefix_limit: Limit = API) -> None:
        self.routes: list[Route[Face]] = []
        self.default_limit = prefix_limit

    def route(
        self,
        methods: str,
        path: str,
        *,
        who: Who,
        scope: str = "",
        limit: Limit | None = None,
        body_limit: int = BODY_BYTES,
        permission: Permission | None = None,
        is_vital: bool = False,
        types: tuple[str, ...] = (),
    ) -> Callable[[Handler[Face]], Handler[Face]]:
        """Declare a route.

        methods: `GET`, or several as `PUT PATCH`. path: `{name}` is one segment without slash, `{name:path}` the rest.
        scope: alternatives separated by spaces.
        """

        def declare(handler: Handler[Face]) -> Handler[Face]:
            shape = shape_of(path)
            for method in methods.split():
                limits = (limit or self.default_limit, body_limit)
                gates = (who, tuple(scope.split()), *limits, shape, permission, is_vital, types)
                self.routes.append(Route(method, path, handler, *gates))
            return handler

        return declare


def shape_of(path: str) -> re.Pattern[str] | None:
    """Return the pattern of a path with parameters, None for a plain one."""
    if "{" not in path:
        return None
    pieces, at = [], 0
    for match in PARAMETER.finditer(path):
        pieces.append(re.escape(path[at : match.start()]))
        pieces.append(f"(?P<{match[1]}>{'.+' if match[2] else '[^/]+'})")
        at = match.end()
    pieces.append(re.escape(path[at:]))
    return re.compile("".join(pieces))


# What a path leads to: route, face, path values; or the methods that it allows.
Found = tuple[Route[Face], Face, dict[str, str]] | frozenset[str]


class Router(Generic[Face]):
    """Finds routes: plain paths by one dictionary look-up, others by their first fixed segments.

    A trailing slash is ignored, as apps rely on it. twins: by path, the routes that answer only who prefers their
    types, each beside an ordinary one of the same path.
    """

    def __init__(self) -> None:
        self.plain: dict[str, dict[str, tuple[Route[Face], Face]]] = {}
        self.shaped: dict[str, list[tuple[Route[Face], Face]]] = {}
        self.twins: dict[str, tuple[Route[Face], Face]] = {}
        self.every: list[Route[Face]] = []

    def mount(self, routes: Iterable[Route[Face]], face: Face) -> None:
        """Add the routes of a room. Raises ValueError for one declared twice, or with a type nobody looks for."""
        for route in routes:
            self.every.append(route)
            if route.types:
                self.mount_twin(route, face)
            elif route.shape is None:
                methods = self.plain.setdefault(route.path, {})
                if route.method in methods:
                    raise ValueError(f"declared twice: {route.key}")
                methods[route.method] = (route, face)
            else:
                filed = self.shaped.setdefault(prefix_of(route.path), [])
                if any(same_paths(route, other) for other, _ in filed):
                    raise ValueError(f"declared twice: {route.key}")
                filed.append((route, face))

    def mount_twin(self, route: Route[Face], face: Face) -> None:
        """Add a route with types. Raises ValueError."""
        if route.path in self.twins:
            raise ValueError(f"declared twice: {route.key}")
        if route.method != "GET" or not all(STRUCTURED in kind.encode() for kind in route.types):
            raise ValueError(f"only a GET is chosen by types, and only by {STRUCTURED.decode()}: {route.key}")
        self.twins[route.path] = (route, face)

    def find(self, method: str, path: str) -> Found[Face]:
        """Return (route, face, path values), or the methods that the path allows: none for an unknown path."""
        if len(path) > 1 and path.endswith("/"):
            path = path.rstrip("/") or "/"
        if method == "HEAD":
            method = "GET"
        methods = self.plain.get(path)
        if methods and (found := methods.get(method)):
            return found[0], found[1], {}
        if "\x00" in path:  # no database takes it in a text
            return frozenset()
        allowed = set(methods or ())
        for prefix in prefixes(path):
            for route, face in self.shaped.get(prefix, ()):
                match = route.shape.fullmatch(path) if route.shape else None
                if match and route.method == method:
                    return route, face, match.groupdict()
                if match:
                    allowed.add(route.method)
        return frozenset(allowed | {"HEAD"} if "GET" in allowed else allowed)

    def preferred(self, found: Found[Face], accept: bytes) -> Found[Face]:
        """Return the twin of what `find` found when the Accept header prefers it, else what was found."""
        if not isinstance(found, frozenset):
            twin = self.twins.get(found[0].path)
            if twin and found[0].method == "GET" and prefers(accept, twin[0].types):
                return twin[0], twin[1], found[2]
        return found


def same_paths(route: Route[Any], other: Route[Any]) -> bool:
    """True when two routes answer the same method and paths, whatever their parameters are called."""
    return route.method == other.method and PARAMETER.sub(r"{\2}", route.path) == PARAMETER.sub(r"{\2}", other.path)


def prefix_of(path: str) -> str:
    """Return the whole fixed segments before the first parameter, at most three."""
    return "/".join(path[: path.index("{")].split("/")[1:-1][:3])


def prefixes(path: str) -> list[str]:
    """Return the prefixes under which a path's route may be filed, longest first."""
    segments = path.split("/")[1:]
    return ["/".join(segments[:count]) for count in range(min(3, len(segments)), -1, -1)]
