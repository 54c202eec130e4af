"""Read a source tree without running it: modules, their imports, their functions.

Owns: parsing and the questions that several architecture tests ask. Never: decides what is right.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src"
PACKAGE = "rookery"

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Import:
    """One imported name. `targets`: every module it may mean, the longest last."""

    targets: tuple[str, ...]
    line: int
    for_types_only: bool
    inside_function: bool


@dataclass(frozen=True)
class Module:
    """One file of the tree. room: the folder below the package, or "" for the package's own files."""

    name: str
    path: Path
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def room(self) -> str:
        return room_of(self.name)

    def walk(self) -> Iterator[ast.AST]:
        return ast.walk(self.tree)

    def functions(self) -> Iterator[Function]:
        return (node for node in self.walk() if isinstance(node, Function))

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        typing_only = nodes_below(
            n for n in self.walk() if isinstance(n, ast.If) and "TYPE_CHECKING" in ast.dump(n.test)
        )
        in_functions = nodes_below(self.functions())
        return tuple(
            Import(targets, node.lineno, node in typing_only, node in in_functions)
            for node in self.walk()
            if isinstance(node, ast.Import | ast.ImportFrom)
            for targets in self.targets_of(node)
        )

    def targets_of(self, node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, ...]]:
        if isinstance(node, ast.Import):
            yield from ((alias.name,) for alias in node.names)
            return
        base = self.name.split(".")
        if self.path.name != "__init__.py":
            base = base[:-1]
        head = base[: len(base) - node.level + 1] if node.level else []
        stem = ".".join([*head, *filter(None, [node.module])])
        yield from ((stem, f"{stem}.{alias.name}") for alias in node.names)

    def at(self, line: int) -> str:
        """Return where a complaint belongs, short enough to read."""
        return f"{self.name}:{line}"


def nodes_below(parents: Iterator[ast.AST]) -> set[ast.AST]:
    return {below for parent in parents for below in ast.walk(parent)}


def room_of(module_name: str) -> str:
    parts = module_name.split(".")
    return parts[1] if len(parts) > 1 else ""


def read_tree(src: Path = SRC) -> list[Module]:
    """Return every module below `src`, sorted by name."""
    modules = []
    for path in sorted(src.rglob("*.py")):
        name = ".".join(path.relative_to(src).with_suffix("").parts).removesuffix(".__init__")
        modules.append(Module(name, path, path.read_text()))
    return modules


def edges(modules: list[Module]) -> dict[str, set[str]]:
    """Module name -> the modules of the tree that it imports when it runs."""
    known = {module.name for module in modules}
    return {
        module.name: {
            target
            for found in module.imports
            if not found.for_types_only
            for target in found.targets
            if target in known and target != module.name
        }
        for module in modules
    }


def cycles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Return the groups of modules that import each other, by repeatedly taking away what imports nothing left."""
    left = {name: set(targets) for name, targets in graph.items()}
    while free := [name for name, targets in left.items() if not targets & left.keys()]:
        for name in free:
            del left[name]
    # What remains leads to a cycle; only what can come back to itself is on one.
    groups = {frozenset(m for m in reach(left, n) if n in reach(left, m)) for n in left if n in reach(left, n)}
    return sorted(sorted(group) for group in groups)


def reach(graph: dict[str, set[str]], start: str) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        for target in graph.get(waiting.pop(), ()):
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return seen


def build_tree(folder: Path, files: dict[str, str]) -> list[Module]:
    """Write a tiny tree for a test and read it. files: path below the package -> text."""
    for name, text in {"__init__.py": "", **files}.items():
        path = folder / PACKAGE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return read_tree(folder)
