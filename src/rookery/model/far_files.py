"""Files of other servers that posts and profiles here show: what they are called with us, and how they may be away.

Owns: the noun, the token, the refusals. Never: fetches. A token is random: who does not get it from a post, a profile
or an emoji that they may see cannot make one up, and a token stands for one link of one owner, never for any link.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NewType

from rookery.model.errors import NotFound, Unavailable

FarToken = NewType("FarToken", str)
TOKEN_SHAPE: Final = re.compile(r"[0-9a-f]{32}")
RETRY_S = 10


class FarFileKind(StrEnum):
    """What a far file is to its owner: an attachment, an account or an emoji. The words are the media box's, too."""

    ATTACHMENT = "attachment"
    AVATAR = "avatar"
    HEADER = "header"
    EMOJI = "emoji"


class FarFileNotFound(NotFound):
    """We name no such file, or what is there is nothing that we show."""

    def __init__(self) -> None:
        super().__init__("no such file")


class FarFileAway(Unavailable):
    """The file is on its way, or its server does not answer just now."""

    def __init__(self, retry_after_s: int = RETRY_S) -> None:
        super().__init__("this picture is being fetched from its server; look again in a moment", retry_after_s)


@dataclass(frozen=True, slots=True)
class FarFile:
    """One file by its link. domain: of its owner. media_id, account_id, shortcode: the owner, all None when it is gone.

    blob_key, small_key: our copy, and its preview or still picture; None while we have none. size_bytes: of both.
    wanted_at_us: when somebody last looked, to a day. kept_until_us: how long it stays without being wanted again.
    due_at_us: not to be asked for before, after failures. is_refused: its server, or the media box, said no for good.
    """

    token: FarToken
    kind: FarFileKind
    domain: str
    url: str
    media_id: int | None = None
    account_id: int | None = None
    shortcode: str | None = None
    blob_key: str | None = None
    small_key: str | None = None
    size_bytes: int = 0
    wanted_at_us: int = 0
    kept_until_us: int = 0
    failure_count: int = 0
    due_at_us: int = 0
    is_refused: bool = False

    @property
    def is_owned(self) -> bool:
        """False once the post, account or emoji that named it is gone."""
        return self.media_id is not None or self.account_id is not None or self.shortcode is not None

    @property
    def belongs_to_face(self) -> bool:
        """True for what stands beside many posts: avatars, headers, emoji."""
        return self.kind is not FarFileKind.ATTACHMENT


def new_far_token() -> FarToken:
    """Return a fresh token: 128 random bits."""
    return FarToken(secrets.token_hex(16))


def parse_far_token(raw: str) -> FarToken:
    """Raises FarFileNotFound for what we never gave out."""
    if not TOKEN_SHAPE.fullmatch(raw):
        raise FarFileNotFound
    return FarToken(raw)


def far_path(token: str, *, is_small: bool = False) -> str:
    """Return the path at which we show a far file, the same whether we have it or not."""
    return f"/media/far/{token}/{'small' if is_small else 'whole'}"
