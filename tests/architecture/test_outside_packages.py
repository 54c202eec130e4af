"""An outside package has one home, and so has every door to the outside that the standard library offers."""

import ast
import re
import sys
import tomllib

import pytest
from tests.architecture.source import PACKAGE, ROOT, Module, build_tree, read_tree

DATABASES = ("storage",)
SOCKETS = ("network",)
CODECS = ("media",)
PAGES = ("web",)
SIGNERS = ("activitypub", "atproto")
# What may be imported where. A package that is missing here has no home yet: give it one, and a line in docs/adr/0001.
HOMES = {
    **dict.fromkeys(("apsw", "asyncpg", "sqlite3"), DATABASES),
    **dict.fromkeys(("starlette", "httptools", "websockets", "h11", "idna", "python_multipart", "anyio"), SOCKETS),
    "socket": (*SOCKETS, *CODECS),  # the media box talks to its child over a pair of Unix sockets
    **dict.fromkeys(("ssl", "socketserver", "http.client", "http.server", "urllib.request"), SOCKETS),
    **dict.fromkeys(("smtplib", "imaplib", "poplib", "ftplib", "xmlrpc"), SOCKETS),
    **dict.fromkeys(("uvicorn", "uvloop"), (*SOCKETS, "ops")),
    **dict.fromkeys(("pyvips", "PIL", "pillow_heif", "selectolax"), CODECS),
    **dict.fromkeys(("jinja2", "babel", "markupsafe"), PAGES),
    "cryptography": (*SOCKETS, *DATABASES, *SIGNERS),  # on the wire, at rest, and under what the wires sign
    "argon2": ("actions",),
    "cbor2": ("atproto",),
    "msgspec": None,  # None: at home everywhere but in the model
}
# The one module of the safe door out (K1) that opens connections; mails go through smtplib in network/mailing.py.
DOOR = "rookery.network.exchange"
# Calls that open a connection outward without importing any of the above.
OUTWARD_CALLS = {
    "open_connection",
    "open_unix_connection",
    "create_connection",
    "create_datagram_endpoint",
    "sock_connect",
}
# Where a package's import name is not its name on the index.
IMPORT_NAMES = {"argon2-cffi": "argon2", "pillow": "PIL", "pyvips-binary": "pyvips"}


def home_of(target: str) -> tuple[str, tuple[str, ...] | None] | None:
    """Return the longest entry of HOMES that covers this import, with its rooms; None for none."""
    parts = target.split(".")
    names = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next(((name, HOMES[name]) for name in names if name in HOMES), None)


def import_complaint(room: str, target: str) -> str | None:
    top = target.split(".")[0]
    if top == PACKAGE:
        return None
    home = home_of(target)
    if room == "model" and (home or top not in sys.stdlib_module_names):
        return f"the model imports {target}; it needs nothing but the standard library, and no doors"
    if home is None:
        return None if top in sys.stdlib_module_names else f"{top} has no home; see HOMES"
    name, rooms = home
    return None if rooms is None or room in rooms else f"{name} is at home in {' and '.join(rooms)}, not in {room}"


def package_complaints(modules: list[Module]) -> list[str]:
    return [
        f"{module.at(found.line)}: {complaint}"
        for module in modules
        for found in module.imports
        if (complaint := import_complaint(module.room, found.targets[-1]))
    ]


def outward_call_complaints(modules: list[Module]) -> list[str]:
    return [
        f"{module.at(node.lineno)}: {node.func.attr} outside {DOOR}"
        for module in modules
        if module.name != DOOR
        for node in module.walk()
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in OUTWARD_CALLS
    ]


def declared(project: dict) -> tuple[set[str], set[str]]:
    """Return the names of the packages that run with Rookery, and of those around it."""
    runtime = project["project"]["dependencies"]
    around = [name for group in project["dependency-groups"].values() for name in group]
    return tuple({re.match(r"[\w.-]+", line)[0] for line in lines} for lines in (runtime, around))


def test_every_outside_package_is_at_home():
    assert package_complaints(read_tree()) == []


def test_only_the_safe_door_opens_connections():
    assert outward_call_complaints(read_tree()) == []


def test_every_declared_package_has_a_home_and_a_reason():
    runtime, around = declared(tomllib.loads((ROOT / "pyproject.toml").read_text()))
    reasons = (ROOT / "docs" / "adr" / "0001-packages.md").read_text()
    homeless = {name for name in runtime if home_of(IMPORT_NAMES.get(name, name.replace("-", "_"))) is None}
    unexplained = {name for name in runtime | around if f"| {name} |" not in reasons}
    assert (homeless, unexplained) == (set(), set())


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("model/posts.py", "import msgspec"),
        ("model/posts.py", "import socket"),
        ("actions/posts.py", "from asyncpg import Connection"),
        ("actions/posts.py", "import sqlite3"),
        ("mastodon/posts.py", "from starlette.responses import Response"),
        ("actions/posts.py", "import urllib.request"),
        ("actions/posts.py", "from urllib import request"),
        ("trust/signals.py", "from http.client import HTTPSConnection"),
        ("storage/blobs.py", "from PIL import Image"),
        ("mastodon/posts.py", "import jinja2"),
        ("web/posts.py", "import argon2"),
        ("web/server.py", "import uvicorn"),
        ("web/posts.py", "import requests"),
    ],
)
def test_a_package_away_from_home_is_seen(tmp_path, path, line):
    assert len(package_complaints(build_tree(tmp_path, {path: line}))) == 1


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("storage/engine.py", "import apsw"),
        ("ops/server.py", "import uvicorn"),
        ("network/fetch.py", "import socket, ssl"),
        ("actions/posts.py", "import msgspec"),
        ("actions/posts.py", "from urllib.parse import urlsplit"),
        ("mastodon/posts.py", "from http import HTTPStatus"),
        ("model/posts.py", "from datetime import datetime"),
        ("actions/accounts.py", "from argon2 import PasswordHasher"),
    ],
)
def test_a_package_at_home_is_welcome(tmp_path, path, line):
    assert package_complaints(build_tree(tmp_path, {path: line})) == []


def test_a_connection_opened_elsewhere_is_seen(tmp_path):
    text = "import asyncio\nasync def f():\n    await asyncio.open_connection('example.org', 443)"
    assert outward_call_complaints(build_tree(tmp_path, {"actions/posts.py": text}))
    assert outward_call_complaints(build_tree(tmp_path / "a", {"network/server.py": text}))
    assert outward_call_complaints(build_tree(tmp_path / "b", {"network/exchange.py": text})) == []


def test_only_the_door_uses_the_protocol_of_the_door():
    uses = {m.name for m in read_tree() for found in m.imports if found.targets[0] == "h11"}
    assert uses == {DOOR}
