"""The `rookery` command.

Owns: how an outcome or refusal is said, exit codes: 0 done, 1 refused with a sentence on standard
error (with --json an object with `error`), 2 wrong usage. Never: does anything itself; each command is a function in
ops/commands.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from rookery.model.errors import Refusal
from rookery.model.members import SignUpRefused
from rookery.ops.commands.docs import write_docs
from rookery.ops.escapes import escaped_lines
from rookery.ops.outcome import DONE, REFUSED, Outcome
from rookery.ops.parser import build_parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    asked = build_parser(write_docs).parse_args(arguments)
    try:
        outcome: Outcome = asked.run(asked)
        print(json.dumps(outcome.values, ensure_ascii=False) if asked.json else escaped_lines(outcome.text), flush=True)
    except Refusal as error:
        return refuse(sentence_of(error), is_json=asked.json)
    except BrokenPipeError:
        sys.stdout = None  # who read us has gone; there is nobody to flush to
        return DONE
    except KeyboardInterrupt:
        return refuse("stopped before it was done", is_json=asked.json)
    return DONE


def sentence_of(error: Refusal) -> str:
    """Return what is wrong, all of it where a form has several mistakes."""
    return "; ".join(map(str, error.problems)) if isinstance(error, SignUpRefused) else str(error)


def refuse(sentence: str, *, is_json: bool) -> int:
    """Say on standard error why nothing was done."""
    print(
        json.dumps({"error": sentence}, ensure_ascii=False) if is_json else f"rookery: {escaped_lines(sentence)}",
        file=sys.stderr,
    )
    return REFUSED
