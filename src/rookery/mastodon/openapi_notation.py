"""The short notation in which the description of the client API is written, and JSON Schemas from it.

Owns: reading `name:kind` words into schemas. Pure. Kinds: text id date day url flag count number file any object;
`[kind]` a list, `{kind}` an object whose values are of that kind, `kind?` may be null, `(a|b)` one of these words, a
capital letter begins an entity. Before the colon, `name~` may be absent; a name that has colons itself is followed by
`=`. An entity that begins with `Other +` has the other's fields too; `One | Other` is either.
Spec: https://spec.openapis.org/oas/v3.1.1#schema-object, https://json-schema.org/draft/2020-12
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]
KINDS: dict[str, Schema] = {
    "text": {"type": "string"},
    "id": {"type": "string", "pattern": "^[0-9]+$"},
    "date": {"type": "string", "format": "date-time"},
    "day": {"type": "string", "format": "date"},
    "url": {"type": "string", "format": "uri"},
    "flag": {"type": "boolean"},
    "count": {"type": "integer"},
    "number": {"type": "number"},
    "file": {"type": "string", "contentMediaType": "application/octet-stream"},
    "object": {"type": "object"},
    "any": {},
}


def schema_from_kind(kind: str) -> Schema:
    """Return the schema of one kind. Raises ValueError for an unknown one."""
    if kind.endswith("?"):
        return {"anyOf": [schema_from_kind(kind[:-1]), {"type": "null"}]}
    if kind.startswith("["):
        return {"type": "array", "items": schema_from_kind(kind[1:-1])}
    if kind.startswith("{"):
        return {"type": "object", "additionalProperties": schema_from_kind(kind[1:-1])}
    if kind.startswith("("):
        return {"type": "string", "enum": kind[1:-1].split("|")}
    if kind[:1].isupper():
        return {"$ref": f"#/components/schemas/{kind}"}
    if kind not in KINDS:
        raise ValueError(f"unknown kind: {kind}")
    return dict(KINDS[kind])


def schemas_from_entities(entities: Mapping[str, str], *, is_closed: bool = False) -> dict[str, Schema]:
    """Return the schema of every entity by name.

    is_closed: refuse fields that are not described. Tests do; apps must accept fields that a later server adds.
    """
    return {name: schema_from_entity(entities, name, is_closed=is_closed) for name in entities}


def schema_from_entity(entities: Mapping[str, str], name: str, *, is_closed: bool) -> Schema:
    """Return the schema of one entity."""
    if " | " in entities[name]:
        return {"anyOf": [schema_from_kind(choice) for choice in entities[name].split(" | ")]}
    return schema_from_fields(words_of(entities, name), is_closed=is_closed)


def words_of(entities: Mapping[str, str], name: str) -> list[str]:
    """Return the fields of an entity with those of the one that it extends."""
    words = entities[name].split()
    if words[1:2] == ["+"]:
        return [*words_of(entities, words[0]), *words[2:]]
    return words


def schema_from_fields(words: list[str], *, is_closed: bool = False) -> Schema:
    """Return the schema of an object from its `name:kind` words; `name~` replaces `name`."""
    fields = dict(word.split("=" if "=" in word else ":", 1) for word in words)
    fields = {name: kind for name, kind in fields.items() if name.endswith("~") or f"{name}~" not in fields}
    properties = {name.rstrip("~"): schema_from_kind(kind) for name, kind in fields.items()}
    schema: Schema = {"type": "object", "properties": properties}
    if needed := [name for name in fields if not name.endswith("~")]:
        schema["required"] = needed
    if is_closed:
        schema["additionalProperties"] = False
    return schema
