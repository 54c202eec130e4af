"""How many connections one address has open at once, counted by who is behind the trusted proxies.

Owns: the count, and what is too many. Never: a socket (network/connections.py), a rate (network/limits.py).
A connection of a proxy serves many people, one after the other: there the requests under way are counted instead.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from rookery.network.addresses import client_address, is_among, parse_networks


class Crowd:
    """The open connections of a process. most: of one address, most_in_all: of everybody, 0 for any number."""

    def __init__(self, most: int = 0, *, most_in_all: int = 0, trusted_proxies: Iterable[str] = ()) -> None:
        self.most, self.most_in_all = most, most_in_all
        self.proxies = parse_networks(trusted_proxies)
        self.counts: Counter[str] = Counter()

    def is_proxy(self, peer: str) -> bool:
        """True when a peer speaks for others."""
        return bool(self.proxies) and is_among(peer, self.proxies)

    def subject_behind(self, peer: str, forwarded: str = "") -> str:
        """Return the address that is counted; forwarded: the X-Forwarded-For header."""
        return client_address(peer, forwarded, self.proxies)

    def enter(self, subject: str) -> bool:
        """Count one more; False, and nothing is counted, when there are too many."""
        if self.most and self.counts[subject] >= self.most:
            return False
        self.counts[subject] += 1
        return True

    def leave(self, subject: str) -> None:
        """Count one less."""
        self.counts[subject] -= 1
        if self.counts[subject] <= 0:
            del self.counts[subject]
