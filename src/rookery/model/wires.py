"""The protocol that every network speaks to the core: two methods and no more.

Owns: the contract. `project` runs inside the transaction of the change and never touches the network; what it raises
undoes the change. It says whether there is anything to deliver: most of what happens concerns nobody elsewhere, and
nothing is planned then. `deliver` runs after the commit, in a job, and may be repeated: at least once, so it must be
harmless a second time. The core's own tests run on two invented wires.
"""

from __future__ import annotations

from typing import Protocol, TypeVar

from rookery.model.events import Event

Tx_contra = TypeVar("Tx_contra", contravariant=True)


class Wire(Protocol[Tx_contra]):
    """One network. Tx is the transaction type of storage: a wire may write its own tables through it."""

    name: str

    async def project(self, tx: Tx_contra, event: Event) -> bool:
        """Write what this network needs of the event, in the same transaction; True when `deliver` shall be called.

        People wait for it: it decides from the event, with one cheap read at most, and leaves the rest to `deliver`.
        """

    async def deliver(self, event: Event) -> None:
        """Send the event to this network. May be called again for the same event. Raises to be tried later."""
