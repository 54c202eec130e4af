"""Two servers on this machine, one on SQLite and one on PostgreSQL, and people with apps on both."""

import time

import pytest
import requests
from tests.journeys.server import RunningServer

WAIT_S = 40


def soon(look, *, wait_s=WAIT_S):
    deadline = time.monotonic() + wait_s
    while not (found := look()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.1)
    return found


class Someone:
    """A person on one of the servers, with an app."""

    def __init__(self, server, name):
        self.server, self.name, self.token = server, name, server.person(name)
        self.uri = f"{server.url}/@{name}"
        self.handle = f"{name}@localhost:{server.port}"

    def asks(self, method, path, **fields):
        return requests.request(
            method, self.server.url + path, json=fields, headers={"authorization": f"Bearer {self.token}"}, timeout=20
        )

    def calls(self, method, path, **fields):
        reply = self.asks(method, path, **fields)
        assert reply.status_code == 200, (method, path, reply.status_code, reply.text)
        return reply.json()

    def finds(self, other):
        """Somebody of the other server, by handle, as an app's search finds them."""
        found = self.calls("GET", f"/api/v2/search?q=@{other.handle}&resolve=true&type=accounts")["accounts"]
        assert [one["acct"] for one in found] == [other.handle]
        return found[0]

    def relation(self, account):
        return self.calls("GET", f"/api/v1/accounts/relationships?id[]={account['id']}")[0]

    def follows(self, other):
        account = self.finds(other)
        self.calls("POST", f"/api/v1/accounts/{account['id']}/follow")
        soon(lambda: self.relation(account)["following"])
        return account

    def publishes(self, text, **more):
        return self.calls("POST", "/api/v1/statuses", status=text, **more)

    def sees(self, uri):
        """The post of an address, as it stands in the home, once it is there."""
        return soon(
            lambda: next((one for one in self.calls("GET", "/api/v1/timelines/home") if one["uri"] == uri), None)
        )

    def post(self, here):
        return self.calls("GET", f"/api/v1/statuses/{here['id']}")

    def told(self, kind):
        return [one for one in self.calls("GET", "/api/v1/notifications?limit=80") if one["type"] == kind]


@pytest.fixture(scope="module")
def servers(tmp_path_factory, journey_database):
    folder = tmp_path_factory.mktemp("two")
    first = RunningServer(folder / "first", is_one_of_many=True)
    second = RunningServer(folder / "second", journey_database, is_one_of_many=True)
    yield first, second
    assert (first.stop(), second.stop()) == (0, 0)


@pytest.fixture(scope="module")
def ana(servers):
    return Someone(servers[0], "ana")


@pytest.fixture(scope="module")
def bea(servers):
    return Someone(servers[1], "bea")


@pytest.fixture(scope="module")
def friends(ana, bea):
    """ana and bea as the other one's app shows them; they follow each other."""
    return ana.follows(bea), bea.follows(ana)


def test_a_follow_is_told_and_counted_on_both_sides(ana, bea, friends):
    assert [one["account"]["acct"] for one in soon(lambda: bea.told("follow"))] == [ana.handle]
    assert ana.relation(friends[0])["followed_by"] and bea.relation(friends[1])["followed_by"]


def test_a_locked_account_is_asked(ana, servers):
    cleo = Someone(servers[1], "cleo")
    cleo.calls("PATCH", "/api/v1/accounts/update_credentials", locked=True)
    account = ana.finds(cleo)
    ana.calls("POST", f"/api/v1/accounts/{account['id']}/follow")
    (asking,) = soon(lambda: cleo.calls("GET", "/api/v1/follow_requests"))
    assert ana.relation(account)["requested"]
    cleo.calls("POST", f"/api/v1/follow_requests/{asking['id']}/reject")
    soon(lambda: not ana.relation(account)["requested"])
    ana.calls("POST", f"/api/v1/accounts/{account['id']}/follow")
    (asking,) = soon(lambda: cleo.calls("GET", "/api/v1/follow_requests"))
    cleo.calls("POST", f"/api/v1/follow_requests/{asking['id']}/authorize")
    soon(lambda: ana.relation(account)["following"])
    hidden = cleo.publishes("for friends", visibility="private")
    assert ana.sees(hidden["uri"])["visibility"] == "private"


def test_a_conversation_with_likes_boosts_bookmarks_and_edits(ana, bea, friends):
    post = ana.publishes("good **morning** #rookery", language="en", spoiler_text="birds")
    there = bea.sees(post["uri"])
    assert (there["spoiler_text"], there["language"], there["account"]["acct"]) == ("birds", "en", ana.handle)
    assert [tag["name"] for tag in there["tags"]] == ["rookery"]
    answer = bea.publishes(f"@{ana.handle} and to you", in_reply_to_id=there["id"])
    bea.calls("POST", f"/api/v1/statuses/{there['id']}/favourite")
    bea.calls("POST", f"/api/v1/statuses/{there['id']}/reblog")
    counts = ("replies_count", "favourites_count", "reblogs_count")
    soon(lambda: [ana.post(post)[name] for name in counts] == [1, 1, 1])
    kinds = lambda: {one["type"] for one in ana.calls("GET", "/api/v1/notifications")}  # noqa: E731
    soon(lambda: {"mention", "favourite", "reblog"} <= kinds())
    thread = ana.calls("GET", f"/api/v1/statuses/{post['id']}/context")
    assert [one["uri"] for one in thread["descendants"]] == [answer["uri"]]
    ana.calls("PUT", f"/api/v1/statuses/{post['id']}", status="good evening", spoiler_text="")
    soon(lambda: "evening" in bea.post(there)["content"])
    assert len(bea.calls("GET", f"/api/v1/statuses/{there['id']}/history")) == 2
    bea.calls("POST", f"/api/v1/statuses/{there['id']}/unfavourite")
    bea.calls("POST", f"/api/v1/statuses/{there['id']}/unreblog")
    soon(lambda: [ana.post(post)[name] for name in counts] == [1, 0, 0])
    ana.calls("DELETE", f"/api/v1/statuses/{post['id']}")
    soon(lambda: bea.asks("GET", f"/api/v1/statuses/{there['id']}").status_code == 404)


