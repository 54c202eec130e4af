"""Why a video or sound was not taken, in sentences that a person can act on.

Owns: the RecordingRefused tree. Never: HTTP codes.
"""

from rookery.media.errors import MediaRefused
from rookery.model.errors import Invalid, Unavailable


class RecordingRefused(MediaRefused):
    """No video and no sound came out."""


class UnknownFormat(RecordingRefused, Invalid):
    """The first bytes belong to nothing that we open, whatever the file is called."""

    def __init__(self) -> None:
        super().__init__(
            "this file is no picture (JPEG, PNG, GIF, WebP, AVIF, HEIC), video (MP4, MOV, WebM, MKV, Ogg, 3GP) or sound"
            " (MP3, Ogg, WAV, FLAC, AAC, M4A) that can be read here; convert it to one of these"
        )


class RecordingTooLarge(RecordingRefused, Invalid):
    """Over a limit. measure: one of MEASURES; found and limit count those."""

    def __init__(self, measure: str, found: int, limit: int) -> None:
        super().__init__(MEASURES[measure].format(found=f"{found:,}", limit=f"{limit:,}"))
        self.measure, self.found, self.limit = measure, found, limit


MEASURES = {
    "bytes": "the recording has {found} bytes, this server takes at most {limit}; make it shorter or smaller",
    "pixels": "the video has {found} pixels, this server takes at most {limit}; make it smaller",
    "seconds": "the recording plays for {found} seconds, this server takes at most {limit}; cut it",
    "frames per second": "the video has {found} frames per second, this server takes at most {limit}; slow it down",
    "output bytes": "the recording would become {found} bytes large, at most {limit} are kept; make it shorter",
}


class RecordingDamaged(RecordingRefused, Invalid):
    """The decoder gave up. detail: its own words, for a log only: the file can shape them."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("the recording is damaged, or of a kind that cannot be read here; save it as MP4 or MP3")
        self.detail = detail


class RecordingTooSlow(RecordingRefused, Invalid):
    """The child was stopped at the deadline. limit_s: seconds, of wall clock."""

    def __init__(self, limit_s: float) -> None:
        super().__init__(f"the recording took longer than {limit_s:g} s to prepare; send a shorter or simpler one")
        self.limit_s = limit_s


class RecordingsOff(RecordingRefused, Invalid):
    """No videos and sounds are taken here: its operator chose so, or its library is known to be unsafe."""

    def __init__(self, why: str) -> None:
        super().__init__(f"videos and sounds are not taken here ({why}); send a picture instead")


class QueueFull(RecordingRefused, Unavailable):
    """Too many recordings wait already, of this person or of all."""

    may_retry = True

    def __init__(self) -> None:
        Unavailable.__init__(self, "many videos wait to be prepared; try again in a few minutes", 120)
