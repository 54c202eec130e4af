"""The header that tells apps of a route which has a better one now.

Spec: RFC 9745 (Deprecation: a date as `@` and seconds since 1970)
"""

from __future__ import annotations

from datetime import UTC, datetime

from rookery.network.responses import Headers


def deprecated_since(year: int, month: int, day: int) -> Headers:
    """Return the header for a route that apps should have left on a day."""
    moment = datetime(year, month, day, tzinfo=UTC)
    return [(b"deprecation", b"@%d" % int(moment.timestamp()))]
