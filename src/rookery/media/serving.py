"""The loop of a child: read an order with its open files, fulfil it, answer, until the server is gone.

Owns: reading letters off the socket, closing descriptors. Never: knows what an order asks for.
"""

import gc
import os
import socket
from collections.abc import Callable

from rookery.media.letters import LENGTH, LONGEST_LETTER_BYTES, LetterBroken

MOST_DESCRIPTORS = 8


def serve_orders(channel: socket.socket, fulfil: Callable[[bytes, list[int]], bytes]) -> None:
    """Answer orders until the other end closes. fulfil: an order's body and descriptors -> the framed answer."""
    while True:
        body, descriptors = receive(channel)
        if not body:
            return
        try:
            answer = fulfil(body, descriptors)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        gc.collect()
        channel.sendall(answer)


def receive(channel: socket.socket) -> tuple[bytes, list[int]]:
    """Read one letter and its descriptors; b"" when the server has closed. Raises LetterBroken."""
    head, descriptors, _, _ = socket.recv_fds(channel, LENGTH.size, MOST_DESCRIPTORS)
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
