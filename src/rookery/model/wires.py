"""The protocol that every network speaks to the core: two methods and no more.

Owns: the contract. `project` runs inside the transaction of the change and never touches the network; what it raises
undoes the change. `deliver` runs after the commit, in a job, and may be repeated: at least once, so it must be harmless
a second time. The core's own tests run on two invented wires.
"""

from __future__ import annotations

from typing import Protocol, TypeVar

from rookery.model.events import Event

Tx_contra = TypeVar("Tx_contra", contravariant=True)


class Wire(Protocol[Tx_contra]):
    """One network. Tx is the transaction type of storage: a wire may write its own tables through it."""

    name: str

    async def project(self, tx: Tx_contra, event: Event) -> None:
        """Write what this network needs of the event (signed records, delivery intents), in the same transaction."""

    async def deliver(self, event: Event) -> None:
        """Send the event to this network. May be called again for the same event. Raises to be tried later."""
