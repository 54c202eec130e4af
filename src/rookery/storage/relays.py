"""Relays in SQL.

Owns: the table `relays`. Never: decides a step (actions/relays.py).
"""

from __future__ import annotations

from rookery.model.relays import Relay, RelayNotFound, RelayState, RelayStyle
from rookery.storage.database import Reader, Transaction
from rookery.storage.sql import Row

COLUMNS = "id, address, style, state, inbox_url, account_uri, follow_uri, added_at"
ALL = f"SELECT {COLUMNS} FROM relays ORDER BY id DESC"
ONE = f"SELECT {COLUMNS} FROM relays WHERE id = :id"
BY_FOLLOW = f"SELECT {COLUMNS} FROM relays WHERE follow_uri = :uri"
BY_ACCOUNT = f"SELECT {COLUMNS} FROM relays WHERE account_uri = :uri AND account_uri <> '' ORDER BY id"
BY_ADDRESS = f"SELECT {COLUMNS} FROM relays WHERE address = :address"
ACCEPTED = f"SELECT {COLUMNS} FROM relays WHERE state = 'accepted' ORDER BY id"
ANY_ACCEPTED = "SELECT 1 FROM relays WHERE state = 'accepted' LIMIT 1"
INSERT = f"""
    INSERT INTO relays ({COLUMNS})
    VALUES (:id, :address, :style, :state, :inbox_url, :account_uri, :follow_uri, :added_at) ON CONFLICT DO NOTHING
"""
UPDATE = "UPDATE relays SET state = :state, inbox_url = :inbox_url, account_uri = :account_uri WHERE id = :id"
DELETE = "DELETE FROM relays WHERE id = :id"


def relay_from_row(row: Row) -> Relay:
    """Build a Relay from COLUMNS."""
    return Relay(row[0], row[1], RelayStyle(row[2]), RelayState(row[3]), row[4], row[5], row[6], row[7])


async def list_relays(reader: Reader) -> list[Relay]:
    """Return all, newest first."""
    return [relay_from_row(row) for row in await reader.all(ALL)]


async def list_accepted(reader: Reader) -> list[Relay]:
    """Return those that take our posts."""
    return [relay_from_row(row) for row in await reader.all(ACCEPTED)]


async def has_relays(reader: Reader) -> bool:
    """True when some relay takes our posts."""
    return await reader.one(ANY_ACCEPTED) is not None


async def get_relay(reader: Reader, relay_id: int) -> Relay:
    """Return one. Raises RelayNotFound."""
    row = await reader.one(ONE, id=relay_id)
    if row is None:
        raise RelayNotFound
    return relay_from_row(row)


async def find_by_follow(reader: Reader, follow_uri: str) -> Relay | None:
    """Return the relay that we asked with this Follow."""
    row = await reader.one(BY_FOLLOW, uri=follow_uri)
    return relay_from_row(row) if row else None


async def find_by_address(reader: Reader, address: str) -> Relay | None:
    """Return the relay of this very address."""
    row = await reader.one(BY_ADDRESS, address=address)
    return relay_from_row(row) if row else None


async def find_by_account(reader: Reader, account_uri: str) -> Relay | None:
    """Return the relay that speaks as this account."""
    row = await reader.one(BY_ACCOUNT, uri=account_uri)
    return relay_from_row(row) if row else None


async def insert_relay(tx: Transaction, relay: Relay) -> bool:
    """Store one; False when its address is there."""
    inserted = await tx.run(
        INSERT,
        id=relay.id,
        address=relay.address,
        style=relay.style.value,
        state=relay.state.value,
        inbox_url=relay.inbox_url,
        account_uri=relay.account_uri,
        follow_uri=relay.follow_uri,
        added_at=relay.added_at_us,
    )
    return inserted == 1


async def update_relay(tx: Transaction, relay: Relay) -> None:
    """Store what changes of one."""
    await tx.run(UPDATE, id=relay.id, state=relay.state.value, inbox_url=relay.inbox_url, account_uri=relay.account_uri)


async def delete_relay(tx: Transaction, relay_id: int) -> None:
    """Forget one."""
    await tx.run(DELETE, id=relay_id)
