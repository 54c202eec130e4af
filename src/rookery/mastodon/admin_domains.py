"""Other servers for staff in the client API: blocked ones and welcome ones.

Owns: the routes under /api/v1/admin/domain_blocks and …/domain_allows.
Spec: https://docs.joinmastodon.org/methods/admin/domain_blocks/, …/admin/domain_allows/
"""

from __future__ import annotations

from rookery.actions.domainblocks import (
    DomainWishes,
    allow_domain,
    block_domain,
    change_domain_block,
    unallow_domain,
    unblock_domain,
)
from rookery.mastodon.admin_accounts import DEFAULT, MOST, governor
from rookery.mastodon.admin_json import json_from_domain_allow, json_from_domain_block
from rookery.mastodon.face import MastodonFace, path_id
from rookery.mastodon.forms import Form, read_form, read_query
from rookery.mastodon.pages import link_headers
from rookery.model.blocks import AlreadyBlocked, Severity, parse_domain
from rookery.model.permissions import Permission
from rookery.network.requests import Request
from rookery.network.responses import Answer, json_response
from rookery.network.routes import RouteTable
from rookery.storage.domainblocks import (
    find_domain_block,
    get_allow,
    get_domain_block,
    list_allows,
    list_domain_blocks,
)

routes: RouteTable[MastodonFace] = RouteTable()
READ = "admin:read admin:read:domain_blocks"
WRITE = "admin:write admin:write:domain_blocks"
READ_ALLOWS = "admin:read admin:read:domain_allows"
WRITE_ALLOWS = "admin:write admin:write:domain_allows"
FEDERATION = Permission.MANAGE_FEDERATION


def wishes_from_form(form: Form) -> DomainWishes:
    """Read what a block shall be; what was not sent stays."""
    severity = form.choice("severity", ("", *(one.value for one in Severity)), "")
    return DomainWishes(
        Severity(severity) if severity else None,
        form.find_flag("reject_media"),
        form.find_flag("reject_reports"),
        form.text("private_comment") if form.has("private_comment") else None,
        form.text("public_comment") if form.has("public_comment") else None,
        form.find_flag("obfuscate"),
    )


@routes.route("GET", "/api/v1/admin/domain_blocks", who="user", scope=READ, permission=FEDERATION)
async def list_blocks(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/admin/domain_blocks/#get."""
    window = read_query(request).window(DEFAULT, MOST)
    found = await list_domain_blocks(face.app.db.reader, window)
    headers = link_headers(face, request, [block.id for block in found], limit=window.limit)
    return json_response([json_from_domain_block(block) for block in found], headers=headers)


@routes.route("GET", "/api/v1/admin/domain_blocks/{id}", who="user", scope=READ, permission=FEDERATION)
async def show_block(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/admin/domain_blocks/#get-one."""
    return json_response(json_from_domain_block(await get_domain_block(face.app.db.reader, path_id(request))))


@routes.route("POST", "/api/v1/admin/domain_blocks", who="user", scope=WRITE, permission=FEDERATION)
async def create_block(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/admin/domain_blocks/#create."""
    form = await read_form(request)
    raw = form.required("domain")
    try:
        block = await block_domain(face.app, raw, wishes_from_form(form), by=governor(request))
    except AlreadyBlocked as refusal:
        known = await find_domain_block(face.app.db.reader, parse_domain(raw))
        shown = json_from_domain_block(known) if known else None
        return json_response({"error": f"Validation failed: {refusal}", "existing_domain_block": shown}, 422)
    return json_response(json_from_domain_block(block))


@routes.route("PUT PATCH", "/api/v1/admin/domain_blocks/{id}", who="user", scope=WRITE, permission=FEDERATION)
async def update_block(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/admin/domain_blocks/#update."""
    wishes = wishes_from_form(await read_form(request))
    block = await change_domain_block(face.app, path_id(request), wishes, by=governor(request))
    return json_response(json_from_domain_block(block))


@routes.route("DELETE", "/api/v1/admin/domain_blocks/{id}", who="user", scope=WRITE, permission=FEDERATION)
async def delete_block(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/admin/domain_blocks/#delete."""
    await unblock_domain(face.app, path_id(request), by=governor(request))
    return json_response({})


@routes.route("GET", "/api/v1/admin/domain_allows", who="user", scope=READ_ALLOWS, permission=FEDERATION)
async def list_welcome(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/admin/domain_allows/#get."""
    window = read_query(request).window(DEFAULT, MOST)
    found = await list_allows(face.app.db.reader, window)
    headers = link_headers(face, request, [allow.id for allow in found], limit=window.limit)
    return json_response([json_from_domain_allow(allow) for allow in found], headers=headers)


@routes.route("GET", "/api/v1/admin/domain_allows/{id}", who="user", scope=READ_ALLOWS, permission=FEDERATION)
async def show_welcome(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/admin/domain_allows/#get-one."""
    return json_response(json_from_domain_allow(await get_allow(face.app.db.reader, path_id(request))))


@routes.route("POST", "/api/v1/admin/domain_allows", who="user", scope=WRITE_ALLOWS, permission=FEDERATION)
async def create_welcome(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/admin/domain_allows/#create."""
    raw = (await read_form(request)).required("domain")
    return json_response(json_from_domain_allow(await allow_domain(face.app, raw, by=governor(request))))


@routes.route("DELETE", "/api/v1/admin/domain_allows/{id}", who="user", scope=WRITE_ALLOWS, permission=FEDERATION)
async def delete_welcome(face: MastodonFace, request: Request) -> Answer:
    """Spec: https://docs.joinmastodon.org/methods/admin/domain_allows/#delete."""
    await unallow_domain(face.app, path_id(request), by=governor(request))
    return json_response({})
