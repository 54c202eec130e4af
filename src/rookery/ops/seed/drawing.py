"""Pictures of the invented world: bands and waves of colour as PNG, drawn without any codec.

Owns: drawing. The files then pass the media box like everybody's. Spec: https://www.w3.org/TR/png-3/
"""

from __future__ import annotations

import math
import struct
import zlib
from random import Random


def draw_waves(chance: Random, width: int, height: int) -> bytes:
    """Return a PNG of colour bands that sway."""
    band = color_band(chance, width)
    sway, length = width // 6, chance.uniform(40, 160)
    rows = []
    for y in range(height):
        shift = int(sway * (1 + math.sin(y / length))) + y // 3
        start = 3 * (shift % (width * 2))
        rows.append(b"\0" + band[start : start + 3 * width])
    return png_of(width, height, b"".join(rows))


def color_band(chance: Random, width: int) -> bytes:
    """Return a line of pixels, three times the width, that fades from colour to colour and repeats."""
    stops = [tuple(chance.randrange(30, 245) for _ in range(3)) for _ in range(5)]
    stops[-1] = stops[0]
    pixels = bytearray()
    for x in range(width * 2):
        place = x / (width * 2) * 4
        here, fade = stops[int(place)], place % 1
        there = stops[min(int(place) + 1, 4)]
        pixels += bytes(int(a + (b - a) * fade) for a, b in zip(here, there, strict=True))
    return bytes(pixels + pixels[: 3 * width])


def png_of(width: int, height: int, rows: bytes) -> bytes:
    """Return the file of 8-bit RGB rows, each with its filter byte in front."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 6)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def chunk(kind: bytes, content: bytes) -> bytes:
    """Return one chunk with its length and checksum."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
