"""How many different accounts, in one kibibyte: a sketch of the smallest hashes.

Owns: Sketch. Pure. A sketch keeps the SIZE smallest of all hashes that it met. Up to SIZE accounts it knows each of
them and counts exactly; beyond, an account gets in with a probability that is known, and then stands for 1/probability:
the count stays right on average, within 1/sqrt(2 * SIZE), 6 of 100. Who was counted is never counted again.
Spec: Cohen, "All-Distances Sketches, Revisited: HIP Estimators for Massive Graphs Analysis" (IEEE TKDE 2015), §5
"""

from __future__ import annotations

import hashlib
from array import array
from bisect import bisect_left

SIZE = 128
SPAN = 1 << 64


class Sketch:
    """The hashes, in order."""

    __slots__ = ("hashes",)

    def __init__(self, packed: bytes = b"") -> None:
        self.hashes = array("Q")
        self.hashes.frombytes(packed[: len(packed) // 8 * 8])

    def add(self, account_id: int, salt: bytes) -> float:
        """Count an account; return for how many new ones it stands, 0 for one that was met. salt: secret of a server.

        Without a salt somebody could make accounts whose hashes are small, and each would stand for many.
        """
        hashed = hash_of(account_id, salt)
        hashes = self.hashes
        is_full = len(hashes) >= SIZE
        if is_full and hashed >= hashes[-1]:
            return 0.0
        place = bisect_left(hashes, hashed)
        if place < len(hashes) and hashes[place] == hashed:
            return 0.0
        weight = SPAN / hashes[-1] if is_full else 1.0
        hashes.insert(place, hashed)
        if is_full:
            hashes.pop()
        return weight

    def pack(self) -> bytes:
        """Return the sketch as the database keeps it."""
        return self.hashes.tobytes()


def hash_of(account_id: int, salt: bytes) -> int:
    """Return 64 even bits for an account."""
    digest = hashlib.blake2b(account_id.to_bytes(8, "little"), digest_size=8, key=salt).digest()
    return int.from_bytes(digest, "little")
