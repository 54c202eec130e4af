"""Who has moved away reads here, and writes where they live now.

Owns: the one check that actions of publishing and following call. Never: moves anybody (actions/moves.py).
"""

from __future__ import annotations

from rookery.model.moves import MovedAway
from rookery.storage.database import Reader
from rookery.storage.moves import find_new_home


async def check_not_moved(reader: Reader, account_id: int) -> None:
    """Raises MovedAway for an account of ours that lives elsewhere now."""
    home = await find_new_home(reader, account_id)
    if home is not None:
        raise MovedAway(f"@{home.handle}")
