"""Who may come in: what blocks of networks, mail domains and mailboxes say to a sign-up and to every request.

Owns: Doorkeeper, the memory of networks without access; the checks of addresses. Never: changes a block
(actions/doorblocks.py). The memory is read at the start and follows the event log, so every process obeys.
"""

from __future__ import annotations

from rookery.model.blocks import IpSeverity, Network, canonical_digest, domains_above, parse_network
from rookery.model.errors import NotAllowed
from rookery.model.events import Event, NetworkBarred
from rookery.model.ids import now_us
from rookery.model.members import SignUpRefused
from rookery.network.addresses import is_among, parse_address
from rookery.storage.database import Database, Reader
from rookery.storage.doorblocks import find_email_block, list_every_ip_block, list_mail_blocks_among


class NetworkRefused(NotAllowed):
    """Nobody signs up from this network."""

    def __init__(self) -> None:
        super().__init__("people from your network cannot sign up here; write to those who run the server")


class Doorkeeper:
    """The networks without any access. Limits count IPv6 by its /64, so a narrower block reaches as far."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.barred: dict[Network, int | None] = {}

    async def learn(self) -> None:
        """Read what holds now; once, at the start."""
        blocks = await list_every_ip_block(self.db.reader, now_us())
        self.barred = {
            widened(one.network): one.expires_at_us for one in blocks if one.severity is IpSeverity.NO_ACCESS
        }

    def on_event(self, event: Event) -> None:
        """Follow changes, also those of other processes."""
        if isinstance(event, NetworkBarred):
            network = widened(parse_network(event.network))
            self.barred.pop(network, None)
            if event.is_on:
                self.barred[network] = event.expires_at_us

    def is_barred(self, address: str) -> bool:
        """True when nothing is answered to this address."""
        if not self.barred:
            return False
        now = now_us()
        return is_among(address, [net for net, until in self.barred.items() if until is None or until > now])


def widened(network: Network) -> Network:
    """Return an IPv6 network at least a /64 wide."""
    return network.supernet(new_prefix=64) if network.version == 6 and network.prefixlen > 64 else network


async def check_email_door(reader: Reader, email: str) -> bool:
    """Return whether who has this address must wait for approval. Raises SignUpRefused for a blocked one.

    A blocked mailbox reads like one that is taken: nobody learns whose it was.
    """
    domain = email.rpartition("@")[2].lower().rstrip(".")
    blocks = await list_mail_blocks_among(reader, domains_above(domain))
    if any(not block.asks_approval for block in blocks):
        raise SignUpRefused("email", "BLOCKED", "addresses of this mail provider are not taken here")
    if await find_email_block(reader, canonical_digest(email)):
        raise SignUpRefused("email", "TAKEN", "there is an account with this e-mail address already")
    return bool(blocks)


async def check_network_door(reader: Reader, address: str) -> bool:
    """Return whether people from there must wait for approval. Raises NetworkRefused."""
    if parse_address(address) is None:
        return False
    found = {
        block.severity
        for block in await list_every_ip_block(reader, now_us())
        if is_among(address, [widened(block.network)])
    }
    if found & {IpSeverity.SIGN_UP_BLOCK, IpSeverity.NO_ACCESS}:
        raise NetworkRefused
    return IpSeverity.SIGN_UP_REQUIRES_APPROVAL in found
