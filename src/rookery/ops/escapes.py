"""Words of strangers on a terminal: no control character gets there, where it would forge lines or give orders.

Owns: which characters are shown as escapes. Never: prints.
Spec: https://cwe.mitre.org/data/definitions/150.html
"""

from __future__ import annotations

import re

# Controls, ends of lines, what turns the direction of a text, and halves of characters that no stream can encode.
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


def escaped(text: str) -> str:
    r"""Return one line, with escapes for what does not print: \x1b, \u2028, \n."""
    return UNPRINTABLE.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def escaped_lines(text: str) -> str:
    """Return lines, each with escapes for what does not print."""
    return "\n".join(map(escaped, text.split("\n")))
