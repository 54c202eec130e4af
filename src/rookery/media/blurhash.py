"""Encode a blurhash: a picture's lowest frequencies as a short text, shown while the picture loads.

Owns: the encoder; runs in the child on a thumbnail of about 32 x 32, where plain Python needs 3 ms. Never: decodes a
blurhash (mastodon#20388 read out of bounds doing that), reads a picture file.
Spec: https://github.com/woltapp/blurhash/blob/master/Algorithm.md
"""

from collections.abc import Sequence
from math import cos, pi
from typing import Final

DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"

Colour = tuple[float, float, float]


def linear_from_srgb(value: int) -> float:
    """One channel, 0 to 255, as light from 0 to 1. Spec: IEC 61966-2-1."""
    share = value / 255
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)


def srgb_from_linear(light: float) -> int:
    """Light as one channel, 0 to 255, clipped."""
    share = min(1.0, max(0.0, light))
    return int((share * 12.92 if share <= 0.0031308 else 1.055 * share ** (1 / 2.4) - 0.055) * 255 + 0.5)


LINEAR: Final = tuple(linear_from_srgb(value) for value in range(256))


def encode_blurhash(rgb: bytes, width: int, height: int, columns: int, rows: int) -> str:
    """Encode width x height pixels of 3 bytes each, sRGB, as columns x rows components (1 to 9 each).

    The text has 4 + 2 * columns * rows characters. Raises ValueError if the sizes do not fit.
    """
    if len(rgb) != width * height * 3 or not rgb or not (1 <= columns <= 9 and 1 <= rows <= 9):
        raise ValueError("sizes do not fit")
    mean, *details = components(rgb, width, height, columns, rows)
    strongest = max((abs(value) for colour in details for value in colour), default=0.0)
    step = max(0, min(82, int(strongest * 166 - 0.5)))
    scale = (step + 1) / 166 if details else 1.0
    red, green, blue = (srgb_from_linear(value) for value in mean)
    head = [in_base_83(columns - 1 + (rows - 1) * 9, 1), in_base_83(step if details else 0, 1)]
    return "".join(
        [
            *head,
            in_base_83(red << 16 | green << 8 | blue, 4),
            *(in_base_83(quantised(colour, scale), 2) for colour in details),
        ]
    )


def components(rgb: bytes, width: int, height: int, columns: int, rows: int) -> list[Colour]:
    """Cosine transform, first along the lines, then down the columns of what is left; row by row, the mean first."""
    across = [[cos(pi * i * x / width) for x in range(width)] for i in range(columns)]
    down = [[cos(pi * j * y / height) for y in range(height)] for j in range(rows)]
    # lines[channel][column][y]: the share of one horizontal wave in line y.
    lines: list[list[list[float]]] = [[[] for _ in range(columns)] for _ in range(3)]
    for channel in range(3):
        light = [LINEAR[value] for value in rgb[channel::3]]
        for y in range(height):
            line = light[y * width : (y + 1) * width]
            for i in range(columns):
                lines[channel][i].append(dot(across[i], line))
    size = width * height
    return [
        colour_of([(1 if i == j == 0 else 2) * dot(down[j], lines[channel][i]) / size for channel in range(3)])
        for j in range(rows)
        for i in range(columns)
    ]


def colour_of(channels: Sequence[float]) -> Colour:
    """Three channels as one colour."""
    red, green, blue = channels
    return red, green, blue


def dot(left: Sequence[float], right: Sequence[float]) -> float:
    """The sum of products."""
    return sum(a * b for a, b in zip(left, right, strict=True))


def quantised(colour: Colour, scale: float) -> int:
    """One component as a number below 19**3: the square root of each channel in 19 steps."""
    number = 0
    for value in colour:
        share = value / scale
        root = abs(share) ** 0.5 * (1 if share >= 0 else -1)
        number = number * 19 + max(0, min(18, int(root * 9 + 9.5)))
    return number


def in_base_83(number: int, digits: int) -> str:
    """A fixed number of digits, the highest first."""
    return "".join(DIGITS[number // 83**place % 83] for place in range(digits - 1, -1, -1))
