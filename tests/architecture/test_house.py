"""The measures of a house that stays easy to read: sizes, nesting, types, docstrings, rooms that lean one way only."""

import ast
from collections.abc import Iterable, Iterator

import pytest
from tests.architecture.source import Function, Module, build_tree, edges, read_tree, room_of

FILE_LINES_P95 = 400
FUNCTION_LINES_P95 = 40
NESTING = 4
DOCUMENTED = 0.90
BLOCKS = ast.If | ast.For | ast.AsyncFor | ast.While | ast.With | ast.AsyncWith | ast.Try | ast.Match


def p95(values: Iterable[int]) -> int:
    ordered = sorted(values)
    return ordered[max(int(len(ordered) * 0.95) - 1, 0)] if ordered else 0


def nesting(node: ast.AST, depth: int = 0) -> int:
    """Return how many blocks deep the deepest line is. An elif counts as a step: a table reads better than a ladder."""
    below = (n for n in ast.iter_child_nodes(node) if not isinstance(n, Function | ast.ClassDef))
    return max((nesting(n, depth + isinstance(n, BLOCKS)) for n in below), default=depth)


def public_things(module: Module) -> Iterator[tuple[str, ast.AST]]:
    """Yield the module, its public functions and classes, and their public methods; nothing inside a function."""
    yield module.name, module.tree
    waiting: list[tuple[str, ast.AST]] = [(module.name, module.tree)]
    while waiting:
        prefix, parent = waiting.pop()
        for node in ast.iter_child_nodes(parent):
            if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
                yield f"{prefix}.{node.name}", node
                if isinstance(node, ast.ClassDef):
                    waiting.append((f"{prefix}.{node.name}", node))


def mutual_rooms(modules: list[Module]) -> list[tuple[str, str]]:
    pairs = {(room_of(here), room_of(there)) for here, targets in edges(modules).items() for there in targets}
    return sorted((a, b) for a, b in pairs if a < b and (b, a) in pairs)


def complaints_about_sizes(modules: list[Module]) -> list[str]:
    functions = [(m, f, f.end_lineno - f.lineno + 1) for m in modules for f in m.functions()]
    complaints = []
    if (lines := p95(len(m.text.splitlines()) for m in modules)) > FILE_LINES_P95:
        complaints.append(f"95 % of the files should have at most {FILE_LINES_P95} lines; now {lines}")
    if (lines := p95(length for _, _, length in functions)) > FUNCTION_LINES_P95:
        longest = max(functions, key=lambda found: found[2])
        complaints.append(
            f"95 % of the functions should have at most {FUNCTION_LINES_P95} lines; now {lines}; {longest[1].name}"
        )
    return complaints + [
        f"{module.at(function.lineno)}: {function.name} is {nesting(function)} blocks deep, at most {NESTING}"
        for module, function, _ in functions
        if nesting(function) > NESTING
    ]


def complaints_about_types(modules: list[Module]) -> list[str]:
    return [
        f"{m.at(f.lineno)}: {f.name} does not say what it returns"
        for m in modules
        for f in m.functions()
        if not f.returns
    ]


def complaints_about_docstrings(modules: list[Module]) -> list[str]:
    things = [(name, ast.get_docstring(node) is not None) for module in modules for name, node in public_things(module)]
    bare = [name for name, documented in things if not documented]
    return bare if len(bare) > (1 - DOCUMENTED) * len(things) else []


def test_files_functions_and_nesting_stay_small():
    assert complaints_about_sizes(read_tree()) == []


def test_every_function_says_what_it_returns():
    assert complaints_about_types(read_tree()) == []


def test_what_is_public_is_explained():
    assert complaints_about_docstrings(read_tree()) == []


def test_no_import_stands_inside_a_function():
    assert [m.at(found.line) for m in read_tree() for found in m.imports if found.inside_function] == []


def test_no_two_rooms_lean_on_each_other():
    assert mutual_rooms(read_tree()) == []


LADDER = (
    "def f() -> None:\n" + "".join(f"{'    ' * depth}if {depth}:\n" for depth in range(1, 6)) + "    " * 6 + "pass\n"
)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("x = 1\n" * 401, "files"),
        ("def f() -> None:\n" + "    x = 1\n" * 40, "functions"),
        (LADDER, "5 blocks deep"),
    ],
)
def test_what_grew_too_large_is_seen(tmp_path, text, word):
    complaints = complaints_about_sizes(build_tree(tmp_path, {f"model/{n}.py": text for n in ("a", "b", "c")}))
    assert complaints
    assert all(word in complaint for complaint in complaints)


def test_a_bare_function_is_seen(tmp_path):
    modules = build_tree(tmp_path, {"model/a.py": "def f(): ...\nclass A:\n    def g(self): ...\ndef h() -> None: ..."})
    assert len(complaints_about_types(modules)) == 2
    # The two modules, f, A, A.g and h; what is private or inside a function needs no docstring.
    assert len(complaints_about_docstrings(modules)) == 6


def test_private_things_need_no_docstring(tmp_path):
    public = '"""Owns."""\ndef f() -> None:\n    """Do."""\n    def inner() -> None: ...\n'
    private = "class _A:\n    def g(self) -> None: ...\n"
    modules = build_tree(tmp_path, {"__init__.py": '"""Package."""', "model/a.py": public + private})
    assert complaints_about_docstrings(modules) == []


def test_two_rooms_that_lean_on_each_other_are_seen(tmp_path):
    files = {
        "model/a.py": "from rookery.storage import b",
        "model/c.py": "",
        "storage/b.py": "",
        "storage/d.py": "from rookery.model.c import x",
    }
    assert mutual_rooms(build_tree(tmp_path, files)) == [("model", "storage")]
