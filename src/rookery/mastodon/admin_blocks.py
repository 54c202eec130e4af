"""The door for staff in the client API: mail domains, mailboxes and networks that may not come in.

Owns: the routes under /api/v1/admin/email_domain_blocks, …/canonical_email_blocks, …/ip_blocks.
Spec: https://docs.joinmastodon.org/methods/admin/email_domain_blocks/, …/canonical_email_blocks/, …/ip_blocks/
"""

from __future__ import annotations

from dataclasses import replace

from rookery.actions.doorblocks import (
    block_mail_domain,
    block_mailbox,
    block_network,
    change_network_block,
    unblock_mail_domain,
    unblock_mailbox,
    unblock_network,
)
from rookery.mastodon.admin_accounts import DEFAULT, MOST, governor
from rookery.mastodon.admin_json import json_from_email_block, json_from_email_domain, json_from_ip_block
from rookery.mastodon.face import MastodonFace, path_id
from rookery.mastodon.forms import Form, read_form, read_query
from rookery.mastodon.pages import link_headers
from rookery.model.blocks import IpSeverity, canonical_digest, parse_network
from rookery.model.ids import now_us
from rookery.model.permissions import Permission
from rookery.network.requests import Request
from rookery.network.responses import Answer, json_response
from rookery.network.routes import RouteTable
from rookery.storage import doorblocks

routes: RouteTable[MastodonFace] = RouteTable()
MAIL, BOXES, NETWORKS = (
    (f"admin:read admin:read:{what}", f"admin:write admin:write:{what}")
    for what in ("email_domain_blocks", "canonical_email_blocks", "ip_blocks")
)
BLOCKS = Permission.MANAGE_BLOCKS
SEVERITIES = tuple(one.value for one in IpSeverity)
MOST_SECONDS = 100 * 365 * 86_400


