"""The leak matrix (K5): who meets a post where, for every audience and every kind of viewer.

Every route of every room, streams, headers and the log: tests/security/test_leaks.py.
"""

import importlib
import pkgutil
import re

import pytest
from tests.matrix import AUDIENCES, NAMES, NO_SUCH_ID, TRUTH, Matrix
from tests.measures import suspend_account, unsuspend_account

import rookery.storage
from rookery.model.audit import OPERATOR
from rookery.storage.paging import PageQuery


@pytest.fixture
async def matrix(world):
    return await Matrix(world).build()


def expected(viewer, *only):
    return TRUTH[viewer] & set(only or AUDIENCES)


async def test_a_post_shows_by_its_address_exactly_to_those_who_may_see_it(matrix):
    for viewer in TRUTH:
        for (kind, audience), post_id in matrix.posts.items():
            paths = ["", "/history", "/context", "/favourited_by", "/reblogged_by"]
            routes = [f"/api/v1/statuses/{{}}{tail}" for tail in paths]
            routes += ["/api/v1/polls/{}"] if kind == "poll" else []
            for route in routes:
                reply = await matrix.client(viewer).get(route.format(post_id))
                absent = await matrix.client(viewer).get(route.format(NO_SUCH_ID))
                if audience in TRUTH[viewer]:
                    assert reply.code == 200, (viewer, kind, audience, route, reply)
                else:
                    assert (reply.code, reply.headers, reply.body) == (404, absent.headers, absent.body), (
                        viewer,
                        route,
                    )
            source = await matrix.client(viewer).get(f"/api/v1/statuses/{post_id}/source")
            assert (source.code == 200) == (viewer == "ana")


async def test_what_is_hidden_cannot_be_touched_and_answers_as_if_it_were_absent(matrix):
    verbs = (
        "favourite",
        "unfavourite",
        "reblog",
        "unreblog",
        "bookmark",
        "unbookmark",
        "mute",
        "unmute",
        "pin",
        "unpin",
    )
    for viewer in NAMES:
        for (kind, audience), post_id in matrix.posts.items():
            if audience in TRUTH[viewer] or kind == "picture":
                continue
            client = matrix.client(viewer)
            calls = [("POST", f"/api/v1/statuses/{{}}/{verb}", None) for verb in verbs]
            calls += [
                ("PUT", "/api/v1/statuses/{}", {"status": "x"}),
                ("DELETE", "/api/v1/statuses/{}", None),
                ("POST", "/api/v1/polls/{}/votes", {"choices": [0]}),
            ]
            for method, route, body in calls:
                hidden = await client.call(method, route.format(post_id), json_body=body)
                absent = await client.call(method, route.format(NO_SUCH_ID), json_body=body)
                assert hidden.code == 404, (viewer, audience, route)
                assert (hidden.headers, hidden.body) == (absent.headers, absent.body)
            hidden = await client.post("/api/v1/statuses", json_body={"status": "x", "in_reply_to_id": post_id})
            absent = await client.post("/api/v1/statuses", json_body={"status": "x", "in_reply_to_id": NO_SUCH_ID})
            assert (hidden.code, hidden.body) == (404, absent.body)


async def test_lists_of_the_author_hold_exactly_what_the_viewer_may_see(matrix):
    base = f"/api/v1/accounts/{matrix.people['ana'].id}/statuses?limit=40"
    for viewer in TRUTH:
        for query in ("", "&only_media=1", "&tagged=canary", "&exclude_reblogs=1"):
            assert await matrix.met(viewer, base + query) == expected(viewer), (viewer, query)
            wider = expected(viewer, "public", "unlisted", "private")
            assert await matrix.met(viewer, f"{base}{query}&exclude_direct=1") == wider, (viewer, query)
        assert await matrix.met(viewer, base + "&pinned=1") == expected(viewer, "public", "unlisted", "private")
        ids = "&".join(f"id[]={post_id}" for post_id in matrix.posts.values())
        assert await matrix.met(viewer, f"/api/v1/statuses?{ids}") == expected(viewer)


async def test_public_places_hold_what_is_public(matrix):
    for viewer in TRUTH:
        assert await matrix.met(viewer, "/api/v1/timelines/public?limit=40") == expected(viewer, "public")
        assert await matrix.met(viewer, "/api/v1/timelines/public?local=1&only_media=1") == expected(viewer, "public")
        assert await matrix.met(viewer, "/api/v1/timelines/tag/canary?limit=40") == expected(viewer, "public")


