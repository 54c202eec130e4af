"""The thread around a post in the client API, and how the search for more of it on other servers goes.

Owns: `/context` and the answer to who polls a refresh. Whoever is signed in and opens a thread of another server has
the rest of it brought; a header says that it is under way.
Spec: https://docs.joinmastodon.org/methods/statuses/#context, https://docs.joinmastodon.org/methods/async_refreshes/
"""

from __future__ import annotations

from rookery.actions.far_visits import Visit
from rookery.actions.resolving import plan_thread
from rookery.mastodon.face import MastodonFace, person
from rookery.mastodon.posts import READ, visible_id
from rookery.model.errors import NotFound
from rookery.model.ids import InvalidId, PostId, now_us, parse_id
from rookery.network.requests import Request
from rookery.network.responses import Answer, Headers, json_bytes, json_response
from rookery.network.routes import RouteTable
from rookery.storage.far_visits import find_visit
from rookery.storage.pages import list_ancestors, list_descendants
from rookery.storage.posts import list_visible_ids
from rookery.timelines.threads import in_thread_order

THREAD = {True: (4096, 4096, 4096), False: (40, 60, 20)}  # ancestors, descendants, depth; strangers see less
routes: RouteTable[MastodonFace] = RouteTable()
RUNNING_US = 5 * 60 * 1_000_000  # a visit that has not ended by then waits for another try
RETRY_S = 3


class RefreshNotFound(NotFound):
    """Nothing is brought under this number, or it was long ago."""

    def __init__(self) -> None:
        super().__init__("no such refresh")


@routes.route("GET", "/api/v1/statuses/{id}/context", who="anyone", scope=READ)
async def get_context(face: MastodonFace, request: Request) -> Answer:
    """The thread around a post; of a thread elsewhere more is brought for whoever reads it signed in.

    Spec: https://docs.joinmastodon.org/methods/statuses/#context
    """
    post_id = await visible_id(face, request)
    viewer = request.caller.account_id
    if viewer is not None:
        await plan_thread(face.app, PostId(post_id))
    up, down, depth = THREAD[viewer is not None]
    reader = face.app.db.reader
    above = await list_ancestors(reader, post_id, viewer or 0, depth=up)
    rows = await list_descendants(reader, post_id, viewer or 0, now_us(), depth=depth, limit=down)
    below = in_thread_order(post_id, rows)
    filters = await face.filters.of(viewer, "thread") if viewer is not None else None
    ancestors = await face.renders.page(above, viewer, filters)
    descendants = await face.renders.page(below, viewer, filters)
    headers = await refresh_header(face, above[0] if above else post_id) if viewer is not None else []
    return json_bytes(b'{"ancestors":' + ancestors + b',"descendants":' + descendants + b"}", headers=headers)


async def refresh_header(face: MastodonFace, root_id: int) -> Headers:
    """Return what tells an app that more of a thread is under way; none when it is not."""
    if face.app.resolver is None:
        return []
    found = await find_visit(face.app.db.reader, Visit.THREAD, root_id)
    if found is None or not is_running(found):
        return []
    value = f'id="{root_id}", retry={RETRY_S}, result_count={found[2]}'
    return [(b"mastodon-async-refresh", value.encode())]


def is_running(visit: tuple[int, int | None, int]) -> bool:
    """True for a visit that is planned and not over."""
    planned_at_us, done_at_us, _ = visit
    return done_at_us is None and planned_at_us > now_us() - RUNNING_US


@routes.route("GET", "/api/v1_alpha/async_refreshes/{id}", who="user", scope="read")
async def show_refresh(face: MastodonFace, request: Request) -> Answer:
    """How far a refresh is. Spec: https://docs.joinmastodon.org/methods/async_refreshes/"""
    try:
        root_id = parse_id(request.path_values["id"])
    except InvalidId:
        raise RefreshNotFound from None
    found = await find_visit(face.app.db.reader, Visit.THREAD, root_id)
    if found is None or not await list_visible_ids(face.app.db.reader, [root_id], person(request)):
        raise RefreshNotFound
    status = "running" if is_running(found) else "finished"
    return json_response({"async_refresh": {"id": str(root_id), "status": status, "result_count": found[2]}})
