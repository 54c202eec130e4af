"""Passwords: argon2id in a small pool of threads, and the brake on guessing.

Owns: hashing, verifying, the parameters, the limit of guesses per account. Never: stores a hash (storage/members.py).
One hash takes about 20 ms and 19 MiB, so a surge of sign-ins must queue instead of filling every core: the pool has as
many threads as it may use, the queue is bounded, and who finds it full is told to come back. Verifying against no
account takes as long as against one, so that timing says nothing about who is a member.
Spec: OWASP Password Storage Cheat Sheet (Argon2id, m=19456 KiB, t=2, p=1); RFC 9106.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from rookery.model.errors import TooMany, Unavailable
from rookery.model.members import MAX_PASSWORD_CHARACTERS
from rookery.network.limits import Limit, Limiter

P = ParamSpec("P")
T = TypeVar("T")
MAX_WAITING = 200
MAX_SIGN_UPS_WAITING = 50  # the rest of the queue is for people who are here already
GUESSES = Limit("password_guesses", 10, 300, by="account")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one hash costs."""

    memory_kib: int = 19_456
    passes: int = 2


# For tests alone: the smallest that argon2 accepts.
CHEAP = Cost(memory_kib=8, passes=1)


class PasswordPool:
    """Made once by ops. limiter: the server's own, so that test mode switches this brake off too."""

    def __init__(self, limiter: Limiter, *, cost: Cost | None = None, threads: int | None = None) -> None:
        cost = cost or Cost()
        self.limiter = limiter
        self.hasher = PasswordHasher(time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=1)
        self.threads = threads or max(1, (os.cpu_count() or 2) // 2)
        self.executor = ThreadPoolExecutor(self.threads, "password")
        self.waiting = 0
        self.nobodys_hash = self.hasher.hash("nobody has this password")

    async def hash(self, password: str, *, most_waiting: int = MAX_WAITING) -> str:
        """Return the encoded hash of a password. Raises Unavailable when too many wait."""
        self.check_queue(most_waiting)
        return await self.queue(self.hasher.hash, password)

    async def verify(self, subject: str | int, stored_hash: str | None, password: str) -> bool:
        """True when the password is the one of the hash; as slow for None.

        subject: the account, or the text typed for an unknown one, whose guesses are counted: ten in five minutes, a
        right one clears the count. Raises TooMany, Unavailable.
        """
        self.count_guess(subject)
        is_right = await self.queue(self.compare, stored_hash, password)
        if is_right:
            self.limiter.buckets.pop((GUESSES.name, subject), None)
        return is_right

    def needs_rehash(self, stored_hash: str) -> bool:
        """True when the hash was made with other parameters than today's."""
        return self.hasher.check_needs_rehash(stored_hash)

    def count_guess(self, subject: str | int) -> None:
        """Count before comparing, so that guesses sent at the same moment count too. Raises TooMany."""
        if self.limiter.is_off:
            return
        if self.limiter.take(GUESSES, subject).is_over:
            raise TooMany("too many wrong passwords for this account; try again in a few minutes", GUESSES.per_s)

    def compare(self, stored_hash: str | None, password: str) -> bool:
        """On a thread of the pool: compare, against nobody's hash when there is none or it is no hash."""
        if len(password) > MAX_PASSWORD_CHARACTERS:
            password, stored_hash = "", None
        try:
            return self.hasher.verify(stored_hash or self.nobodys_hash, password) and stored_hash is not None
        except InvalidHashError:
            return False
        except VerificationError:
            return False

    async def queue(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Wait for a thread. Raises Unavailable when too many wait already."""
        self.check_queue(MAX_WAITING)
        self.waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self.executor, lambda: work(*args, **kwargs))
        finally:
            self.waiting -= 1

    def check_queue(self, most_waiting: int) -> None:
        """Raises Unavailable when too many wait already."""
        if self.waiting >= most_waiting:
            raise Unavailable("too many people are signing in at this moment; try again in a few seconds", 10)

    def close(self) -> None:
        """Let the threads end."""
        self.executor.shutdown(wait=False, cancel_futures=True)
