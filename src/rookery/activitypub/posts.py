"""Our posts as other servers read them, with the activities that brought them, the replies and their threads.

Owns: whose post a path names, and that who asks may read it (K5): a stranger, or where signatures are asked for the
signer. Hidden, absent and far posts answer alike. Never: the fields of a note (notes.py).
Spec: https://www.w3.org/TR/activitypub/#retrieving-objects, https://www.w3.org/TR/activitystreams-vocabulary/#dfn-replies
"""

from __future__ import annotations

from collections.abc import Sequence

from rookery.activitypub.accounts import is_kept_away, names_author
from rookery.activitypub.activities import announce, create
from rookery.activitypub.addresses import actor_uri, context_uri, post_uri, replies_uri
from rookery.activitypub.admitting import viewer_of
from rookery.activitypub.face import READING, TYPES, WireFace
from rookery.activitypub.lists import before_of, head_of, page_of
from rookery.activitypub.notes import note_from_post
from rookery.activitypub.surroundings import is_root, readable_posts, surroundings_of
from rookery.activitypub.vocabulary import ACTIVITYSTREAMS, Json
from rookery.model.accounts import Account
from rookery.model.ids import InvalidId, PostId, now_us, parse_short_id
from rookery.model.paging import Window
from rookery.model.posts import Post, PostNotFound
from rookery.network.requests import Request
from rookery.network.responses import Answer
from rookery.network.routes import RouteTable
from rookery.storage.accounts import get_account, list_accounts
from rookery.storage.pages import list_descendants, list_replies
from rookery.storage.posts import get_visible_post, list_posts

routes: RouteTable[WireFace] = RouteTable(READING)
PAGE_POSTS = 20
PAGE_REPLIES = 50
MOST_IN_THREAD = 1000


async def find_readable(face: WireFace, request: Request) -> tuple[Post, Account, int]:
    """Return the post of ours that the path names, its author, and who reads it as K5 calls them.

    Raises PostNotFound, and what WireFace.admit raises.
    """
    reader = await face.admit(request)
    viewer = viewer_of(reader)
    try:
        post_id = PostId(parse_short_id(request.path_values["id"]))
    except InvalidId:
        raise PostNotFound from None
    post = await get_visible_post(face.reader, post_id, viewer)
    author = await get_account(face.reader, post.author_id)
    if not names_author(request, author) or await is_kept_away(face, author, reader):
        raise PostNotFound
    return post, author, viewer


@routes.route("GET", "/@{name}/{id}", who="anyone", types=TYPES)
async def show_note(face: WireFace, request: Request) -> Answer:
    """A post as a Note or Question; to strangers a public or unlisted one."""
    post, author, viewer = await find_readable(face, request)
    if post.repost_of_id is not None:
        raise PostNotFound  # a repost is an activity, and no object of its own
    around = (await surroundings_of(face, [post], viewer))[post.id]
    note = note_from_post(post, author, face.base_url, at_us=now_us(), around=around, with_context=True)
    return face.send(note)


@routes.route("GET", "/@{name}/{id}/activity", who="anyone")
async def show_activity(face: WireFace, request: Request) -> Answer:
    """The Create of a post, or the Announce of a repost."""
    post, author, viewer = await find_readable(face, request)
    found = await activities_of(face, [post], author, viewer)
    if not found:
        raise PostNotFound
    return face.send(found[0])


async def activities_of(face: WireFace, posts: Sequence[Post], author: Account, viewer: int) -> list[Json]:
    """Return the activities of an author's posts, in order; of reposts those whose original the viewer may read."""
    repeated = await readable_posts(face, {post.repost_of_id for post in posts if post.repost_of_id}, viewer)
    around = await surroundings_of(face, [post for post in posts if not post.repost_of_id], viewer)
    made: list[Json] = []
    for post in posts:
        if post.repost_of_id is None:
            note = note_from_post(post, author, face.base_url, at_us=now_us(), around=around[post.id])
            made.append(create(note, post.published_at_us))
        elif found := repeated.get(post.repost_of_id):
            uri, writer = post_uri(*found, face.base_url), actor_uri(found[1], face.base_url)
            made.append(announce(post, author, face.base_url, of_uri=uri, of_author_uri=writer))
    return made


@routes.route("GET", "/@{name}/{id}/replies", who="anyone")
async def show_replies(face: WireFace, request: Request) -> Answer:
    """The answers to a post that the reader may read, by address: whoever wants to read one asks its own server."""
    post, author, viewer = await find_readable(face, request)
    uri, before = replies_uri(post_uri(post, author, face.base_url)), before_of(request)
    if before is None:
        return face.send(head_of(uri, None))
    window = Window(PAGE_REPLIES, before=before)
    ids = await list_replies(face.reader, post.id, viewer, window)
    posts = await list_posts(face.reader, ids)
    authors = await list_accounts(face.reader, {one.author_id for one in posts.values()})
    items = [post_uri(posts[i], authors[posts[i].author_id], face.base_url) for i in ids if i in posts]
    after = ids[-1] if len(ids) == window.limit else None
    return face.send(page_of(uri, before, items, after=after, context=ACTIVITYSTREAMS))


@routes.route("GET", "/@{name}/{id}/context", who="anyone")
async def show_context(face: WireFace, request: Request) -> Answer:
    """The public posts of a thread that began here, by address, newest first: as far as it is known here.

    Spec: https://w3id.org/fep/7888, https://w3id.org/fep/f228
    """
    root, author, viewer = await find_readable(face, request)
    if not is_root(root):
        raise PostNotFound
    root_uri = post_uri(root, author, face.base_url)
    uri, before = context_uri(root_uri), before_of(request)
    if before is None:
        return face.send({**head_of(uri, None), "attributedTo": actor_uri(author, face.base_url)})
    rows = await list_descendants(face.reader, root.id, viewer, now_us(), limit=MOST_IN_THREAD)
    ids = sorted((one for one in (root.id, *(row[0] for row in rows)) if one < before), reverse=True)[:PAGE_REPLIES]
    found = await readable_posts(face, {PostId(one) for one in ids}, viewer)
    items = [post_uri(*found[one], face.base_url) for one in ids if one in found]
    after = ids[-1] if len(ids) == PAGE_REPLIES else None
    return face.send(page_of(uri, before, items, after=after, context=ACTIVITYSTREAMS))
