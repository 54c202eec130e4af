"""From an event to the networks: does the durable jobs that `record_event` plans, one per event and wire.

Owns: calling a wire's `deliver`, at least once, tried again after a failure. Never: an order between two events (a wire
that needs one keeps it itself), a network. The jobs of a wire that this process does not speak wait for one that does.
"""

from __future__ import annotations

import msgspec

from rookery.actions.app import App, delivery_kind
from rookery.actions.jobs import JobHandler, JobHopeless
from rookery.model.wires import Wire
from rookery.storage.database import Transaction
from rookery.storage.eventrows import event_from_body
from rookery.storage.jobs import Job


def delivery_handlers(app: App) -> dict[str, JobHandler]:
    """Return the handlers of every wire's deliveries, for actions/jobs.py."""
    return {delivery_kind(wire): handler_of(wire) for wire in app.wires}


def handler_of(wire: Wire[Transaction]) -> JobHandler:
    """Return what does one delivery of a wire."""

    async def deliver(job: Job) -> None:
        try:
            event = event_from_body(job.body)
        except (KeyError, msgspec.DecodeError) as error:
            raise JobHopeless(f"this version cannot read the event: {error}") from error
        await wire.deliver(event)

    return deliver