async def test_homes_hold_what_followers_may_see(matrix):
    for viewer in NAMES:
        seen = expected(viewer) if viewer in ("fay", "ana") else set()
        for _ in range(2):
            assert await matrix.met(viewer, "/api/v1/timelines/home?limit=40") == seen, viewer
            matrix.world.homes.cached.clear()


async def test_threads_hold_what_the_viewer_may_see_above_and_below(matrix):
    for viewer in TRUTH:
        below = await matrix.met(viewer, f"/api/v1/statuses/{matrix.root['id']}/context")
        assert below == expected(viewer)
        for (_, audience), answer_id in matrix.answers.items():
            above = await matrix.met(viewer, f"/api/v1/statuses/{answer_id}/context")
            assert above == expected(viewer, audience), (viewer, audience)


async def test_likes_and_bookmarks_forget_what_one_may_no_longer_see(matrix):
    for viewer in ("bob", "max", "mia"):
        for path in ("/api/v1/favourites?limit=40", "/api/v1/bookmarks?limit=40"):
            assert await matrix.met(viewer, path) == expected(viewer), (viewer, path)


async def test_counts_tell_nothing_of_what_is_hidden(matrix):
    shown = (await matrix.get("nobody", f"/api/v1/statuses/{matrix.root['id']}")).json
    assert shown["replies_count"] == 2
    before = (await matrix.get("nobody", f"/api/v1/accounts/{matrix.people['ana'].id}")).json
    secret = await matrix.people["ana"].publishes("@mia psst", visibility="direct", in_reply_to_id=matrix.root["id"])
    after = (await matrix.get("nobody", f"/api/v1/accounts/{matrix.people['ana'].id}")).json
    assert after == before
    assert (await matrix.get("nobody", f"/api/v1/statuses/{matrix.root['id']}")).json == shown
    await matrix.people["ana"].calls("DELETE", f"/api/v1/statuses/{secret['id']}")
    assert (await matrix.get("nobody", f"/api/v1/accounts/{matrix.people['ana'].id}")).json == before
    assert (await matrix.get("nobody", f"/api/v1/statuses/{matrix.root['id']}")).json == shown


async def test_a_repost_is_as_visible_as_what_it_repeats(matrix):
    ana, carl = matrix.people["ana"], matrix.people["carl"]
    carls = f"/api/v1/accounts/{carl.id}/statuses"
    await carl.calls("POST", f"/api/v1/statuses/{matrix.posts['answer', 'public']}/reblog")
    await ana.calls("POST", f"/api/v1/statuses/{matrix.posts['answer', 'private']}/reblog", json_body={})
    for viewer in TRUTH:
        assert await matrix.met(viewer, carls) == expected(viewer, "public"), viewer
        own = f"/api/v1/accounts/{ana.id}/statuses?exclude_replies=1&limit=40"
        assert await matrix.met(viewer, own) == expected(viewer), viewer
    for kind in ("private", "direct"):
        await matrix.people["mia"].calls(
            "POST", f"/api/v1/statuses/{matrix.posts['answer', kind]}/reblog", code=403, json_body={}
        )


async def test_a_suspended_author_is_gone_from_every_place_and_comes_back(matrix):
    ana = matrix.people["ana"]
    places = [
        f"/api/v1/statuses?id[]={matrix.posts['poll', 'public']}",
        "/api/v1/timelines/home",
        "/api/v1/timelines/public",
        "/api/v1/timelines/tag/canary",
        "/api/v1/favourites",
        f"/api/v1/statuses/{matrix.root['id']}/context",
    ]
    for place in places:
        await matrix.get("fay", place)
    await suspend_account(matrix.world.app, ana.id, by=OPERATOR)
    for place in places:
        assert await matrix.met("fay", place) == set(), place
    await matrix.get("fay", f"/api/v1/statuses/{matrix.posts['poll', 'public']}", code=404)
    await unsuspend_account(matrix.world.app, ana.id, by=OPERATOR)
    assert await matrix.met("fay", "/api/v1/timelines/home?limit=40") == {"public", "unlisted", "private"}


# --- the static half: whoever reads posts for a viewer asks the predicate -------------------------------------------

