"""Changing the blocks at the door: mail domains, mailboxes, networks.

Owns: those acts, each one transaction with its entry in the log. Never: enforces a block (actions/door.py).
"""

from __future__ import annotations

import re

from rookery.actions.app import App, record_event
from rookery.actions.audit import record_act
from rookery.actions.door import widened
from rookery.actions.repeating import repeatable
from rookery.model.audit import Act, Governor
from rookery.model.blocks import (
    MAX_COMMENT_CHARACTERS,
    AlreadyBlocked,
    BlockRefused,
    EmailBlock,
    EmailDomainBlock,
    IpBlock,
    IpSeverity,
    Network,
    canonical_digest,
    parse_domain,
)
from rookery.model.events import NetworkBarred
from rookery.model.ids import now_us
from rookery.model.permissions import Permission, check_permission
from rookery.network.addresses import is_among
from rookery.storage import doorblocks
from rookery.storage.database import Transaction

DIGEST_SHAPE = re.compile(r"[0-9a-f]{64}")


@repeatable
async def block_mail_domain(app: App, raw: str, *, by: Governor, asks_approval: bool = False) -> EmailDomainBlock:
    """Take no sign-ups with addresses of a domain. Raises BlockRefused, AlreadyBlocked, PermissionMissing."""
    check_permission(by.role, Permission.MANAGE_BLOCKS)
    block = EmailDomainBlock(app.ids.next_id(), parse_domain(raw), asks_approval, now_us())
    async with app.db.transaction() as tx:
        if not await doorblocks.insert_mail_block(tx, block):
            raise AlreadyBlocked
        await record_act(app, tx, by, Act.MAIL_DOMAIN_BLOCKED, subject=block.domain)
    return block


@repeatable
async def unblock_mail_domain(app: App, block_id: int, *, by: Governor) -> None:
    """Take them again. Raises BlockNotFound, PermissionMissing."""
    check_permission(by.role, Permission.MANAGE_BLOCKS)
    async with app.db.transaction() as tx:
        block = await doorblocks.get_mail_block(tx, block_id)
        await doorblocks.delete_mail_block(tx, block_id)
        await record_act(app, tx, by, Act.MAIL_DOMAIN_UNBLOCKED, subject=block.domain)


@repeatable
async def block_mailbox(app: App, *, by: Governor, email: str = "", digest: str = "") -> EmailBlock:
    """Keep one mailbox away, however it is written. Raises BlockRefused, AlreadyBlocked, PermissionMissing."""
    check_permission(by.role, Permission.MANAGE_BLOCKS)
    if email and "@" not in email:
        raise BlockRefused("that does not look like an e-mail address")
    wanted = canonical_digest(email) if email else digest.strip().lower()
    if not DIGEST_SHAPE.fullmatch(wanted):
        raise BlockRefused("give an e-mail address, or the SHA-256 of one in 64 hexadecimal digits")
    block = EmailBlock(app.ids.next_id(), wanted, now_us())
    async with app.db.transaction() as tx:
        if not await doorblocks.insert_email_block(tx, block):
            raise AlreadyBlocked
        await record_act(app, tx, by, Act.MAILBOX_BLOCKED, subject=wanted[:12])
    return block


@repeatable
async def unblock_mailbox(app: App, block_id: int, *, by: Governor) -> None:
    """Let a mailbox back. Raises BlockNotFound, PermissionMissing."""
    check_permission(by.role, Permission.MANAGE_BLOCKS)
    async with app.db.transaction() as tx:
        block = await doorblocks.get_email_block(tx, block_id)
        await doorblocks.delete_email_block(tx, block.digest)
        await record_act(app, tx, by, Act.MAILBOX_UNBLOCKED, subject=block.digest[:12])


def check_ip_block(network: Network, severity: IpSeverity, comment: str, own_address: str) -> None:
    """Raises BlockRefused, also for who would lock themselves out."""
    if len(comment) > MAX_COMMENT_CHARACTERS:
        raise BlockRefused(f"a comment has at most {MAX_COMMENT_CHARACTERS} characters")
    if severity is IpSeverity.NO_ACCESS and own_address and is_among(own_address, [widened(network)]):
        raise BlockRefused("this network holds your own address; you would lock yourself out")


@repeatable
async def block_network(
    app: App,
    network: Network,
    severity: IpSeverity,
    *,
    by: Governor,
    comment: str = "",
    expires_at_us: int | None = None,
    own_address: str = "",
) -> IpBlock:
    """Keep a network away. own_address: of who asks. Raises BlockRefused, AlreadyBlocked, PermissionMissing."""
    check_permission(by.role, Permission.MANAGE_BLOCKS)
    check_ip_block(network, severity, comment, own_address)
    block = IpBlock(app.ids.next_id(), network, severity, comment.strip(), expires_at_us, now_us())
    async with app.db.transaction() as tx:
        if not await doorblocks.insert_ip_block(tx, block):
            raise AlreadyBlocked
        await tell_door(app, tx, block, is_on=True)
        await record_act(app, tx, by, Act.NETWORK_BLOCKED, subject=str(network), detail=severity.value)
    return block


@repeatable
async def change_network_block(app: App, wanted: IpBlock, *, by: Governor, own_address: str = "") -> IpBlock:
    """Store a block as it stands in `wanted`. Raises BlockNotFound, BlockRefused, PermissionMissing."""
    check_permission(by.role, Permission.MANAGE_BLOCKS)
    check_ip_block(wanted.network, wanted.severity, wanted.comment, own_address)
    async with app.db.transaction() as tx:
        before = await doorblocks.get_ip_block(tx, wanted.id)
        if not await doorblocks.update_ip_block(tx, wanted):
            raise AlreadyBlocked
        await tell_door(app, tx, before, is_on=False)
        await tell_door(app, tx, wanted, is_on=True)
        await record_act(app, tx, by, Act.NETWORK_CHANGED, subject=str(wanted.network), detail=wanted.severity.value)
    return wanted


@repeatable
async def unblock_network(app: App, block_id: int, *, by: Governor) -> None:
    """Let a network back. Raises BlockNotFound, PermissionMissing."""
    check_permission(by.role, Permission.MANAGE_BLOCKS)
    async with app.db.transaction() as tx:
        block = await doorblocks.get_ip_block(tx, block_id)
        await doorblocks.delete_ip_block(tx, block_id)
        await tell_door(app, tx, block, is_on=False)
        await record_act(app, tx, by, Act.NETWORK_UNBLOCKED, subject=str(block.network))


async def tell_door(app: App, tx: Transaction, block: IpBlock, *, is_on: bool) -> None:
    """Let every process know of a network without access."""
    if block.severity is IpSeverity.NO_ACCESS:
        await record_event(app, tx, NetworkBarred(str(block.network), is_on, block.expires_at_us))
