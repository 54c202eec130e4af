"""Pictures, videos and sounds of a post: what is known of them once the media box has made them safe.

Owns: the noun, focal points, states. Never: decodes a byte.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rookery.model.errors import Conflict, Invalid, NotFound
from rookery.model.ids import AccountId, MediaId, PostId

MEDIA_STATES = ("waiting", "ready", "failed", "far")


class MediaNotFound(NotFound):
    """No such upload of this account, or it already belongs to a post."""

    def __init__(self) -> None:
        super().__init__("no such upload; it may have expired or already belong to a post")


class AltTextRefused(Invalid):
    """A description or focal point breaks a rule."""


class StillWaiting(Conflict):
    """The upload is being prepared and cannot be changed in this way yet."""

    def __init__(self) -> None:
        super().__init__("this upload is still being prepared; wait a moment")


class MediaKind(StrEnum):
    """What an attachment is to a viewer: gifv moves without sound."""

    IMAGE = "image"
    GIFV = "gifv"
    VIDEO = "video"
    AUDIO = "audio"


@dataclass(frozen=True, slots=True)
class Playing:
    """What a video or sound is to a player. rate: frames per second as a fraction, '' for a sound.

    bits: per second. sound_codec '', sound_rate (Hz) and sound_channels 0 where nothing sounds.
    """

    length_ms: int
    rate: str = ""
    bits: int = 0
    sound_codec: str = ""
    sound_rate: int = 0
    sound_channels: int = 0


@dataclass(frozen=True, slots=True)
class Attachment:
    """One picture, video or sound. width, height: pixels. focus: -1.0 to 1.0 from the centre, y upward.

    state: see MEDIA_STATES; far: on another server, at remote_url, and shown from our copy (model/far_files.py), which
    far_token names; such a one that failed stays a link. size_bytes: of all its files.
    playing: for what moves or sounds. kind: a MediaKind, or `unknown` for what another server did not name.
    """

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
    size_bytes: int = 0
    remote_url: str = ""
    preview_remote_url: str = ""
    far_token: str | None = None
    playing: Playing | None = None

    @property
    def plays(self) -> bool:
        """True for what has a length: it stands alone in a post."""
        return self.kind in (MediaKind.VIDEO, MediaKind.AUDIO)


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
