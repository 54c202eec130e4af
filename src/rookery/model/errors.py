"""The few kinds of refusal that every room derives its own errors from.

Owns: kinds, not texts. A room subclasses these with its sentence beside the class and fields for machines; only the
faces know which HTTP code a kind becomes. The sentence says what a person can do next.
"""

from __future__ import annotations


class Refusal(Exception):
    """A request that we understood and do not carry out. The text may be shown to the person who asked."""


class NotFound(Refusal):
    """Absent, or not for this viewer: the two are never told apart."""


class NotAllowed(Refusal):
    """The caller is known and may not do this."""


class NotSignedIn(Refusal):
    """Nobody is signed in, or the token or session has ended."""


class Invalid(Refusal):
    """A value breaks a rule; nothing was changed."""


class Malformed(Refusal):
    """The request cannot be read at all: a missing parameter, a broken body."""


class Conflict(Refusal):
    """Somebody else was first; the newer state must be read again."""


class TooMany(Refusal):
    """Asked too often. `retry_after_s` says when to come back."""

    def __init__(self, sentence: str, retry_after_s: int) -> None:
        super().__init__(sentence)
        self.retry_after_s = retry_after_s


class TooLarge(Refusal):
    """The body is over the limit of its route."""


class Unavailable(Refusal):
    """A part of the server cannot answer now; nothing was acknowledged. `retry_after_s` says when to try again."""

    def __init__(self, sentence: str, retry_after_s: int = 5) -> None:
        super().__init__(sentence)
        self.retry_after_s = retry_after_s
