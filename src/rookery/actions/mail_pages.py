"""Mails that hold more than a sentence: the same blocks as plain text and as simple HTML.

Owns: both renderings. Never: a word (actions/notice_words.py), a picture, a style sheet, an address that is not ours:
nothing in a mail tells anybody that it was opened. Spec: RFC 2046 §5.1.4 (alternatives), RFC 8058 (one click)
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from textwrap import wrap

from rookery.model.mailing import MailBlock

LINE_CHARACTERS = 74
QUOTE_CHARACTERS = 280


def cut(text: str, most: int = QUOTE_CHARACTERS) -> str:
    """Return one line of at most `most` characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def text_of(blocks: Sequence[MailBlock]) -> str:
    """Render as plain text, in lines that any program shows whole."""
    return "\n\n".join("\n".join(lines_of(block)) for block in blocks) + "\n"


def lines_of(block: MailBlock) -> list[str]:
    """Return the lines of one block; an address stands on a line of its own, so that it can be clicked."""
    lines = wrap(block.text, LINE_CHARACTERS, break_long_words=False, break_on_hyphens=False) or [""]
    if block.kind == "heading":
        lines += ["-" * max(len(line) for line in lines)]
    lines += [f"> {line}" for line in wrap(block.quote, LINE_CHARACTERS - 2, break_long_words=False)]
    return [*lines, block.url] if block.url else lines


def html_of(blocks: Sequence[MailBlock]) -> str:
    """Render as the inside of an HTML body: headings, paragraphs, quotations, links."""
    return "\n".join(element_of(block) for block in blocks)


def element_of(block: MailBlock) -> str:
    """Return one block; everything in it is escaped."""
    text = escape(block.text)
    quote = f'<blockquote dir="auto">{escape(block.quote)}</blockquote>' if block.quote else ""
    if block.url and block.kind != "heading":
        text = f'<a href="{escape(block.url)}">{text}</a>'
    match block.kind:
        case "heading":
            return f"<h2>{text}</h2>"
        case "small":
            return f"<p><small>{text}</small></p>"
        case _:
            return f"<p>{text}</p>{quote}"


def document_of(title: str, language: str, inside: str) -> str:
    """Return a whole HTML document around the inside of a body."""
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8">'
        f'<meta name="color-scheme" content="light dark"><title>{escape(title)}</title></head>\n'
        f"<body>\n{inside}\n</body></html>\n"
    )
