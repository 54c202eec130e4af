"""The leak matrix over every route of every room, as the router has them: a new route joins by itself (K5, K6).

What Ana keeps for herself carries canaries like her posts do, of the audience `own`. Viewers bring what they have, an
app's token and a browser's session, to every route.
"""

import json
import logging
import re
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from tests.client import Client
from tests.far_matrix import FAR_TRUTH, FarMatrix
from tests.listening import listen
from tests.matrix import AUDIENCES, CANARY, TRUTH, Matrix
from tests.pushing import LoopbackDoor, Phone, PushService
from tests.web.browsing import SAME
from tests.world import PASSWORD

from rookery.actions.push_sending import PushSender
from rookery.actions.sessions import sign_in
from rookery.actions.tokens import give_app_token
from rookery.activitypub import tables as wire
from rookery.activitypub.face import ACTIVITY, READING
from rookery.mastodon.push_words import ALERTS, write_push
from rookery.model.ids import MAX_ID, short_id
from rookery.model.members import Role
from rookery.web.guards import form_token

MAIL = "ana@mail.test"
# Beside the viewers of the matrix: a moderator, somebody whom Ana mutes, an app without a person.
MORE = {name: {"public", "unlisted"} for name in ("mod", "mut", "app")}
FAR_MAY = {**FAR_TRUTH, **{name: {"public", "unlisted"} for name in ("mod", "app")}}
MAY = {**TRUTH, **MORE, "ana": {*AUDIENCES, "own"}}
# Staff read addresses where staff work.
OF_STAFF = re.compile(r"/(api/v\d/admin|moderation|admin)\b")
ACTS = ("like", "unlike", "save", "unsave", "repeat", "pin", "unpin", "remove", "block", "follow")
# What sends the words of its caller somewhere, or ends the caller's own access; nothing of Ana's is named in them.
ENDS_ITSELF = {"/logout", "/oauth/revoke", "/api/v1/apps", "/settings/account/leave"}
# What routes call the thing they are about.
FIELDS = [
    "id",
    "post",
    "account",
    "list_id",
    "in_reply_to_id",
    "status_id",
    "quoted_status_id",
    "account_id",
    "session",
    "app",
    "item",
    "strike",
    "account_ids[]",
    "reply_to",
    "media_ids[]",
]


class Doors(Matrix):
    """A matrix whose people come with an app and with a browser, and two more: see MORE."""

    own, name = {}, "ana"  # who wrote it all

    async def build(self):
        await super().build()
        self.people["mod"] = await self.world.person("mod", role=Role.MODERATOR)
        self.people["mut"] = await self.world.person("mut")
        self.sessions = {name: await self.session(name) for name in self.people}
        given = await give_app_token(self.world.app, self.world.client, "read")
        self.app = Client(self.world.server, token=given.secret)
        await self.world.settle()
        return self

    async def session(self, name):
        made = await sign_in(
            self.world.app, self.world.passwords, name, PASSWORD, user_agent="a browser", address="127.0.0.1"
        )
        self.people[name].client.cookie = f"session={made.secret}"
        return made.secret

    def client(self, viewer):
        return self.app if viewer == "app" else super().client(viewer)

    @property
    def author_id(self):
        return self.people["ana"].id

    def routes(self, wanted):
        """The routes of every room, with a plain answer."""
        return [route for route in self.world.server.router.every if wanted(route) and "streaming" not in route.path]


class House(Doors):
    """The matrix with what Ana keeps for herself. own: kind -> id."""

    async def build(self):
        await super().build()
        await self.keep()
        await self.world.settle()
        return self

    async def keep(self):
        """Ana's own things."""
        ana, fay = self.people["ana"], self.people["fay"]
        at = (datetime.now(UTC) + timedelta(days=1)).isoformat()
        later = await ana.publishes("canary-own-later", scheduled_at=at)
        birds = await ana.calls("POST", "/api/v1/lists", form={"title": "canary-own-list"})
        words = {
            "title": "canary-own-title",
            "context": ["home"],
            "keywords_attributes": [{"keyword": "canary-own-word"}],
        }
        kept = await ana.calls("POST", "/api/v2/filters", json_body=words)
        await ana.follows(fay)
        await ana.calls("POST", f"/api/v1/lists/{birds['id']}/accounts", form={"account_ids[]": fay.id})
        await ana.calls("POST", f"/api/v1/accounts/{fay.id}/note", form={"comment": "canary-own-note"})
        await ana.calls("POST", f"/api/v1/accounts/{self.people['mut'].id}/mute")
        await ana.calls("POST", "/api/v1/tags/canary/follow")
        named = await ana.calls("POST", f"/api/v2/filters/{kept['id']}/statuses", form={"status_id": self.root["id"]})
        shown = await ana.calls("POST", "/api/v1/featured_tags", form={"name": "canary"})
        await self.world.settle()
        (talk, *_) = await ana.calls("GET", "/api/v1/conversations")
        (notice, *_) = await ana.calls("GET", "/api/v1/notifications")
        self.own = {
            "upload": await self.picture("canary-own-upload"),
            "later": later["id"],
            "list": birds["id"],
            "filter": kept["id"],
            "word": kept["keywords"][0]["id"],
            "named": named["id"],
            "shown": shown["id"],
            "talk": talk["id"],
            "notice": notice["id"],
            "session": await self.number("sessions"),
            "token": await self.number("access_tokens"),
        }

    async def number(self, table):
        """The id of a row of Ana's."""
        found = await self.world.app.db.reader.one(
            f"SELECT id FROM {table} WHERE account_id = :owner ORDER BY id LIMIT 1", owner=int(self.people["ana"].id)
        )
        return str(found[0])

    def hidden(self):
        """Ids of what a stranger may neither see nor touch."""
        return [*(post_id for (_, audience), post_id in self.posts.items() if audience in ("private", "direct")),
                *self.own.values(), *(self.people[name].id for name in ("rob", "fay"))]  # fmt: skip


