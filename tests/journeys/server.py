"""A real server for real clients: `rookery up --test` in its own process, on a free port of this machine.

Owns: RunningServer and the fixture `server`, once per engine and module. The commands make people and tokens, as an
operator would.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest

PASSWORD = "correct horse battery"
SCOPES = "read write follow push"
START_S = 20


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class RunningServer:
    """is_one_of_many: its handles carry the port, so that several servers on this machine know each other apart."""

    def __init__(self, data: Path, database: str = "", *, is_one_of_many: bool = False, **variables: str) -> None:
        self.data, self.port = data, free_port()
        if is_one_of_many:
            variables["ROOKERY_SERVER_DOMAIN"] = f"localhost:{self.port}"
        self.url = f"http://localhost:{self.port}"
        self.environment = {**os.environ, "ROOKERY_CARDS_FETCHES": "false", **variables}
        if database:
            self.environment["ROOKERY_SERVER_DATABASE"] = database
        self.log = (data.parent / f"{data.name}.log").open("w+")
        self.process = self.launch()
        try:
            self.wait()
        except BaseException:
            self.process.kill()
            self.process.wait()
            self.log.close()
            raise

    def launch(self) -> Any:
        """Start the process; faults/hatchery.py does it in another way."""
        return subprocess.Popen(
            [*self.command("up"), "--test", "--port", str(self.port)],
            stdout=self.log,
            stderr=subprocess.STDOUT,
            env=self.environment,
        )

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "rookery", *words, "--data", str(self.data)]

    def wait(self) -> None:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/health", timeout=2) as answer:
                    assert answer.read() == b"OK"
                    return
            except (URLError, ConnectionError, TimeoutError):
                time.sleep(0.02)
        self.log.seek(0)
        raise AssertionError(f"the server did not start:\n{self.log.read()}")

    def run(self, *words: str) -> dict:
        """Run a command of the operator and return its JSON."""
        done = subprocess.run(
            [*self.command(*words), "--json"], capture_output=True, text=True, env=self.environment, check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def person(self, name: str) -> str:
        """Make an account and return a token that may do everything."""
        self.run("account", "create", name, "--email", f"{name}@mail.test", "--password", PASSWORD, "--confirmed")
        return self.run("token", "create", name, "--scopes", SCOPES)["token"]

    def begin_again(self) -> None:
        """Start on the same data and port, after an end of whatever kind."""
        self.process = self.launch()
        self.wait()

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(20)
        self.log.close()
        return code


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    database = request.getfixturevalue("journey_database") if request.param == "postgres" else ""
    running = RunningServer(tmp_path_factory.mktemp("nest") / "data", database)
    yield running
    assert running.stop() == 0
