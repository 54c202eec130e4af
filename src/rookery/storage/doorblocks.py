"""Blocks at the door, in SQL: mail domains, mailboxes, networks.

Owns: the tables `email_domain_blocks`, `email_blocks`, `ip_blocks`. Never: enforces them (actions/door.py).
"""

from __future__ import annotations

from collections.abc import Sequence

from rookery.model.blocks import BlockNotFound, EmailBlock, EmailDomainBlock, IpBlock, IpSeverity, parse_network
from rookery.model.paging import Window
from rookery.storage.database import Reader, Transaction
from rookery.storage.paging import PageQuery, list_rows
from rookery.storage.sql import Row

MAIL_COLUMNS = "id, domain, asks_approval, created_at"
MAIL_PAGE = PageQuery(f"""
    SELECT {MAIL_COLUMNS} FROM email_domain_blocks WHERE id < :before AND id > :after ORDER BY id {{order}} LIMIT :limit
""")
ONE_MAIL = f"SELECT {MAIL_COLUMNS} FROM email_domain_blocks WHERE id = :id"
MAIL_AMONG = f"""
    -- The nearest name first. Index: email_domain_blocks (domain)
    SELECT {MAIL_COLUMNS} FROM email_domain_blocks WHERE domain IN (:domains...text) ORDER BY length(domain) DESC
"""
INSERT_MAIL = f"""
    INSERT INTO email_domain_blocks ({MAIL_COLUMNS}) VALUES (:id, :domain, :asks, :now) ON CONFLICT DO NOTHING
"""
DELETE_MAIL = "DELETE FROM email_domain_blocks WHERE id = :id"
BOX_PAGE = PageQuery("""
    SELECT id, digest, created_at FROM email_blocks WHERE id < :before AND id > :after ORDER BY id {order} LIMIT :limit
""")
ONE_BOX = "SELECT id, digest, created_at FROM email_blocks WHERE id = :id"
BOX_BY_DIGEST = "SELECT id, digest, created_at FROM email_blocks WHERE digest = :digest"
INSERT_BOX = "INSERT INTO email_blocks (id, digest, created_at) VALUES (:id, :digest, :now) ON CONFLICT DO NOTHING"
DELETE_BOX = "DELETE FROM email_blocks WHERE digest = :digest"
IP_COLUMNS = "id, network, severity, comment, expires_at, created_at"
IP_PAGE = PageQuery(f"""
    SELECT {IP_COLUMNS} FROM ip_blocks WHERE id < :before AND id > :after ORDER BY id {{order}} LIMIT :limit
""")
EVERY_IP = f"SELECT {IP_COLUMNS} FROM ip_blocks WHERE expires_at IS NULL OR expires_at > :now"
ONE_IP = f"SELECT {IP_COLUMNS} FROM ip_blocks WHERE id = :id"
INSERT_IP = f"""
    INSERT INTO ip_blocks ({IP_COLUMNS}) VALUES (:id, :network, :severity, :comment, :expires_at, :now)
    ON CONFLICT DO NOTHING
"""
UPDATE_IP = """
    UPDATE ip_blocks SET network = :network, severity = :severity, comment = :comment, expires_at = :expires_at
    WHERE id = :id
"""
TAKEN_IP = "SELECT 1 FROM ip_blocks WHERE network = :network AND id <> :id"
DELETE_IP = "DELETE FROM ip_blocks WHERE id = :id"


def ip_block_from_row(row: Row) -> IpBlock:
    """Build an IpBlock from IP_COLUMNS."""
    return IpBlock(row[0], parse_network(row[1]), IpSeverity(row[2]), row[3], row[4], row[5])


def mail_block_from_row(row: Row) -> EmailDomainBlock:
    """Build an EmailDomainBlock from MAIL_COLUMNS."""
    return EmailDomainBlock(row[0], row[1], bool(row[2]), row[3])


