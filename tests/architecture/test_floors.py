"""Six floors, imports only downward. ARCHITECTURE.md draws them; this file is what holds them up."""

import ast

import pytest
from tests.architecture.source import PACKAGE, Module, build_tree, cycles, edges, read_tree, room_of

FLOORS = {
    "model": 0,
    **dict.fromkeys(("storage", "network", "media"), 1),
    **dict.fromkeys(("actions", "timelines"), 2),
    **dict.fromkeys(("activitypub", "atproto", "algorithms", "trust", "archives"), 3),
    **dict.fromkeys(("web", "mastodon", "xrpc"), 4),
    "ops": 5,
}
WIRES = {"activitypub", "atproto"}
# A face never speaks to a wire; the XRPC face is the one that shows a wire's own records.
FACES_ON_WIRES = {("xrpc", "atproto")}
ROOMLESS = {PACKAGE, f"{PACKAGE}.__main__"}


def floor_complaints(modules: list[Module]) -> list[str]:
    rooms = [f"{m.name}: give its room a floor in FLOORS" for m in modules if no_floor(m)]
    return rooms + [
        f"{module.at(found.line)}: {complaint}"
        for module in modules
        if not no_floor(module)
        for found in module.imports
        for complaint in complaints_about(module, found.targets[-1], found.inside_function)
    ]


def no_floor(module: Module) -> bool:
    return module.name not in ROOMLESS and module.room not in FLOORS


def complaints_about(module: Module, target: str, inside_function: bool) -> list[str]:
    complaints = ["an import inside a function"] if inside_function else []
    if target.split(".")[0] != PACKAGE:
        return complaints
    here, there = module.room, room_of(target)
    if module.name == PACKAGE:
        complaints.append("the package itself imports no room")
    elif here in FLOORS and there in FLOORS and here != there:
        complaints += direction_complaints(here, there)
    return complaints


def direction_complaints(here: str, there: str) -> list[str]:
    if FLOORS[there] > FLOORS[here]:
        return [f"{here} (floor {FLOORS[here]}) imports {there} above it (floor {FLOORS[there]})"]
    if FLOORS[there] == FLOORS[here]:
        return [f"{here} imports {there} beside it (floor {FLOORS[here]})"]
    if there in WIRES and FLOORS[here] == 4 and (here, there) not in FACES_ON_WIRES:
        return [f"{here} is a face and imports the wire {there}"]
    return []


def hidden_import_complaints(modules: list[Module]) -> list[str]:
    return [
        f"{module.at(node.lineno)}: imports a module by its name at run time"
        for module in modules
        for node in module.walk()
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in {"import_module", "__import__"}
    ]


def test_every_import_goes_down():
    assert floor_complaints(read_tree()) == []


def test_no_import_hides_from_the_rule():
    assert hidden_import_complaints(read_tree()) == []


def test_no_modules_import_each_other_in_a_circle():
    assert cycles(edges(read_tree())) == []


@pytest.mark.parametrize(
    ("path", "line", "complaint"),
    [
        ("model/posts.py", "from rookery.storage import log", "above it"),
        ("storage/posts.py", "from rookery import network", "beside it"),
        ("storage/posts.py", "from ..network import fetch", "beside it"),
        ("actions/posts.py", "import rookery.timelines.home", "beside it"),
        ("web/posts.py", "from rookery.activitypub import translate", "a face"),
        ("mastodon/posts.py", "from rookery.atproto import records", "a face"),
        ("xrpc/posts.py", "from rookery.activitypub import translate", "a face"),
        ("actions/posts.py", "def f():\n    from rookery.model import posts", "inside a function"),
        ("actions/posts.py", "def f():\n    import json", "inside a function"),
        (
            "model/posts.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from rookery.actions import posts",
            "above it",
        ),
        ("__init__.py", "from rookery.model import posts", "imports no room"),
        ("attic/posts.py", "", "give its room a floor"),
    ],
)
def test_a_wrong_import_is_seen(tmp_path, path, line, complaint):
    complaints = floor_complaints(build_tree(tmp_path, {path: line}))
    assert len(complaints) == 1
    assert complaint in complaints[0]


def test_imports_downward_are_welcome(tmp_path):
    files = {
        "__main__.py": "from rookery.ops.cli import main",
        "ops/cli.py": "from rookery import __version__\nfrom rookery.activitypub import inbox\nfrom . import app",
        "ops/app.py": "",
        "xrpc/posts.py": "from rookery.atproto import records",
        "mastodon/posts.py": "from rookery.actions.posts import publish_post\nfrom rookery.algorithms import recipes",
        "actions/posts.py": "from rookery.storage import posts\nfrom rookery.model import posts as model_posts",
    }
    assert floor_complaints(build_tree(tmp_path, files)) == []


def test_a_circle_is_seen_and_what_leads_to_it_is_not(tmp_path):
    files = {
        "model/a.py": "from rookery.model import b",
        "model/b.py": "from .c import x",
        "model/c.py": "import rookery.model.a",
        "model/d.py": "from rookery.model import a",
    }
    assert cycles(edges(build_tree(tmp_path, files))) == [["rookery.model.a", "rookery.model.b", "rookery.model.c"]]


@pytest.mark.parametrize("call", ["importlib.import_module('rookery.web')", "__import__('rookery.web')"])
def test_a_hidden_import_is_seen(tmp_path, call):
    assert hidden_import_complaints(build_tree(tmp_path, {"model/posts.py": f"x = {call}"}))
