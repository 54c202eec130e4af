"""The page of one's own archive: ask for it, see how far it is, fetch it.

Owns: `/settings/archive`. Never: packs (actions/archives.py). The file goes to a fresh session of its person alone, as
a download that no browser opens or keeps.
"""

from __future__ import annotations

import asyncio

from rookery.actions.archives import find_file, find_own_archive, may_ask, request_archive
from rookery.model.errors import TooMany
from rookery.model.ids import datetime_from_us, now_us
from rookery.network.limits import UPLOADING
from rookery.network.responses import Answer, FileResponse
from rookery.web.fields import Fields
from rookery.web.proving import detour
from rookery.web.routing import PageTable
from rookery.web.visits import Visit

routes = PageTable()
HERE = "/settings/archive"


@routes.page(HERE, who="member")
async def show_archive(visit: Visit) -> Answer:
    """How far it is."""
    return await detour(visit, HERE) or await answer_archive(visit)


async def answer_archive(visit: Visit, code: int = 200, *, error: str = "") -> Answer:
    """Render the page."""
    archive = await find_own_archive(visit.face.app, visit.account_id)
    size = visit.words.size(archive.size_bytes) if archive else ""
    return visit.page(
        "settings_archive.html",
        code,
        section="archive",
        saved="",
        archive=archive,
        may_ask=may_ask(archive),
        size=size,
        error=error,
    )


@routes.form(HERE, limit=UPLOADING)
async def ask(visit: Visit, fields: Fields) -> Answer:
    """Have it packed."""
    if away := await detour(visit, HERE):
        return away
    try:
        await request_archive(visit.face.app, visit.account_id, session_id=visit.request.caller.session_id)
    except TooMany as refusal:
        return await answer_archive(visit, 429, error=visit.say(str(refusal)))
    return visit.go(HERE)


@routes.page(f"{HERE}/file", who="member", limit=UPLOADING)
async def send_archive(visit: Visit) -> Answer:
    """Send the file. Spec: RFC 6266 (Content-Disposition)"""
    if away := await detour(visit, HERE):
        return away
    session_id = visit.request.caller.session_id
    path = await find_file(visit.face.app, visit.face.media, visit.account_id, session_id=session_id)
    size_bytes = (await asyncio.to_thread(path.stat)).st_size
    name = visit.person.handle.removeprefix("@") if visit.person else "me"
    file_name = f"{name}-{datetime_from_us(now_us()).date().isoformat()}.zip"
    return FileResponse(
        path,
        size_bytes,
        [
            (b"content-type", b"application/zip"),
            (b"content-disposition", f'attachment; filename="{file_name}"'.encode()),
            (b"cache-control", b"private, no-store"),
            (b"content-security-policy", b"default-src 'none'; sandbox"),
        ],
    )
