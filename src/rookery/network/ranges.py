"""Which addresses of the internet are somebody's public server, and which lead inward (K1).

Owns: the classifier of addresses. Never: looks a name up, opens anything. Python's `is_global` is no guard: it says yes
to multicast, to NAT64 of loopback, and differs between versions; so IPv6 is an allow-list here and IPv4 a full table.
Spec: IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890), RFC 6052 (NAT64), RFC 4291
"""

from __future__ import annotations

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
LOOPBACK = "loopback"

SPECIAL_IPV4: tuple[tuple[str, str], ...] = (
    ("0.0.0.0/8", "this network"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "shared by a carrier"),
    ("127.0.0.0/8", LOOPBACK),
    ("168.63.129.16/32", "a cloud's metadata"),  # Azure answers here from inside, on an address that looks public
    ("169.254.0.0/16", "link-local"),
    ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "protocol assignments"),
    ("192.0.2.0/24", "documentation"),
    ("192.31.196.0/24", "AS112"),
    ("192.52.193.0/24", "AMT"),
    ("192.88.99.0/24", "6to4 relay"),
    ("192.168.0.0/16", "private"),
    ("192.175.48.0/24", "AS112"),
    ("198.18.0.0/15", "benchmarking"),
    ("198.51.100.0/24", "documentation"),
    ("203.0.113.0/24", "documentation"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved"),
)
# Everything else of IPv6 is refused: only 2000::/3 is given to people, and of it not these.
SPECIAL_IPV6: tuple[tuple[str, str], ...] = (
    ("2001::/32", "Teredo"),
    ("2001::/23", "protocol assignments"),
    ("2001:db8::/32", "documentation"),
    ("2002::/16", "6to4"),
    ("2620:4f:8000::/48", "AS112"),
    ("3fff::/20", "documentation"),
)
IPV4_TABLE = tuple((ipaddress.IPv4Network(network), kind) for network, kind in SPECIAL_IPV4)
IPV6_TABLE = tuple((ipaddress.IPv6Network(network), kind) for network, kind in SPECIAL_IPV6)
GIVEN_OUT = ipaddress.IPv6Network("2000::/3")
MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # how a host without IPv4 reaches it; what is inside is judged
IPV6_LOOPBACK = ipaddress.IPv6Address("::1")


def special_kind(address: Address) -> str:
    """Return what kind of special address this is, '' for one that is somebody's public server."""
    if isinstance(address, ipaddress.IPv4Address):
        return next((kind for network, kind in IPV4_TABLE if address in network), "")
    if address.scope_id:
        return "link-local"
    if address == IPV6_LOOPBACK:
        return LOOPBACK
    if address in MAPPED or address in NAT64:
        return special_kind(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    if address not in GIVEN_OUT:
        return "not public"
    return next((kind for network, kind in IPV6_TABLE if address in network), "")


def may_reach(address: Address, *, allows_loopback: bool) -> bool:
    """Say whether we may connect. allows_loopback: in test mode, where this machine is all the world there is."""
    kind = special_kind(address)
    return not kind or (allows_loopback and kind == LOOPBACK)
