"""The door in: sockets that listen, opened before anything else so that a taken port is said at once.

Owns: binding. Never: accepts a connection (the HTTP server does) or knows what is served.
"""

from __future__ import annotations

import errno
import os
import socket

from rookery.model.errors import Refusal

BACKLOG = 2048
# A client that takes nothing for so long, dead or deaf, is let go by the system, with what waited for it in memory.
UNHEARD_MS = 60_000
Listening = socket.socket  # so that who hands sockets on need not know the module


class AddressRefused(Refusal):
    """The address cannot be listened on. The sentence says what to do."""


def listen_on(host: str, port: int) -> list[Listening]:
    """Bind every address of a host name on one port; 0 takes a free one, the same for all. Raises AddressRefused.

    They listen already: a client that comes while the server still starts waits in the queue of the system.
    """
    bound: list[socket.socket] = []
    try:
        for family, address in addresses_of(host, port):
            number = port or (bound[0].getsockname()[1] if bound else 0)
            bound.append(bind(family, (address, number)))
    except OSError as error:
        for opened in bound:
            opened.close()
        raise refusal_of(host, port, error) from error
    return bound


def addresses_of(host: str, port: int) -> list[tuple[int, str]]:
    """Return (family, address) of a host name, each once. Raises OSError when it has none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return list(dict.fromkeys((int(family), str(place[0])) for family, _, _, _, place in found))


def bind(family: int, place: tuple[str, int]) -> socket.socket:
    """Return a bound socket. Raises OSError."""
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":  # elsewhere this would let two servers share a port
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; connections inherit it
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNHEARD_MS)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        opened.bind(place)
        opened.listen(BACKLOG)  # only now is a port that somebody else bound as well known to be taken
    except OSError:
        opened.close()
        raise
    return opened


def refusal_of(host: str, port: int, error: OSError) -> AddressRefused:
    """Say what went wrong in words that help."""
    if error.errno == errno.EADDRINUSE:
        return AddressRefused(
            f"port {port} on {host} is taken by another program; stop it, or choose another port with --port"
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return AddressRefused(
            f"port {port} needs rights that this user does not have; choose one above 1023 with --port and let a"
            " reverse proxy stand before it"
        )
    if error.errno == errno.EADDRNOTAVAIL or isinstance(error, socket.gaierror):
        return AddressRefused(f"this machine has no address {host}; use 127.0.0.1, or 0.0.0.0 for every interface")
    return AddressRefused(f"cannot listen on {host} port {port}: {error.strerror or error}")
