"""What every action needs: the database, the clock of ids, the settings, the wires.

Owns: the bundle, and the one way to tell the wires of an event. Never: a rule of a feature.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from rookery.model.events import AccessRevoked, Event, MemberChanged
from rookery.model.ids import IdClock
from rookery.model.resolving import Resolver
from rookery.model.settings import Settings
from rookery.model.translation import Translator
from rookery.model.wires import Wire
from rookery.network.webpush import VapidKey
from rookery.storage.database import Database, Transaction
from rookery.storage.eventrows import body_from_event
from rookery.storage.jobs import insert_job
from rookery.storage.log import append_event

AccessListener = Callable[[AccessRevoked | MemberChanged], None]


@dataclass(slots=True)
class App:
    """Made once by ops. wires: the networks that this server speaks, in the order of their projection.

    access_listeners: called in this process right after access was taken (K7), before the asker has an answer; other
    processes hear of it from the event log. Each must be quick and must not raise. translator: None without one.
    vapid: the key that push services know this server by, once something asked for it (actions/pushes.py). worker: in
    whose name jobs are claimed; of two processes that live at the same time no two have the same. resolver: who finds
    people and posts of other servers, None where no network can.
    """

    db: Database
    settings: Settings
    ids: IdClock
    wires: tuple[Wire[Transaction], ...] = ()
    access_listeners: list[AccessListener] = field(default_factory=list)
    translator: Translator | None = None
    vapid: VapidKey | None = None
    worker: str = ""
    resolver: Resolver | None = None


def delivery_kind(wire: Wire[Transaction]) -> str:
    """The kind of the jobs that hand events to a wire (actions/deliveries.py does them)."""
    return f"Deliver:{wire.name}"


async def record_event(app: App, tx: Transaction, event: Event) -> None:
    """Append the event to the log, let each wire project it and plan its delivery, all in the caller's transaction."""
    append_event(tx, event)
    for wire in app.wires:
        await wire.project(tx, event)
        await insert_job(tx, app.ids.next_id(), delivery_kind(wire), body_from_event(event))
