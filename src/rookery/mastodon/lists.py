"""Lists of the client API: making them, filling them, reading them.

Owns: the routes under /api/v1/lists, an account's lists, the list timeline. Somebody else's list is not found.
Spec: https://docs.joinmastodon.org/methods/lists/
"""

from __future__ import annotations

from typing import Any

from rookery.actions.lists import add_to_list, change_list, create_list, delete_list, get_list, remove_from_list
from rookery.mastodon.face import MastodonFace, path_id, person
from rookery.mastodon.forms import Form, read_form, read_query
from rookery.mastodon.pages import accounts_page, posts_page
from rookery.model.lists import MAX_LIST_MEMBERS, ListReplies, PeopleList
from rookery.model.paging import Window
from rookery.network.requests import Request
from rookery.network.responses import Answer, json_response
from rookery.network.routes import RouteTable
from rookery.storage import lists

routes: RouteTable[MastodonFace] = RouteTable()
READ, WRITE = "read:lists read", "write:lists write"


def json_from_list(shown: PeopleList) -> Any:
    """Return the List entity. Spec: https://docs.joinmastodon.org/entities/List/"""
    return {
        "id": str(shown.id),
        "title": shown.title,
        "replies_policy": shown.replies.value,
        "exclusive": shown.is_exclusive,
    }


def replies_from_form(form: Form) -> ListReplies | None:
    """Return the replies policy, None when it was not sent. Raises Invalid."""
    if not form.text("replies_policy"):
        return None
    return ListReplies(form.choice("replies_policy", tuple(ListReplies), ListReplies.LIST))


@routes.route("GET", "/api/v1/lists", who="user", scope=READ)
async def list_own_lists(face: MastodonFace, request: Request) -> Answer:
    """Your lists. Spec: https://docs.joinmastodon.org/methods/lists/#get"""
    found = await lists.list_lists(face.app.db.reader, person(request))
    return json_response([json_from_list(one) for one in found])


@routes.route("POST", "/api/v1/lists", who="user", scope=WRITE)
async def make_list(face: MastodonFace, request: Request) -> Answer:
    """Make a list. Spec: https://docs.joinmastodon.org/methods/lists/#create"""
    form = await read_form(request)
    made = await create_list(
        face.app,
        person(request),
        form.text("title"),
        replies=replies_from_form(form) or ListReplies.LIST,
        is_exclusive=form.flag("exclusive"),
    )
    return json_response(json_from_list(made))


@routes.route("GET", "/api/v1/lists/{id}", who="user", scope=READ)
async def show_list(face: MastodonFace, request: Request) -> Answer:
    """One list. Spec: https://docs.joinmastodon.org/methods/lists/#get-one"""
    return json_response(json_from_list(await get_list(face.app.db.reader, person(request), path_id(request))))


@routes.route("PUT PATCH", "/api/v1/lists/{id}", who="user", scope=WRITE)
async def edit_list(face: MastodonFace, request: Request) -> Answer:
    """Change a list. Spec: https://docs.joinmastodon.org/methods/lists/#update"""
    form = await read_form(request)
    after = await change_list(
        face.app,
        person(request),
        path_id(request),
        title=form.text("title") if form.has("title") else None,
        replies=replies_from_form(form),
        is_exclusive=form.find_flag("exclusive"),
    )
    return json_response(json_from_list(after))


@routes.route("DELETE", "/api/v1/lists/{id}", who="user", scope=WRITE)
async def remove_list(face: MastodonFace, request: Request) -> Answer:
    """Delete a list. Spec: https://docs.joinmastodon.org/methods/lists/#delete"""
    await delete_list(face.app, person(request), path_id(request))
    return json_response({})


@routes.route("GET", "/api/v1/lists/{id}/accounts", who="user", scope=READ)
async def list_list_accounts(face: MastodonFace, request: Request) -> Answer:
    """Who is in a list; `limit=0` gives all. Spec: https://docs.joinmastodon.org/methods/lists/#accounts"""
    form = read_query(request)
    found = await get_list(face.app.db.reader, person(request), path_id(request))
    if form.text("limit") == "0":
        window, full = Window(MAX_LIST_MEMBERS), MAX_LIST_MEMBERS + 1
    else:
        window = form.window(40, 80)
        full = window.limit
    rows = await lists.list_members(face.app.db.reader, found.id, window)
    return await accounts_page(face, request, rows, full)


@routes.route("POST DELETE", "/api/v1/lists/{id}/accounts", who="user", scope=WRITE)
async def change_list_accounts(face: MastodonFace, request: Request) -> Answer:
    """Put people into a list or take them out. Spec: https://docs.joinmastodon.org/methods/lists/#accounts-add"""
    ids = (await read_form(request)).ids("account_ids")
    change = add_to_list if request.method == "POST" else remove_from_list
    await change(face.app, person(request), path_id(request), ids)
    return json_response({})


@routes.route("GET", "/api/v1/accounts/{id}/lists", who="user", scope=READ)
async def list_lists_with_account(face: MastodonFace, request: Request) -> Answer:
    """Your lists that hold an account. Spec: https://docs.joinmastodon.org/methods/accounts/#lists"""
    found = await lists.list_lists_with(face.app.db.reader, person(request), path_id(request))
    return json_response([json_from_list(one) for one in found])


@routes.route("GET", "/api/v1/timelines/list/{id}", who="user", scope=READ)
async def show_list_timeline(face: MastodonFace, request: Request) -> Answer:
    """What the people of a list wrote. Spec: https://docs.joinmastodon.org/methods/timelines/#list"""
    window = read_query(request).window(20, 40)
    found = await get_list(face.app.db.reader, person(request), path_id(request))
    return await posts_page(face, request, await face.lists.page(found, window), "home")