class FarHouse(Doors, FarMatrix):
    """Where a far author's posts arrive."""

    name = "bea@far.example"

    @property
    def author_id(self):
        return self.bea.id


def filled(path, value, act="", name="ana"):
    """A path with an id, and names where names belong."""
    names = {"name": "canary" if "/tags/" in path else name, "tag": "canary", "act": act}
    return re.sub(r"\{([a-z_]+)(:path)?\}", lambda found: names.get(found[1], str(value)), path)


@pytest.fixture
async def house(pages):
    return await House(pages.world).build()


@pytest.fixture
async def far_house(pages):
    return await FarHouse(pages.world).build()


def told(reply):
    """The audiences of the canaries in an answer, head and body."""
    heads = b" ".join(name + value for name, value in reply.all_headers)
    return {audience for audience, _ in CANARY.findall((reply.body + heads).decode("utf-8", "replace"))}


def every_address(house):
    """Every GET route with every id that it may take, and what it is asked for in the Accept header.

    Threads have a test of their own in tests/storage. Other servers know posts by the ids of pages, and lists by pages.
    """
    ids = [post_id for (kind, _), post_id in house.posts.items() if kind != "answer"]
    ids += [*house.own.values(), house.author_id]
    short = [short_id(int(post_id)) for post_id in ids]
    for route in house.routes(lambda route: route.method == "GET"):
        varies = filled(route.path, 1) != filled(route.path, 2)
        of_pages = route.path.startswith("/@")
        for value in (ids + short if of_pages else ids) if varies else [""]:
            path, kind = filled(route.path, value, name=house.name), "".join(route.types[:1])
            yield f"{path}?q=canary&acct={house.name}&limit=40", kind
            if route in wire.ROUTES and route.limit is READING:
                yield f"{path}?before={MAX_ID}", kind


async def test_no_route_of_any_room_lets_a_canary_out(house, caplog):
    caplog.set_level(logging.DEBUG)
    met, documents = {viewer: set() for viewer in MAY}, set()
    for (path, kind), viewer in product(sorted(set(every_address(house))), MAY):
        reply = await house.client(viewer).get(path, headers={"accept": kind} if kind else {})
        assert reply.code != 500, (viewer, path)
        is_document = reply.headers.get("content-type", "").startswith(ACTIVITY)
        if is_document or "/embed?" in path:  # whoever reads it is a stranger there
            assert not told(reply) - TRUTH["nobody"], (viewer, path, reply)
            documents |= told(reply) if is_document else set()
            continue
        assert not told(reply) - MAY[viewer], (viewer, path, reply)
        met[viewer] |= told(reply)
        if viewer != "ana" and not (viewer == "mod" and OF_STAFF.match(path)):
            assert MAIL.encode() not in reply.body, (viewer, path)
    assert met == MAY, "the walk meets all that each may see"
    assert documents == TRUTH["nobody"]
    assert not CANARY.search(caplog.text) and MAIL not in caplog.text


async def test_no_route_of_any_room_lets_out_what_a_far_author_hides(far_house, caplog):
    """CVE-2025-30741: one follower opens nothing to others here."""
    caplog.set_level(logging.DEBUG)
    met = {viewer: set() for viewer in FAR_MAY}
    for (path, kind), viewer in product(sorted(set(every_address(far_house))), FAR_MAY):
        reply = await far_house.client(viewer).get(path, headers={"accept": kind} if kind else {})
        assert reply.code != 500, (viewer, path)
        if reply.headers.get("content-type", "").startswith(ACTIVITY):
            assert not told(reply), "only its own server speaks of what is far"
            continue
        assert not told(reply) - FAR_MAY[viewer], (viewer, path, reply)
        met[viewer] |= told(reply)
    assert met == FAR_MAY, "the walk meets all that each may see"
    assert not CANARY.search(caplog.text)


async def test_streams_bring_of_far_posts_what_each_may_see(far_house):
    people = {name: person for name, person in far_house.people.items() if name in FAR_MAY}
    ears = {name: await listen(person, "user", "public", "public:remote") for name, person in people.items()}
    for name, person in people.items():
        ears[name, "tag"] = await listen(person, "hashtag", tag="canary")
    for audience in AUDIENCES:
        await far_house.write(audience)
    await far_house.world.settle()
    heard = dict.fromkeys(people, frozenset())
    for key, ear in ears.items():
        name = key if isinstance(key, str) else key[0]
        heard[name] |= {audience for audience, _ in CANARY.findall(json.dumps(ear.frames()))}
    assert all(heard[name] <= FAR_MAY[name] for name in people), heard
    assert "private" in heard["fay"] and "public" in heard["eve"]


