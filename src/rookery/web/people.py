"""People as pages show them: name, handle, address, picture or initials.

Owns: Person. Pure: from the noun to what a template prints. Never: trusts a name; templates escape and isolate it.
"""

from __future__ import annotations

from dataclasses import dataclass

from rookery.model.accounts import Account

HUES = 12


@dataclass(frozen=True, slots=True)
class Person:
    """What a line about somebody needs. url: a path of ours, for far accounts too. avatar: a path or None."""

    id: int
    name: str
    handle: str
    url: str
    avatar: str | None
    initials: str
    hue: int
    is_bot: bool

    @classmethod
    def of(cls, account: Account) -> Person:
        """Return how an account is shown."""
        name = account.display_name.strip() or account.username
        still = account.avatar_still_key or account.avatar_key
        return cls(
            account.id,
            name,
            f"@{account.handle}",
            f"/@{account.handle}",
            f"/media/{still}" if still else None,
            initials_of(name) or account.username[:1].upper(),
            account.id // 1024 % HUES,
            account.is_bot,
        )


def initials_of(name: str) -> str:
    """Return one or two letters for a person without a picture."""
    words = [word for word in name.split() if word[0].isalnum()]
    letters = [words[0][0], words[-1][0]] if len(words) > 1 else [word[0] for word in words]
    return "".join(letters).upper()[:2]
