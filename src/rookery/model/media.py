"""Pictures of a post: what is known of them once the media box has made them safe.

Owns: the noun, focal points, states. Never: decodes a byte.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rookery.model.errors import Invalid, NotFound
from rookery.model.ids import AccountId, MediaId, PostId

MEDIA_STATES = ("waiting", "ready", "failed")


class MediaNotFound(NotFound):
    """No such upload of this account, or it already belongs to a post."""

    def __init__(self) -> None:
        super().__init__("no such upload; it may have expired or already belong to a post")


class AltTextRefused(Invalid):
    """A description or focal point breaks a rule."""


class MediaKind(StrEnum):
    """What an attachment is to a viewer: gifv moves without sound."""

    IMAGE = "image"
    GIFV = "gifv"


@dataclass(frozen=True, slots=True)
class Attachment:
    """One picture. width, height: pixels. focus: -1.0 to 1.0 from the centre, y upward. state: see MEDIA_STATES."""

    id: MediaId
    account_id: AccountId
    post_id: PostId | None
    kind: str
    state: str
    mime: str
    blob_key: str | None
    preview_key: str | None
    width: int
    height: int
    preview_width: int
    preview_height: int
    focus_x: float
    focus_y: float
    description: str
    blurhash: str | None
    error: str | None = None


def parse_focus(raw: str) -> tuple[float, float]:
    """Read `x,y`, each -1.0 to 1.0. Raises AltTextRefused."""
    parts = raw.split(",")
    try:
        x, y = (float(part) for part in parts)
    except ValueError:
        raise AltTextRefused("a focal point is two numbers between -1 and 1, like 0.2,-0.5") from None
    if not (-1 <= x <= 1 and -1 <= y <= 1):
        raise AltTextRefused("a focal point is two numbers between -1 and 1, like 0.2,-0.5")
    return x, y
