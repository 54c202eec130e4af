"""The log of what those who look after a server do: who did what to whom, and when.

Owns: Governor, the acts, an entry. An entry keeps names as they were, so that it can be read when the people are gone.
Never: decides who may (actions/governing.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rookery.model.ids import AccountId
from rookery.model.members import Role


@dataclass(frozen=True, slots=True)
class Governor:
    """Who governs: a member with the role they have now. account_id None: whoever holds the command line."""

    account_id: AccountId | None
    role: Role


OPERATOR = Governor(None, Role.OWNER)


class Act(StrEnum):
    """What was done; the text is what the database keeps."""

    REGISTRATIONS = "registrations"
    CREATED = "created"
    APPROVED = "approved"
    REFUSED = "refused"
    DISABLED = "disabled"
    ENABLED = "enabled"
    SUSPENDED = "suspended"
    LIFTED = "lifted"
    DELETED = "deleted"
    ROLE = "role"
    PASSWORD = "password"  # noqa: S105 - an act
    RESET_LINK = "reset_link"
    INVITED = "invited"
    WITHDRAWN = "withdrawn"
    EMOJI_ADDED = "emoji_added"
    EMOJI_REMOVED = "emoji_removed"
    WARNED = "warned"
    SILENCED = "silenced"
    UNSILENCED = "unsilenced"
    HID_PICTURES = "hid_pictures"
    SHOWED_PICTURES = "showed_pictures"
    ERASED = "erased"
    REPORT_ASSIGNED = "report_assigned"
    REPORT_LEFT = "report_left"
    REPORT_CHANGED = "report_changed"
    REPORT_CLOSED = "report_closed"
    REPORT_REOPENED = "report_reopened"
    NOTED = "noted"
    APPEAL_GRANTED = "appeal_granted"
    APPEAL_DENIED = "appeal_denied"
    DOMAIN_BLOCKED = "domain_blocked"
    DOMAIN_CHANGED = "domain_changed"
    DOMAIN_UNBLOCKED = "domain_unblocked"
    DOMAIN_ALLOWED = "domain_allowed"
    DOMAIN_UNALLOWED = "domain_unallowed"
    MAIL_DOMAIN_BLOCKED = "mail_domain_blocked"
    MAIL_DOMAIN_UNBLOCKED = "mail_domain_unblocked"
    MAILBOX_BLOCKED = "mailbox_blocked"
    MAILBOX_UNBLOCKED = "mailbox_unblocked"
    NETWORK_BLOCKED = "network_blocked"
    NETWORK_CHANGED = "network_changed"
    NETWORK_UNBLOCKED = "network_unblocked"
    TAG_CHANGED = "tag_changed"
    RELAY_ADDED = "relay_added"
    RELAY_REMOVED = "relay_removed"
    KEYS_ROTATED = "keys_rotated"
    ANNOUNCEMENT_PUBLISHED = "announcement_published"
    ANNOUNCEMENT_KEPT = "announcement_kept"
    ANNOUNCEMENT_CHANGED = "announcement_changed"
    ANNOUNCEMENT_WITHDRAWN = "announcement_withdrawn"
    ANNOUNCEMENT_DELETED = "announcement_deleted"
    TREND_APPROVED = "trend_approved"
    TREND_REJECTED = "trend_rejected"
    ARRIVAL_RETRIED = "arrival_retried"
    ARRIVAL_DROPPED = "arrival_dropped"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act. governor: a name, '' for the command line. subject: a name, an emoji, a code; detail: the rest."""

    id: int
    governor: str
    act: str
    subject: str
    detail: str
    happened_at_us: int
