"""`python -m faults.hatch`: start `rookery` again and again, by fork, with something arranged in it (arrangements.py).

One line of JSON on standard input asks, one on standard output answers: {"words", "variables", "output"} starts a
process and answers its pid; {"wait": pid} answers its exit code, null while it runs. Modules are loaded once, so that a
start costs a tenth of a second and not two. At the end of the input every process that still runs is killed.
"""

import contextlib
import json
import os
import signal
import sys
import traceback

import rookery.ops.up
from faults.arrangements import arrange
from rookery.ops.cli import main

RUNNING: set[int] = set()


def start(words: list[str], variables: dict[str, str], output: str) -> int:
    """Fork, and run the command in the child."""
    pid = os.fork()
    if pid:
        RUNNING.add(pid)
        return pid
    code = 70
    try:
        become(variables, output)
        arrange()
        code = main(words)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(BaseException):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def become(variables: dict[str, str], output: str) -> None:
    """Let go of the parent's input and output."""
    with open(os.devnull) as nothing:  # noqa: PTH123
        os.dup2(nothing.fileno(), 0)
    written = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(written, 1)
    os.dup2(written, 2)
    os.environ.clear()
    os.environ.update(variables)
    sys.argv = ["rookery"]


def wait(pid: int) -> int | None:
    """Return the exit code as subprocess has it, minus the signal for who was killed; None while it runs."""
    found, status = os.waitpid(pid, os.WNOHANG)
    if not found:
        return None
    RUNNING.discard(pid)
    return os.waitstatus_to_exitcode(status)


def answer(asked: dict) -> int | None:
    return wait(asked["wait"]) if "wait" in asked else start(asked["words"], asked["variables"], asked["output"])


if __name__ == "__main__":
    assert rookery.ops.up  # loaded here, before the first fork
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)
    for left in RUNNING:
        os.kill(left, signal.SIGKILL)
