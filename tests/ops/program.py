"""The real `rookery` command as people run it.

Owns: running a command to its end, running a server until a test is done with it. Never: reaches into the process.
"""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

PATIENCE_S = 30


@dataclass
class Ran:
    """How a command ended."""

    code: int
    text: str
    complaint: str

    @property
    def values(self) -> dict:
        return json.loads(self.text)

    @property
    def error(self) -> str:
        return json.loads(self.complaint)["error"]


@dataclass
class Program:
    """`rookery` on one data folder. environ: further variables."""

    data: Path
    environ: dict[str, str] = field(default_factory=dict)

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "rookery", *arguments, "--data", str(self.data)]

    @property
    def variables(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("ROOKERY_")}
        return {**inherited, "ROOKERY_CARDS_FETCHES": "false", **self.environ}

    def run(self, *arguments: str) -> Ran:
        done = subprocess.run(
            self.command(*arguments),
            env=self.variables,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def up(self, *arguments: str) -> "Running":
        return Running(self, arguments)


class Running:
    """A server that runs inside a `with`; killed when the test did not stop it."""

    def __init__(self, program: Program, arguments: tuple[str, ...]) -> None:
        self.command = program.command("up", "--port", "0", *arguments)
        self.variables = program.variables

    def __enter__(self) -> "Running":
        self.process = subprocess.Popen(
            self.command, env=self.variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        line = self.process.stdout.readline()
        assert line.startswith("Rookery is up on "), line + self.process.stderr.read()
        self.address = line.rsplit(" ", 1)[1].strip()
        return self

    def __exit__(self, *exception: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE_S)
        self.process.stdout.close()
        self.process.stderr.close()

    def get(self, path: str, token: str | None = None, body: bytes | None = None) -> tuple[int, str]:
        request = urllib.request.Request(self.address.replace("localhost", "127.0.0.1") + path, data=body)
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read().decode()

    def waits_for(self, code: int, path: str, token: str | None = None) -> str:
        """Ask until the server answers with this code."""
        deadline = time.monotonic() + PATIENCE_S
        while (answer := self.get(path, token))[0] != code:
            assert time.monotonic() < deadline, answer
            time.sleep(0.05)
        return answer[1]

    def stops(self, with_signal: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
        """Ask it to stop; return its exit code and what it still said."""
        self.process.send_signal(with_signal)
        said, complained = self.process.stdout.read(), self.process.stderr.read()
        return self.process.wait(PATIENCE_S), said, complained
