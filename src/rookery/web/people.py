"""People as pages show them: name, handle, address, picture or initials.

Owns: Person. Pure: from the noun to what a template prints. Never: trusts a name; templates escape and isolate it.
"""

from __future__ import annotations

from dataclasses import dataclass

from rookery.model.accounts import Account
from rookery.model.far_files import far_path

HUES = 12


@dataclass(frozen=True, slots=True)
class Person:
    """What a line about somebody needs. url, avatar: paths of ours, for far accounts too; avatar None without one.

    domain: of a far account, '' for ours: the same name of an emoji means another picture elsewhere.
    """

    id: int
    name: str
    handle: str
    url: str
    avatar: str | None
    initials: str
    hue: int
    is_bot: bool
    domain: str = ""

    @classmethod
    def of(cls, account: Account) -> Person:
        """Return how an account is shown."""
        name = account.display_name.strip() or account.username
        return cls(
            account.id,
            name,
            f"@{account.handle}",
            f"/@{account.handle}",
            avatar_path(account),
            initials_of(name) or account.username[:1].upper(),
            account.id // 1024 % HUES,
            account.is_bot,
            account.domain,
        )


def avatar_path(account: Account) -> str | None:
    """Return where somebody's picture is, standing still, None without one."""
    if account.far_avatar:
        return far_path(account.far_avatar, is_small=True)
    still = account.avatar_still_key or account.avatar_key
    return f"/media/{still}" if still else None


def header_path(account: Account) -> str | None:
    """The same of the picture across the top of a profile."""
    if account.far_header:
        return far_path(account.far_header, is_small=True)
    still = account.header_still_key or account.header_key
    return f"/media/{still}" if still else None


def initials_of(name: str) -> str:
    """Return one or two letters for a person without a picture."""
    words = [word for word in name.split() if word[0].isalnum()]
    letters = [words[0][0], words[-1][0]] if len(words) > 1 else [word[0] for word in words]
    return "".join(letters).upper()[:2]
