"""Apps, the grants that people give them, and their access tokens, in SQL.

Owns: the tables `apps`, `grants`, `access_tokens`. Never: sees a secret, code or token, only its SHA-256. Ending a
token is the matter of actions/revocation.py alone (K7).
"""

from __future__ import annotations

from dataclasses import dataclass

from rookery.model.ids import AccountId, AppId, TokenId
from rookery.storage.database import Reader, Transaction
from rookery.storage.encoding import decode_texts, encode
from rookery.storage.sql import Row

APP_COLUMNS = "id, client_id, client_secret, name, redirect_uris, scopes, website, created_at"
FIND_APP = f"SELECT {APP_COLUMNS} FROM apps WHERE id = :id"
FIND_CLIENT = f"SELECT {APP_COLUMNS} FROM apps WHERE client_id = :client_id"
INSERT_APP = f"""
    INSERT INTO apps ({APP_COLUMNS})
    VALUES (:id, :client_id, :client_secret, :name, :redirect_uris, :scopes, :website, :created_at)
    ON CONFLICT DO NOTHING
"""
INSERT_GRANT = """
    INSERT INTO grants (code_hash, app_id, account_id, redirect_uri, scopes, challenge, expires_at)
    VALUES (:code_hash, :app_id, :account_id, :redirect_uri, :scopes, :challenge, :expires_at)
"""
FIND_GRANT = """
    SELECT code_hash, app_id, account_id, redirect_uri, scopes, challenge, expires_at, used_token_id
    FROM grants WHERE code_hash = :code_hash
"""
USE_GRANT = """
    -- Once only: the second of two at the same moment changes no row.
    UPDATE grants SET used_token_id = :token_id WHERE code_hash = :code_hash AND used_token_id IS NULL
"""
DELETE_GRANTS = "DELETE FROM grants WHERE account_id = :account_id"
DELETE_APP_GRANTS = "DELETE FROM grants WHERE account_id = :account_id AND app_id = :app_id"
PRUNE_GRANTS = "DELETE FROM grants WHERE expires_at < :before"
ACCESS_BY_HASH = """
    -- Index: access_tokens (token_hash). Everything that a caller is, in one look-up.
    SELECT t.id, t.app_id, t.account_id, t.scopes, t.last_used_at, m.role, m.state, a.suspended_at
    FROM access_tokens t LEFT JOIN members m ON m.account_id = t.account_id
    LEFT JOIN accounts a ON a.id = t.account_id WHERE t.token_hash = :token_hash
"""
INSERT_ACCESS = """
    INSERT INTO access_tokens (id, token_hash, app_id, account_id, scopes, created_at)
    VALUES (:id, :token_hash, :app_id, :account_id, :scopes, :created_at)
"""
TOUCH_TOKENS = "UPDATE access_tokens SET last_used_at = :now WHERE id IN (:ids...)"
LIST_AUTHORIZED = """
    -- Every token of a person with its app, newest first. Index: access_tokens_account (account_id, app_id)
    SELECT t.id, t.scopes, t.created_at, t.last_used_at, p.id, p.name, p.website
    FROM access_tokens t JOIN apps p ON p.id = t.app_id WHERE t.account_id = :account_id ORDER BY t.id DESC
"""
DELETE_TOKENS = "DELETE FROM access_tokens WHERE account_id = :account_id AND id IN (:ids...) RETURNING id"
DELETE_OWN_TOKENS = "DELETE FROM access_tokens WHERE account_id IS NULL AND id IN (:ids...) RETURNING id"
DELETE_APP_TOKENS = "DELETE FROM access_tokens WHERE account_id = :account_id AND app_id = :app_id RETURNING id"
DELETE_EVERY_ACCESS = "DELETE FROM access_tokens WHERE account_id = :account_id RETURNING id"


@dataclass(frozen=True, slots=True)
class RegisteredApp:
    """An app that somebody registered. secret_hash: of the client secret, which is shown once and not kept."""

    id: AppId
    client_id: str
    secret_hash: str
    name: str
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]
    website: str | None
    created_at_us: int


@dataclass(frozen=True, slots=True)
class Grant:
    """A person's yes to an app, waiting to be exchanged for a token. challenge: PKCE S256, or None."""

    code_hash: str
    app_id: AppId
    account_id: AccountId
    redirect_uri: str
    scopes: tuple[str, ...]
    challenge: str | None
    expires_at_us: int
    used_token_id: TokenId | None = None


@dataclass(frozen=True, slots=True)
class TokenRow:
    """What an access token stands for. account_id None: the app for itself; then role and state are None too."""

    id: TokenId
    app_id: AppId
    account_id: AccountId | None
    scopes: str
    last_used_at_us: int | None
    role: str | None
    state: str | None
    suspended_at_us: int | None


@dataclass(frozen=True, slots=True)
class AuthorizedToken:
    """One line of the list of apps that may act for a person."""

    token_id: TokenId
    scopes: str
    created_at_us: int
    last_used_at_us: int | None
    app_id: AppId
    app_name: str
    website: str | None


