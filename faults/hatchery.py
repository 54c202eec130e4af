"""Servers by fork: RunningServer, started in a tenth of the time and with something arranged (faults/hatch.py)."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.journeys.server import RunningServer

ROOT = Path(__file__).resolve().parents[1]


class Hatched:
    """A process as subprocess.Popen shows one, as far as we use it."""

    def __init__(self, hatchery: "Hatchery", pid: int) -> None:
        self.hatchery, self.pid = hatchery, pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = self.hatchery.ask(wait=self.pid)
        return self.returncode

    def wait(self, timeout: float = 30) -> int:
        deadline = time.monotonic() + timeout
        while self.poll() is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired("rookery", timeout)
            time.sleep(0.005)
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Hatchery:
    """The process that forks servers. Use `hatchery()`."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "faults.hatch"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

    def ask(self, **what: Any) -> Any:
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def start(self, words: list[str], variables: dict[str, str], output: Path) -> Hatched:
        return Hatched(self, self.ask(words=words, variables=variables, output=str(output)))

    def server(self, data: Path, database: str = "", **variables: str) -> "HatchedServer":
        return HatchedServer(self, data, database, **variables)


class HatchedServer(RunningServer):
    """A server that was forked."""

    def __init__(self, hatchery: Hatchery, data: Path, database: str = "", **variables: str) -> None:
        self.hatchery = hatchery
        super().__init__(data, database, **variables)

    def launch(self) -> Hatched:
        words = ["up", "--data", str(self.data), "--test", "--port", str(self.port)]
        return self.hatchery.start(words, self.environment, Path(self.log.name))

    def run(self, *words: str) -> dict:
        said = self.data.parent / "said"
        said.unlink(missing_ok=True)
        code = self.hatchery.start([*words, "--data", str(self.data), "--json"], self.environment, said).wait()
        assert code == 0, said.read_text()
        return json.loads(said.read_text())


@contextlib.contextmanager
def hatchery() -> Iterator[Hatchery]:
    made = Hatchery()
    try:
        yield made
    finally:
        made.process.stdin.close()
        made.process.wait(20)
        made.process.stdout.close()
