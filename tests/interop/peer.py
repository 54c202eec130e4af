"""A server made with Fedify beside one of ours, and what a test wants of it.

Owns: Peer (peer.mjs in its own process), `soon`. It keeps everything in memory and speaks to this machine alone.
"""

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests
from tests.journeys.server import free_port

HERE = Path(__file__).parent
WAIT_S = 30
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
FEP_044F = "https://w3id.org/fep/044f#"
CONTEXT = [
    "https://www.w3.org/ns/activitystreams",
    {"QuoteRequest": f"{FEP_044F}QuoteRequest", "quote": {"@id": f"{FEP_044F}quote", "@type": "@id"}},
]


def soon(look: Callable[[], Any], *, wait_s: float = WAIT_S) -> Any:
    """Return what `look` finds as soon as it finds something true."""
    deadline = time.monotonic() + wait_s
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.1)
    raise AssertionError(f"it did not happen within {wait_s} s: {look}")


class Peer:
    """Made with the signatures that it tries first: rfc9421 or draft-cavage-http-signatures-12."""

    def __init__(self, node: str, dialect: str, *names: str) -> None:
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        command = [node, str(HERE / "peer.mjs"), str(self.port), dialect, *names]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def does(self, what: str, **more: Any) -> Any:
        """Have it done; see `doing` in peer.mjs."""
        reply = requests.post(f"{self.url}/control", json={"what": what, **more}, timeout=WAIT_S)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def uri(self, name: str) -> str:
        return f"{self.url}/users/{name}"

    def handle(self, name: str) -> str:
        return f"{name}@localhost:{self.port}"

    def activity(self, name: str, kind: str, thing: Any, number: int, **more: Any) -> dict[str, Any]:
        """An activity of one of its people."""
        uri = f"{self.uri(name)}#{kind.lower()}s/{number}"
        return {"@context": CONTEXT, "id": uri, "type": kind, "actor": self.uri(name), "object": thing, **more}

    def note(self, name: str, number: int, content: str, **more: Any) -> dict[str, Any]:
        """A public note of one of its people, kept where its address says."""
        path = f"/users/{name}/notes/{number}"
        note = {
            "@context": CONTEXT,
            "id": self.url + path,
            "type": "Note",
            "attributedTo": self.uri(name),
            "content": f"<p>{content}</p>",
            "to": [PUBLIC],
            "cc": [f"{self.uri(name)}/followers"],
            "published": "2026-01-01T00:00:00Z",
            **more,
        }
        self.does("keep", path=path, note=note)
        return note

    def sends(self, name: str, to: str, activity: dict[str, Any]) -> None:
        """Deliver an activity to one person."""
        self.does("send", name=name, to=to, activity=activity)

    def publishes(self, name: str, activity: dict[str, Any]) -> None:
        """Deliver an activity to all followers."""
        self.does("publish", name=name, activity=activity)

    def got(self, kind: str, **parts: Any) -> list[dict[str, Any]]:
        """Return the activities of a type that came in, with these values, oldest first."""
        found = self.does("received")["received"]
        return [
            one for one in found if one["type"] == kind and all(one.get(name) == value for name, value in parts.items())
        ]

    def waits_for(self, kind: str, **parts: Any) -> dict[str, Any]:
        """Return the newest such activity, once one came in."""
        found: list[dict[str, Any]] = soon(lambda: self.got(kind, **parts))
        return found[-1]

    def stop(self) -> None:
        self.process.kill()
        self.process.communicate()


def object_of(activity: dict[str, Any]) -> dict[str, Any]:
    """Return the object that came along."""
    thing = activity["object"]
    assert isinstance(thing, dict), json.dumps(activity)
    return thing