@routes.route("GET", "/api/v1/admin/email_domain_blocks", who="user", scope=MAIL[0], permission=BLOCKS)
async def list_mail(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/admin/email_domain_blocks/#get."""
    window = read_query(request).window(DEFAULT, MOST)
    found = await doorblocks.list_mail_blocks(face.app.db.reader, window)
    headers = link_headers(face, request, [block.id for block in found], limit=window.limit)
    return json_response([json_from_email_domain(block) for block in found], headers=headers)


@routes.route("GET", "/api/v1/admin/email_domain_blocks/{id}", who="user", scope=MAIL[0], permission=BLOCKS)
async def show_mail(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/admin/email_domain_blocks/#get-one."""
    return json_response(json_from_email_domain(await doorblocks.get_mail_block(face.app.db.reader, path_id(request))))


@routes.route("POST", "/api/v1/admin/email_domain_blocks", who="user", scope=MAIL[1], permission=BLOCKS)
async def create_mail(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/admin/email_domain_blocks/#create."""
    form = await read_form(request)
    asks = form.flag("allow_with_approval")
    block = await block_mail_domain(face.app, form.required("domain"), by=governor(request), asks_approval=asks)
    return json_response(json_from_email_domain(block))


@routes.route("DELETE", "/api/v1/admin/email_domain_blocks/{id}", who="user", scope=MAIL[1], permission=BLOCKS)
async def delete_mail(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/admin/email_domain_blocks/#delete."""
    await unblock_mail_domain(face.app, path_id(request), by=governor(request))
    return json_response({})


@routes.route("GET", "/api/v1/admin/canonical_email_blocks", who="user", scope=BOXES[0], permission=BLOCKS)
async def list_boxes(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/admin/canonical_email_blocks/#get."""
    window = read_query(request).window(DEFAULT, MOST)
    found = await doorblocks.list_email_blocks(face.app.db.reader, window)
    headers = link_headers(face, request, [block.id for block in found], limit=window.limit)
    return json_response([json_from_email_block(block) for block in found], headers=headers)


@routes.route("GET", "/api/v1/admin/canonical_email_blocks/{id}", who="user", scope=BOXES[0], permission=BLOCKS)
async def show_box(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/admin/canonical_email_blocks/#get-one."""
    return json_response(json_from_email_block(await doorblocks.get_email_block(face.app.db.reader, path_id(request))))


@routes.route("POST", "/api/v1/admin/canonical_email_blocks", who="user", scope=BOXES[1], permission=BLOCKS)
async def create_box(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/admin/canonical_email_blocks/#create."""
    form = await read_form(request)
    block = await block_mailbox(
        face.app, by=governor(request), email=form.text("email"), digest=form.text("canonical_email_hash")
    )
    return json_response(json_from_email_block(block))


@routes.route("POST", "/api/v1/admin/canonical_email_blocks/test", who="user", scope=BOXES[0], permission=BLOCKS)
async def test_box(face: MastodonFace, request: Request) -> Answer:
    """Which blocks an address meets. Spec: https://docs.joinmastodon.org/methods/admin/canonical_email_blocks/#test"""
    email = (await read_form(request)).required("email")
    found = await doorblocks.find_email_block(face.app.db.reader, canonical_digest(email))
    return json_response([json_from_email_block(found)] if found else [])


@routes.route("DELETE", "/api/v1/admin/canonical_email_blocks/{id}", who="user", scope=BOXES[1], permission=BLOCKS)
async def delete_box(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/admin/canonical_email_blocks/#delete."""
    await unblock_mailbox(face.app, path_id(request), by=governor(request))
    return json_response({})


@routes.route("GET", "/api/v1/admin/ip_blocks", who="user", scope=NETWORKS[0], permission=BLOCKS)
async def list_networks(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/admin/ip_blocks/#get."""
    window = read_query(request).window(DEFAULT, MOST)
    found = await doorblocks.list_ip_blocks(face.app.db.reader, window)
    headers = link_headers(face, request, [block.id for block in found], limit=window.limit)
    return json_response([json_from_ip_block(block) for block in found], headers=headers)


@routes.route("GET", "/api/v1/admin/ip_blocks/{id}", who="user", scope=NETWORKS[0], permission=BLOCKS)
async def show_network(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/admin/ip_blocks/#get-one."""
    return json_response(json_from_ip_block(await doorblocks.get_ip_block(face.app.db.reader, path_id(request))))


def expiry_from_form(form: Form) -> int | None:
    """Read in how many seconds a block ends; None for good."""
    seconds = min(form.number("expires_in", 0), MOST_SECONDS)
    return now_us() + seconds * 1_000_000 if seconds > 0 else None


@routes.route("POST", "/api/v1/admin/ip_blocks", who="user", scope=NETWORKS[1], permission=BLOCKS)
async def create_network(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/admin/ip_blocks/#create."""
    form = await read_form(request)
    form.required("severity")
    block = await block_network(
        face.app,
        parse_network(form.required("ip")),
        IpSeverity(form.choice("severity", SEVERITIES, SEVERITIES[0])),
        by=governor(request),
        comment=form.text("comment"),
        expires_at_us=expiry_from_form(form),
        own_address=request.address,
    )
    return json_response(json_from_ip_block(block))


@routes.route("PUT PATCH", "/api/v1/admin/ip_blocks/{id}", who="user", scope=NETWORKS[1], permission=BLOCKS)
async def update_network(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/admin/ip_blocks/#update."""
    form = await read_form(request)
    block = await doorblocks.get_ip_block(face.app.db.reader, path_id(request))
    wanted = replace(
        block,
        network=parse_network(form.text("ip")) if form.text("ip") else block.network,
        severity=IpSeverity(form.choice("severity", SEVERITIES, block.severity)),
        comment=form.text("comment") if form.has("comment") else block.comment,
        expires_at_us=expiry_from_form(form) if form.has("expires_in") else block.expires_at_us,
    )
    changed = await change_network_block(face.app, wanted, by=governor(request), own_address=request.address)
    return json_response(json_from_ip_block(changed))


@routes.route("DELETE", "/api/v1/admin/ip_blocks/{id}", who="user", scope=NETWORKS[1], permission=BLOCKS)
async def delete_network(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/admin/ip_blocks/#delete."""
    await unblock_network(face.app, path_id(request), by=governor(request))
    return json_response({})
