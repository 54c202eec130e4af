"""Why a picture was not taken, in sentences that a person can act on.

Owns: the MediaRefused tree. Never: HTTP codes; a face answers 503 where `may_retry` is true and 422 otherwise.
"""

from rookery.model.errors import Invalid, Refusal, Unavailable


class MediaRefused(Refusal):
    """No picture came out. may_retry: True if the same picture may well pass later, so a job should keep it."""

    may_retry = False


class UnknownPictureFormat(MediaRefused, Invalid):
    """The first bytes belong to none of the formats that we decode, whatever the file is called."""

    def __init__(self) -> None:
        super().__init__("this file is not a JPEG, PNG, GIF, WebP, AVIF or HEIC picture; convert it to one of these")


class PictureTooLarge(MediaRefused, Invalid):
    """Refused before decoding. measure: "bytes", "pixels", "frames" or "output bytes"; found and limit count those."""

    def __init__(self, measure: str, found: int, limit: int) -> None:
        super().__init__(f"the picture has {found:,} {measure}, this server takes at most {limit:,}; make it smaller")
        self.measure, self.found, self.limit = measure, found, limit


class PictureDamaged(MediaRefused, Invalid):
    """The decoder gave up. detail: the decoder's own words, for a log only: the picture can shape them."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("the picture is damaged or incomplete; open it in a photo program and save it anew")
        self.detail = detail


class PictureTooSlow(MediaRefused, Invalid):
    """The child was stopped at the deadline. limit_s: seconds, of wall clock."""

    def __init__(self, limit_s: float) -> None:
        super().__init__(f"the picture took longer than {limit_s:g} s to read; send a smaller or simpler one")
        self.limit_s = limit_s


class MediaBoxDown(MediaRefused, Unavailable):
    """Not the picture's fault: the child did not start, was killed from outside, or the box is closed."""

    may_retry = True

    def __init__(self, reason: str) -> None:
        Unavailable.__init__(self, f"pictures cannot be processed just now ({reason}); try again in a minute", 60)
        self.reason = reason
