"""Who is on the other side: addresses of peers, and those that trusted proxies tell.

Owns: reading addresses, and what counts as one client. Never: a limit, a look-up of names.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def parse_networks(raw: Iterable[str]) -> tuple[Network, ...]:
    """Read networks such as 10.0.0.0/8. Raises ValueError."""
    return tuple(ipaddress.ip_network(network) for network in raw)


def client_address(peer: str, forwarded: str, proxies: Sequence[Network]) -> str:
    """Return the peer, or behind trusted proxies the right-most address that is not one of them, as subject_of does.

    forwarded: the X-Forwarded-For header. What cannot be read there ends the chain at who sent it.
    """
    chain = forwarded.split(",") if proxies else []
    while chain and is_among(peer, proxies):
        earlier = parse_address(chain.pop())
        if earlier is None:
            break
        peer = str(earlier)
    return subject_of(peer)


def is_among(address: str, networks: Sequence[Network]) -> bool:
    """True when an address lies in one of the networks."""
    parsed = parse_address(address)
    return parsed is not None and any(parsed in network for network in networks)


def parse_address(raw: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Read an address as peers and proxies write it: with port, brackets or zone, IPv4 inside IPv6; None for none."""
    text = raw.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        parsed = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed


def subject_of(address: str) -> str:
    """Return the address that limits count by: IPv6 by its /64, as one home has one."""
    if ":" not in address:
        return address
    parsed = parse_address(address)
    if parsed is None or parsed.version == 4:
        return address if parsed is None else str(parsed)
    return str(ipaddress.ip_network(f"{parsed}/64", strict=False).network_address)
