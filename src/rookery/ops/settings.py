"""Settings from one TOML file, the environment and the command line; nothing wrong gets past the start.

Owns: the order (defaults, file, ROOKERY_<TABLE>_<KEY>, command line: the later wins), types of values, and complaints
that name the place, what is wrong there and the remedy. Every complaint is collected, so that one start shows them all.
Never: names a setting; model/settings.py does. Spec: https://toml.io/en/v1.0.0
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields, is_dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, get_type_hints

from rookery.model.errors import Invalid
from rookery.model.members import RegistrationMode
from rookery.model.settings import Settings
from rookery.ops.settingrules import broken_rules
from rookery.ops.tomllines import Lines, line_of, line_of_error, lines_of_keys

FILE_NAME = "rookery.toml"
PREFIX = "ROOKERY_"
CONFIG_VARIABLE = "ROOKERY_CONFIG"
# For people who test Rookery; never a setting.
RESERVED_PREFIX = "ROOKERY_TEST_"
YES, NO = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
TABLES: dict[str, type[Any]] = {
    name: kind for name, kind in get_type_hints(Settings).items() if isinstance(kind, type) and is_dataclass(kind)
}


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing wrong. where: `file:line`, a variable or an option."""

    where: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}. {self.remedy}{'' if self.remedy.endswith('?') else '.'}"


class SettingsRefused(Invalid):
    """Settings that a server must not start with."""

    def __init__(self, complaints: list[Complaint]) -> None:
        super().__init__("\n".join(map(str, complaints)))
        self.complaints = complaints


