"""Lists and small records inside a text column, as JSON.

Owns: one encoder and the typed decoders of the nouns that need one.
"""

from __future__ import annotations

from typing import Any

import msgspec

from rookery.model.accounts import ProfileField, ShownParts
from rookery.model.media import Attachment
from rookery.model.text import Facet

ENCODER = msgspec.json.Encoder()
decode_facets = msgspec.json.Decoder(tuple[Facet, ...]).decode
decode_fields = msgspec.json.Decoder(tuple[ProfileField, ...]).decode
decode_shown_parts = msgspec.json.Decoder(ShownParts).decode  # out of all of a member's preferences
decode_media = msgspec.json.Decoder(tuple[Attachment, ...]).decode
decode_texts = msgspec.json.Decoder(tuple[str, ...]).decode
decode_numbers = msgspec.json.Decoder(tuple[int, ...]).decode


def encode(value: Any) -> str:
    """JSON text of a value of plain types, dataclasses or lists of them."""
    return ENCODER.encode(value).decode()
