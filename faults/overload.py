"""More is asked than the machine can do: a crowd of strangers on a busy processor (F26), a surge of sign-ups (F16).

Owns: the crowd, which runs in a process of its own (`python -m faults.overload PORT CONNECTIONS SECONDS`), what people
who are here already must still have meanwhile. Times are printed, never judged: machines are noisy.
"""

import asyncio
import concurrent.futures
import contextlib
import itertools
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import requests
from bench.load import Limits, get, load
from bench.processes import resident_mb
from tests.journeys.server import PASSWORD, RunningServer

from faults.load import Person

PUBLIC = "/api/v1/timelines/public"
GROWN_BY = 2.5


@dataclass
class Everyday:
    """What somebody who is here already goes on doing: reads, writes, and whoever watches asks for health."""

    server: RunningServer
    ana: Person
    seconds: list[float] = field(default_factory=list)
    wrong: list[tuple[str, int]] = field(default_factory=list)
    posts: list[str] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)

    def live(self) -> None:
        for number in itertools.count():
            if self.is_over.is_set():
                return
            began = time.perf_counter()
            self.note("read", self.ana.call("GET", "/api/v1/timelines/home"))
            self.seconds.append(time.perf_counter() - began)
            self.note("health", requests.get(f"{self.server.url}/health", timeout=20))
            if number % 4 == 0:
                written = self.ana.call("POST", "/api/v1/statuses", json={"status": f"still here, {number}"})
                self.note("write", written)
                self.posts.append(written.json().get("id", ""))
            time.sleep(0.02)

    def note(self, what: str, answer: requests.Response) -> None:
        if answer.status_code != 200:
            self.wrong.append((what, answer.status_code))

    def p95_ms(self) -> float:
        return sorted(self.seconds)[int(len(self.seconds) * 0.95)] * 1000


@contextlib.contextmanager
def everyday(server: RunningServer, ana: Person) -> Iterator[Everyday]:
    """Let ana live her day while something happens; afterwards everything that she wrote is there."""
    day = Everyday(server, ana)
    thread = threading.Thread(target=day.live, daemon=True)
    thread.start()
    try:
        yield day
    finally:
        day.is_over.set()
        thread.join(60)
    assert not thread.is_alive(), "a request of somebody who is here never got an answer"
    assert not day.wrong, f"somebody who is here already was turned away: {Counter(day.wrong)}"
    for post_id in day.posts:
        assert ana.call("GET", f"/api/v1/statuses/{post_id}").status_code == 200, "an acknowledged post is gone"


@contextlib.contextmanager
def nest(folder: Path, database: str = "") -> Iterator[tuple[RunningServer, Person]]:
    """A server with ana and some posts of hers."""
    server = RunningServer(folder / "nest", database)
    try:
        ana = Person(server.person("ana"))
        ana.url = server.url
        for number in range(40):
            ana.call("POST", "/api/v1/statuses", json={"status": f"rook {number}"}).raise_for_status()
        yield server, ana
        assert server.stop() == 0
    finally:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()


def spin() -> None:
    """Keep a processor busy for nothing."""
    while True:
        pass


