"""The one-time link with which the first visitor becomes the owner.

Owns: making a new link at each start while nobody owns the server. Never: carries out the claim (actions/members.py).
"""

from __future__ import annotations

from rookery.actions.app import App
from rookery.actions.secrets import hash_secret, new_secret
from rookery.storage.members import find_owner_id
from rookery.storage.values import set_value

CLAIM = "claim_token"


async def owner_link(app: App) -> str | None:
    """Return a fresh link, which ends the older ones, or None when there is an owner."""
    if await find_owner_id(app.db.reader) is not None:
        return None
    secret = new_secret()
    async with app.db.transaction() as tx:
        await set_value(tx, CLAIM, hash_secret(secret))
    return f"{app.settings.base_url}/claim/{secret}"
