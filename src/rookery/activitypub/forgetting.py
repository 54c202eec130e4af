"""Parcels that arrived everywhere are kept for a day, so that none is packed twice, and then forgotten.

Owns: that. Never: touches what still waits.
"""

from __future__ import annotations

from rookery.actions.app import App
from rookery.actions.repeating import repeatable
from rookery.model.ids import floor_id, now_us
from rookery.storage.parcels import prune_parcels

KEPT_US = 86_400 * 1_000_000
PIECE = 1000


async def forget_arrived(app: App) -> int:
    """Forget them, in pieces; return how many."""
    count, gone = 0, PIECE
    while gone == PIECE:
        gone = await forget_piece(app)
        count += gone
    return count


@repeatable
async def forget_piece(app: App) -> int:
    """Forget some; return how many."""
    async with app.db.transaction() as tx:
        return await prune_parcels(tx, floor_id(now_us() - KEPT_US), PIECE)