@contextlib.contextmanager
def busy_processor() -> Iterator[None]:
    """Take half of the processors away."""
    taken = [multiprocessing.Process(target=spin, daemon=True) for _ in range(max(1, (os.cpu_count() or 2) // 2))]
    for one in taken:
        one.start()
    try:
        yield
    finally:
        for one in taken:
            one.kill()
            one.join()


def crowd_of_strangers(port: int, connections: int, seconds: float) -> dict[str, int]:
    """Let a crowd ask for the public timeline again at once, whatever it is told; return its answers by code."""
    words = [sys.executable, "-m", "faults.overload", str(port), str(connections), str(seconds)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=seconds + 60)
    assert done.returncode == 0, done.stderr
    answers: dict[str, int] = json.loads(done.stdout)
    return answers


def crowded(folder: Path, *, connections: int, seconds: float) -> str:
    """F26: strangers ask for more than the machine has, and half of the machine is taken away."""
    with nest(folder) as (server, ana):
        with everyday(server, ana) as quiet:
            time.sleep(min(seconds, 3))
        before_mb = resident_mb(server.process.pid)
        with everyday(server, ana) as day, busy_processor():
            answers = crowd_of_strangers(server.port, connections, seconds)
        after_mb = resident_mb(server.process.pid)
        assert set(answers) <= {"200", "503"}, answers
        assert after_mb < GROWN_BY * before_mb, f"the memory grew from {before_mb:.0f} to {after_mb:.0f} MB"
        deadline = time.monotonic() + 30
        while requests.get(server.url + PUBLIC, timeout=20).status_code != 200:
            assert time.monotonic() < deadline, "strangers are still turned away when the crowd has gone"
            time.sleep(0.1)
    return (
        f"{connections} strangers at once, half the processors taken: {answers.get('200', 0) / seconds:.0f}/s of them"
        f" served, {answers.get('503', 0) / seconds:.0f}/s turned away; home of who is here p95 {day.p95_ms():.0f} ms"
        f" (alone {quiet.p95_ms():.0f} ms), none of {len(day.posts)} posts lost; {before_mb:.0f} to {after_mb:.0f} MB"
    )


def sign_up(server: RunningServer, app: dict[str, str], number: int) -> tuple[str, int]:
    """Ask once for an account, as an app does; return its name and the code of the answer."""
    name = f"new{number}"
    body = {"username": name, "email": f"{name}@mail.test", "password": PASSWORD, "agreement": True, "locale": "en"}
    headers = {"authorization": f"Bearer {app['token']}"}
    answer = requests.post(f"{server.url}/api/v1/accounts", json=body, headers=headers, timeout=60)
    if answer.status_code == 503:
        assert int(answer.headers["retry-after"]) > 0
    return name, answer.status_code


def app_of(server: RunningServer) -> dict[str, str]:
    """Register an app and return its own token."""
    asked = {"client_name": "surge", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob", "scopes": "read write"}
    app = requests.post(f"{server.url}/api/v1/apps", json=asked, timeout=20).json()
    asked = {"grant_type": "client_credentials", "scope": "read write"}
    asked |= {"client_id": app["client_id"], "client_secret": app["client_secret"]}
    return {"token": requests.post(f"{server.url}/oauth/token", json=asked, timeout=20).json()["access_token"]}


def surge(folder: Path, database: str = "", *, per_s: int, seconds: float) -> str:
    """F16: many want to join at once. Who is taken is there; who is not is told when to come again, and then is."""
    with nest(folder, database) as (server, ana):
        app = app_of(server)
        with everyday(server, ana) as quiet:
            time.sleep(min(seconds, 3))
        began, taken, later = time.monotonic(), set(), []
        with everyday(server, ana) as day, concurrent.futures.ThreadPoolExecutor(4 * per_s) as pool:
            asked = []
            for number in range(int(per_s * seconds)):
                time.sleep(max(0.0, began + number / per_s - time.monotonic()))
                asked.append(pool.submit(sign_up, server, app, number))
            for name, code in (one.result() for one in asked):
                assert code in (200, 503), (name, code)
                taken.add(name) if code == 200 else later.append(name)
        took_s = time.monotonic() - began
        for name in later:
            deadline = time.monotonic() + 30
            while sign_up(server, app, int(name.removeprefix("new")))[1] != 200:
                assert time.monotonic() < deadline, "who was told to come again never gets in"
                time.sleep(0.2)
        for name in taken:
            found = requests.get(f"{server.url}/api/v1/accounts/lookup", params={"acct": name}, timeout=20)
            assert found.status_code == 200, f"{name} was taken and is gone"
    return (
        f"{per_s}/s wanted to join for {seconds:.0f} s: {len(taken)} taken ({len(taken) / took_s:.0f}/s), {len(later)}"
        f" told to come again, who then got in; home of who is here p95 {day.p95_ms():.0f} ms (alone"
        f" {quiet.p95_ms():.0f} ms)"
    )


async def be_a_crowd(port: int, connections: int, seconds: float) -> None:
    """The crowd's own process."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    answers = await load(port, get(PUBLIC), connections=connections, limits=Limits(seconds))
    print(json.dumps({code.decode(): count for code, count in answers.codes.items()}))


if __name__ == "__main__":
    asyncio.run(be_a_crowd(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
