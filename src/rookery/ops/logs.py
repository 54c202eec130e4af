"""How the log is written: one line for one message, whatever somebody put into it.

Owns: the format, and that no control character reaches a terminal or forges a line. Never: decides what is logged.
Spec: https://cwe.mitre.org/data/definitions/117.html
"""

from __future__ import annotations

import logging
from types import TracebackType

from rookery.ops.escapes import escaped

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
MARGIN = "  | "  # before each line of a traceback, whose last ones may quote a stranger
ErrorInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class OneLine(logging.Formatter):
    """Writes a message as one line, and a traceback as lines of its own that cannot be taken for messages."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # the name is logging's
        """Return the line of a record."""
        return escaped(super().formatMessage(record))

    def formatException(self, ei: ErrorInfo) -> str:
        """Return the lines of a traceback."""
        return in_margin(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:
        """Return the lines of a stack."""
        return in_margin(super().formatStack(stack_info))


def in_margin(lines: str) -> str:
    """Return lines, each behind the margin."""
    return "\n".join(MARGIN + escaped(line) for line in lines.split("\n"))


def begin_log(level: int = logging.INFO, layout: str = FORMAT) -> None:
    """Let the whole process write its log to the standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(OneLine(layout))
    logging.basicConfig(level=level, handlers=[handler])
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
