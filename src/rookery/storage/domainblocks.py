"""Blocks of other servers, and those that are welcome, in SQL.

Owns: the tables `domain_blocks` and `domain_allows`. What a block does to accounts is in storage/measures.py.
"""

from __future__ import annotations

from rookery.model.blocks import BlockNotFound, DomainAllow, DomainBlock, Severity
from rookery.model.paging import Window
from rookery.storage.database import Reader, Transaction
from rookery.storage.paging import PageQuery, list_rows
from rookery.storage.sql import Row

COLUMNS = """
    id, domain, severity, rejects_media, rejects_reports, private_comment, public_comment, is_obfuscated, created_at
"""
PAGE = PageQuery(f"""
    -- Newest first. Index: primary key
    SELECT {COLUMNS} FROM domain_blocks WHERE id < :before AND id > :after ORDER BY id {{order}} LIMIT :limit
""")
ALL = f"SELECT {COLUMNS} FROM domain_blocks ORDER BY domain"
ONE = f"SELECT {COLUMNS} FROM domain_blocks WHERE id = :id"
BY_DOMAIN = f"SELECT {COLUMNS} FROM domain_blocks WHERE domain = :domain"
COVERING = f"""
    -- The block that covers a server: of its own name or the nearest above it. Index: the unique one on domain
    SELECT {COLUMNS} FROM domain_blocks WHERE domain IN (:names...text) ORDER BY length(domain) DESC LIMIT 1
"""
INSERT = f"""
    INSERT INTO domain_blocks ({COLUMNS}) VALUES (:id, :domain, :severity, :rejects_media, :rejects_reports,
        :private_comment, :public_comment, :is_obfuscated, :created_at) ON CONFLICT DO NOTHING
"""
UPDATE = """
    UPDATE domain_blocks SET severity = :severity, rejects_media = :rejects_media, rejects_reports = :rejects_reports,
        private_comment = :private_comment, public_comment = :public_comment, is_obfuscated = :is_obfuscated
    WHERE id = :id
"""
DELETE = "DELETE FROM domain_blocks WHERE id = :id"
ALLOW_PAGE = PageQuery("""
    -- Newest first. Index: primary key
    SELECT id, domain, created_at FROM domain_allows WHERE id < :before AND id > :after ORDER BY id {order} LIMIT :limit
""")
ONE_ALLOW = "SELECT id, domain, created_at FROM domain_allows WHERE id = :id"
ALLOW_BY_DOMAIN = "SELECT id, domain, created_at FROM domain_allows WHERE domain = :domain"
INSERT_ALLOW = "INSERT INTO domain_allows (id, domain, created_at) VALUES (:id, :domain, :now) ON CONFLICT DO NOTHING"
DELETE_ALLOW = "DELETE FROM domain_allows WHERE id = :id"


def block_from_row(row: Row) -> DomainBlock:
    """Build a DomainBlock from COLUMNS."""
    media, reports, obfuscated = bool(row[3]), bool(row[4]), bool(row[7])
    return DomainBlock(row[0], row[1], Severity(row[2]), media, reports, row[5], row[6], obfuscated, row[8])


def params_of(block: DomainBlock) -> dict[str, object]:
    """Parameters of INSERT and UPDATE."""
    return {
        "id": block.id,
        "domain": block.domain,
        "severity": block.severity.value,
        "rejects_media": int(block.rejects_media),
        "rejects_reports": int(block.rejects_reports),
        "private_comment": block.private_comment,
        "public_comment": block.public_comment,
        "is_obfuscated": int(block.is_obfuscated),
        "created_at": block.created_at_us,
    }


async def list_domain_blocks(reader: Reader, window: Window) -> list[DomainBlock]:
    """Return a page, newest first."""
    return [block_from_row(row) for row in await list_rows(reader, PAGE, window)]


async def list_every_domain_block(reader: Reader) -> list[DomainBlock]:
    """Return all of them by name."""
    return [block_from_row(row) for row in await reader.all(ALL)]


async def get_domain_block(reader: Reader, block_id: int) -> DomainBlock:
    """Return one. Raises BlockNotFound."""
    row = await reader.one(ONE, id=block_id)
    if row is None:
        raise BlockNotFound
    return block_from_row(row)


async def find_domain_block(reader: Reader, domain: str) -> DomainBlock | None:
    """Return the block of this very name, or None."""
    row = await reader.one(BY_DOMAIN, domain=domain)
    return block_from_row(row) if row else None


async def find_covering_block(reader: Reader, domain: str) -> DomainBlock | None:
    """Return the block that holds for a server: its own or that of the nearest name above it. None without one."""
    labels = domain.split(".")
    row = await reader.one(COVERING, names=[".".join(labels[place:]) for place in range(len(labels))])
    return block_from_row(row) if row else None


async def insert_domain_block(tx: Transaction, block: DomainBlock) -> bool:
    """Store a block; False when the name has one."""
    return await tx.run(INSERT, **params_of(block)) == 1


async def update_domain_block(tx: Transaction, block: DomainBlock) -> None:
    """Store every value but the name."""
    await tx.run(UPDATE, **params_of(block))


async def delete_domain_block(tx: Transaction, block_id: int) -> None:
    """Forget a block."""
    await tx.run(DELETE, id=block_id)


async def list_allows(reader: Reader, window: Window) -> list[DomainAllow]:
    """Return a page of welcome servers, newest first."""
    return [DomainAllow(*row) for row in await list_rows(reader, ALLOW_PAGE, window)]


async def get_allow(reader: Reader, allow_id: int) -> DomainAllow:
    """Return one. Raises BlockNotFound."""
    row = await reader.one(ONE_ALLOW, id=allow_id)
    if row is None:
        raise BlockNotFound
    return DomainAllow(*row)


async def find_allow(reader: Reader, domain: str) -> DomainAllow | None:
    """Return the entry of this very name, or None."""
    row = await reader.one(ALLOW_BY_DOMAIN, domain=domain)
    return DomainAllow(*row) if row else None


async def insert_allow(tx: Transaction, allow: DomainAllow) -> bool:
    """Store a welcome server; False when it is."""
    return await tx.run(INSERT_ALLOW, id=allow.id, domain=allow.domain, now=allow.created_at_us) == 1


async def delete_allow(tx: Transaction, allow_id: int) -> None:
    """Forget it."""
    await tx.run(DELETE_ALLOW, id=allow_id)
