"""With which other servers this one deals: the one predicate that every wire and every action asks.

Owns: that answer, from three tables: the mode of the server, the blocks, and the list of welcome servers. Never:
decides; staff does (actions/domainblocks.py), and the mode is a setting, which a server writes here when it starts, so
that whoever has a database in hand can ask.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rookery.model.blocks import DomainBlock, FederationMode, Severity, domains_above
from rookery.storage.database import Reader, Transaction
from rookery.storage.domainblocks import find_covering_block
from rookery.storage.values import set_value

MODE = "federation"
MODE_AND_WELCOME = """
    -- Index: primary key of server_values, the unique one on domain
    SELECT coalesce((SELECT value FROM server_values WHERE name = :mode), 'open'),
        EXISTS (SELECT 1 FROM domain_allows WHERE domain = :domain)
"""
MODE_OF = "SELECT value FROM server_values WHERE name = :mode"
SEVERITIES = "SELECT domain, severity FROM domain_blocks WHERE domain IN (:names...text)"
WELCOME = "SELECT domain FROM domain_allows WHERE domain IN (:names...text)"


@dataclass(frozen=True, slots=True)
class Peering:
    """How this server treats another one. block: the one that covers it, of whatever severity."""

    is_shut_out: bool
    block: DomainBlock | None


async def find_peering(reader: Reader, host: str) -> Peering:
    """Return how a server is treated. host: a name in any letters; a port is no part of who somebody is.

    A block is on a name and everything below it, and wins over a welcome; a welcome is for one name alone, because the
    names below it may be rented out to anybody.
    """
    domain = name_of(host)
    block = await find_covering_block(reader, domain)
    if block is not None and block.severity is Severity.SUSPEND:
        return Peering(True, block)
    row = await reader.one(MODE_AND_WELCOME, mode=MODE, domain=domain)
    mode, is_welcome = (row[0], bool(row[1])) if row else (FederationMode.OPEN.value, False)
    is_open = mode == FederationMode.OPEN or (mode == FederationMode.ALLOWLIST and is_welcome)
    return Peering(not is_open, block)


async def is_shut_out(reader: Reader, host: str) -> bool:
    """True when nothing goes to a server and nothing is taken from it."""
    return (await find_peering(reader, host)).is_shut_out


async def list_shut_out(reader: Reader, hosts: Iterable[str]) -> set[str]:
    """Return those of the hosts that are shut out, with as few questions for many as for one."""
    names = {host: name_of(host) for host in hosts}
    row = await reader.one(MODE_OF, mode=MODE)
    mode = row[0] if row else FederationMode.OPEN.value
    above = {host: domains_above(name) for host, name in names.items()}
    wanted = sorted({name for each in above.values() for name in each})
    severities = {one[0]: one[1] for one in await reader.all(SEVERITIES, names=wanted)}
    welcome = {one[0] for one in await reader.all(WELCOME, names=sorted(set(names.values())))}
    return {
        host
        for host, name in names.items()
        if next((severities[one] for one in above[host] if one in severities), "") == Severity.SUSPEND
        or mode == FederationMode.CLOSED
        or (mode == FederationMode.ALLOWLIST and name not in welcome)
    }


def name_of(host: str) -> str:
    """Return the name of a host as blocks and welcomes write it."""
    name, _, port = host.rpartition(":")
    return (name if name and port.isdigit() else host).lower().rstrip(".")


async def set_mode(tx: Transaction, mode: FederationMode) -> None:
    """Let the mode hold from now on."""
    await set_value(tx, MODE, mode.value)