def app_from_row(row: Row) -> RegisteredApp:
    """Build a RegisteredApp from APP_COLUMNS."""
    number, client_id, secret_hash, name, redirect_uris, scopes, website, created_at = row
    return RegisteredApp(
        number, client_id, secret_hash, name, decode_texts(redirect_uris), tuple(scopes.split()), website, created_at
    )


async def find_app(reader: Reader, app_id: int) -> RegisteredApp | None:
    """Return an app, or None."""
    row = await reader.one(FIND_APP, id=app_id)
    return app_from_row(row) if row else None


async def find_client(reader: Reader, client_id: str) -> RegisteredApp | None:
    """Return the app of a client id, or None."""
    row = await reader.one(FIND_CLIENT, client_id=client_id)
    return app_from_row(row) if row else None


async def insert_app(tx: Transaction, app: RegisteredApp) -> bool:
    """Store a new app; False when the client id is taken."""
    inserted = await tx.run(
        INSERT_APP,
        id=app.id,
        client_id=app.client_id,
        client_secret=app.secret_hash,
        name=app.name,
        redirect_uris=encode(app.redirect_uris),
        scopes=" ".join(app.scopes),
        website=app.website,
        created_at=app.created_at_us,
    )
    return inserted == 1


async def insert_grant(tx: Transaction, grant: Grant) -> None:
    """Store a person's yes."""
    await tx.run(
        INSERT_GRANT,
        code_hash=grant.code_hash,
        app_id=grant.app_id,
        account_id=grant.account_id,
        redirect_uri=grant.redirect_uri,
        scopes=" ".join(grant.scopes),
        challenge=grant.challenge,
        expires_at=grant.expires_at_us,
    )


async def find_grant(reader: Reader, code_hash: str) -> Grant | None:
    """Return the grant of a code's hash, used ones too, or None."""
    row = await reader.one(FIND_GRANT, code_hash=code_hash)
    if row is None:
        return None
    code_hash, app_id, account_id, redirect_uri, scopes, challenge, expires_at, used_token_id = row
    return Grant(
        code_hash, app_id, account_id, redirect_uri, tuple(scopes.split()), challenge, expires_at, used_token_id
    )


async def use_grant(tx: Transaction, code_hash: str, token_id: int) -> bool:
    """Spend a grant on a token; False when it is spent already or gone."""
    return await tx.run(USE_GRANT, code_hash=code_hash, token_id=token_id) == 1


async def delete_grants(tx: Transaction, account_id: int, *, app_id: int | None = None) -> None:
    """Take back what a person granted, to all apps or to one."""
    if app_id is None:
        await tx.run(DELETE_GRANTS, account_id=account_id)
    else:
        await tx.run(DELETE_APP_GRANTS, account_id=account_id, app_id=app_id)


async def prune_grants(tx: Transaction, before_us: int) -> int:
    """Drop grants that expired before a moment; return how many."""
    return await tx.run(PRUNE_GRANTS, before=before_us)


async def find_token(reader: Reader, token_hash: str) -> TokenRow | None:
    """Return what the hash of an access token stands for, or None."""
    row = await reader.one(ACCESS_BY_HASH, token_hash=token_hash)
    return TokenRow(*row) if row else None


async def insert_token(
    tx: Transaction,
    token_id: int,
    token_hash: str,
    *,
    app_id: int,
    account_id: int | None,
    scopes: tuple[str, ...],
    created_at_us: int,
) -> None:
    """Store a new access token. account_id None: the app's own. Raises Duplicate for a chosen one that exists."""
    await tx.run(
        INSERT_ACCESS,
        id=token_id,
        token_hash=token_hash,
        app_id=app_id,
        account_id=account_id,
        scopes=" ".join(scopes),
        created_at=created_at_us,
    )


async def touch_tokens(tx: Transaction, ids: list[int], now_us: int) -> None:
    """Note that these tokens are in use."""
    await tx.run(TOUCH_TOKENS, ids=ids, now=now_us)


async def list_authorized(reader: Reader, account_id: int) -> list[AuthorizedToken]:
    """Return every token that acts for a person, with its app, newest first."""
    return [AuthorizedToken(*row) for row in await reader.all(LIST_AUTHORIZED, account_id=account_id)]


async def delete_tokens(tx: Transaction, account_id: int | None, ids: list[int]) -> list[int]:
    """End some tokens of a person, or of apps themselves for None; return those that existed."""
    if account_id is None:
        rows = await tx.all(DELETE_OWN_TOKENS, ids=ids)
    else:
        rows = await tx.all(DELETE_TOKENS, account_id=account_id, ids=ids)
    return [row[0] for row in rows]


async def delete_app_tokens(tx: Transaction, account_id: int, app_id: int) -> list[int]:
    """End all tokens with which one app acts for a person; return them."""
    return [row[0] for row in await tx.all(DELETE_APP_TOKENS, account_id=account_id, app_id=app_id)]


async def delete_every_token(tx: Transaction, account_id: int) -> list[int]:
    """End all tokens of a person; return them."""
    return [row[0] for row in await tx.all(DELETE_EVERY_ACCESS, account_id=account_id)]
