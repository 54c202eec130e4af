"""JSON of strangers: bounded, read in one way only, and with one spelling of every name.

Owns: parse_document, the table of aliases, and how single values are taken out of a document whatever shape a peer
gave them. Never: processes JSON-LD: contexts are not read, `@graph`, `@included` and `@reverse` mean nothing here.
A document that two readers could read differently (a key twice, under whatever alias) is refused.
Spec: RFC 8259, RFC 7493 (I-JSON), https://www.w3.org/TR/activitystreams-core/
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from rookery.activitypub.vocabulary import Json
from rookery.model.incoming import MAX_URI_CHARACTERS, IncomingRefused

MAX_DOCUMENT_BYTES = 1024 * 1024
MAX_DEPTH = 32
MAX_VALUES = 50_000
MAX_LISTED = 1000  # of one list, what is looked at
MAX_NUMBER = (1 << 53) - 1  # RFC 7493: what JSON carries exactly everywhere
# What peers write before a name. Only these are taken off: another prefix is another word.
PREFIXES = (
    "as:",
    "https://www.w3.org/ns/activitystreams#",
    "toot:",
    "http://joinmastodon.org/ns#",
    "schema:",
    "http://schema.org/",
    "https://schema.org/",
    "misskey:",
    "https://misskey-hub.net/ns#",
    "fedibird:",
    "http://fedibird.com/ns#",
    "gts:",
    "https://gotosocial.org/ns#",
    "fep044f:",
    "https://w3id.org/fep/044f#",
    "sec:",
    "https://w3id.org/security#",
    "ldp:",
    "http://www.w3.org/ns/ldp#",
    "litepub:",
    "http://litepub.social/ns#",
    "pt:",
    "https://joinpeertube.org/ns#",
    "lemmy:",
    "https://join-lemmy.org/ns#",
)
KEYWORDS = {"@id": "id", "@type": "type", "@value": "value", "@language": "language", "@list": "items"}
STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
SPACED = re.compile(rb'"[ \t\r\n]+:')
DECODE = msgspec.json.Decoder().decode


class DocumentRefused(IncomingRefused):
    """The bytes are not a document that can be read in one way only, or it is too large."""


def parse_document(raw: bytes) -> Json:
    """Return the object that the bytes are, names in their one spelling. Raises DocumentRefused with the reason."""
    if len(raw) > MAX_DOCUMENT_BYTES:
        raise DocumentRefused(f"a document has at most {MAX_DOCUMENT_BYTES} bytes, this one has {len(raw)}")
    try:
        value = DECODE(raw)
    except RecursionError:
        raise DocumentRefused(f"a document is at most {MAX_DEPTH} values deep") from None
    except (msgspec.MsgspecError, ValueError) as wrong:
        raise DocumentRefused(f"this is not JSON: {str(wrong)[:100]}") from None
    if not isinstance(value, dict):
        raise DocumentRefused("a document is one JSON object")
    members = check_size(value)
    if count_written(raw, members) != members:
        raise DocumentRefused("a document names nothing twice")
    named: Json = normalized(value)
    return named


def count_written(raw: bytes, members: int) -> int:
    """Return how many members were written. raw: valid JSON, in which so many members are left."""
    # A member's colon stands right behind a quote or after spaces. Never are fewer written than left, so that as many
    # colons behind quotes as members, and none after spaces, leave none for a name that came twice.
    if raw.count(b'":') == members and not SPACED.search(raw):
        return members
    # One pass takes out the strings; what remains has a colon for each member that was written.
    return STRING.sub(b"", raw).count(b":")


def check_size(value: Json) -> int:
    """Return how many members all objects have together. Raises DocumentRefused for too deep or too many values."""
    members, seen, depth = 0, 0, 0
    level: list[Any] = [value]
    while level:
        depth, seen = depth + 1, seen + len(level)
        if depth > MAX_DEPTH:
            raise DocumentRefused(f"a document is at most {MAX_DEPTH} values deep")
        if seen > MAX_VALUES:
            raise DocumentRefused(f"a document has at most {MAX_VALUES} values")
        below: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                members += len(one)
                below += one.values()
            elif isinstance(one, list):
                below += one
        level = below
    return members


def normalized(value: Any) -> Any:
    """Return a value with aliases resolved, all the way down. Raises DocumentRefused when two names become one."""
    if isinstance(value, list):
        return [normalized(one) for one in value]
    if not isinstance(value, dict):
        return value
    named: Json = {}
    for raw_name, part in value.items():
        name = alias(raw_name)
        if name in named:
            raise DocumentRefused("a document names nothing twice")
        named[name] = types_in(part) if name == "type" else normalized(part)
    return named


def types_in(part: Any) -> Any:
    """Return the value of a `type` in its one spelling: one name or a list of names."""
    if isinstance(part, list):
        return [alias(one) for one in part if isinstance(one, str)]
    return alias(part) if isinstance(part, str) else None


def alias(name: str) -> str:
    """Return the one spelling of a name: `as:Note` -> `Note`, `@id` -> `id`."""
    if name in KEYWORDS:
        return KEYWORDS[name]
    if ":" not in name:
        return name
    return next((rest for prefix in PREFIXES if (rest := name.removeprefix(prefix)) != name and rest), name)


def type_in(value: Any, known: frozenset[str] | None = None) -> str:
    """Return the type: of several the first that is known, else the first. '' without any."""
    kind = value.get("type") if isinstance(value, dict) else None
    kinds = [one for one in (kind if isinstance(kind, list) else [kind]) if isinstance(one, str)]
    if known is not None:
        kinds = [one for one in kinds if one in known] or kinds
    return kinds[0] if kinds else ""


def listed(value: Any) -> list[Any]:
    """Return the values of a list, of a single value, or of a list in an object; none for null."""
    if isinstance(value, dict) and isinstance(value.get("items"), list) and "type" not in value:
        value = value["items"]
    if isinstance(value, list):
        return value[:MAX_LISTED]
    return [] if value is None else [value]


def objects_in(value: Any) -> list[Json]:
    """Return the objects among the values; whatever else stands there is skipped."""
    return [one for one in listed(value) if isinstance(one, dict)]


def id_in(value: Any) -> str:
    """Return an id given as text or as an object with one; of several the first. '' without, or when it is too long."""
    for one in listed(value):
        found = one.get("id") if isinstance(one, dict) else one
        if isinstance(found, str) and 0 < len(found) <= MAX_URI_CHARACTERS:
            return found if found.isprintable() and found.split() == [found] else ""
    return ""


def ids_in(value: Any, limit: int) -> tuple[str, ...]:
    """Return the ids of a list, each once, at most `limit`."""
    return tuple(dict.fromkeys(found for one in listed(value) if (found := id_in(one))))[:limit]


def text_in(value: Any, limit: int) -> str:
    """Return a text: a string, the first of several, or the value of a language-tagged one; cut, without NUL."""
    for one in listed(value):
        found = one.get("value") if isinstance(one, dict) else one
        if isinstance(found, str):
            return found[:limit].replace("\0", "")
    return ""


def line_in(value: Any, limit: int) -> str:
    """Return a text of one line: controls and runs of spaces become one space."""
    shown = "".join(one if one.isprintable() or one in "\u200c\u200d" else " " for one in text_in(value, limit))
    return " ".join(shown.split())


def number_in(value: Any, most: int = MAX_NUMBER) -> int | None:
    """Return a whole number from 0 to `most`, cut to it. None for what is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(min(max(value, 0), most))


def truth_in(value: Any) -> bool:
    """Return a flag; only true is true."""
    return value is True
