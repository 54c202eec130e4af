"""Web pages of strangers: read in a child without network, files or secrets; names and short texts come back.

Owns: PageReader (the child, its deadline, its end), PageText (what came back, checked). Never: parses HTML itself,
knows what a name means (actions/pages.py does), fetches. One child, started by the first page, ended when idle.
Frame: 4 bytes big-endian length, then UTF-8: HTML on the way in, JSON on the way out.
"""

import asyncio
import json
import struct
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from rookery.media.errors import MediaBoxDown

LENGTH: Final = struct.Struct(">I")
START_S, PAGE_S, IDLE_S, PAGES_PER_CHILD = 20.0, 5.0, 60.0, 500
MEMORY_BYTES: Final = 768 * 1024 * 1024
LONGEST_PAGE_BYTES, LONGEST_ANSWER_BYTES = 4 * 1024 * 1024, 1024 * 1024
PACKAGE_ROOT: Final = Path(__file__).resolve().parents[2]
# As in worker.py: the walls that must come first, then the parser, then the rest of the walls.
BOOT: Final = """
import sys
sys.path.insert(0, sys.argv[1])
from rookery.media import confinement
confinement.leave_world(memory_bytes=int(sys.argv[2]), cpu_s=int(sys.argv[3]), output_bytes=0)
from rookery.media import page_child
page_child.serve()
"""
ENVIRONMENT: Final = {"LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "1"}


class PageUnreadable(Exception):
    """The parser fell over this page, or needed too long."""


@dataclass(frozen=True, slots=True)
class PageText:
    """What a page says of itself.

    title; language of the root; metas: (name in lower case, content) in order;
    links: (rel, type, address); scripts: texts of JSON-LD; frames: (address, width, height) of iframes.
    """

    title: str = ""
    language: str = ""
    metas: tuple[tuple[str, str], ...] = ()
    links: tuple[tuple[str, str, str], ...] = ()
    scripts: tuple[str, ...] = ()
    frames: tuple[tuple[str, str, str], ...] = ()


class PageReader:
    """Reads one page at a time; further calls wait their turn. idle_s: a child unused for so long is ended."""

    def __init__(self, *, idle_s: float = IDLE_S, page_s: float = PAGE_S) -> None:
        self.idle_s, self.page_s = idle_s, page_s
        self.turn = asyncio.Lock()
        self.process: asyncio.subprocess.Process | None = None
        self.pages_left = 0
        self.timer: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """End the child; harmless twice."""
        self.stop_timer()
        process, self.process = self.process, None
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill()
            await asyncio.shield(process.wait())

    async def read(self, html: str) -> PageText:
        """Return what a page says. Raises PageUnreadable for good, MediaBoxDown when no child can be had."""
        raw = html.encode("utf-8", "replace")[:LONGEST_PAGE_BYTES]
        async with self.turn:
            self.stop_timer()
            process = await self.ready_child()
            self.pages_left -= 1
            try:
                async with asyncio.timeout(self.page_s):
                    answer = await ask(process, raw)
            except (TimeoutError, OSError, EOFError, ValueError, TypeError, KeyError, RecursionError) as error:
                await self.close()
                raise PageUnreadable(f"the page cannot be read: {type(error).__name__}") from error
            except BaseException:
                await self.close()
                raise
            self.timer = asyncio.get_running_loop().call_later(self.idle_s, self.retire, process)
            return answer

    async def ready_child(self) -> asyncio.subprocess.Process:
        """Return a child that waits for a page. Raises MediaBoxDown."""
        if self.process is not None and self.process.returncode is None and self.pages_left > 0:
            return self.process
        await self.close()
        self.process, self.pages_left = await start_child(self.page_s), PAGES_PER_CHILD
        return self.process

    def retire(self, process: asyncio.subprocess.Process) -> None:
        """End an idle child; the next page starts another."""
        if self.process is process and process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()

    def stop_timer(self) -> None:
        """Forget the plan to end the child."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


async def start_child(page_s: float) -> asyncio.subprocess.Process:
    """Start a child and wait until it is walled in. Raises MediaBoxDown."""
    arguments = ("-I", "-c", BOOT, str(PACKAGE_ROOT), str(MEMORY_BYTES), str(int(page_s * PAGES_PER_CHILD) + 1))
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=ENVIRONMENT,
            cwd="/",
            start_new_session=True,
        )
    except OSError as refused:
        raise MediaBoxDown(f"the page reader did not start: {refused}") from refused
    try:
        async with asyncio.timeout(START_S):
            await ask(process, b"<title>hello</title>")
    except (TimeoutError, OSError, EOFError, ValueError) as silent:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        raise MediaBoxDown(f"the page reader did not start: {type(silent).__name__}") from silent
    return process


async def ask(process: asyncio.subprocess.Process, raw: bytes) -> PageText:
    """Send one page, return the checked answer. Raises OSError, EOFError, ValueError, TypeError, KeyError."""
    if process.stdin is None or process.stdout is None:
        raise OSError("no pipes")
    process.stdin.write(LENGTH.pack(len(raw)) + raw)
    await process.stdin.drain()
    (length,) = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))
    if length > LONGEST_ANSWER_BYTES:
        raise ValueError("the answer is too long")
    return parse_page_text(json.loads(await process.stdout.readexactly(length)))


def parse_page_text(answer: Any) -> PageText:
    """Check every field: a child that was taken over writes what it likes. Raises ValueError, TypeError, KeyError."""
    return PageText(
        text_of(answer["title"]),
        text_of(answer["language"]),
        tuple((text_of(name), text_of(content)) for name, content in answer["metas"]),
        tuple((text_of(rel), text_of(kind), text_of(href)) for rel, kind, href in answer["links"]),
        tuple(text_of(script) for script in answer["scripts"]),
        tuple((text_of(src), text_of(width), text_of(height)) for src, width, height in answer["frames"]),
    )


def text_of(value: Any) -> str:
    """Return a text that is one, without what no text has. Raises TypeError."""
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value.encode("utf-8", "replace").decode().replace("\0", "")