async def test_streams_bring_each_what_they_may_see(house):
    people = {name: person for name, person in house.people.items() if name in MAY}
    ears = {name: await listen(person, "user", "public", "public:local", "direct") for name, person in people.items()}
    for name, person in people.items():
        ears[name, "tag"] = await listen(person, "hashtag", tag="canary")
    for audience in AUDIENCES:
        await house.write(audience)
    await house.world.settle()
    heard = dict.fromkeys(people, frozenset())
    for key, ear in ears.items():
        name = key if isinstance(key, str) else key[0]
        heard[name] |= {audience for audience, _ in CANARY.findall(json.dumps(ear.frames()))}
    assert all(heard[name] <= MAY[name] for name in people), heard
    assert "private" in heard["fay"] and "direct" in heard["mia"] and "public" in heard["eve"]


async def test_phones_are_told_what_their_owners_may_see(house):
    world, service, phones = house.world, PushService(), {}
    sender = PushSender(world.app, LoopbackDoor(), lambda errand: write_push(world.app, errand), timeout_s=5)
    alerts = {f"data[alerts][{word}]": "true" for word in ALERTS}
    for name, person in house.people.items():
        phones[name] = Phone()
        keys = {f"subscription[keys][{key}]": value for key, value in phones[name].keys.items()}
        form = {"subscription[endpoint]": service.url(f"/{name}"), "subscription[standard]": "true", **keys, **alerts}
        await person.calls("POST", "/api/v1/push/subscription", form=form)
    for audience in AUDIENCES:
        await house.write(audience)
    await world.settle()
    await sender.settle()
    service.close()
    told_to = {name: set() for name in phones}
    for message in service.received:
        name = message.path.strip("/")
        told_to[name] |= {audience for audience, _ in CANARY.findall(json.dumps(phones[name].reads(message)))}
    assert all(told_to[name] <= MAY.get(name, {"public", "unlisted"}) for name in phones), told_to
    assert told_to["mia"] == {"public", "unlisted", "private"}, "a stranger's letter waits until she takes it"
    assert told_to["bob"] == told_to["eve"] == set()


# --- what is Ana's stays as it is, whoever sends what to it ----------------------------------------------------------


async def kept_by(person, house):
    """Everything that her routes tell Ana of herself, and each of her things by its address."""
    seen = {}
    for route in house.routes(
        lambda route: route.method == "GET" and route.who == "user" and route.path[:5] == "/api/"
    ):
        for value in house.hidden() if "{" in route.path else [""]:
            path = filled(route.path, value)
            if not re.search("suggestions|/tags/|directory|announcements|admin", path):
                reply = await person.client.get(path)
                seen[path] = (reply.code, reply.body)
    for value in house.posts.values():
        seen[value] = (await person.client.get(f"/api/v1/statuses/{value}")).body
    return seen


def every_write(house):
    """(method, path, fields) of every route that changes something, with ids of Ana's in its path and its fields."""
    for route in house.routes(lambda route: route.method != "GET" and route.path not in ENDS_ITSELF):
        acts = ACTS if "{act}" in route.path else [""]
        for value, act in product(house.hidden(), acts):
            if "relation" not in route.path:
                yield route.method, filled(route.path, value, act), dict.fromkeys(FIELDS, value)


async def test_a_stranger_who_replays_every_route_of_ana_changes_nothing_of_hers(house):
    ana, eve = house.people["ana"], house.client("eve")
    before, token = await kept_by(ana, house), form_token(house.sessions["eve"])
    count = 0
    for method, path, fields in every_write(house):
        reply = await eve.call(
            method, path, form={**fields, "token": token, "title": "mine", "status": "mine"}, headers=SAME
        )
        assert reply.code != 500, (method, path, reply)
        assert not told(reply) - MAY["eve"], (method, path, reply)
        count += reply.code not in (401, 405, 429)
    await house.world.settle()
    after = await kept_by(ana, house)
    assert {path: (before[path], after.get(path)) for path in before if before[path] != after.get(path)} == {}
    assert count > 1000
    for path, client in product(("/api/v1/accounts/verify_credentials", "/settings/profile"), (ana.client, eve)):
        assert (await client.get(path)).code == 200, "each is let in as before"


async def test_what_is_ana_s_shows_to_nobody_else_on_any_route(house):
    for name, value in house.own.items():
        for route in house.routes(lambda route: route.method == "GET" and route.who == "user" and "{id}" in route.path):
            if (await house.client("ana").get(filled(route.path, value))).code != 200:
                continue
            for viewer in ("eve", "mod", "app", "nobody"):
                reply = await house.client(viewer).get(filled(route.path, value))
                assert reply.code in (401, 403, 404, 422) or reply.body == b"[]", (name, viewer, route.key, reply)
                assert not told(reply), (name, viewer, route.key, reply)