READS_POSTS = re.compile(r"\b(?:FROM|JOIN)\s+posts\b", re.IGNORECASE)
# One mark of each of the three parts of VISIBLE.
PARTS = ("vm.post_id = p.id", "vb.account_id = p.author_id", "vo.id = p.repost_of_id")
STATEMENT = re.compile(r"(?:\s*--.*\n)*\s*(?:SELECT|WITH|INSERT|UPDATE|DELETE)\b")
EXEMPT = {
    "trends.SUBJECTS": "what is counted of public posts, shown to nobody",
    "trends.RECOUNT_DAYS": "counts of public posts",
    "ownarchives.OWN_PAGES": "one's own rows, for one's own archive",
    "figures.DAILY": "numbers for staff, no post",
    "figures.DISTINCT": "numbers for staff, no post",
    "figures.RANKINGS": "numbers for staff, no post",
    "far_posts.ID_BY_URI": "what an address of another server names, for rules inside actions",
    "far_posts.WITNESSES": "far people who took part in a post, for telling them that it changed or is gone",
    "inboxes.CONCERNS_FAR": "whether anything is sent; whom it reaches is decided where it is composed",
    "inboxes.CHANGE_CONCERNS_FAR": "whether anything is sent; whom it reaches is decided where it is composed",
    "inboxes.VOTE_CONCERNS_FAR": "whether anything is sent; whom it reaches is decided where it is composed",
    "inboxes.MISSED": "open posts, for the servers of the author's followers",
    "far_files.OF_POSTS": "which files are fetched ahead, for a job; nobody is shown them by it",
    "far_files.HAS_FILES": "whether there is anything to fetch ahead, for the same job",
    "cards.ATTACH": "ties a card to a post that is still there; the pages of a link's posts ask the gate",
    "pages.PUBLIC_PAGES": "is_listed says public and no repost; the rest is AUTHOR_ALLOWS, see LISTED_VISIBLE",
    "conversations.TAKING_PART": "who takes part in posts that passed the gate of CONVERSATION_PAGE",
    "conversations.PLACE": "where a message belongs; RECEIVERS asks for each of its people",
    "conversations.NEWEST_LEFT": "where a list is kept in order; CONVERSATION_PAGE asks what its owner sees",
    "newest.NEWEST_ID": "one number, for the clock of ids",
    "posts.POSTS_BY_ID": "takes ids that passed a gate; find_post is for rules inside actions",
    "posts.LOCK_POST": "takes a lock, inside actions that asked before",
    "posts.LOCK_TEXT": "takes a lock, for who composed it before",
    "posts.DELETE_POST": "a write of the author's",
    "posts.REPOSTS_OF": "for deleting the reposts of a deleted post",
    "posts.FIND_REPOST": "one's own repost",
    "posts.IDS_OF_AUTHOR": "for deleting all that an account wrote",
    "notification_rules.FORGET_QUOTED_UPDATES": "takes back what was told",
    "quotes.QUOTES_BETWEEN": "for ending the quotes between two accounts",
    "search.LIBRARY_IDS": "narrows what FINDABLE, which asks the gate, is asked about",
    "search.FIND_TAGS": "names of hashtags that stand in public posts",
    "streams.PLACE": "where a post belongs; each stream asks for its watcher",
    "tags.FEATURED_TAGS": "counts of public and unlisted posts",
    "tags.RECENT_TAGS": "an account's own hashtags, for itself",
    "usage.WEEKLY": "counts of listed posts",
}


def texts_of_storage():
    """(module.NAME, text) of every SQL constant of storage."""
    for info in pkgutil.walk_packages(rookery.storage.__path__, "rookery.storage."):
        module = importlib.import_module(info.name)
        for name, value in vars(module).items():
            texts = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else [value]
            for text in texts:
                text = text.down if isinstance(text, PageQuery) else text
                if isinstance(text, str) and "p.author_id = :author" in text:
                    text = text.replace(":author", "p.author_id")  # pages.OF_AUTHOR says it with the parameter
                if isinstance(text, str) and STATEMENT.match(text) and READS_POSTS.search(text):
                    yield f"{info.name.removeprefix('rookery.storage.')}.{name}", text


def test_every_query_that_reads_posts_asks_who_may_see_them_or_is_exempt_for_a_reason():
    found = list(texts_of_storage())
    unguarded = {name for name, text in found if not all(part in text for part in PARTS)}
    assert unguarded == set(EXEMPT)
    assert len(found) > len(EXEMPT) + 8
