"""What was delivered and could not be handled: an admin has it tried again, or drops it.

Owns: those two, with their entry in the log of acts. Never: handles a delivery; a wire does.
"""

from __future__ import annotations

from rookery.actions.app import App
from rookery.actions.audit import record_act
from rookery.actions.repeating import repeatable
from rookery.model.audit import Act, Governor
from rookery.model.errors import NotFound
from rookery.model.ids import now_us
from rookery.model.permissions import Permission, check_permission
from rookery.storage import arrivals
from rookery.storage.arrivals import SetAside
from rookery.storage.database import Reader


class ArrivalNotFound(NotFound):
    """Nothing of this number is set aside (any more)."""

    def __init__(self) -> None:
        super().__init__("nothing of this number is set aside")


async def get_aside(reader: Reader, arrival_id: int) -> SetAside:
    """Return one delivery that was set aside, with its body. Raises ArrivalNotFound."""
    found = await arrivals.find_aside(reader, arrival_id)
    if found is None:
        raise ArrivalNotFound
    return found


@repeatable
async def retry_arrival(app: App, arrival_id: int, *, by: Governor) -> None:
    """Have one tried again from the start; the server takes it up within a moment. Raises ArrivalNotFound."""
    check_permission(by.role, Permission.MANAGE_FEDERATION)
    async with app.db.transaction() as tx:
        found = await get_aside(tx, arrival_id)
        await arrivals.retry_arrival(tx, arrival_id, now_us())
        await record_act(app, tx, by, Act.ARRIVAL_RETRIED, subject=found.host, detail=found.uri)


@repeatable
async def drop_arrival(app: App, arrival_id: int, *, by: Governor) -> None:
    """Forget one for good. Raises ArrivalNotFound."""
    check_permission(by.role, Permission.MANAGE_FEDERATION)
    async with app.db.transaction() as tx:
        found = await get_aside(tx, arrival_id)
        await arrivals.drop_arrival(tx, arrival_id)
        await record_act(app, tx, by, Act.ARRIVAL_DROPPED, subject=found.host, detail=found.uri)
