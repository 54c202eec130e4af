"""Blocking other servers, and welcoming them.

Owns: block, change and unblock of a domain, the list of welcome ones, the mode of federation. The standing of the
accounts that we know there changes in the same transaction (storage/measures.py); what arrives over the network is
refused by the wires.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from rookery.actions.app import App, record_event
from rookery.actions.audit import record_act
from rookery.actions.repeating import repeatable
from rookery.actions.severing import SEVER_DOMAIN
from rookery.model.audit import Act, Governor
from rookery.model.blocks import (
    MAX_COMMENT_CHARACTERS,
    AlreadyBlocked,
    BlockRefused,
    DomainAllow,
    DomainBlock,
    ListedBlock,
    Severity,
    parse_domain,
)
from rookery.model.events import DomainStandingChanged
from rookery.model.ids import now_us
from rookery.model.permissions import Permission, check_permission
from rookery.storage import domainblocks, measures
from rookery.storage.database import Transaction
from rookery.storage.far_files import EMPTY_FAR_FILES
from rookery.storage.jobs import insert_job
from rookery.storage.peering import set_mode


@dataclass(frozen=True, slots=True)
class DomainWishes:
    """What a block shall be; None leaves a value as it is, or takes the default."""

    severity: Severity | None = None
    rejects_media: bool | None = None
    rejects_reports: bool | None = None
    private_comment: str | None = None
    public_comment: str | None = None
    is_obfuscated: bool | None = None


def with_wishes(block: DomainBlock, wishes: DomainWishes) -> DomainBlock:
    """Return the block as wished. Raises BlockRefused."""
    for name in ("severity", "rejects_media", "rejects_reports", "private_comment", "public_comment", "is_obfuscated"):
        value = getattr(wishes, name)
        if value is not None:
            block = replace(block, **{name: value})
    if max(len(block.private_comment), len(block.public_comment)) > MAX_COMMENT_CHARACTERS:
        raise BlockRefused(f"a comment has at most {MAX_COMMENT_CHARACTERS} characters")
    return block


async def settle(app: App, tx: Transaction, block: DomainBlock, *, is_over: bool = False) -> None:
    """Give the accounts of a server their new standing; a job ends the follows of one that is suspended."""
    await measures.settle_domain(tx, block.domain)
    await record_event(app, tx, DomainStandingChanged(block.domain))
    if block.severity is Severity.SUSPEND and not is_over:
        await insert_job(tx, app.ids.next_id(), SEVER_DOMAIN, {"domain": block.domain})


async def plan_emptying(app: App, tx: Transaction, block: DomainBlock) -> None:
    """Have the copies of a server's pictures dropped when none are shown any more."""
    if block.keeps_files_away:
        await insert_job(tx, app.ids.next_id(), EMPTY_FAR_FILES, {"domain": block.domain})


@repeatable
async def block_domain(app: App, raw: str, wishes: DomainWishes, *, by: Governor) -> DomainBlock:
    """Block a server and everything below its name. Raises BlockRefused, AlreadyBlocked, PermissionMissing."""
    check_permission(by.role, Permission.MANAGE_FEDERATION)
    domain = parse_domain(raw)
    if domain == app.settings.server.domain.partition(":")[0].lower():
        raise BlockRefused("that is this very server")
    plain = DomainBlock(app.ids.next_id(), domain, Severity.SILENCE, False, False, "", "", False, now_us())
    block = with_wishes(plain, wishes)
    async with app.db.transaction() as tx:
        if not await domainblocks.insert_domain_block(tx, block):
            raise AlreadyBlocked
        await plan_emptying(app, tx, block)
        await settle(app, tx, block)
        await record_act(app, tx, by, Act.DOMAIN_BLOCKED, subject=domain, detail=block.severity.value)
    return block


@repeatable
async def change_domain_block(app: App, block_id: int, wishes: DomainWishes, *, by: Governor) -> DomainBlock:
    """Change a block. Raises BlockNotFound, BlockRefused, PermissionMissing."""
    check_permission(by.role, Permission.MANAGE_FEDERATION)
    async with app.db.transaction() as tx:
        block = with_wishes(await domainblocks.get_domain_block(tx, block_id), wishes)
        await domainblocks.update_domain_block(tx, block)
        await plan_emptying(app, tx, block)
        await settle(app, tx, block)
        await record_act(app, tx, by, Act.DOMAIN_CHANGED, subject=block.domain, detail=block.severity.value)
    return block


@repeatable
async def unblock_domain(app: App, block_id: int, *, by: Governor) -> None:
    """Let a server back. Raises BlockNotFound, PermissionMissing."""
    check_permission(by.role, Permission.MANAGE_FEDERATION)
    async with app.db.transaction() as tx:
        block = await domainblocks.get_domain_block(tx, block_id)
        await domainblocks.delete_domain_block(tx, block_id)
        await settle(app, tx, block, is_over=True)
        await record_act(app, tx, by, Act.DOMAIN_UNBLOCKED, subject=block.domain)


async def apply_listed(app: App, one: ListedBlock, *, by: Governor) -> None:
    """Let a block stand as a list has it. Raises BlockRefused, PermissionMissing."""
    wishes = DomainWishes(
        one.severity, one.rejects_media, one.rejects_reports, None, one.public_comment, one.is_obfuscated
    )
    before = await domainblocks.find_domain_block(app.db.reader, one.domain)
    if before is None:
        await block_domain(app, one.domain, wishes, by=by)
    else:
        await change_domain_block(app, before.id, wishes, by=by)


@repeatable
async def keep_mode(app: App) -> None:
    """Let the mode of the settings hold; a server does so when it starts."""
    async with app.db.transaction() as tx:
        await set_mode(tx, app.settings.federation.mode)


@repeatable
async def allow_domain(app: App, raw: str, *, by: Governor) -> DomainAllow:
    """Welcome a server; one that is welcome already stays so. Raises BlockRefused, PermissionMissing."""
    check_permission(by.role, Permission.MANAGE_FEDERATION)
    allow = DomainAllow(app.ids.next_id(), parse_domain(raw), now_us())
    async with app.db.transaction() as tx:
        if await domainblocks.insert_allow(tx, allow):
            await record_event(app, tx, DomainStandingChanged(allow.domain))
            await record_act(app, tx, by, Act.DOMAIN_ALLOWED, subject=allow.domain)
        return await domainblocks.find_allow(tx, allow.domain) or allow


@repeatable
async def unallow_domain(app: App, allow_id: int, *, by: Governor) -> None:
    """Take the welcome back. Raises BlockNotFound, PermissionMissing."""
    check_permission(by.role, Permission.MANAGE_FEDERATION)
    async with app.db.transaction() as tx:
        allow = await domainblocks.get_allow(tx, allow_id)
        await domainblocks.delete_allow(tx, allow_id)
        await record_event(app, tx, DomainStandingChanged(allow.domain))
        await record_act(app, tx, by, Act.DOMAIN_UNALLOWED, subject=allow.domain)
