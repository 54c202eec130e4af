"""The process that decodes: reads orders from its socket, answers each, ends when the server is gone.

Owns: the loop, and what of an exception the server is told. Started by `box` with a clean environment, `python -I`, and
the socket as standard input; `confinement.leave_world` has run before this module (and so the decoders) is imported.
Never: opens a file, keeps anything of one picture for the next, writes to anything but the descriptors of an order.
"""

import errno
import gc
import os
import socket

from rookery.media.confinement import close_door
from rookery.media.decoding import TooMuch, forbid_other_decoders
from rookery.media.letters import LENGTH, LONGEST_LETTER_BYTES, Answer, Hello, LetterBroken, letter_bytes, parse_order
from rookery.media.pictures import ROLES, PictureLimits
from rookery.media.renditions import make_renditions


def serve(channel: socket.socket, limits: PictureLimits, walls: dict[str, str]) -> None:
    """Answer orders until the other end closes. walls: those that stand already, reported in the Hello."""
    channel.settimeout(None)
    forbid_other_decoders()
    walls = walls | close_door()
    channel.sendall(letter_bytes(Hello(walls)))
    while True:
        body, descriptors = receive(channel)
        if not body:
            return
        try:
            answer = fulfil(body, descriptors, limits)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        gc.collect()
        channel.sendall(letter_bytes(answer))


def receive(channel: socket.socket) -> tuple[bytes, list[int]]:
    """Read one letter and its descriptors; b"" when the server has closed. Raises LetterBroken."""
    head, descriptors, _, _ = socket.recv_fds(channel, LENGTH.size, len(ROLES) + 1)
    if not head:
        return b"", []
    while len(head) < LENGTH.size:
        head += receive_some(channel, LENGTH.size - len(head))
    (length,) = LENGTH.unpack(head)
    if length > LONGEST_LETTER_BYTES:
        raise LetterBroken("too long")
    body = b""
    while len(body) < length:
        body += receive_some(channel, length - len(body))
    return body, descriptors


def receive_some(channel: socket.socket, most: int) -> bytes:
    """Read at least one byte. Raises LetterBroken at the end."""
    chunk = channel.recv(most)
    if not chunk:
        raise LetterBroken("cut off")
    return chunk


def fulfil(body: bytes, descriptors: list[int], limits: PictureLimits) -> Answer:
    """Do one order; whatever the picture provokes becomes a refusal. Raises LetterBroken if the order itself is bad."""
    order = parse_order(body)
    if len(descriptors) != len(ROLES) + 1:
        raise LetterBroken("descriptors missing")
    try:
        return make_renditions(order, descriptors[0], descriptors[1:], limits)
    except TooMuch as promise:
        return Answer(refusal=promise.measure, found=promise.found, limit=promise.limit)
    except Exception as broken:  # any decoder, any error: the picture is refused and the child lives on
        return refusal_from(broken, descriptors[1:], limits)


def refusal_from(broken: Exception, outputs: list[int], limits: PictureLimits) -> Answer:
    """Tell an output that met the file size limit from a picture that could not be read."""
    largest = max(os.fstat(descriptor).st_size for descriptor in outputs)
    if largest >= limits.output_bytes or getattr(broken, "errno", None) == errno.EFBIG:
        return Answer(refusal="output bytes", found=largest, limit=limits.output_bytes)
    return Answer(refusal="damaged", detail=f"{type(broken).__name__}: {broken}"[:500])