async def list_mail_blocks(reader: Reader, window: Window) -> list[EmailDomainBlock]:
    """Return a page of mail domains, newest first."""
    return [mail_block_from_row(row) for row in await list_rows(reader, MAIL_PAGE, window)]


async def get_mail_block(reader: Reader, block_id: int) -> EmailDomainBlock:
    """Return one. Raises BlockNotFound."""
    row = await reader.one(ONE_MAIL, id=block_id)
    if row is None:
        raise BlockNotFound
    return mail_block_from_row(row)


async def list_mail_blocks_among(reader: Reader, domains: Sequence[str]) -> list[EmailDomainBlock]:
    """Return the blocks of some mail domains, the longest name first."""
    return [mail_block_from_row(row) for row in await reader.all(MAIL_AMONG, domains=list(domains))]


async def insert_mail_block(tx: Transaction, block: EmailDomainBlock) -> bool:
    """Store a block; False when the domain has one."""
    values = {"id": block.id, "domain": block.domain, "asks": int(block.asks_approval), "now": block.created_at_us}
    return await tx.run(INSERT_MAIL, **values) == 1


async def delete_mail_block(tx: Transaction, block_id: int) -> None:
    """Forget a block."""
    await tx.run(DELETE_MAIL, id=block_id)


async def list_email_blocks(reader: Reader, window: Window) -> list[EmailBlock]:
    """Return a page of mailboxes, newest first."""
    return [EmailBlock(*row) for row in await list_rows(reader, BOX_PAGE, window)]


async def get_email_block(reader: Reader, block_id: int) -> EmailBlock:
    """Return one. Raises BlockNotFound."""
    row = await reader.one(ONE_BOX, id=block_id)
    if row is None:
        raise BlockNotFound
    return EmailBlock(*row)


async def find_email_block(reader: Reader, digest: str) -> EmailBlock | None:
    """Return the block of a mailbox, or None."""
    row = await reader.one(BOX_BY_DIGEST, digest=digest)
    return EmailBlock(*row) if row else None


async def insert_email_block(tx: Transaction, block: EmailBlock) -> bool:
    """Store a block; False when the mailbox has one."""
    return await tx.run(INSERT_BOX, id=block.id, digest=block.digest, now=block.created_at_us) == 1


async def delete_email_block(tx: Transaction, digest: str) -> None:
    """Forget a block."""
    await tx.run(DELETE_BOX, digest=digest)


async def list_ip_blocks(reader: Reader, window: Window) -> list[IpBlock]:
    """Return a page of networks, newest first."""
    return [ip_block_from_row(row) for row in await list_rows(reader, IP_PAGE, window)]


async def list_every_ip_block(reader: Reader, now_us: int) -> list[IpBlock]:
    """Return all that hold now."""
    return [ip_block_from_row(row) for row in await reader.all(EVERY_IP, now=now_us)]


async def get_ip_block(reader: Reader, block_id: int) -> IpBlock:
    """Return one. Raises BlockNotFound."""
    row = await reader.one(ONE_IP, id=block_id)
    if row is None:
        raise BlockNotFound
    return ip_block_from_row(row)


def ip_params(block: IpBlock) -> dict[str, object]:
    """Parameters that INSERT_IP and UPDATE_IP share."""
    return {
        "id": block.id,
        "network": str(block.network),
        "severity": block.severity.value,
        "comment": block.comment,
        "expires_at": block.expires_at_us,
    }


async def insert_ip_block(tx: Transaction, block: IpBlock) -> bool:
    """Store a block; False when the network has one."""
    return await tx.run(INSERT_IP, **ip_params(block), now=block.created_at_us) == 1


async def update_ip_block(tx: Transaction, block: IpBlock) -> bool:
    """Store every value; False when another block has the network."""
    if await tx.one(TAKEN_IP, network=str(block.network), id=block.id):
        return False
    await tx.run(UPDATE_IP, **ip_params(block))
    return True


async def delete_ip_block(tx: Transaction, block_id: int) -> None:
    """Forget a block."""
    await tx.run(DELETE_IP, id=block_id)
