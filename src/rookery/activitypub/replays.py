"""Signatures that were used already: each counts once while it is in time.

Owns: the memory of them, bounded and with an age. Never: a signature that nobody has verified, so that strangers cannot
fill it. In memory: after a restart, and in
other processes, what was done before is told by its id, or by its signature (the journal of what came in).
"""

from __future__ import annotations

import hashlib

MOST_SIGNATURES = 200_000


class Replays:
    """Knows the signatures of the last hours by their hashes."""

    def __init__(self, most: int = MOST_SIGNATURES) -> None:
        self.most = most
        self.seen: dict[bytes, int] = {}

    def is_new(self, key_id: str, signature: bytes, expires_s: int, now_s: float) -> bool:
        """Note a verified signature; False when it was noted before and is still in time."""
        name = hashlib.sha256(key_id.encode() + b"\0" + signature).digest()
        if self.seen.get(name, 0) > now_s:
            return False
        self.seen.pop(name, None)
        self.seen[name] = expires_s
        self.forget(now_s)
        return True

    def forget(self, now_s: float) -> None:
        """Drop what is out of time from the old end, and what is over the bound."""
        while self.seen:
            oldest = next(iter(self.seen))
            if self.seen[oldest] > now_s and len(self.seen) <= self.most:
                return
            del self.seen[oldest]