@dataclass(frozen=True, slots=True)
class Given:
    """What the command line says. options: (table, key) -> (the option's name, its text)."""

    config: str | None = None
    options: Mapping[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    is_test: bool = False


@dataclass(slots=True)
class Reading:
    """Values gathered so far, where each came from, and what is wrong."""

    values: dict[tuple[str, str], Any] = field(default_factory=dict)
    places: dict[tuple[str, str], str] = field(default_factory=dict)
    complaints: list[Complaint] = field(default_factory=list)

    def complain(self, where: str, what: str, remedy: str) -> None:
        self.complaints.append(Complaint(where, what, remedy))

    def take(self, table: str, key: str, raw: Any, where: str, *, is_text: bool) -> None:
        """Keep a value when its type and bounds are right. is_text: from the environment or the command line."""
        declared = field_of(table, key)
        try:
            value = value_from_text(table, key, raw) if is_text else raw
            self.values[table, key] = checked(table, declared, value)
            self.places[table, key] = where
        except ValueError as error:
            what, remedy = error.args
            self.complain(where, f"{table}.{key} {what}", remedy)


def load_settings(given: Given, environ: Mapping[str, str]) -> Settings:
    """Return the settings to run with. Raises SettingsRefused."""
    reading = Reading()
    path = file_to_read(given, environ, reading)
    if path is not None:
        read_file(path, reading)
    read_environment(environ, reading)
    for (table, key), (option, text) in given.options.items():
        reading.take(table, key, text, option, is_text=True)
    settings = settings_from(reading.values)
    for table, key, what, remedy in broken_rules(settings, is_test=given.is_test):
        reading.complain(reading.places.get((table, key), "the default"), f"{table}.{key} {what}", remedy)
    if reading.complaints:
        raise SettingsRefused(reading.complaints)
    return test_settings(settings) if given.is_test else settings


def file_to_read(given: Given, environ: Mapping[str, str], reading: Reading) -> Path | None:
    """Return the file that --config or ROOKERY_CONFIG names, else the data folder's own when it exists."""
    named = given.config or environ.get(CONFIG_VARIABLE)
    if named:
        if Path(named).is_file():
            return Path(named)
        reading.complain(
            named, "there is no such file", "Write it, or leave --config away to use the defaults; see docs/settings.md"
        )
        return None
    options = given.options.get(("server", "data"))
    data = options[1] if options else environ.get("ROOKERY_SERVER_DATA") or Settings().server.data
    own = Path(data) / FILE_NAME
    return own if own.is_file() else None


def read_file(path: Path, reading: Reading) -> None:
    """Take every value of a TOML file."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reading.complain(str(path), f"cannot be read: {error}", "It must be a UTF-8 text that this user may read")
        return
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line, what = line_of_error(text, str(error))
        reading.complain(
            f"{path}:{line}", f"is not TOML: {what}", 'A line is `name = "text"`, `= 5`, `= true` or `= ["a"]`'
        )
        return
    lines = lines_of_keys(text)
    for table, values in content.items():
        where = place(path, lines, table)
        if table not in TABLES:
            reading.complain(where, f"[{table}] is no table of settings", remedy_for(table, list(TABLES), "table"))
        elif not isinstance(values, dict):
            reading.complain(where, f"{table} is a table", f"Write [{table}] on a line of its own, its settings below")
        else:
            read_table(path, lines, table, values, reading)


def read_table(path: Path, lines: Lines, table: str, values: dict[str, Any], reading: Reading) -> None:
    """Take the values of one table."""
    known = names_of(table)
    for key, value in values.items():
        where = place(path, lines, table, key)
        if key not in known:
            reading.complain(where, f"[{table}] has no setting {key}", remedy_for(key, known, "setting"))
        elif (table, key) == ("server", "data") and path.name == FILE_NAME and Path(value) != path.parent:
            reading.complain(
                where, "server.data is decided before this file is found", "Remove the line and use --data instead"
            )
        else:
            reading.take(table, key, value, where, is_text=False)


def place(path: Path, lines: Lines, *names: str) -> str:
    """Return `file:line`."""
    line = line_of(lines, *names)
    return f"{path}:{line}" if line else str(path)


def read_environment(environ: Mapping[str, str], reading: Reading) -> None:
    """Take ROOKERY_<TABLE>_<KEY>; complain of any other ROOKERY_ variable, for it is a slip of the pen."""
    known = {f"{PREFIX}{table}_{key}".upper(): (table, key) for table in TABLES for key in names_of(table)}
    for name in sorted(environ):
        if not name.startswith(PREFIX) or name.startswith(RESERVED_PREFIX) or name == CONFIG_VARIABLE:
            continue
        if name in known:
            reading.take(*known[name], environ[name], name, is_text=True)
        else:
            reading.complain(name, "is no setting", remedy_for(name, list(known), "variable"))


def remedy_for(name: str, known: list[str], kind: str) -> str:
    """Say which known name may have been meant."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if near:
        return f"Did you mean {near[0]}?"
    choice = ", ".join(known) if len(known) <= 20 else "see docs/settings.md"
    return f"Remove this {kind}; the known ones: {choice}"


def names_of(table: str) -> list[str]:
    """Return the settings of a table."""
    return [declared.name for declared in fields(TABLES[table])]


def field_of(table: str, key: str) -> Field[Any]:
    """Return the declaration of a setting."""
    return next(declared for declared in fields(TABLES[table]) if declared.name == key)


def default_of(declared: Field[Any]) -> Any:
    """Return the default of a setting."""
    return declared.default_factory() if callable(declared.default_factory) else declared.default


def type_of(table: str, key: str) -> Any:
    """Return str, int, bool, a StrEnum, or tuple for a list of texts."""
    hint = get_type_hints(TABLES[table])[key]
    return getattr(hint, "__origin__", hint)


def value_from_text(table: str, key: str, text: str) -> Any:
    """Read a value as the environment and the command line write it. Raises ValueError(what, remedy)."""
    kind = type_of(table, key)
    if kind is int:
        try:
            return int(text)
        except ValueError:
            raise ValueError(f"is {text!r}, not a whole number", "Write digits only") from None
    if kind is bool:
        if text.casefold() in (*YES, *NO):
            return text.casefold() in YES
        raise ValueError(f"is {text!r}, neither true nor false", "Write true or false")
    if kind is tuple:
        return [part.strip() for part in text.split(",") if part.strip()]
    return text


def checked(table: str, declared: Field[Any], value: Any) -> Any:
    """Return a value of the declared type within its bounds. Raises ValueError(what, remedy)."""
    kind = type_of(table, declared.name)
    if kind is tuple:
        if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
            return tuple(value)
        raise ValueError(f"is {shown(value)}, not a list of texts", 'Write ["one", "two"], or [] for none')
    choices = tuple(map(str, kind)) if issubclass(kind, StrEnum) else declared.metadata["choices"]
    if choices:
        if value not in choices:
            raise ValueError(f"is {shown(value)}", choice_remedy(value, choices))
        return kind(value)
    if type(value) is not kind:
        word, example = {int: ("a whole number", "5"), bool: ("true or false", "true")}.get(kind, ("a text", '"text"'))
        raise ValueError(f"is {shown(value)}, not {word}", f"Write {declared.name} = {example}")
    least, most = declared.metadata["least"], declared.metadata["most"]
    if least is not None and value < least:
        raise ValueError(f"is {value}, too small", f"The smallest is {least}")
    if most is not None and value > most:
        raise ValueError(f"is {value}, too large", f"The largest is {most}")
    return value


def choice_remedy(value: Any, choices: tuple[str, ...]) -> str:
    """Say what may be chosen, and the nearest first."""
    near = difflib.get_close_matches(str(value), choices, n=1)
    meant = f"Did you mean {near[0]}? " if near else ""
    return f"{meant}It is one of {', '.join(choices)}"


def shown(value: Any) -> str:
    """Return a wrong value as it may stand in a complaint."""
    text = {True: "true", False: "false"}[value] if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def settings_from(values: Mapping[tuple[str, str], Any]) -> Settings:
    """Build the settings from the values that differ from the defaults."""
    tables = {
        table: kind(**{key: value for (owner, key), value in values.items() if owner == table})
        for table, kind in TABLES.items()
    }
    return Settings(**tables)


def test_settings(settings: Settings) -> Settings:
    """Return the settings of `up --test`: anybody joins at once, nothing is counted."""
    return replace(
        settings,
        is_test=True,
        nest=replace(settings.nest, registrations=RegistrationMode.OPEN, confirms_email=False),
        limits=replace(settings.limits, rate_limits=False),
    )
