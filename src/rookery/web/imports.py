"""Files that people take along and bring: six lists as CSV, with a page that shows how far an import is.

Owns: `/settings/export` and `/settings/import` with what lies below. Never: how a file looks (archives/imports.py,
archives/exports.py), what a row does (actions/import_rows.py). A file is looked at before anything is done. Its page
looks again by itself, without script too, until its person says that it shall not.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from rookery.actions.imports import get_import, read_import, start_import, stop_import
from rookery.archives.exports import FILES, write_csv
from rookery.archives.imports import batches_of, choose_kind
from rookery.archives.tables import csv_from_rows
from rookery.model.errors import Conflict, Invalid, NotFound
from rookery.model.imports import MAX_FILE_BYTES, Import, ImportKind, ImportRow, RowState
from rookery.network.limits import FOLLOWING, UPLOADING
from rookery.network.responses import Answer, Headers, StreamResponse, json_response
from rookery.storage import imports
from rookery.web.face import PAGE_CSP
from rookery.web.fields import Fields, number_from
from rookery.web.routing import PageTable
from rookery.web.visits import Visit

routes = PageTable()
HERE, EXPORT = "/settings/import", "/settings/export"
FORM_BYTES = 64 * 1024
SHOWN, SHOWN_ROWS, PAGE = 20, 50, 500
CSV_HEADERS: Headers = [
    (b"content-type", b"text/csv; charset=utf-8"),
    (b"cache-control", b"private, no-store"),
    PAGE_CSP,
]


@routes.page(EXPORT, who="member")
async def show_export(visit: Visit) -> Answer:
    """The files that can be taken along."""
    return visit.page("settings_export.html", section="moving", saved="", shown="export", files=FILES)


@routes.page(f"{EXPORT}/{{file}}", who="member", limit=UPLOADING)
async def send_file(visit: Visit) -> Answer:
    """Send one of them, as it is written. Spec: RFC 6266 (Content-Disposition)"""
    kind = next((one for one, name in FILES.items() if name == visit.value("file")), None)
    if kind is None:
        raise NotFound("no such file")
    return download(FILES[kind], write_csv(visit.face.app, visit.account_id, kind))


def download(name: str, chunks: AsyncIterator[str]) -> StreamResponse:
    """Return a CSV that is sent while it is made."""

    async def encoded() -> AsyncIterator[bytes]:
        async for chunk in chunks:
            if chunk:
                yield chunk.encode()

    disposition = (b"content-disposition", f'attachment; filename="{name}"'.encode())
    return StreamResponse(encoded(), headers=[*CSV_HEADERS, disposition])


@routes.page(HERE, who="member")
async def show_imports(visit: Visit) -> Answer:
    """Bring a file; what was brought before."""
    return await answer_imports(visit)


async def answer_imports(visit: Visit, code: int = 200, *, error: str = "") -> Answer:
    """Render the form and the list."""
    reader = visit.face.app.db.reader
    found = await imports.list_imports(reader, visit.account_id, SHOWN)
    return visit.page(
        "settings_import.html",
        code,
        section="moving",
        saved="",
        shown="import",
        kinds=list(ImportKind),
        brought=[(one, await imports.tally_rows(reader, one.id)) for one in found],
        error=error,
    )


@routes.form(HERE, limit=UPLOADING, body_limit=MAX_FILE_BYTES + FORM_BYTES)
async def bring(visit: Visit, fields: Fields) -> Answer:
    """Read a file; what it would do is shown before anything is done."""
    uploads = [one for one in visit.request.uploads if one.size_bytes]
    wished = fields.text("kind")
    if not uploads:
        return await answer_imports(visit, 422, error=visit.words.gettext("Choose a file first."))
    try:
        kind = choose_kind(uploads[0].path, ImportKind(wished) if wished in list(ImportKind) else None)
        rows = batches_of(uploads[0].path, kind)
        is_over = fields.text("mode") == "overwrite"
        draft = await read_import(visit.face.app, visit.account_id, kind, rows, overwrites=is_over)
    except (Invalid, Conflict) as refusal:
        return await answer_imports(visit, 422, error=visit.say(str(refusal)))
    return visit.go(f"{HERE}/{draft.id}")


async def own_import(visit: Visit) -> Import:
    """Return the import that the path names. Raises ImportNotFound."""
    return await get_import(visit.face.app, visit.account_id, number_from(visit.value("id")) or 0)


@routes.page(f"{HERE}/{{id}}", who="member")
async def show_import(visit: Visit) -> Answer:
    """What a file would do, or how far it is."""
    found, reader = await own_import(visit), visit.face.app.db.reader
    broken = await imports.list_rows(reader, found.id, RowState.BROKEN, -1, SHOWN_ROWS)
    failed = await imports.list_rows(reader, found.id, RowState.FAILED, -1, SHOWN_ROWS)
    return visit.page(
        "settings_import_one.html",
        section="moving",
        saved="",
        shown="import",
        one=found,
        tally=await imports.tally_rows(reader, found.id),
        broken=broken,
        failed=[(row, visit.say(row.error)) for row in failed],
        broken_words=[visit.say(row.error) for row in broken],
        removals=await imports.list_removals(reader, found.id, SHOWN_ROWS) if found.state == "draft" else [],
        is_still=visit.query.get("still") == "1",
    )


@routes.page(f"{HERE}/{{id}}/progress", who="member")
async def tell_progress(visit: Visit) -> Answer:
    """How far an import is, for the script of its page."""
    found = await own_import(visit)
    tally = await imports.tally_rows(visit.face.app.db.reader, found.id)
    value = {"state": found.state, "ended": tally.done + tally.failed, "goal": tally.goal}
    return json_response(value, headers=[(b"cache-control", b"private, no-store")])


@routes.page(f"{HERE}/{{id}}/failed.csv", who="member", limit=UPLOADING)
async def send_failed(visit: Visit) -> Answer:
    """The rows that could not be done, with the reason, as a file to mend and bring again."""
    found = await own_import(visit)
    return download(f"failed-{found.kind}.csv", failed_rows(visit, found))


async def failed_rows(visit: Visit, found: Import) -> AsyncIterator[str]:
    """Yield the lines of that file."""
    words = visit.words
    yield csv_from_rows(
        [[words.gettext("Line"), words.gettext("Entry"), words.gettext("List"), words.gettext("Reason")]]
    )
    for state in (RowState.BROKEN, RowState.FAILED):
        after = -1
        while rows := await imports.list_rows(visit.face.app.db.long_reader, found.id, state, after, PAGE):
            yield csv_from_rows(fields_of(visit, row) for row in rows)
            after = rows[-1].id


def fields_of(visit: Visit, row: ImportRow) -> list[str]:
    """Return one line of that file."""
    return [str(row.line or ""), row.name, row.title, visit.say(row.error)]


@routes.form(f"{HERE}/{{id}}/start", limit=FOLLOWING)
async def start(visit: Visit, fields: Fields) -> Answer:
    """Begin, or go on."""
    found = await own_import(visit)
    try:
        await start_import(visit.face.app, visit.account_id, found.id)
    except Conflict as refusal:
        return await answer_imports(visit, 409, error=visit.say(str(refusal)))
    return visit.go(f"{HERE}/{found.id}")


@routes.form(f"{HERE}/{{id}}/stop")
async def stop(visit: Visit, fields: Fields) -> Answer:
    """Stop, or throw a draft away."""
    found = await own_import(visit)
    is_gone = await stop_import(visit.face.app, visit.account_id, found.id)
    return visit.go(HERE if is_gone else f"{HERE}/{found.id}")
