"""The reference pages of the documentation, written from the code: every setting, every command, every route.

Owns: the three pages. Never: facts of its own; what is wrong on a page is wrong in the code. `rookery docs` writes them
into a folder, and a test fails when they are behind.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import fields
from enum import StrEnum
from itertools import groupby
from typing import Any

from rookery.network.limits import Limit
from rookery.network.routes import Route
from rookery.ops.outcome import Outcome
from rookery.ops.parser import build_parser
from rookery.ops.rooms import ROUTES
from rookery.ops.settings import CONFIG_VARIABLE, TABLES, default_of, type_of

WRITTEN = "<!-- Written from the code by `rookery docs --write docs`; change the code instead. -->"
SETTINGS_INTRO = f"""
Settings stand in one [TOML](https://toml.io) file: `rookery.toml` in the data folder, or where `--config` or
`{CONFIG_VARIABLE}` say. Each can also be given by an environment variable, and a few by options of `rookery up`. The
later wins: default, file, variable, option. A server does not start with a setting that is unknown or wrong: it names
the line and the remedy. `rookery config check` asks without starting.

```toml
[server]
domain = "example.org"

[nest]
title = "Our nest"
registrations = "approval"
languages = ["en", "fr"]
```

In a variable, a list is written with commas, and truth as `true` or `false`.
"""
COMMANDS_INTRO = """
Every command takes `--data DIR` (the folder of the server's data, `rookery-data` if not given), `--domain`, `--config`
and `--json` after its own arguments, and works while the server runs. Exit codes: 0 done; 1 refused, with a sentence on
standard error (with `--json` an object with `error`); 2 wrong usage.
"""
ROUTES_INTRO = """
What is not listed here does not answer. *Who*: anyone; app (an app's own token or a person's); user (a person, through
an app); newcomer (also a person whose sign-up is not complete); member (a person, through the browser); admin (a member
whose role is admin or owner). *Scope*: any of them is enough. *Limit*: requests per time and account, or address for
visitors; `rate_limits = false` switches it off.
"""


def reference_pages() -> dict[str, str]:
    """Return file name -> text of every page."""
    parser = build_parser(write_docs=lambda asked: Outcome(""))
    return {"settings.md": settings_page(), "commands.md": commands_page(parser), "routes.md": routes_page()}


def page(title: str, intro: str, parts: Iterator[str]) -> str:
    """Put a page together."""
    return "\n".join([f"# {title}", "", WRITTEN, intro, *parts]).rstrip() + "\n"


def table(heads: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    """Return a table; bars inside a cell are escaped."""
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


def settings_page() -> str:
    """Every setting with its default, bounds and variable."""
    return page("Settings", SETTINGS_INTRO, (settings_part(name, kind) for name, kind in TABLES.items()))


def settings_part(name: str, kind: type[Any]) -> str:
    """Return one table of settings."""
    rows = (
        (f"`{one.name}`", allowed(name, one.name, one.metadata), shown(default_of(one)), one.metadata["meaning"])
        for one in fields(kind)
    )
    variable = (
        f"Variables: `ROOKERY_{name.upper()}_…`, for example `ROOKERY_{name.upper()}_{fields(kind)[0].name.upper()}`."
    )
    heading = f"## `[{name}]`\n\n{kind.__doc__}\n{variable}\n"
    return f"{heading}\n{table(('setting', 'value', 'default', 'meaning'), rows)}"


def allowed(table_name: str, key: str, metadata: Any) -> str:
    """Say which values a setting takes."""
    kind = type_of(table_name, key)
    if kind is tuple:
        return "list of texts"
    choices = tuple(map(str, kind)) if issubclass(kind, StrEnum) else metadata["choices"]
    if choices:
        return ", ".join(f"`{choice}`" for choice in choices)
    least, most = metadata["least"], metadata["most"]
    bounds = f" {least:,} to {most:,}" if most is not None else f" from {least:,}" if least is not None else ""
    return {int: "number", bool: "`true` or `false`"}.get(kind, "text") + bounds


def shown(default: Any) -> str:
    """Return a default as the file would have it."""
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, tuple):
        return "`[" + ", ".join(f'"{entry}"' for entry in default) + "]`"
    return f"`{default}`" if isinstance(default, int) else f'`"{default}"`'


def commands_page(parser: argparse.ArgumentParser) -> str:
    """Every command with its arguments."""
    return page("Commands", COMMANDS_INTRO, (command_part(one) for one in leaves(parser)))


def leaves(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Yield the parsers of commands that do something, groups opened."""
    groups = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    for group in groups:
        for inner in group.choices.values():
            yield from leaves(inner)
    if not groups:
        yield parser


def command_part(command: argparse.ArgumentParser) -> str:
    """Return the part of one command."""
    own = [action for action in command._actions if action not in shared_actions(command)]
    rows = ((spelled(action), (action.help or "").replace("%%", "%"), required(action)) for action in own)
    part = f"## `{command.prog}`\n\n{command.description}\n"
    return part + (f"\n{table(('argument', 'meaning', ''), rows)}" if own else "")


def shared_actions(command: argparse.ArgumentParser) -> list[argparse.Action]:
    """Return the options that every command has."""
    shared = ("-h", "--data", "--domain", "--config", "--json")
    return [action for action in command._actions if set(action.option_strings) & set(shared)]


def spelled(action: argparse.Action) -> str:
    """Return an argument as it is typed."""
    if not action.option_strings:
        return f"`{action.metavar or action.dest}`"
    choices = "|".join(map(str, action.choices)) if action.choices else ""
    value = "" if action.nargs == 0 else f" {action.metavar or choices or action.dest.upper()}"
    return f"`{action.option_strings[0]}{value}`"


def required(action: argparse.Action) -> str:
    """Say whether an argument must be there."""
    return "required" if action.required else ""


def routes_page() -> str:
    """Every route of every room."""
    return page("Routes", ROUTES_INTRO, (routes_part(name, routes) for name, routes in ROUTES.items()))


def routes_part(name: str, routes: tuple[Route[Any], ...]) -> str:
    """Return one room's table, one line per path and declaration."""
    ordered = sorted(routes, key=lambda route: (route.path, route.handler.__qualname__))
    rows = (
        (*route_cells(list(same)),)
        for _, same in groupby(ordered, key=lambda route: (route.path, route.handler.__qualname__))
    )
    return f"## {name}\n\n" + table(("method", "path", "who", "scope", "limit", "what"), rows)


def route_cells(same: list[Route[Any]]) -> tuple[str, ...]:
    """Return the cells of one line; several methods of one handler share it."""
    route = same[0]
    methods = " ".join(sorted({each.method for each in same}))
    scopes = " ".join(f"`{scope}`" for scope in route.scopes)
    path = f"`{route.path}`" + (f" as `{route.types[0]}`" if route.types else "")
    return methods, path, route.who, scopes, limit_words(route.limit), meaning_of(route)


def meaning_of(route: Route[Any]) -> str:
    """Return the first line of the handler's docstring without its link, or the handler's name in words."""
    line = (route.handler.__doc__ or "").strip().partition("\n")[0].partition("Spec: ")[0].strip()
    return line or route.handler.__name__.replace("_", " ")


def limit_words(limit: Limit) -> str:
    """Say a limit, like `300 per 3 h`."""
    span, unit = limit.per_s, "s"
    for seconds, name in ((86_400, "d"), (3600, "h"), (60, "min")):
        if span % seconds == 0:
            span, unit = span // seconds, name
            break
    every = f"{span} {unit}" if span > 1 or unit == "s" else unit
    return f"{limit.count:,} per {every}" + (" and address" if limit.by == "address" else "")
