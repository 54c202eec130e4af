"""One child process as the server sees it: start it, give it one order, wait no longer than agreed, end it.

Owns: the process, its socket, and what its end means. Never: decodes; restarts by itself (`box` makes a new Worker);
waits without a deadline. A Worker that failed once is not used again.
"""

import asyncio
import json
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Generic, TypeVar

from rookery.media.confinement import Confinement
from rookery.media.errors import MediaBoxDown, MediaRefused, PictureDamaged, PictureTooSlow
from rookery.media.letters import (
    LENGTH,
    LONGEST_LETTER_BYTES,
    Answer,
    LetterBroken,
    letter_bytes,
    parse_answer,
    parse_hello,
)
from rookery.media.pictures import PictureLimits
from rookery.media.recording_errors import RecordingDamaged, RecordingTooSlow
from rookery.media.recording_letters import RecordingAnswer, parse_recording_answer
from rookery.media.recordings import RecordingLimits

START_S: Final = 20.0
Limits = PictureLimits | RecordingLimits
Reply = TypeVar("Reply")
PACKAGE_ROOT: Final = Path(__file__).resolve().parents[2]

# The import order is the point: namespaces before any library, decoders after. argv: package root, limits, cpu seconds.
# -I ignores PYTHONPATH, so the root is named; the child must run the very code that the server runs.
BOOT: Final = """
import json, socket, sys
sys.path.insert(0, sys.argv[1])
limits, cpu_s = json.loads(sys.argv[2]), int(sys.argv[3])
from rookery.media import confinement
walls = confinement.leave_world(
    memory_bytes=limits["memory_bytes"], cpu_s=cpu_s, output_bytes=limits["output_bytes"])
"""
BOOT_PICTURES: Final = """
from rookery.media import child, pictures
child.serve(socket.socket(fileno=0), pictures.PictureLimits(**limits), walls)
"""
BOOT_RECORDINGS: Final = """
from rookery.media import recording_child, recordings
recording_child.serve(socket.socket(fileno=0), recordings.RecordingLimits(**limits), walls)
"""


@dataclass(frozen=True, slots=True)
class Craft(Generic[Reply]):
    """What one kind of child does. boot: its code. share: how many orders it takes before a fresh one replaces it.

    parse: reads its answers. damaged, slow: what its death at work, or the deadline, means for the upload.
    """

    boot: str
    share: int
    parse: Callable[[bytes], Reply]
    damaged: Callable[[str], MediaRefused]
    slow: Callable[[float], MediaRefused]


PICTURES: Final[Craft[Answer]] = Craft(BOOT_PICTURES, 200, parse_answer, PictureDamaged, PictureTooSlow)
RECORDINGS: Final[Craft[RecordingAnswer]] = Craft(
    BOOT_RECORDINGS, 1, parse_recording_answer, RecordingDamaged, RecordingTooSlow
)

# Nothing of the server's own environment, which may hold secrets. One malloc arena keeps address space small.
ENVIRONMENT: Final = {"LANG": "C.UTF-8", "VIPS_CONCURRENCY": "1", "MALLOC_ARENA_MAX": "1"}


class Worker(Generic[Reply]):
    """A running child and its half of the socket. Use from one task at a time."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        channel: socket.socket,
        limits: Limits,
        craft: Craft[Reply],
    ) -> None:
        self.process, self.channel, self.limits, self.craft = process, channel, limits, craft
        self.confinement = Confinement({})
        self.orders_left = craft.share
        self.idle_timer: asyncio.TimerHandle | None = None

    @property
    def is_usable(self) -> bool:
        """False once the process ended or has done its share."""
        return self.process.returncode is None and self.orders_left > 0

    async def hear_hello(self) -> None:
        """Wait until the child is confined and ready. Raises MediaBoxDown."""
        try:
            async with asyncio.timeout(START_S):
                self.confinement = Confinement(parse_hello(await self.receive()).walls)
        except (OSError, LetterBroken, TimeoutError) as silent:
            await self.kill()
            raise MediaBoxDown(f"the picture process did not start: {silent}") from silent
        except BaseException:
            await self.kill()
            raise

    async def fulfil(self, order: object, descriptors: Sequence[int]) -> Reply:
        """Send one order with its descriptors, wait for the answer.

        Raises craft.slow at the deadline, craft.damaged if the child fell over the upload, MediaBoxDown if it was
        killed by somebody else. After any of these, and after a cancellation, the child is dead and waited for.
        """
        self.orders_left -= 1
        try:
            async with asyncio.timeout(self.limits.seconds):
                self.send(order, descriptors)
                return self.craft.parse(await self.receive())
        except TimeoutError as late:
            await self.kill()
            raise self.craft.slow(self.limits.seconds) from late
        except (OSError, LetterBroken) as broken:
            raise await self.autopsy(broken) from broken
        except BaseException:
            await self.kill()
            raise

    def send(self, order: object, descriptors: Sequence[int]) -> None:
        """Write a letter far smaller than the socket's buffer. Raises OSError."""
        letter = letter_bytes(order)
        if socket.send_fds(self.channel, [letter], list(descriptors)) != len(letter):
            raise OSError("the letter did not fit")

    async def receive(self) -> bytes:
        """Read one letter's body. Raises LetterBroken at the end of the stream."""
        (length,) = LENGTH.unpack(await self.receive_exactly(LENGTH.size))
        if length > LONGEST_LETTER_BYTES:
            raise LetterBroken("too long")
        return await self.receive_exactly(length)

    async def receive_exactly(self, size: int) -> bytes:
        """Read `size` bytes. Raises LetterBroken at the end of the stream."""
        loop, received = asyncio.get_running_loop(), b""
        while len(received) < size:
            chunk = await loop.sock_recv(self.channel, size - len(received))
            if not chunk:
                raise LetterBroken("the picture process went away")
            received += chunk
        return received

    async def autopsy(self, broken: Exception) -> MediaRefused:
        """Say what the end of the child means for the picture it was reading."""
        try:
            async with asyncio.timeout(1):
                code = await self.process.wait()
        except TimeoutError:
            code = 0
        await self.kill()
        if code == -signal.SIGXCPU:
            return self.craft.slow(self.limits.seconds)
        if code == -signal.SIGKILL:
            return MediaBoxDown("the picture process was killed")
        return self.craft.damaged(f"child ended with {code}: {broken}")

    async def kill(self) -> None:
        """End the child at once and collect it; harmless when it is gone."""
        self.stop_idle_timer()
        self.channel.close()
        if self.process.returncode is None:
            self.strike()
        await asyncio.shield(self.process.wait())

    def strike(self) -> None:
        """Kill the child and leave the rest to the task that waits for its answer, which then hears the end."""
        with suppress(ProcessLookupError):
            self.process.kill()

    def stop_idle_timer(self) -> None:
        """Forget the plan to end the child."""
        if self.idle_timer is not None:
            self.idle_timer.cancel()
            self.idle_timer = None


async def start_worker(limits: Limits, craft: Craft[Reply]) -> Worker[Reply]:
    """Start a child, confined and with its decoders loaded. Raises MediaBoxDown."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            "-c",
            BOOT + craft.boot,
            str(PACKAGE_ROOT),
            json.dumps(asdict(limits)),
            str(int(limits.seconds * craft.share) + 1),
            stdin=theirs.fileno(),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env=ENVIRONMENT,
            cwd="/",
            start_new_session=True,
        )
    except OSError as refused:
        ours.close()
        raise MediaBoxDown(f"the picture process did not start: {refused}") from refused
    finally:
        theirs.close()
    worker = Worker(process, ours, limits, craft)
    await worker.hear_hello()
    return worker
