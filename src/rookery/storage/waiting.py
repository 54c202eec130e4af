"""What comes before its time, in SQL: a like before the post, the end of a like before the like.

Owns: the tables `waiting_acts` and `undone_acts`, how many an account may have there and for how long. Servers deliver
at least once and in no order; what arrives too early waits here and both orders end alike.
"""

from __future__ import annotations

from dataclasses import dataclass

from rookery.storage.database import Reader, Transaction

# Nobody fills the tables with what will never come: an account's oldest rows make room, a week ends all of them.
MOST_PER_ACCOUNT = 1000
KEPT_US = 7 * 86_400 * 1_000_000
PUT_ACT = """
    INSERT INTO waiting_acts (post_uri, kind, account_id, uri, audience, happened_at, kept_at)
    VALUES (:post_uri, :kind, :account_id, :uri, :audience, :happened_at, :kept_at) ON CONFLICT DO NOTHING
"""
ACTS_ON = """
    SELECT post_uri, kind, account_id, uri, audience, happened_at FROM waiting_acts WHERE post_uri = :post_uri
    ORDER BY kept_at, account_id, kind
"""
DROP_ACT = "DELETE FROM waiting_acts WHERE post_uri = :post_uri AND kind = :kind AND account_id = :account_id"
DROP_ACT_BY_URI = "DELETE FROM waiting_acts WHERE uri = :uri AND account_id = :account_id"
DROP_ACTS_ON = "DELETE FROM waiting_acts WHERE post_uri = :post_uri"
MAKE_ROOM = """
    -- Index: waiting_acts_account (account_id, kept_at)
    DELETE FROM waiting_acts WHERE account_id = :account_id AND kept_at < coalesce((SELECT w.kept_at
        FROM waiting_acts w WHERE w.account_id = :account_id ORDER BY w.kept_at DESC LIMIT 1 OFFSET :most), 0)
"""
FORGET_ACTS = "DELETE FROM waiting_acts WHERE kept_at < :before"
PUT_UNDONE = """
    INSERT INTO undone_acts (uri, account_id, undone_at) VALUES (:uri, :account_id, :now) ON CONFLICT DO NOTHING
"""
TAKE_UNDONE = "DELETE FROM undone_acts WHERE uri = :uri AND account_id = :account_id"
MAKE_ROOM_UNDONE = """
    -- Index: undone_acts_account (account_id, undone_at)
    DELETE FROM undone_acts WHERE account_id = :account_id AND undone_at < coalesce((SELECT u.undone_at
        FROM undone_acts u WHERE u.account_id = :account_id ORDER BY u.undone_at DESC LIMIT 1 OFFSET :most), 0)
"""
FORGET_UNDONE = "DELETE FROM undone_acts WHERE undone_at < :before"


@dataclass(frozen=True, slots=True)
class WaitingAct:
    """Something that an account did to a post that is not here. kind: like, repost or pin. uri: of the act, or ''."""

    post_uri: str
    kind: str
    account_id: int
    uri: str = ""
    audience: int = 0
    happened_at_us: int = 0


async def put_act(tx: Transaction, act: WaitingAct, now_us: int) -> None:
    """Keep an act until its post comes; the first of its kind by this account stays."""
    await tx.run(
        PUT_ACT,
        post_uri=act.post_uri,
        kind=act.kind,
        account_id=act.account_id,
        uri=act.uri,
        audience=act.audience,
        happened_at=act.happened_at_us,
        kept_at=now_us,
    )
    await tx.run(MAKE_ROOM, account_id=act.account_id, most=MOST_PER_ACCOUNT - 1)


async def list_acts(reader: Reader, post_uri: str) -> list[WaitingAct]:
    """Return what waits for a post, first come first."""
    return [WaitingAct(*row) for row in await reader.all(ACTS_ON, post_uri=post_uri)]


async def drop_act(tx: Transaction, post_uri: str, kind: str, account_id: int) -> bool:
    """Forget one act; False when there was none."""
    return await tx.run(DROP_ACT, post_uri=post_uri, kind=kind, account_id=account_id) == 1


async def drop_act_by_uri(tx: Transaction, uri: str, account_id: int) -> bool:
    """Forget the act of this uri; False when there was none."""
    return bool(uri) and await tx.run(DROP_ACT_BY_URI, uri=uri, account_id=account_id) >= 1


async def drop_acts_on(tx: Transaction, post_uri: str) -> None:
    """Forget all that waits for a post: it is here, or will never be."""
    await tx.run(DROP_ACTS_ON, post_uri=post_uri)


async def note_undone(tx: Transaction, uri: str, account_id: int, now_us: int) -> None:
    """Remember the end of an act that has not come."""
    if uri:
        await tx.run(PUT_UNDONE, uri=uri, account_id=account_id, now=now_us)
        await tx.run(MAKE_ROOM_UNDONE, account_id=account_id, most=MOST_PER_ACCOUNT - 1)


async def take_undone(tx: Transaction, uri: str, account_id: int) -> bool:
    """True, once, when an act ended before it came."""
    return bool(uri) and await tx.run(TAKE_UNDONE, uri=uri, account_id=account_id) == 1


async def forget_waiting(tx: Transaction, now_us: int) -> None:
    """Forget what waited too long."""
    await tx.run(FORGET_ACTS, before=now_us - KEPT_US)
    await tx.run(FORGET_UNDONE, before=now_us - KEPT_US)
