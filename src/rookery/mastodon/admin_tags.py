"""Hashtags for staff in the client API: which may be used, may trend, may be found.

Owns: the routes under /api/v1/admin/tags. Spec: Mastodon, api/v1/admin/tags_controller.rb
"""

from __future__ import annotations

from typing import Any

from rookery.actions.tags import rule_tag
from rookery.mastodon.admin_accounts import DEFAULT, MOST, governor
from rookery.mastodon.face import MastodonFace, path_id
from rookery.mastodon.forms import read_form, read_query
from rookery.mastodon.pages import link_headers
from rookery.mastodon.tags import shown_tags
from rookery.model.permissions import Permission
from rookery.model.tags import Tag
from rookery.network.requests import Request
from rookery.network.responses import Answer, json_response
from rookery.network.routes import RouteTable
from rookery.storage.tags import get_tag_by_id, list_every_tag, list_tag_rules

routes: RouteTable[MastodonFace] = RouteTable()
TAXONOMIES = Permission.MANAGE_TAXONOMIES


async def governed_tags(face: MastodonFace, found: list[Tag]) -> list[dict[str, Any]]:
    """Return Admin::Tag entities."""
    rules = await list_tag_rules(face.app.db.reader, [tag.name for tag in found])
    shown = await shown_tags(face, found, None)
    for tag, values in zip(found, shown, strict=True):
        rule = rules[tag.name]
        values |= {
            "trendable": bool(rule.is_trendable),
            "usable": rule.is_usable,
            "listable": rule.is_listable,
            "requires_review": rule.is_trendable is None,
        }
    return shown


@routes.route("GET", "/api/v1/admin/tags", who="user", scope="admin:read", permission=TAXONOMIES)
async def list_tags(face: MastodonFace, request: Request) -> Answer:
    """All hashtags, newest first."""
    window = read_query(request).window(DEFAULT, MOST)
    found = await list_every_tag(face.app.db.reader, window)
    headers = link_headers(face, request, [tag.id or 0 for tag in found], limit=window.limit)
    return json_response(await governed_tags(face, found), headers=headers)


@routes.route("GET", "/api/v1/admin/tags/{id}", who="user", scope="admin:read", permission=TAXONOMIES)
async def show_tag(face: MastodonFace, request: Request) -> Answer:
    """One hashtag."""
    tag = await get_tag_by_id(face.app.db.reader, path_id(request))
    return json_response((await governed_tags(face, [tag]))[0])


@routes.route("PUT PATCH", "/api/v1/admin/tags/{id}", who="user", scope="admin:write", permission=TAXONOMIES)
async def update_tag(face: MastodonFace, request: Request) -> Answer:
    """Change its spelling and what may happen with it."""
    form = await read_form(request)
    await rule_tag(
        face.app,
        path_id(request),
        by=governor(request),
        shown=form.text("display_name") or None,
        is_usable=form.find_flag("usable"),
        is_trendable=form.find_flag("trendable"),
        is_listable=form.find_flag("listable"),
    )
    tag = await get_tag_by_id(face.app.db.reader, path_id(request))
    return json_response((await governed_tags(face, [tag]))[0])
