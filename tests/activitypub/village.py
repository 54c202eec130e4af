"""A far server with people, posts, collections and WebFinger, on loopback, and our side of it.

    village = Village(evil)
    bea = village.person("bea")
    post = bea.note("hello")
    account = await remote.get_account(bea.uri)

Owns: Village (one host of an EvilHost: all names lead to the same loopback port), Villager, `remote_for`.
Never: stores anything here; a test asks for it as the server would.
"""

import json
from urllib.parse import parse_qs, urlsplit

from tests.evilhost import EvilHost, FakeNames, door_for, page

from rookery.actions.jobs import run_due_jobs
from rookery.activitypub.knocking import Knocking
from rookery.activitypub.remote import Remote, build_remote
from rookery.activitypub.visiting import visit_handlers

KIND = "application/activity+json"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def remote_for(app, names: FakeNames | None = None, clock: Clock | None = None) -> Remote:
    """Our side."""
    clock = clock or Clock()
    remote = build_remote(app, Knocking(door_for(names), clock), clock=clock)
    remote.fetcher.failures.spread = lambda: 1.0
    return remote


async def settle_visits(world, remote: Remote) -> None:
    """Do the visits that were planned, and let readers and caches see what came."""
    while await run_due_jobs(world.app, visit_handlers(remote)):
        pass
    await world.settle()


class Village:
    """One far server. handles: (name, domain) -> descriptor, for all domains that lead to the host."""

    def __init__(self, evil: EvilHost, host: str = "far.example") -> None:
        self.evil, self.host = evil, host
        self.handles: dict[str, dict] = {}
        evil.paths["/.well-known/webfinger"] = self.finger

    async def finger(self, reader, writer) -> None:
        asked = urlsplit(self.evil.requests[-1][0].split(" ")[1])
        resource = parse_qs(asked.query).get("resource", [""])[0]
        found = self.handles.get(resource.removeprefix("acct:").casefold())
        writer.write(page(json.dumps(found), "application/jrd+json") if found else page("nobody", code="404 Not Found"))
        await writer.drain()

    @property
    def domain(self) -> str:
        return f"{self.host}:{self.evil.port}"

    def url(self, path: str, host: str = "") -> str:
        return self.evil.url(path, host or self.host)

    def shows(self, path: str, document, **more) -> str:
        """Answer a path with a document; return its address."""
        self.evil.paths[path] = page(json.dumps(document), more.pop("kind", KIND), **more)
        return self.url(path)

    def names(self, handle: str, *uris: str, subject: str | None = None) -> None:
        """Let WebFinger say who a handle is."""
        self.handles[handle.casefold()] = {
            "subject": f"acct:{subject or handle}",
            "links": [{"rel": "self", "type": KIND, "href": uri} for uri in uris],
        }

    def person(self, name: str = "bea", **more) -> "Villager":
        return Villager(self, name, **more)

    def collection(
        self, path: str, pages: list[list], *, total: int | None = None, ordered: bool = True, **more
    ) -> str:
        """Answer a path with a collection in pages."""
        kind = "OrderedCollection" if ordered else "Collection"
        items = "orderedItems" if ordered else "items"
        for place, page_items in enumerate(pages):
            following = {"next": self.url(f"{path}/{place + 1}")} if place + 1 < len(pages) else {}
            self.shows(
                f"{path}/{place}",
                {
                    "id": self.url(f"{path}/{place}"),
                    "type": f"{kind}Page",
                    "partOf": self.url(path),
                    items: page_items,
                    **following,
                },
            )
        count = sum(map(len, pages)) if total is None else total
        first = {"first": self.url(f"{path}/0")} if pages else {}
        return self.shows(path, {"id": self.url(path), "type": kind, "totalItems": count, **first, **more})

    def asked(self, path: str) -> int:
        return self.evil.asked(path)


class Villager:
    """Somebody there, shown as they should be. more: members of the actor's document."""

    def __init__(self, village: Village, name: str, **more) -> None:
        self.village, self.name, self.count = village, name, 0
        self.path = f"/users/{name}"
        self.uri = village.url(self.path)
        self.handle = f"{name}@{village.domain}"
        self.shows_self(**more)
        village.names(self.handle, self.uri)

    def shows_self(self, **more) -> None:
        self.village.shows(self.path, self.document(**more))

    def document(self, **more) -> dict:
        return {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": self.uri,
            "type": "Person",
            "preferredUsername": self.name,
            "name": self.name.title(),
            "url": self.village.url(f"/@{self.name}"),
            "inbox": f"{self.uri}/inbox",
            "outbox": f"{self.uri}/outbox",
            "followers": f"{self.uri}/followers",
            "following": f"{self.uri}/following",
            "featured": f"{self.uri}/featured",
            "discoverable": True,
            "indexable": True,
            **more,
        }

    def note(self, text: str = "hello", *, tail: str = "", to=(PUBLIC,), **more) -> str:
        """Publish there; return the id."""
        self.count += 1
        path = f"{self.path}/posts/{tail or self.count}"
        uri = self.village.url(path)
        document = {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": uri,
            "type": "Note",
            "attributedTo": self.uri,
            "content": f"<p>{text}</p>",
            "url": self.village.url(f"/@{self.name}/{tail or self.count}"),
            "published": f"2025-10-01T{self.count // 60 % 24:02}:{self.count % 60:02}:00Z",
            "to": list(to),
            "cc": [f"{self.uri}/followers"],
            **more,
        }
        self.village.shows(path, {name: value for name, value in document.items() if value is not None})
        return uri
