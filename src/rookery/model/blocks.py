"""What the server keeps away: other servers, mail domains and mailboxes, networks.

Owns: the nouns, how domains, networks and mailboxes are written and compared. Never: enforces anything.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from dataclasses import dataclass
from enum import StrEnum

from rookery.model.errors import Invalid, NotFound

DOMAIN_SHAPE = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
MAX_COMMENT_CHARACTERS = 2000
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class BlockNotFound(NotFound):
    """There is no such block."""

    def __init__(self) -> None:
        super().__init__("no such block")


class BlockRefused(Invalid):
    """A value of a block breaks a rule."""


class AlreadyBlocked(BlockRefused):
    """The domain, network or mailbox has its block."""

    def __init__(self) -> None:
        super().__init__("there is a block for this already")


class FederationMode(StrEnum):
    """With which other servers this one deals."""

    OPEN = "open"
    ALLOWLIST = "allowlist"
    CLOSED = "closed"


class Severity(StrEnum):
    """What happens to the accounts of another server, mildest first."""

    NOOP = "noop"
    SILENCE = "silence"
    SUSPEND = "suspend"


class IpSeverity(StrEnum):
    """What people from a network may not do."""

    SIGN_UP_REQUIRES_APPROVAL = "sign_up_requires_approval"
    SIGN_UP_BLOCK = "sign_up_block"
    NO_ACCESS = "no_access"


@dataclass(frozen=True, slots=True)
class DomainBlock:
    """One other server, with everything below its name. is_obfuscated: strangers see the name with holes."""

    id: int
    domain: str
    severity: Severity
    rejects_media: bool
    rejects_reports: bool
    private_comment: str
    public_comment: str
    is_obfuscated: bool
    created_at_us: int

    @property
    def keeps_files_away(self) -> bool:
        """True when no picture of that server is shown here."""
        return self.rejects_media or self.severity is Severity.SUSPEND

    @property
    def digest(self) -> str:
        """SHA-256 of the name, for those who know it."""
        return hashlib.sha256(self.domain.encode()).hexdigest()

    @property
    def shown_domain(self) -> str:
        """The name as strangers see it: its middle starred, the dots kept."""
        if not self.is_obfuscated:
            return self.domain
        quarter = max(1, len(self.domain) // 4)
        return "".join(
            letter if letter == "." or place < quarter or place >= len(self.domain) - quarter else "*"
            for place, letter in enumerate(self.domain)
        )


@dataclass(frozen=True, slots=True)
class ListedBlock:
    """A block as a list of others has it: one row that makes sense."""

    domain: str
    severity: Severity
    rejects_media: bool
    rejects_reports: bool
    public_comment: str
    is_obfuscated: bool


@dataclass(frozen=True, slots=True)
class DomainAllow:
    """A server that is welcome where only named ones are."""

    id: int
    domain: str
    created_at_us: int


@dataclass(frozen=True, slots=True)
class EmailDomainBlock:
    """Addresses of a mail domain, and below it, may not sign up; asks_approval: they may, and wait."""

    id: int
    domain: str
    asks_approval: bool
    created_at_us: int


@dataclass(frozen=True, slots=True)
class IpBlock:
    """One network. expires_at_us: None for good."""

    id: int
    network: Network
    severity: IpSeverity
    comment: str
    expires_at_us: int | None
    created_at_us: int


@dataclass(frozen=True, slots=True)
class EmailBlock:
    """One mailbox, known by the hash of its canonical spelling alone."""

    id: int
    digest: str
    created_at_us: int


def parse_domain(raw: str) -> str:
    """Return a domain as it is compared: lower case, IDNA, no dot at the end. Raises BlockRefused."""
    text = raw.strip().lower().removeprefix("https://").removeprefix("http://").rstrip("/.").removeprefix("@")
    try:
        domain = text.encode("idna").decode() if text and not text.isascii() else text
    except UnicodeError:
        domain = ""
    if len(domain) > 253 or not DOMAIN_SHAPE.fullmatch(domain):
        raise BlockRefused("that is not a domain; write it like example.org")
    return domain


def domains_above(domain: str) -> tuple[str, ...]:
    """Return a domain and every one above it: a.b.example -> a.b.example, b.example, example."""
    labels = domain.lower().split(".")[:40]
    return tuple(".".join(labels[place:]) for place in range(len(labels)))


def parse_network(raw: str) -> Network:
    """Read 192.0.2.0/24, 2001:db8::/32 or one address. Raises BlockRefused."""
    try:
        return ipaddress.ip_network(raw.strip(), strict=False)
    except ValueError:
        raise BlockRefused("that is not an address or a network") from None


def canonical_digest(email: str) -> str:
    """Return SHA-256 of the mailbox that an address leads to: lower case, no dots and no +tag before the @."""
    name, _, domain = email.strip().lower().rpartition("@")
    return hashlib.sha256(f"{name.partition('+')[0].replace('.', '')}@{domain}".encode()).hexdigest()
