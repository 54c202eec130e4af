"""What a person brings along as files: whom they follow, block and mute, lists, bookmarks, blocked servers.

Owns: kinds, states, bounds and refusals of imports. Never: how a file looks (archives/imports.py), a row.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from rookery.model.errors import Conflict, Invalid, NotFound
from rookery.model.ids import AccountId

MAX_FILE_BYTES = 20 * 1024 * 1024
MAX_ROWS = 20_000
KEPT_DAYS, DRAFT_DAYS = 30, 1


class ImportKind(StrEnum):
    """What a file holds; each is one row of a file, and one thing to do."""

    FOLLOWS = "follows"
    BLOCKS = "blocks"
    MUTES = "mutes"
    DOMAINS = "domains"
    LISTS = "lists"
    BOOKMARKS = "bookmarks"


# Imports. draft: read, to be looked at; going: being done; stopped: by its person; done: every row has its end.
IMPORT_STEPS = {
    ("draft", "start"): "going",
    ("going", "stop"): "stopped",
    ("stopped", "start"): "going",
    ("going", "finish"): "done",
}


class RowState(StrEnum):
    """How far a row is. broken: it cannot be read; failed: it could be read and not be done."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    BROKEN = "broken"


class ImportRefused(Invalid):
    """Raised with what is wrong with the whole file."""


class ImportNotFound(NotFound):
    """No such import of this person."""

    def __init__(self) -> None:
        super().__init__("no such import")


class ImportGoing(Conflict):
    """One import of a kind at a time."""

    def __init__(self) -> None:
        super().__init__("a file of this kind is being imported already; wait until it is done, or stop it")


@dataclass(frozen=True, slots=True)
class ReadRow:
    """One row of a file. line: counted from 1; 0 for what overwriting takes away.

    host: whom it is asked of, '' for this server. name: a handle, a domain or an address. title: of the list.
    wishes: more of a follow or mute, as plain values. error: why it cannot be read, '' when it can.
    target_id: the account or post that it takes away.
    """

    line: int
    host: str
    name: str
    title: str = ""
    wishes: dict[str, object] = field(default_factory=dict)
    error: str = ""
    target_id: int | None = None


@dataclass(frozen=True, slots=True)
class ImportRow(ReadRow):
    """A row that is stored. id: its place."""

    id: int = 0
    state: RowState = RowState.WAITING
    attempt_count: int = 0


@dataclass(frozen=True, slots=True)
class Import:
    """One import. overwrites: what the file does not name is taken away. turn: how often it was taken up."""

    id: int
    account_id: AccountId
    kind: ImportKind
    overwrites: bool
    state: str
    turn: int
    created_at_us: int
    ended_at_us: int | None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many rows of an import are in each state. removals: of all of them, those that overwriting takes away."""

    waiting: int = 0
    done: int = 0
    failed: int = 0
    broken: int = 0
    removals: int = 0

    @property
    def goal(self) -> int:
        """How many there are to do."""
        return self.waiting + self.done + self.failed
