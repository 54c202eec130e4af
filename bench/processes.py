"""Processes that are measured: a Rookery on its seeded data, a bare server with the same engine.

Owns: starting, stopping, what the system knows of them (CPU, memory). Linux alone: /proc. Never: sends load.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
START_WITHIN_S = 30
QUIET_S, QUIET_TRIES = 0.4, 50
ANSWER = b"HTTP/1.1 200"
# Seeded posts link to pages that do not exist; nobody shall be asked for them while the server is measured.
ALONE = {"PYTHONUNBUFFERED": "1", "ROOKERY_CARDS_FETCHES": "false"}


@dataclass
class Measured:
    """One running server. started_s: from the start of the process to its first 200."""

    pid: int
    port: int
    started_s: float

    def cpu_s(self) -> float:
        """Seconds of processor time that it has used, in all its threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_S

    def until_idle(self) -> None:
        """Wait until it has nothing left to do: what a world was given a moment ago still goes through the readers."""
        for _ in range(QUIET_TRIES):
            before = self.cpu_s()
            time.sleep(QUIET_S)
            if self.cpu_s() - before <= QUIET_S / 20:
                return

    def resident_mb(self) -> float:
        """Memory that it holds now."""
        return resident_mb(self.pid)

    def peak_mb(self) -> float:
        """The most memory that it ever held."""
        return resident_mb(self.pid, "VmHWM:")


def resident_mb(pid: int, what: str = "VmRSS:") -> float:
    """Return the memory that a process holds now, or what else the system says of it."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition(what)[2].split()[0]) / 1000


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def rookery(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "rookery", *arguments]


def seed(data: Path, people: int, posts: int) -> dict[str, str]:
    """Seed a world once per folder; return its logins, as `rookery seed --json` said them."""
    note = data / "bench.json"
    if not note.exists():
        command = rookery("seed", "--people", str(people), "--posts", str(posts), "--data", str(data), "--json")
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        note.write_text(said)
    world: dict[str, str] = json.loads(note.read_text())
    return world


@contextlib.contextmanager
def running(command: list[str], port: int, settings: dict[str, str]) -> Iterator[Measured]:
    """Run a server inside a `with`. port: where it will answer. settings: added to the environment."""
    began = time.perf_counter()
    environment = {**os.environ, **ALONE, **settings}
    # A server with settings for a measurement would warn of them, as it must; test mode does not.
    errors = subprocess.DEVNULL if settings else None
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors, env=environment) as process:
        try:
            wait_for_answer(process, port, "/health")
            yield Measured(process.pid, port, time.perf_counter() - began)
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


@contextlib.contextmanager
def running_rookery(data: Path, settings: dict[str, str] | None = None) -> Iterator[Measured]:
    """A Rookery in test mode, so that no limit is measured instead of the work.

    settings: by environment variable; with them it runs as for real people, and they lift what is in the way.
    """
    port = free_port()
    command = rookery("up", "--data", str(data), "--port", str(port), *(() if settings else ("--test",)))
    with running(command, port, settings or {}) as server:
        yield server


@contextlib.contextmanager
def running_bare(bodies: dict[str, bytes]) -> Iterator[Measured]:
    """The same engine and options with constant answers: what the stack alone costs. bodies: by name, see bare.py."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="rookery-bare-") as folder:
        for name, body in bodies.items():
            (Path(folder) / name).write_bytes(body)
        with running([sys.executable, "-m", "bench.bare", str(port), folder], port, {}) as server:
            yield server


def wait_for_answer(process: subprocess.Popen[bytes], port: int, path: str) -> None:
    """Return at the first 200."""
    deadline = time.perf_counter() + START_WITHIN_S
    while time.perf_counter() < deadline:
        if process.poll() is not None:
            raise SystemExit(f"the server ended with code {process.returncode}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as asking:
            asking.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            if asking.recv(64).startswith(ANSWER):
                return
        time.sleep(0.002)
    raise SystemExit("the server did not answer in time")
