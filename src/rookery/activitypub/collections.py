"""What belongs to somebody of ours, in pages: what they published and pinned, who follows them, whom they follow.

Owns: those collections as who asks may read them (K5): a stranger, or where signatures are asked for the
signer. How many stands in each; who, only where the person shows it.
Spec: https://www.w3.org/TR/activitypub/#collections, https://docs.joinmastodon.org/spec/activitypub/#featured
"""

from __future__ import annotations

from rookery.activitypub.accounts import find_shown
from rookery.activitypub.actors import collection
from rookery.activitypub.addresses import actor_uri, featured_uri
from rookery.activitypub.admitting import STRANGER, viewer_of
from rookery.activitypub.face import READING, TYPES, WireFace
from rookery.activitypub.lists import before_of, head_of, page_of
from rookery.activitypub.notes import note_from_post
from rookery.activitypub.posts import PAGE_POSTS, activities_of
from rookery.activitypub.surroundings import surroundings_of
from rookery.activitypub.vocabulary import ACTIVITYSTREAMS, NOTE_CONTEXT
from rookery.model.accounts import Account
from rookery.model.ids import now_us
from rookery.model.paging import Window
from rookery.network.requests import Request
from rookery.network.responses import Answer
from rookery.network.routes import RouteTable
from rookery.storage.accounts import list_accounts
from rookery.storage.marks import list_pinned
from rookery.storage.pages import AccountChoice, list_of_account
from rookery.storage.posts import list_posts
from rookery.storage.relations import FOLLOWED, FOLLOWERS, list_pairs

routes: RouteTable[WireFace] = RouteTable(READING)
PAGE_PEOPLE = 40
SIDES = {"followers": FOLLOWERS, "following": FOLLOWED}


@routes.route("GET", "/@{name}/outbox", who="anyone")
async def show_outbox(face: WireFace, request: Request) -> Answer:
    """Posts and reposts, newest first; to strangers the public and unlisted ones."""
    (account, reader), before = await find_shown(face, request), before_of(request)
    uri = f"{actor_uri(account, face.base_url)}/outbox"
    if before is None:
        return face.send(head_of(uri, account.post_count))
    window = Window(PAGE_POSTS, before=before)
    ids = await list_of_account(face.reader, account.id, viewer_of(reader), window, AccountChoice())
    posts = await list_posts(face.reader, ids)
    made = await activities_of(face, [posts[i] for i in ids if i in posts], account, viewer_of(reader))
    items = [{name: part for name, part in one.items() if name != "@context"} for one in made]
    after = ids[-1] if len(ids) == window.limit else None
    return face.send(page_of(uri, before, items, after=after, context=NOTE_CONTEXT))


@routes.route("GET", "/@{name}/featured", who="anyone")
async def show_featured(face: WireFace, request: Request) -> Answer:
    """What somebody pinned, whole, newest pin first."""
    account, reader = await find_shown(face, request)
    ids = await list_pinned(face.reader, account.id, viewer_of(reader))
    posts = await list_posts(face.reader, ids)
    shown = [posts[i] for i in ids if i in posts]
    around = await surroundings_of(face, shown, viewer_of(reader))
    notes = [note_from_post(one, account, face.base_url, at_us=now_us(), around=around[one.id]) for one in shown]
    return face.send(collection(featured_uri(actor_uri(account, face.base_url)), NOTE_CONTEXT, notes))


@routes.route("GET", "/@{name}/followers", who="anyone", types=TYPES)
async def show_followers(face: WireFace, request: Request) -> Answer:
    """Who follows somebody: how many, and who, unless they keep it to themselves."""
    return await answer_network(face, request, "followers")


@routes.route("GET", "/@{name}/following", who="anyone", types=TYPES)
async def show_following(face: WireFace, request: Request) -> Answer:
    """Whom somebody follows: how many, and whom, unless they keep it to themselves."""
    return await answer_network(face, request, "following")


async def answer_network(face: WireFace, request: Request, side: str) -> Answer:
    """Answer one side of somebody's network."""
    (account, _), before = await find_shown(face, request), before_of(request)
    uri = f"{actor_uri(account, face.base_url)}/{side}"
    if before is None:
        count = account.follower_count if side == "followers" else account.following_count
        return face.send(head_of(uri, count, has_pages=not account.hides_network))
    window = Window(PAGE_PEOPLE, before=before)
    rows = [] if account.hides_network else await list_side(face, account, side, window)
    people = await list_accounts(face.reader, [row[1] for row in rows])
    items = [actor_uri(people[row[1]], face.base_url) for row in rows if row[1] in people]
    after = rows[-1][0] if len(rows) == window.limit else None
    return face.send(page_of(uri, before, items, after=after, context=ACTIVITYSTREAMS))


async def list_side(face: WireFace, account: Account, side: str, window: Window) -> list[tuple[int, int]]:
    """Return (row id, account id) of a page of people."""
    return await list_pairs(face.reader, SIDES[side], account.id, window, state="active", viewer=STRANGER)
