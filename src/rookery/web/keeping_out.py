"""The pages of blocks: other servers with import and export, mail domains, networks.

Owns: `/moderation/domains`, `/moderation/door`. An import shows what would change, and does what is ticked. Never: a
rule of a block.
"""

from __future__ import annotations

import asyncio

from rookery.actions.domainblocks import DomainWishes, apply_listed, block_domain, unblock_domain
from rookery.actions.doorblocks import (
    block_mail_domain,
    block_network,
    unblock_mail_domain,
    unblock_network,
)
from rookery.actions.severing import Difference, differences, totals_of
from rookery.archives.domainblocks import blocks_from_csv, csv_from_blocks
from rookery.model.blocks import IpSeverity, Severity, parse_network
from rookery.model.errors import Invalid, NotFound
from rookery.model.ids import now_us
from rookery.model.paging import Window
from rookery.model.permissions import Permission
from rookery.network.limits import API
from rookery.network.responses import Answer, Response
from rookery.storage.domainblocks import list_every_domain_block
from rookery.storage.doorblocks import list_ip_blocks, list_mail_blocks
from rookery.web.face import PAGE_CSP
from rookery.web.fields import Fields
from rookery.web.moderation import moderation_page
from rookery.web.owner import governor_of
from rookery.web.routing import PageTable
from rookery.web.visits import Visit

routes = PageTable()
FEDERATION, BLOCKS = Permission.MANAGE_FEDERATION, Permission.MANAGE_BLOCKS
CSV_BYTES = 4 * 1024 * 1024
SHOWN = 500
DAYS = {"1": 1, "7": 7, "30": 30, "365": 365}
DAY_US = 86_400 * 1_000_000


@routes.page("/moderation/domains", who="member", permission=FEDERATION)
async def show_domains(visit: Visit) -> Answer:
    """Every block."""
    return await answer_domains(visit)


async def answer_domains(
    visit: Visit,
    error: str = "",
    changes: list[Difference] | None = None,
    wrong: list[str] | None = None,
    left_count: int = 0,
) -> Response:
    """Render the blocks, or what an import would change. left_count: changes that are too many to show at once."""
    return await moderation_page(
        visit,
        "moderation_domains.html",
        "domains",
        error=error,
        blocks=await list_every_domain_block(visit.face.app.db.reader),
        changes=changes,
        lines=[csv_from_blocks([one.wanted]).splitlines()[1] for one in changes or ()],
        totals=totals_of(changes or ()),
        wrong=wrong,
        left_count=left_count,
    )


@routes.page("/moderation/domains.csv", who="member", permission=FEDERATION)
async def export_domains(visit: Visit) -> Answer:
    """The blocks as other servers read them."""
    text = csv_from_blocks(await list_every_domain_block(visit.face.app.db.reader))
    headers = [
        (b"content-type", b"text/csv; charset=utf-8"),
        (b"content-disposition", b'attachment; filename="domain_blocks.csv"'),
        (b"cache-control", b"private, no-store"),
        PAGE_CSP,
    ]
    return Response(text.encode(), 200, headers)


@routes.form("/moderation/domains/{act}", permission=FEDERATION, limit=API, body_limit=CSV_BYTES)
async def work_on_domains(visit: Visit, fields: Fields) -> Answer:
    """Add, remove, review an import, apply it."""
    app, by = visit.face.app, governor_of(visit)
    try:
        match visit.value("act"):
            case "add":
                await block_domain(app, fields.line("domain"), wishes_of(fields), by=by)
            case "remove":
                await unblock_domain(app, fields.number("block", 0), by=by)
            case "review":
                return await review(visit)
            case "apply":
                await apply(visit, fields)
            case _:
                raise NotFound("no such act")
    except Invalid as refusal:
        return await answer_domains(visit, visit.say(str(refusal)))
    return visit.go("/moderation/domains")


def wishes_of(fields: Fields) -> DomainWishes:
    """Read the form of one block."""
    raw = fields.text("severity")
    return DomainWishes(
        Severity(raw) if raw in list(Severity) else Severity.SILENCE,
        fields.is_on("rejects_media"),
        fields.is_on("rejects_reports"),
        fields.line("private_comment"),
        fields.line("public_comment"),
        fields.is_on("is_obfuscated"),
    )


async def review(visit: Visit) -> Response:
    """Show what a file would change; rows that change nothing are left out."""
    uploads = [one for one in visit.request.uploads if one.size_bytes]
    if not uploads:
        return await answer_domains(visit, visit.words.gettext("Choose a file first."))
    raw = await asyncio.to_thread(uploads[0].path.read_bytes)
    wanted, wrong = blocks_from_csv(raw.decode("utf-8", "replace"))
    changes = await differences(visit.face.app, wanted)
    return await answer_domains(visit, "", changes[:SHOWN], wrong[:20], left_count=max(0, len(changes) - SHOWN))


async def apply(visit: Visit, fields: Fields) -> None:
    """Carry out the rows that were ticked."""
    app, by = visit.face.app, governor_of(visit)
    header = csv_from_blocks([])
    for one in blocks_from_csv(header + "\n".join(fields.texts("row")[:SHOWN]))[0]:
        await apply_listed(app, one, by=by)


@routes.page("/moderation/door", who="member", permission=BLOCKS)
async def show_door(visit: Visit) -> Answer:
    """Blocks of networks and mail domains."""
    return await answer_door(visit)


async def answer_door(visit: Visit, error: str = "") -> Response:
    """Render both lists."""
    reader, window = visit.face.app.db.reader, Window(limit=SHOWN)
    return await moderation_page(
        visit,
        "moderation_door.html",
        "door",
        error=error,
        networks=await list_ip_blocks(reader, window),
        mails=await list_mail_blocks(reader, window),
        now=now_us(),
    )


@routes.form("/moderation/door/{act}", permission=BLOCKS, limit=API)
async def work_on_door(visit: Visit, fields: Fields) -> Answer:
    """Add or remove a block."""
    app, by = visit.face.app, governor_of(visit)
    try:
        match visit.value("act"):
            case "add-mail":
                asks = fields.is_on("asks_approval")
                await block_mail_domain(app, fields.line("domain"), by=by, asks_approval=asks)
            case "remove-mail":
                await unblock_mail_domain(app, fields.number("block", 0), by=by)
            case "add-network":
                await add_network(visit, fields)
            case "remove-network":
                await unblock_network(app, fields.number("block", 0), by=by)
            case _:
                raise NotFound("no such act")
    except Invalid as refusal:
        return await answer_door(visit, visit.say(str(refusal)))
    return visit.go("/moderation/door")


async def add_network(visit: Visit, fields: Fields) -> None:
    """Block what the form names. Raises BlockRefused."""
    raw, days = fields.text("severity"), DAYS.get(fields.text("days"))
    await block_network(
        visit.face.app,
        parse_network(fields.line("network")),
        IpSeverity(raw) if raw in list(IpSeverity) else IpSeverity.SIGN_UP_REQUIRES_APPROVAL,
        by=governor_of(visit),
        comment=fields.line("comment"),
        expires_at_us=now_us() + days * DAY_US if days else None,
        own_address=visit.request.address,
    )
