"""Which parameters a handler of the client API reads, found in its source and in that of the functions it calls.

Owns: `read_by`, `described_in`, `mentions`. A name counts as read when it stands in the source as a text:
`form.flag("local")`. What a loop over a table reads is not seen so; for the other way round, that nothing is described
which nobody reads, it is enough that a module on the way holds the name.
"""

import ast
import inspect
import sys
import textwrap
from functools import cache
from types import FunctionType

from rookery.mastodon.forms import Form
from rookery.mastodon.openapi_routes import DRAFTS, Line

READERS = {name for name, value in vars(Form).items() if isinstance(value, FunctionType)} - {"__init__", "window"}
PAGE = frozenset(("max_id", "since_id", "min_id", "limit"))
OWN = "rookery.mastodon."


@cache
def reached_from(handler: FunctionType) -> tuple[FunctionType, ...]:
    """Return a handler with every function of the client API that it mentions, and what those do."""
    seen: dict[FunctionType, None] = {}
    waiting = [handler]
    while waiting:
        function = waiting.pop()
        if function not in seen:
            seen[function] = None
            waiting += look_into(function)[1]
    return tuple(seen)


def read_by(handler: FunctionType) -> set[str]:
    """Return the names that a handler reads of a form."""
    return {name for function in reached_from(handler) for name in look_into(function)[0]}


def mentions(handler: FunctionType, name: str) -> bool:
    """True when a module on a handler's way holds the name as a text."""
    modules = {sys.modules[function.__module__] for function in reached_from(handler)}
    return any(name in texts_of(inspect.getsource(module)) for module in modules)


@cache
def texts_of(source: str) -> frozenset[str]:
    """Return every text that stands in a source."""
    return frozenset(
        node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant) and type(node.value) is str
    )


@cache
def look_into(function: FunctionType) -> tuple[frozenset[str], tuple[FunctionType, ...]]:
    """Return the names that one function reads, and which functions of the client API it mentions."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    known = {**function.__globals__, **inspect.getclosurevars(function).nonlocals}
    names, called = set(), []
    for node in ast.walk(tree):
        names |= names_read(node)
        if isinstance(node, ast.Name) and isinstance(known.get(node.id), FunctionType):
            target = inspect.unwrap(known[node.id])
            if target.__module__.startswith(OWN):
                called.append(target)
    return frozenset(names), tuple(called)


def names_read(node: ast.AST) -> frozenset[str]:
    """Return what one call reads of a form: nothing for most."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return frozenset()
    if node.func.attr == "window":
        return PAGE
    first = node.args[0] if node.args else None
    is_named = node.func.attr in READERS and isinstance(first, ast.Constant) and isinstance(first.value, str)
    return frozenset((first.value.removesuffix("[]"),)) if is_named else frozenset()


def described_in(line: Line) -> set[str]:
    """Return the names of a line's parameters, and of what is inside of them."""
    return {name for parameter, kind, _ in line.parameters for name in (parameter, *inside(kind))}


def inside(kind: str) -> set[str]:
    """Return the names inside of a draft, however deep."""
    words = [word.split(":", 1) for word in DRAFTS.get(kind.strip("[]{}?"), "").split()]
    return {name for word, inner in words for name in (word.rstrip("~"), *inside(inner))}
