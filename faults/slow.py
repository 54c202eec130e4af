"""Hundreds who ask for streams and never read them (F24).

Owns: those sockets, and a look at what they cost the server. Each must be cut at its bound; nobody else notices.
"""

import contextlib
import socket
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

from bench.processes import resident_mb

from faults.ground import Ground, ground, soon, wrote

WORDS = "These words are there to fill pipes that nobody empties. " * 40
MOST_POSTS = 700
MOST_MB = 100
PATIENT_S = 2.0
SOCKET = (
    "GET /api/v1/streaming?stream=user HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n"
    "upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n"
    "sec-websocket-key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
)
LINES = "GET /api/v1/streaming/user HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\r\n"


def open_silently(nest: Ground, request: str) -> socket.socket:
    """Open a stream up to its first bytes, with as little room on the way as the kernel allows."""
    opened = socket.socket()
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    opened.settimeout(10)
    opened.connect(("127.0.0.1", urlsplit(nest.server.url).port))
    opened.sendall(request.format(nest.bea.token).encode())
    head = opened.recv(512)
    assert head.startswith((b"HTTP/1.1 101", b"HTTP/1.1 200")), head
    return opened


def memory_mb(nest: Ground) -> int:
    """What the server holds in memory."""
    return int(resident_mb(nest.server.process.pid))


def open_files(nest: Ground) -> int:
    return len(list(Path(f"/proc/{nest.server.process.pid}/fd").iterdir()))


def publish(nest: Ground) -> float:
    """Have a long post told to everybody; return how long it took."""
    text, began = f"post{next(nest.load.numbers)}", time.monotonic()
    nest.load.write(text, status=f"{text} @bea {WORDS}")
    assert text in nest.ledger.posts, nest.ledger.refused
    return time.monotonic() - began


def never_read(folder: Path, *, streams: int, cut_within_s: float) -> str:
    """F24: `streams` of each kind are opened and not read, until the server has cut them all."""
    with ground(folder) as nest, contextlib.ExitStack() as stack:
        assert wrote(nest) == 200
        [early] = nest.ledger.posts.values()
        listener = threading.Thread(target=nest.load.keep, args=(nest.load.listen,), daemon=True)
        listener.start()
        before = open_files(nest)
        for request in (SOCKET, LINES) * streams:
            stack.callback(open_silently(nest, request).close)
        opened, memory = open_files(nest) - before, memory_mb(nest)
        assert opened >= 2 * streams - 5
        times, most = [], memory
        began = time.monotonic()
        while open_files(nest) - before > 10:
            if len(times) < MOST_POSTS:
                times.append(publish(nest))
            else:
                time.sleep(0.1)
            most = max(most, memory_mb(nest))
            assert most - memory < MOST_MB, f"the server grew by {most - memory} MB"
            left = open_files(nest) - before
            assert time.monotonic() - began < cut_within_s, f"{left} of {2 * streams} streams were never cut"
        took = time.monotonic() - began
        soon(lambda: set(nest.ledger.posts.values()) - {early} <= nest.ledger.heard)
        nest.load.is_over.set()
        listener.join(10)
        nest.settle()
    slow = sorted(times)[len(times) * 95 // 100]
    assert slow < PATIENT_S, f"people waited {slow:.2f} s"
    return (
        f"{2 * streams} streams that nobody reads were cut within {took:.0f} s; {most - memory} MB more at most, of"
        f" {len(times)} posts meanwhile 95 in 100 within {slow * 1000:.0f} ms, and who listens heard them all"
    )
