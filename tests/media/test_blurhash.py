"""Our blurhash is everybody's blurhash. Vectors: made with blurhash-rs 2.0.0, an independent encoder."""

import pytest

from rookery.media.blurhash import encode_blurhash
from rookery.media.letters import BLURHASH_SHAPE


def ramp(x, y, width, height):
    return x * 255 // (width - 1), y * 255 // (height - 1), 128


def check(x, y, width, height):
    return (255, 255, 255) if (x // 4 + y // 4) % 2 else (0, 0, 0)


def mix(x, y, width, height):
    return (x * 7 + y * 13) % 256, (x * x + y) % 256, (y * y * 3) % 256


def red(x, y, width, height):
    return 255, 0, 0


VECTORS = [
    (ramp, 32, 32, 4, 3, "L$Het82swxX8l}WDjte;gJfjfQfj"),
    (check, 32, 32, 4, 3, "L4Lqe9~qfQ~q~qD%fQ9FfQfQfQfQ"),
    (mix, 32, 32, 3, 4, "TOHnjXQKHzroOBsBr-K1BRbk1w#o"),
    (red, 1, 1, 1, 1, "00TI:j"),
]


def pixels(paint, width, height):
    return bytes(value for y in range(height) for x in range(width) for value in paint(x, y, width, height))


@pytest.mark.parametrize(("paint", "width", "height", "columns", "rows", "text"), VECTORS)
def test_a_blurhash_agrees_with_another_encoder(paint, width, height, columns, rows, text):
    assert encode_blurhash(pixels(paint, width, height), width, height, columns, rows) == text


def test_a_blurhash_has_the_shape_the_server_checks():
    assert BLURHASH_SHAPE.fullmatch(encode_blurhash(pixels(mix, 32, 32), 32, 32, 4, 3))


@pytest.mark.parametrize(("length", "columns", "rows"), [(0, 4, 3), (11, 4, 3), (12, 0, 3), (12, 4, 10)])
def test_sizes_that_do_not_fit_are_refused(length, columns, rows):
    with pytest.raises(ValueError, match="fit"):
        encode_blurhash(bytes(length), 2, 2, columns, rows)