def test_a_poll_is_voted_in_from_elsewhere(ana, bea, friends):
    post = ana.publishes("Which?", poll={"options": ["elm", "oak"], "expires_in": 900})
    there = bea.sees(post["uri"])
    bea.calls("POST", f"/api/v1/polls/{there['poll']['id']}/votes", choices=[1])
    soon(lambda: [one["votes_count"] for one in ana.post(post)["poll"]["options"]] == [0, 1])


def test_a_quote_waits_for_its_author_and_can_be_taken_back(ana, bea, friends):
    post = ana.publishes("quote me")
    there = bea.sees(post["uri"])
    quote = bea.publishes("so true", quoted_status_id=there["id"])
    soon(lambda: bea.post(quote)["quote"]["state"] == "accepted")
    seen = ana.sees(quote["uri"])
    soon(lambda: ana.post(seen)["quote"]["state"] == "accepted")
    assert soon(lambda: ana.told("quote"))
    ana.calls("POST", f"/api/v1/statuses/{post['id']}/quotes/{seen['id']}/revoke")
    soon(lambda: bea.post(quote)["quote"]["state"] == "revoked")


def test_a_message_is_for_one_person(ana, bea, friends, servers):
    dora = Someone(servers[1], "dora")
    sent = ana.publishes(f"@{bea.handle} psst", visibility="direct")
    talk = soon(lambda: [one for one in bea.calls("GET", "/api/v1/conversations") if one["last_status"]])[0]
    assert talk["last_status"]["uri"] == sent["uri"]
    assert dora.asks("GET", f"/api/v1/statuses/{talk['last_status']['id']}").status_code == 404


def test_a_profile_and_pins_change_elsewhere_too(ana, bea, friends):
    ana.calls("PATCH", "/api/v1/accounts/update_credentials", display_name="Ana of the first", note="I *like* birds")
    look = lambda: bea.calls("GET", f"/api/v1/accounts/{friends[1]['id']}")  # noqa: E731
    soon(lambda: look()["display_name"] == "Ana of the first")
    post = ana.publishes("keep me on top")
    there = bea.sees(post["uri"])
    ana.calls("POST", f"/api/v1/statuses/{post['id']}/pin")
    pins = lambda: bea.calls("GET", f"/api/v1/accounts/{friends[1]['id']}/statuses?pinned=true")  # noqa: E731
    soon(lambda: [one["id"] for one in pins()] == [there["id"]])
    ana.calls("POST", f"/api/v1/statuses/{post['id']}/unpin")
    soon(lambda: pins() == [])


def test_a_block_keeps_somebody_away_on_both_sides(bea, servers):
    eve = Someone(servers[0], "eve")
    account = eve.follows(bea)
    bea_eve = soon(lambda: [one["account"] for one in bea.told("follow") if one["account"]["acct"] == eve.handle])[0]
    bea.calls("POST", f"/api/v1/accounts/{bea_eve['id']}/block")
    soon(lambda: not eve.relation(account)["following"])
    bea.calls("POST", f"/api/v1/accounts/{bea_eve['id']}/unblock")


def test_what_happens_while_one_is_down_arrives_when_it_is_back(ana, bea, friends, servers):
    first, second = servers
    second.kill()
    posts = [ana.publishes(f"while you were away {number}") for number in range(3)]
    ana.calls("DELETE", f"/api/v1/statuses/{posts[1]['id']}")
    first.kill()  # what it has not delivered it must remember
    first.begin_again()
    second.begin_again()
    for post in (posts[0], posts[2]):
        bea.sees(post["uri"])
    assert all(one["uri"] != posts[1]["uri"] for one in bea.calls("GET", "/api/v1/timelines/home"))
    back = bea.publishes("I am back")
    assert ana.sees(back["uri"])


def test_a_report_is_forwarded_without_saying_who_sent_it(ana, bea, friends, servers):
    second = servers[1]
    second.run("account", "create", "olga", "--email", "olga@mail.test", "--role", "owner", "--confirmed")
    token = second.run("token", "create", "olga", "--scopes", "admin:read")["token"]
    report = {"account_id": friends[0]["id"], "comment": "loud", "forward": True}
    ana.calls("POST", "/api/v1/reports", **report)
    look = lambda: requests.get(  # noqa: E731
        f"{second.url}/api/v1/admin/reports", headers={"authorization": f"Bearer {token}"}, timeout=20
    ).json()
    (found,) = soon(look)
    assert (found["comment"], found["target_account"]["username"]) == ("loud", "bea")
    assert found["account"]["username"] != "ana"


def test_who_unfollows_and_who_leaves_are_gone_elsewhere(ana, bea, friends, servers):
    bea.calls("POST", f"/api/v1/accounts/{friends[1]['id']}/unfollow")
    soon(lambda: not ana.relation(friends[0])["followed_by"])
    finn = Someone(servers[0], "finn")
    there = bea.follows(finn)
    servers[0].run("account", "delete", "finn")
    soon(lambda: bea.calls("GET", f"/api/v1/accounts/{there['id']}").get("suspended"))
