"""Moving from one account to another: the rules and refusals.

Owns: how many aliases, how long between two moves, the sentences. Never: a row (storage/moves.py), a network.
An alias is the address of an account that somebody also is, as that account's own server calls it.
Spec: https://docs.joinmastodon.org/user/moving/, FEP-7628
"""

from __future__ import annotations

from dataclasses import dataclass

from rookery.model.errors import Invalid, NotAllowed, NotFound, TooMany
from rookery.model.ids import AccountId, datetime_from_us

MAX_ALIASES = 10
DAY_US = 86_400 * 1_000_000
REST_DAYS = 30  # between two moves of one of ours, as Mastodon has it
REST_US = REST_DAYS * DAY_US


class AliasRefused(Invalid):
    """Raised with the rule that the alias breaks."""


class NobodyThere(NotFound):
    """No account of this handle could be found, here or elsewhere."""

    def __init__(self, handle: str) -> None:
        super().__init__(f"nobody of this handle was found ({handle}); write it like name@example.org")
        self.handle = handle


class MoveRefused(NotAllowed):
    """Raised with the rule that the move breaks."""


class MovedAway(NotAllowed):
    """Who has moved reads here, and writes there."""

    def __init__(self, handle: str) -> None:
        super().__init__(f"you have moved away ({handle}): write and follow there, or come back in the settings")
        self.handle = handle


class MovedLately(TooMany):
    """The last move of this account is too young."""

    def __init__(self, moved_at_us: int, now_us: int) -> None:
        again_at_us = moved_at_us + REST_US
        day = datetime_from_us(again_at_us).date().isoformat()
        sentence = f"you have moved lately, and can again later ({day}); {REST_DAYS} days lie between two moves"
        super().__init__(sentence, (again_at_us - now_us) // 10**6)
        self.again_at_us = again_at_us


@dataclass(frozen=True, slots=True)
class Move:
    """One move of one of our accounts. follower_count: how many there were then. undone_at_us: when they came back."""

    id: int
    account_id: AccountId
    target_id: AccountId
    moved_at_us: int
    follower_count: int
    undone_at_us: int | None

    @property
    def again_at_us(self) -> int:
        """From when the account may move again."""
        return self.moved_at_us + REST_US
