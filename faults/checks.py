"""What must hold after any fault: acknowledged is there, once; nothing is half there; nobody heard of what is not.

Every check reads through the API, as people would; `check_file` looks into SQLite's file besides.
"""

import re
import time
from pathlib import Path
from typing import Any

import apsw

from faults.load import Ledger, Person

TEXT = re.compile(r"(?:post|picture)\d+")
PATIENCE_S = 30


def pages(person: Person, path: str) -> list[Any]:
    """Everything of a list, page after page."""
    found: list[Any] = []
    sign = "&" if "?" in path else "?"
    batch = person.get(f"{path}{sign}limit=40")
    while batch:
        found += batch
        batch = person.get(f"{path}{sign}limit=40&max_id={batch[-1]['id']}")
    return found


def check(ana: Person, bea: Person, ledger: Ledger) -> None:
    """Compare the server with the ledger."""
    me = ana.get("/api/v1/accounts/verify_credentials")
    posts = pages(ana, f"/api/v1/accounts/{me['id']}/statuses")
    texts = [TEXT.search(post["content"])[0] for post in posts]
    by_id = {post["id"]: post for post in posts}
    assert len(texts) == len(set(texts)) == len(by_id), "a post is there twice"
    assert set(texts) <= ledger.sent, "nobody wrote this"
    lost = {text for text, id in ledger.posts.items() if id not in by_id and id not in ledger.deleting}
    assert not lost, f"acknowledged and lost: {sorted(lost)}"
    assert not ledger.deleted & set(by_id), "a deletion was undone"
    assert ledger.heard <= set(by_id) | ledger.deleting, "a stream told of a post that is not there"
    assert me["statuses_count"] == len(posts), "the count and the posts disagree"
    for post_id in ledger.liked - ledger.deleting:
        assert by_id[post_id]["favourites_count"] == 1, "a like was lost, or counted twice"
    check_pictures(ana, ledger, by_id)
    check_notifications(bea, set(by_id))


def check_pictures(ana: Person, ledger: Ledger, by_id: dict[str, Any]) -> None:
    """Every acknowledged upload is there with all its bytes."""
    for text, media_id in ledger.pictures.items():
        post = by_id.get(ledger.posts.get(text, ""))
        if post:
            [shown] = post["media_attachments"]
            assert shown["id"] == media_id
        elif text not in ledger.posts:
            shown = ana.get(f"/api/v1/media/{media_id}")
        else:
            continue  # its post was deleted
        answer = ana.call("GET", "/media/" + shown["url"].partition("/media/")[2])
        assert answer.status_code == 200, "a row tells of a file that is not there"
        assert answer.content[:3] == b"\xff\xd8\xff"
        assert answer.content[-2:] == b"\xff\xd9"


def check_notifications(bea: Person, present: set[str]) -> None:
    """Each post mentions bea, and she is told of each once: at once, or as soon as the reader has caught up."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        told = [one["status"]["id"] for one in pages(bea, "/api/v1/notifications?types[]=mention") if one["status"]]
        assert len(told) == len(set(told)), "somebody was told twice"
        if set(told) == present:
            return
        assert time.monotonic() < deadline, f"never told of {sorted(present ^ set(told))}"
        time.sleep(0.05)


def check_file(path: Path) -> None:
    """SQLite's own opinion of its file."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    assert connection.pragma("integrity_check") == "ok"
    assert list(connection.execute("PRAGMA foreign_key_check")) == []
    connection.close()
