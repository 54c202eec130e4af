"""Whose an id is: the origin rules (K2). The one place that compares where two ids come from.

Owns: Origin, same_origin, what of ours others may speak of. Never: fetches; whoever fetches checks the final address
with `same_origin` too. An origin is scheme, host and port together: another port is another server, and so is http for
https. Ids without such an origin (`ap://did:key:…`, `acct:…`, `urn:…`) are the same as no other.
Spec: https://w3id.org/fep/fe34, RFC 6454 §4
"""

from __future__ import annotations

import re
from functools import lru_cache

from rookery.model.incoming import IncomingRefused, check_uri
from rookery.network.destinations import parse_destination
from rookery.network.outward import AddressRefused


class ForeignObject(IncomingRefused):
    """A document speaks of an id of another server, or of one of ours: only its own server may say what it is."""

    def __init__(self, uri: str, speaker: str) -> None:
        super().__init__(f"{uri[:200]!r} does not come from the server of {speaker[:200]!r}")
        self.uri, self.speaker = uri, speaker


# An id as nearly all are: nothing behind the first slash can change where it comes from.
PLAIN = re.compile(r"(https?://[a-z0-9.:-]{1,253})/[A-Za-z0-9/_.~@+?=&#%:-]{0,1000}")


@lru_cache(maxsize=4096)
def find_origin(uri: str) -> str | None:
    """Return `scheme://host:port` in one normal form, None for what has none.

    It is read by the parser of the safe door, so that no id means one host here and another one when it is fetched.
    Ids are many and servers few: of a plain one only the beginning is read, once for all ids of its server.
    """
    plain = PLAIN.fullmatch(uri)
    return read_origin(plain[1] if plain else uri)


@lru_cache(maxsize=4096)
def read_origin(uri: str) -> str | None:
    """Have an id read by that parser."""
    try:
        return parse_destination(check_uri(uri), allows_http=True, is_test=True).origin
    except (AddressRefused, IncomingRefused):
        return None


def same_origin(first: str, second: str) -> bool:
    """True when both ids come from one server."""
    origin = find_origin(first)
    return origin is not None and origin == find_origin(second)


def is_ours(uri: str, base_url: str) -> bool:
    """True for an id of this server: the database answers for it, never a document that somebody brings.

    Any scheme and port of our host counts: nobody else may speak there either.
    """
    if same_origin(uri, base_url):
        return True
    # Servers that are tried out on one machine share a host and differ by port; a public one has no port in its name.
    has_port = ":" in authority_of(base_url).rpartition("]")[2]
    return not has_port and host_of(uri) != "" and host_of(uri) == host_of(base_url)


def host_of(uri: str) -> str:
    """Return the host in ASCII and lower case, '' for what has none."""
    origin = find_origin(uri)
    authority = origin.partition("://")[2] if origin else ""
    if authority.startswith("["):
        return authority.partition("]")[0] + "]"
    return authority.partition(":")[0]


def authority_of(uri: str) -> str:
    """Return host and port as handles name them: without the usual port. '' for what has none."""
    origin = find_origin(uri)
    return origin.partition("://")[2] if origin else ""


def check_foreign(uri: str, speaker: str, base_url: str) -> str:
    """Return an id that `speaker`'s server may speak of. Raises ForeignObject; IncomingRefused for what is no id."""
    check_uri(uri)
    if not same_origin(uri, speaker) or is_ours(uri, base_url):
        raise ForeignObject(uri, speaker)
    return uri
