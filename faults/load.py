"""Clients that write down what the server acknowledged: posts, deletions, likes, pictures, streams.

Owns: the Ledger, the lanes of work. Each lane is a thread with one request under way, so that of everything else the
outcome is known. What was under way when the server died is asked again under the same Idempotency-Key.
"""

import contextlib
import itertools
import json
import threading
from dataclasses import dataclass, field
from typing import Any

import requests
from tests.media.drawn_pictures import pillow_photo, saved
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

TIMEOUT_S = 20
PICTURE = saved(pillow_photo(96, 64), "JPEG")


@dataclass
class Ledger:
    """What was asked, and what was acknowledged. Posts by their text, which is also their key."""

    sent: set[str] = field(default_factory=set)
    posts: dict[str, str] = field(default_factory=dict)
    open: set[str] = field(default_factory=set)
    deleting: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    liked: set[str] = field(default_factory=set)
    pictures: dict[str, str] = field(default_factory=dict)  # text of a post -> id of its picture
    heard: set[str] = field(default_factory=set)
    refused: list[tuple[int, str]] = field(default_factory=list)


class Person:
    """Somebody with an app that knows the server's address of the moment."""

    def __init__(self, token: str) -> None:
        self.token, self.url = token, ""
        self.local = threading.local()

    def call(self, method: str, path: str, **more: Any) -> requests.Response:
        session = getattr(self.local, "session", None)
        if session is None:
            session = self.local.session = requests.Session()
        headers = {"authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        return session.request(method, self.url + path, headers=headers, timeout=TIMEOUT_S, **more)

    def get(self, path: str) -> Any:
        answer = self.call("GET", path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer.json()


class Load:
    """Ana publishes on several lanes, bea likes and listens. is_over: the lanes shall end."""

    def __init__(self, ana: Person, bea: Person, ledger: Ledger) -> None:
        self.ana, self.bea, self.ledger = ana, bea, ledger
        self.numbers = itertools.count()
        self.is_over = threading.Event()
        self.threads: list[threading.Thread] = []

    def start(self, url: str) -> None:
        """Begin on a server that has just started."""
        self.ana.url = self.bea.url = url
        self.is_over.clear()
        lanes = [self.publish, self.publish, self.publish, self.upload, self.delete, self.like, self.listen]
        self.threads = [threading.Thread(target=self.keep, args=(lane,), daemon=True) for lane in lanes]
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        """Wait until every lane has seen the end."""
        self.is_over.set()
        for thread in self.threads:
            thread.join(TIMEOUT_S + 5)
            assert not thread.is_alive(), "a client never got an answer nor an end"

    def keep(self, lane: Any) -> None:
        """Do a lane's work until it is over; a server that has gone is asked again, as apps do."""
        while not self.is_over.is_set():
            with contextlib.suppress(requests.RequestException, OSError, WebSocketException):
                lane()
            self.is_over.wait(0.005)

    def write(self, text: str, **more: Any) -> None:
        """Publish one text, or ask again whether it was."""
        self.ledger.sent.add(text)
        self.ledger.open.add(text)
        body = {"status": f"{text} @bea", **more}
        answer = self.ana.call("POST", "/api/v1/statuses", json=body, headers={"idempotency-key": text})
        if answer.status_code == 200:
            self.ledger.posts[text] = answer.json()["id"]
            self.ledger.open.discard(text)
        else:
            self.ledger.refused.append((answer.status_code, answer.text))

    def publish(self) -> None:
        self.write(f"post{next(self.numbers)}")

    def upload(self) -> None:
        files = {"file": ("bird.jpg", PICTURE, "image/jpeg")}
        answer = self.ana.call("POST", "/api/v2/media", files=files)
        if answer.status_code != 200:
            self.ledger.refused.append((answer.status_code, answer.text))
            return
        text = f"picture{next(self.numbers)}"
        self.ledger.pictures[text] = answer.json()["id"]
        self.write(text, media_ids=[answer.json()["id"]])

    def delete(self) -> None:
        for text, post_id in list(self.ledger.posts.items()):
            if text.endswith("7") and post_id not in self.ledger.deleting:
                self.ledger.deleting.add(post_id)
                if self.ana.call("DELETE", f"/api/v1/statuses/{post_id}").status_code == 200:
                    self.ledger.deleted.add(post_id)
                return

    def like(self) -> None:
        for text, post_id in reversed(list(self.ledger.posts.items())):
            if not text.endswith("7") and post_id not in self.ledger.liked:
                if self.bea.call("POST", f"/api/v1/statuses/{post_id}/favourite").status_code == 200:
                    self.ledger.liked.add(post_id)
                return

    def listen(self) -> None:
        address = self.bea.url.replace("http", "ws", 1) + "/api/v1/streaming?stream=user"
        headers = {"authorization": f"Bearer {self.bea.token}"}
        with connect(address, additional_headers=headers, compression=None, open_timeout=5) as socket:
            while not self.is_over.is_set():
                with contextlib.suppress(TimeoutError):
                    frame = json.loads(socket.recv(0.2))
                    if frame["event"] == "update":
                        self.ledger.heard.add(json.loads(frame["payload"])["id"])

    def ask_again(self) -> None:
        """Find out about what was under way when the server went: the same key cannot make a second post."""
        for text in sorted(self.ledger.open):
            picture = self.ledger.pictures.get(text)
            self.write(text, **({"media_ids": [picture]} if picture else {}))
