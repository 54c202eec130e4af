"""What staff sees of accounts, reports, blocks and figures in the client API.

Owns: the entities named Admin::…, and loading what they need in few queries. Spec:
https://docs.joinmastodon.org/entities/Admin_Account/, …/Admin_Report/, …/Admin_DomainBlock/, …/Admin_IpBlock/
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from rookery.mastodon.accounts_json import json_from_role
from rookery.mastodon.dates import date_from_us, find_date
from rookery.mastodon.face import MastodonFace
from rookery.mastodon.instance_json import json_from_rules
from rookery.model.accounts import Account
from rookery.model.blocks import DomainAllow, DomainBlock, EmailBlock, EmailDomainBlock, IpBlock
from rookery.model.members import Member
from rookery.model.reports import Report
from rookery.storage.accounts import list_accounts
from rookery.storage.governed import SeenAddresses, list_addresses
from rookery.storage.measures import list_sensitive
from rookery.storage.members import list_members_by_id


async def load_governed(face: MastodonFace, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Return Admin::Account entities by id."""
    wanted, reader = list(dict.fromkeys(ids)), face.app.db.reader
    await face.live.catch_up()
    accounts = await list_accounts(reader, wanted)
    members = await list_members_by_id(reader, wanted)
    addresses = await list_addresses(reader, wanted)
    sensitive = await list_sensitive(reader, wanted)
    shown = await face.renders.load_accounts(wanted)
    return {
        account_id: {
            **json_from_governed(account, members.get(account_id), addresses),
            "sensitized": account_id in sensitive,
            "account": msgspec.Raw(shown[account_id]),
        }
        for account_id, account in accounts.items()
        if account_id in shown
    }


def json_from_governed(account: Account, member: Member | None, addresses: SeenAddresses) -> dict[str, Any]:
    """Return Admin::Account without its pictures' state and its Account."""
    seen = addresses.of(account.id)
    return {
        "id": str(account.id),
        "username": account.username,
        "domain": account.domain or None,
        "created_at": date_from_us(account.created_at_us),
        "email": member.email if member else None,
        "ip": seen[0][0] if seen else None,
        "ips": [{"ip": address, "used_at": date_from_us(at)} for address, at in seen],
        "locale": member.preferences.locale if member else None,
        "invite_request": (member.reason or None) if member else None,
        "role": json_from_role(member.role) if member else None,
        "confirmed": member.confirmed_at_us is not None or member.state == "active" if member else None,
        "approved": member.state != "pending" if member else None,
        "disabled": member.state == "disabled" if member else None,
        "silenced": account.silenced_at_us is not None,
        "suspended": account.suspended_at_us is not None,
        "invited_by_account_id": inviter_of(member),
    }


def inviter_of(member: Member | None) -> str | None:
    """Return the id of who invited a member; whom an operator made vouches for themselves, which is no invitation."""
    if member is None or member.invited_by_id in (None, member.account_id):
        return None
    return str(member.invited_by_id)


async def load_reports(face: MastodonFace, viewer: int, reports: Sequence[Report]) -> list[dict[str, Any]]:
    """Return Admin::Report entities. Their posts passed the reporter's gate; staff reads them here and only here."""
    people = [
        one for r in reports for one in (r.account_id, r.target_id, r.assigned_id, r.handled_by_id) if one is not None
    ]
    accounts = await load_governed(face, people)
    posts = await face.renders.by_id(list({i: None for r in reports for i in r.post_ids}), viewer)
    rules = json_from_rules(face.app.settings.nest.rules)
    return [
        {
            "id": str(report.id),
            "action_taken": report.handled_at_us is not None,
            "action_taken_at": find_date(report.handled_at_us),
            "category": report.category.value,
            "comment": report.comment,
            "forwarded": report.is_forwarded,
            "created_at": date_from_us(report.created_at_us),
            "updated_at": date_from_us(report.updated_at_us),
            "account": accounts.get(report.account_id),
            "target_account": accounts.get(report.target_id),
            "assigned_account": accounts.get(report.assigned_id or 0),
            "action_taken_by_account": accounts.get(report.handled_by_id or 0),
            "statuses": [msgspec.Raw(posts[i]) for i in report.post_ids if i in posts],
            "rules": [rule for rule in rules if int(rule["id"]) in report.rule_ids],
        }
        for report in reports
    ]


def json_from_domain_block(block: DomainBlock) -> dict[str, Any]:
    """Return the Admin::DomainBlock entity."""
    return {
        "id": str(block.id),
        "domain": block.domain,
        "digest": block.digest,
        "created_at": date_from_us(block.created_at_us),
        "severity": block.severity.value,
        "reject_media": block.rejects_media,
        "reject_reports": block.rejects_reports,
        "private_comment": block.private_comment or None,
        "public_comment": block.public_comment or None,
        "obfuscate": block.is_obfuscated,
    }


def json_from_domain_allow(allow: DomainAllow) -> dict[str, Any]:
    """Return the Admin::DomainAllow entity."""
    return {"id": str(allow.id), "domain": allow.domain, "created_at": date_from_us(allow.created_at_us)}


def json_from_email_domain(block: EmailDomainBlock) -> dict[str, Any]:
    """Return the Admin::EmailDomainBlock entity. Attempts are not counted, so there is no history to tell."""
    return {
        "id": str(block.id),
        "domain": block.domain,
        "created_at": date_from_us(block.created_at_us),
        "allow_with_approval": block.asks_approval,
        "history": [],
    }


def json_from_ip_block(block: IpBlock) -> dict[str, Any]:
    """Return the Admin::IpBlock entity."""
    return {
        "id": str(block.id),
        "ip": str(block.network),
        "severity": block.severity.value,
        "comment": block.comment,
        "created_at": date_from_us(block.created_at_us),
        "expires_at": find_date(block.expires_at_us),
    }


def json_from_email_block(block: EmailBlock) -> dict[str, Any]:
    """Return the Admin::CanonicalEmailBlock entity."""
    return {"id": str(block.id), "canonical_email_hash": block.digest}
