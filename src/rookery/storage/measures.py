"""What staff has done to accounts and domains, and the standing of an account that follows from both.

Owns: the table `account_measures`; the columns suspended_at and silenced_at of `accounts`, which are the sum of an
account's own measures, its server's, and those against its server, so that every gate asks one column. Never: decides.
"""

from __future__ import annotations

from rookery.storage.database import Reader, Transaction

# A block is on a server and everything below its name; the nearest name wins. An account has two names: that of its
# handle and that of the server where it is, and a block of either holds.
BLOCK_OF = """
    (SELECT d.severity FROM domain_blocks d
        WHERE accounts.domain = d.domain OR accounts.domain LIKE '%.' || d.domain
        ORDER BY length(d.domain) DESC LIMIT 1)
"""
BLOCK_OF_HOST = """
    (SELECT d.severity FROM far_accounts h
        JOIN domain_blocks d ON h.host = d.domain OR h.host LIKE '%.' || d.domain
        WHERE h.account_id = accounts.id ORDER BY length(d.domain) DESC LIMIT 1)
"""
SETTLED = f"""
    UPDATE accounts SET version = version + 1,
        suspended_at = coalesce((SELECT m.suspended_at FROM account_measures m WHERE m.account_id = accounts.id),
            (SELECT f.suspended_at FROM far_accounts f WHERE f.account_id = accounts.id),
            CASE WHEN domain <> '' AND 'suspend' IN ({BLOCK_OF}, {BLOCK_OF_HOST}) THEN created_at END),
        silenced_at = coalesce((SELECT m.silenced_at FROM account_measures m WHERE m.account_id = accounts.id),
            CASE WHEN domain <> '' AND 'silence' IN ({BLOCK_OF}, {BLOCK_OF_HOST}) THEN created_at END)
"""
SETTLE_ACCOUNT = f"{SETTLED} WHERE id = :id"
OF_DOMAIN = """
    domain = :domain OR domain LIKE '%.' || CAST(:domain AS text) OR id IN (SELECT account_id FROM far_accounts
        WHERE host = :domain OR host LIKE '%.' || CAST(:domain AS text))
"""
SETTLE_DOMAIN = f"{SETTLED} WHERE {OF_DOMAIN}"
ACCOUNTS_OF_DOMAIN = f"SELECT id, suspended_at FROM accounts WHERE {OF_DOMAIN}"
ENSURE = "INSERT INTO account_measures (account_id) VALUES (:id) ON CONFLICT DO NOTHING"
SET = {
    column: f"UPDATE account_measures SET {column} = :at WHERE account_id = :id"
    for column in ("suspended_at", "silenced_at", "sensitive_at")
}
SENSITIVE = "SELECT account_id FROM account_measures WHERE account_id IN (:ids...) AND sensitive_at IS NOT NULL"
OWN_SUSPENSION = "SELECT suspended_at FROM account_measures WHERE account_id = :id"


async def set_measure(tx: Transaction, account_id: int, column: str, at_us: int | None) -> None:
    """Note a measure's moment, or its end with None, and settle the account. column: suspended_at and the like."""
    await tx.run(ENSURE, id=account_id)
    await tx.run(SET[column], id=account_id, at=at_us)
    await tx.run(SETTLE_ACCOUNT, id=account_id)


async def settle_account(tx: Transaction, account_id: int) -> None:
    """Give an account the standing that its own measures and its server's block make."""
    await tx.run(SETTLE_ACCOUNT, id=account_id)


async def settle_domain(tx: Transaction, domain: str) -> list[int]:
    """The same for every account of a server and below its name; return those whose suspension changed."""
    before = {row[0]: row[1] for row in await tx.all(ACCOUNTS_OF_DOMAIN, domain=domain)}
    await tx.run(SETTLE_DOMAIN, domain=domain)
    after = {row[0]: row[1] for row in await tx.all(ACCOUNTS_OF_DOMAIN, domain=domain)}
    return [account_id for account_id in after if (before.get(account_id) is None) != (after[account_id] is None)]


async def list_sensitive(reader: Reader, ids: list[int]) -> set[int]:
    """Return those of the accounts whose pictures are all sensitive."""
    return {row[0] for row in await reader.all(SENSITIVE, ids=ids)}


async def find_suspension(reader: Reader, account_id: int) -> int | None:
    """Return since when the account itself is suspended; None when it is not, or its server alone is."""
    row = await reader.one(OWN_SUSPENSION, id=account_id)
    return row[0] if row else None
