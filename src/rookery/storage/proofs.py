"""When somebody last proved to be who they are, and challenges that were answered.

Owns: the tables `session_proofs`, `spent_challenges`. A session's sign-in is its first proof.
"""

from __future__ import annotations

from rookery.storage.database import Reader, Transaction

FIND_PROOF = """
    SELECT s.created_at, p.proved_at FROM sessions s LEFT JOIN session_proofs p ON p.session_id = s.id
    WHERE s.id = :session_id AND s.account_id = :account_id
"""
NOTE_PROOF = """
    INSERT INTO session_proofs (session_id, proved_at)
    SELECT id, :now FROM sessions WHERE id = :session_id AND account_id = :account_id
    ON CONFLICT (session_id) DO UPDATE SET proved_at = excluded.proved_at
"""
SPEND_CHALLENGE = """
    INSERT INTO spent_challenges (nonce, expires_at) VALUES (:nonce, :expires_at) ON CONFLICT DO NOTHING
"""
PRUNE_SPENT = "DELETE FROM spent_challenges WHERE expires_at < :now"


async def find_proof(reader: Reader, account_id: int, session_id: int) -> int | None:
    """Return when the person of a session last proved who they are, in microseconds; None for no such session."""
    row = await reader.one(FIND_PROOF, account_id=account_id, session_id=session_id)
    return max(row[0], row[1] or 0) if row else None


async def note_proof(tx: Transaction, account_id: int, session_id: int, now_us: int) -> bool:
    """Note a proof; False when the session is over."""
    return await tx.run(NOTE_PROOF, account_id=account_id, session_id=session_id, now=now_us) == 1


async def spend_challenge(tx: Transaction, nonce: str, expires_at_us: int) -> bool:
    """Mark a challenge as answered; False when it was before."""
    return await tx.run(SPEND_CHALLENGE, nonce=nonce, expires_at=expires_at_us) == 1


async def prune_spent(tx: Transaction, now_us: int) -> int:
    """Forget challenges that nobody could answer any more; return how many."""
    return await tx.run(PRUNE_SPENT, now=now_us)
