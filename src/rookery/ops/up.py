"""`rookery up`: a server from start to stop.

Owns: sockets, the HTTP engine and its options, what is printed, signals. Never: assembles rooms (ops/app.py).
A stop (SIGTERM, control-C) ends in this order: no new connections, long answers let go, requests under way finish,
then the rooms and the database close. What was acknowledged is on disk long before. A second signal does not wait.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import sys
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from typing import Any

import uvicorn

from rookery.actions.members import make_claim
from rookery.actions.registrations import find_registrations, list_warnings
from rookery.model.settings import Settings
from rookery.network.connections import BoundedHttp, BoundedSocket, Bounds
from rookery.network.crowds import Crowd
from rookery.network.listening import BACKLOG, Listening, listen_on
from rookery.ops.app import Nest, open_nest
from rookery.ops.folder import DataFolder
from rookery.ops.logs import begin_log

if sys.platform != "win32":
    import resource

    import uvloop

FINISH_WITHIN_S = 20
MORE_FILES = 256  # for databases, pictures, mails, beside the connections
MOST_FILES = 20_000  # a connection that asks holds some 35 kB
SLOW_LINE_BYTES_PER_S = 5000
SIGNALS = (signal.SIGTERM, signal.SIGINT)
LOG = logging.getLogger("rookery.ops")


class Engine(uvicorn.Server):
    """The HTTP server; it lets go of long answers first when it stops."""

    def __init__(self, nest: Nest) -> None:
        crowd = crowd_of(nest.settings, open_as_many_files_as_allowed())
        super().__init__(engine_options(nest.server, bounds_of(nest.settings), crowd))
        self.nest = nest

    async def startup(self, sockets: list[Listening] | None = None) -> None:
        """Begin to answer, then say so."""
        await super().startup(sockets)
        await announce(self.nest)

    async def shutdown(self, sockets: list[Listening] | None = None) -> None:
        """End streams, then finish what is under way."""
        for let_go in self.nest.stopping:
            let_go()
        await super().shutdown(sockets)


def bounds_of(settings: Settings) -> Bounds:
    """Return how slow a client may be: the largest upload passes at 40 kbit/s."""
    usual = Bounds()
    return replace(usual, body_within_s=max(usual.body_within_s, settings.limits.upload_bytes / SLOW_LINE_BYTES_PER_S))


def crowd_of(settings: Settings, most_files: int) -> Crowd:
    """Return the count of open connections by address. most_files: that this process may have open."""
    most = settings.limits.connections if settings.limits.rate_limits else 0
    in_all = max(MORE_FILES, most_files - MORE_FILES)
    return Crowd(most, most_in_all=in_all, trusted_proxies=settings.server.trusted_proxies)


def open_as_many_files_as_allowed() -> int:
    """Raise this process's bound of open files to what the system allows; return it. Connections are files too."""
    if sys.platform == "win32":
        return 8192  # of the C library
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return wanted if soft == resource.RLIM_INFINITY else soft


def engine_options(app: Any, bounds: Bounds | None = None, crowd: Crowd | None = None) -> uvicorn.Config:
    """Return the options with which requests reach an ASGI application; benchmarks use the same."""
    return uvicorn.Config(
        app,
        loop="none",
        http=partial(BoundedHttp, bounds or Bounds(), crowd or Crowd()),  # type: ignore[arg-type]  # is called
        ws=BoundedSocket,
        ws_max_size=64 * 1024,
        ws_ping_interval=30,
        ws_per_message_deflate=False,  # 40 kB a listener, and every frame compressed once per listener
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=75,  # longer than the proxies before us keep theirs
        timeout_graceful_shutdown=FINISH_WITHIN_S,
    )


def run_up(settings: Settings) -> None:
    """Serve until a signal comes. Raises every refusal that a start may meet."""
    begin_log()
    DataFolder.of(settings.server).check_free()
    sockets = listen_on(settings.server.host, settings.server.port)
    try:
        port = sockets[0].getsockname()[1]
        settings = replace(settings, server=replace(settings.server, port=port))
        run_on_loop(lambda: serve(settings, sockets))
    finally:
        for opened in sockets:
            opened.close()


def run_on_loop(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run on the fastest event loop that this system has."""
    factory = uvloop.new_event_loop if sys.platform != "win32" else None
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(work())


async def serve(settings: Settings, sockets: list[Listening]) -> None:
    """Open the nest and answer until told to stop."""
    async with open_nest(settings) as nest:
        spare_the_collector()
        engine = Engine(nest)
        for number in SIGNALS:
            # Before and after the engine listens to signals itself; it hands each one on when it is done.
            signal.signal(number, lambda *_: setattr(engine, "should_exit", True))
        await engine.serve(sockets)


def spare_the_collector() -> None:
    """Keep modules and routes out of the garbage collector's rounds, and let it go round less often.

    A page makes some hundred short-lived containers; at the default threshold the collector went through the caches
    every few requests, which hold no cycles.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


async def announce(nest: Nest) -> None:
    """Print where the server is, now that it answers."""
    base_url = nest.settings.base_url
    lines = [f"Rookery is up on {base_url}"]
    if nest.settings.is_test:
        lines.append("Test mode: anybody may join, nothing is limited. Never use it for real people.")
    if secret := await make_claim(nest.app):
        lines.append(f"Nobody owns this server yet. Open this link once to become its owner: {base_url}/claim/{secret}")
    registrations = await find_registrations(nest.app)
    if registrations.chosen not in (None, registrations.default) and not registrations.is_test:
        lines.append(f"Registrations: {registrations.mode}, chosen here; the settings say {registrations.default}.")
    print("\n".join(lines), flush=True)
    for warning in await list_warnings(nest.app):
        LOG.warning("%s", warning)
