"""The process that decodes pictures: reads orders from its socket, answers each, ends when the server is gone.

Owns: what of an exception the server is told. Started by `box` with a clean environment, `python -I`, and
the socket as standard input; `confinement.leave_world` has run before this module (and so the decoders) is imported.
Never: opens a file, keeps anything of one picture for the next, writes to anything but the descriptors of an order.
"""

import errno
import os
import socket

from rookery.media.confinement import close_door
from rookery.media.decoding import TooMuch, forbid_other_decoders
from rookery.media.letters import Answer, Hello, LetterBroken, letter_bytes, parse_order
from rookery.media.pictures import ROLES, PictureLimits
from rookery.media.renditions import make_renditions
from rookery.media.serving import serve_orders


def serve(channel: socket.socket, limits: PictureLimits, walls: dict[str, str]) -> None:
    """Answer orders until the other end closes. walls: those that stand already, reported in the Hello."""
    channel.settimeout(None)
    forbid_other_decoders()
    walls = walls | close_door()
    channel.sendall(letter_bytes(Hello(walls)))
    serve_orders(channel, lambda body, descriptors: letter_bytes(fulfil(body, descriptors, limits)))


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
