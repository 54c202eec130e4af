"""The owner's page of custom emoji: add by upload, list, remove.

Owns: `/admin/emoji`. Never: draws an emoji in a text (web/emoji.py), decodes a picture (media).
"""

from __future__ import annotations

from rookery.actions.emoji import add_emoji, remove_emoji
from rookery.model.emoji import EmojiNotFound
from rookery.model.errors import Invalid, Unavailable
from rookery.network.limits import API, UPLOADING
from rookery.network.responses import Answer, Response
from rookery.storage.emoji import list_emoji
from rookery.web.fields import Fields
from rookery.web.owner import governor_of, owner_page
from rookery.web.routing import PageTable
from rookery.web.visits import Visit
from rookery.web.writing import UPLOAD_BYTES

routes = PageTable()


@routes.page("/admin/emoji", who="admin")
async def show_emoji(visit: Visit) -> Answer:
    """The catalogue, and a form for another one."""
    return await answer_emoji(visit)


async def answer_emoji(visit: Visit, error: str = "", shortcode: str = "", category: str = "") -> Response:
    """Render the catalogue with what was typed."""
    return await owner_page(
        visit,
        "owner_emoji.html",
        "emoji",
        error=error,
        catalogue=await list_emoji(visit.face.app.db.reader),
        shortcode=shortcode,
        category=category,
    )


@routes.form("/admin/emoji", who="admin", limit=UPLOADING, body_limit=UPLOAD_BYTES)
async def add(visit: Visit, fields: Fields) -> Answer:
    """Add an emoji, or give a name a new picture."""
    face, shortcode, category = visit.face, fields.line("shortcode"), fields.line("category")
    uploads = [one for one in visit.request.uploads if one.size_bytes]
    if not uploads:
        return await answer_emoji(visit, visit.words.gettext("Choose a picture first."), shortcode, category)
    try:
        await add_emoji(
            face.app,
            face.media,
            shortcode,
            uploads[0].path,
            by=governor_of(visit),
            category=category,
            is_hidden=fields.is_on("is_hidden"),
        )
    except (Invalid, Unavailable) as refusal:
        return await answer_emoji(visit, visit.say(str(refusal)), shortcode, category)
    return visit.go("/admin/emoji")


@routes.form("/admin/emoji/remove", who="admin", limit=API)
async def remove(visit: Visit, fields: Fields) -> Answer:
    """Remove an emoji; who was first had it removed already."""
    try:
        await remove_emoji(visit.face.app, visit.face.media, fields.line("shortcode"), by=governor_of(visit))
    except (EmojiNotFound, Invalid) as refusal:
        return await answer_emoji(visit, visit.say(str(refusal)))
    return visit.go("/admin/emoji")
