"""Where a link leads: parsed once, and that parse is what is checked, resolved, connected and signed (K1).

Owns: Destination, the parsing of links that others wrote. Never: looks up a name.
Spec: RFC 3986, UTS 46 (names beyond ASCII), RFC 6761 (special names)
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from urllib.parse import quote, urljoin, urlsplit

import idna

from rookery.network.outward import AddressRefused
from rookery.network.ranges import Address, special_kind

LONGEST_LINK = 4096
KEPT_PARSED = 1024  # one request asks for the same link when it is signed, checked and sent
PORTS = {"https": 443, "http": 80}
LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
BRACKETED = re.compile(r"\[[0-9A-Fa-f:.]+\](?::[0-9]*)?")  # no zone: it names an interface of ours
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
UNSAFE = re.compile(r"[\x00-\x20\x7f-\x9f\\]")
TARGET_SAFE = "!$%&'()*+,/:;=?@~[]"
# Names that mean this machine, this network or nothing, whatever a resolver says.
PRIVATE_NAMES = ("localhost", "local", "internal", "intranet", "lan", "onion", "invalid", "test", "home.arpa")


@dataclass(frozen=True)
class Destination:
    """A parsed link. host: ASCII, lower case, without brackets; target: path and query as they go on the wire."""

    scheme: str
    host: str
    port: int
    target: str

    @cached_property
    def authority(self) -> str:
        """Host and port as the Host header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @cached_property
    def origin(self) -> str:
        """Scheme, host and port. Spec: RFC 6454"""
        return f"{self.scheme}://{self.authority}"

    @cached_property
    def url(self) -> str:
        """The link in its one normal form."""
        return f"{self.origin}{self.target}"

    @property
    def literal(self) -> Address | None:
        """The address, when the host is one; None for a name."""
        return literal_of(self.host)


@lru_cache(KEPT_PARSED)
def literal_of(host: str) -> Address | None:
    """Return the address that a host is written as, None for a name."""
    if ":" not in host and not host[-1:].isdigit():
        return None
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


@lru_cache(KEPT_PARSED)
def parse_destination(raw: str, *, allows_http: bool, is_test: bool) -> Destination:
    """Read a link. is_test: local names, http and every port are welcome. Raises AddressRefused."""
    if len(raw) > LONGEST_LINK:
        raise AddressRefused(f"it is longer than {LONGEST_LINK} characters")
    if UNSAFE.search(raw):
        raise AddressRefused("it has spaces or control characters in it")
    try:
        parts = urlsplit(raw)
        port = parts.port
        netloc, hostname = parts.netloc, parts.hostname or ""
    except ValueError:
        raise AddressRefused("its host or port cannot be read") from None
    scheme = parts.scheme.lower()
    if scheme not in PORTS or (scheme == "http" and not (allows_http or is_test)):
        raise AddressRefused(f"it begins with {scheme[:20]!r}, not with https")
    if "@" in netloc:
        raise AddressRefused("it carries a user name")
    host = parse_host(hostname, netloc, is_test=is_test)
    if port is not None and port not in PORTS.values() and not is_test:
        raise AddressRefused(f"port {port} is not one of the web")
    target = quote(parts.path or "/", safe=TARGET_SAFE)
    if parts.query:
        target += "?" + quote(parts.query, safe=TARGET_SAFE)
    place = Destination(scheme, host, PORTS[scheme] if port is None else port, target)
    if not is_test and place.literal and special_kind(place.literal):
        raise AddressRefused("its host is not on the public internet")
    return place


def parse_host(raw: str, netloc: str, *, is_test: bool) -> str:
    """Return a host in ASCII and lower case: an address as it is always written, or a name. Raises AddressRefused."""
    if netloc.startswith("["):
        if not BRACKETED.fullmatch(netloc):
            raise AddressRefused("its host is no IPv6 address")
        try:
            return str(ipaddress.IPv6Address(raw))
        except ValueError:
            raise AddressRefused("its host is no IPv6 address") from None
    host = raw
    if not raw.isascii():
        try:
            host = idna.encode(raw, uts46=True).decode()
        except idna.IDNAError:
            raise AddressRefused("its host is not a name") from None
    host = host.lower().removesuffix(".")
    labels = host.split(".")
    if NUMBER.fullmatch(labels[-1]):
        return parse_ipv4(host)
    if len(host) > 253 or not all(LABEL.fullmatch(label) for label in labels):
        raise AddressRefused("its host is not a name")
    if not is_test and (len(labels) < 2 or f".{host}".endswith(tuple(f".{name}" for name in PRIVATE_NAMES))):
        raise AddressRefused("its host is not on the public internet")
    return host


def parse_ipv4(host: str) -> str:
    """Return an IPv4 address in its usual form; 127.1, 0x7f.1 and 2130706433 are none. Raises AddressRefused."""
    try:
        return str(ipaddress.IPv4Address(host))
    except ValueError:
        raise AddressRefused("its host is no IPv4 address") from None


def follow(place: Destination, location: str, *, allows_http: bool, is_test: bool) -> Destination:
    """Return where a redirect leads. Raises AddressRefused."""
    try:
        joined = urljoin(place.url, location.strip(" \t"))
    except ValueError:
        raise AddressRefused("the redirect cannot be read") from None
    return parse_destination(joined.partition("#")[0], allows_http=allows_http, is_test=is_test)
