"""The log and the terminal: a stranger's words forge no line and give no orders."""

import io
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ops.program import Program

from rookery.ops.logs import FORMAT, MARGIN, OneLine

ANYTHING = st.text(st.characters(), max_size=40)


def written(log) -> str:
    """What a handler with our format writes of what `log` logs."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(OneLine(FORMAT))
    logger = logging.Logger("rookery.test")
    logger.addHandler(handler)
    log(logger)
    return out.getvalue()


def fails(words):
    def log(logger):
        try:
            raise ValueError(words)
        except ValueError:
            logger.exception("it failed for %s", words)

    return log


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("x\n2026-11-21 10:00:00,000 INFO rookery.ops: all is well", id="GEN-72"),
        "\r\x1b[2K\x1b]0;title\x07",
        "\x9b31m",
        "\u2028\u202egnp.exe",
        "\ud800",
        "a\0b\x7f",
    ],
)
def test_a_strangers_words_are_one_line_in_the_log(words):
    said = written(lambda logger: logger.warning("the host %s says %r", words, words))
    assert said.count("\n") == 1 and said.endswith("\n")
    assert said[:-1].isprintable()


@given(ANYTHING)
def test_no_words_forge_a_line_of_the_log_also_in_a_traceback(words):
    first, *rest = written(fails(words)).removesuffix("\n").split("\n")
    assert "ERROR rookery.test: it failed for" in first
    assert rest and all(line.startswith(MARGIN) for line in rest)
    assert "Traceback (most recent call last):" in rest[0]
    assert not any(ord(letter) < 32 or 0x7F <= ord(letter) < 0xA0 for line in (first, *rest) for letter in line)


def test_a_command_shows_no_control_characters_of_anybody(tmp_path):
    program = Program(tmp_path / "nest")
    assert program.run("account", "create", "ana", "--email", "ana@mail.test").code == 0
    made = program.run("announcement", "create", "tonight \x1b[31mred\x1b[0m\u202e")
    listed = program.run("announcement", "list")
    assert made.code == listed.code == 0
    assert "\\x1b[31mred" in listed.text
    assert "\x1b" not in listed.text + made.text and "\u202e" not in listed.text
