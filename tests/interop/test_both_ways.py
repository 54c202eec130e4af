"""Ours and a server made with Fedify: follow, post, reply, like, boost, quote, vote, edit and undo, in both directions.

Fedify checks our signatures before it lets anything in, so everything that it received was signed as it should be.
"""

import pytest
import requests
from tests.interop.peer import PUBLIC, Peer, object_of, soon
from tests.journeys.server import RunningServer

DIALECTS = ("rfc9421", "draft-cavage-http-signatures-12")


class Here:
    """A person on our server, with an app."""

    def __init__(self, server: RunningServer, name: str) -> None:
        self.server, self.name, self.token = server, name, server.person(name)
        self.uri = f"{server.url}/@{name}"

    def calls(self, method: str, path: str, **fields):
        reply = requests.request(
            method, self.server.url + path, json=fields, headers={"authorization": f"Bearer {self.token}"}, timeout=20
        )
        assert reply.status_code == 200, (method, path, reply.text)
        return reply.json()

    def finds(self, handle: str):
        """Look somebody up by handle, as an app's search does."""
        found = self.calls("GET", f"/api/v2/search?q={handle}&resolve=true&type=accounts")["accounts"]
        assert [one["acct"] for one in found] == [handle]
        return found[0]

    def follows(self, account) -> None:
        self.calls("POST", f"/api/v1/accounts/{account['id']}/follow")

    def relation(self, account):
        return self.calls("GET", f"/api/v1/accounts/relationships?id[]={account['id']}")[0]

    def publishes(self, text: str, **more):
        return self.calls("POST", "/api/v1/statuses", status=text, **more)

    def told(self, kind: str):
        return [one for one in self.calls("GET", "/api/v1/notifications") if one["type"] == kind]

    def home(self):
        return self.calls("GET", "/api/v1/timelines/home")


@pytest.fixture(scope="module", params=DIALECTS)
def peer(node, server, request):
    """One for each of our servers: it delivers to all who follow, and a server that ended would be among them."""
    made = Peer(node, request.param, "fay", "finn")
    yield made
    said = made.does("received")
    made.stop()
    assert said["refused"] == [], "nothing of ours is refused for its signature"
    assert {one["id"] for one in said["received"]} <= set(said["proved"]), "all of ours carries a proof of its author"


@pytest.fixture(scope="module")
def ana(server, peer):
    return Here(server, f"ana{peer.port}")


@pytest.fixture(scope="module")
def fay(ana, peer):
    """The far person as ana's app shows her: found, followed, and a follower."""
    fay = ana.finds(peer.handle("fay"))
    ana.follows(fay)
    soon(lambda: ana.relation(fay)["following"])
    peer.sends("fay", ana.uri, peer.activity("fay", "Follow", ana.uri, 1))
    soon(lambda: ana.relation(fay)["followed_by"])
    return fay


def from_fay(ana, uri):
    """The post of this address in ana's home, once it is there."""
    return soon(lambda: next((one for one in ana.home() if one["uri"] == uri), None))


def test_each_follows_the_other(ana, fay, peer):
    follow = peer.waits_for("Follow", actor=ana.uri)
    assert follow["object"] == peer.uri("fay")
    assert peer.waits_for("Accept", actor=ana.uri)["object"]
    assert fay["display_name"] == "fay of Fedify"
    assert [one["account"]["acct"] for one in ana.told("follow")] == [peer.handle("fay")]


def test_posts_arrive_with_what_they_say(ana, fay, peer):
    sent = ana.publishes("hello **fedify** #birds", spoiler_text="a bird", language="en")
    note = object_of(soon(lambda: [one for one in peer.got("Create") if one["object"]["id"] == sent["uri"]])[-1])
    assert (note["attributedTo"], note["summary"]) == (ana.uri, "a bird")
    assert "hello" in str(note["content"])
    theirs = peer.note("fay", 10, "a <b>note</b> of mine")
    peer.publishes("fay", peer.activity("fay", "Create", theirs, 10, to=[PUBLIC]))
    assert "note" in from_fay(ana, theirs["id"])["content"]


def test_replies_likes_and_boosts_go_both_ways(ana, fay, peer):
    theirs = peer.note("fay", 20, "answer me")
    peer.publishes("fay", peer.activity("fay", "Create", theirs, 20, to=[PUBLIC]))
    here = from_fay(ana, theirs["id"])
    reply = ana.publishes(f"@{peer.handle('fay')} here", in_reply_to_id=here["id"])
    note = object_of(soon(lambda: [one for one in peer.got("Create") if one["object"]["id"] == reply["uri"]])[-1])
    assert note["inReplyTo"] == theirs["id"]
    ana.calls("POST", f"/api/v1/statuses/{here['id']}/favourite")
    ana.calls("POST", f"/api/v1/statuses/{here['id']}/reblog")
    assert peer.waits_for("Like", object=theirs["id"], actor=ana.uri)
    assert peer.waits_for("Announce", object=theirs["id"], actor=ana.uri)

    mine = ana.publishes("like this")
    answer = peer.note("fay", 21, "an answer", inReplyTo=mine["uri"])
    peer.sends("fay", ana.uri, peer.activity("fay", "Create", answer, 21, to=[PUBLIC]))
    like = peer.activity("fay", "Like", mine["uri"], 22)
    announce = peer.activity("fay", "Announce", mine["uri"], 23, to=[PUBLIC])
    peer.sends("fay", ana.uri, like)
    peer.sends("fay", ana.uri, announce)
    shown = lambda: ana.calls("GET", f"/api/v1/statuses/{mine['id']}")  # noqa: E731
    counts = lambda: [shown()[name] for name in ("replies_count", "favourites_count", "reblogs_count")]  # noqa: E731
    soon(lambda: counts() == [1, 1, 1])
    bare = {name: value for name, value in like.items() if name != "@context"}
    peer.sends("fay", ana.uri, peer.activity("fay", "Undo", bare, 24))
    bare = {name: value for name, value in announce.items() if name != "@context"}
    peer.sends("fay", ana.uri, peer.activity("fay", "Undo", bare, 25))
    soon(lambda: counts() == [1, 0, 0])
    ana.calls("POST", f"/api/v1/statuses/{here['id']}/unfavourite")
    ana.calls("POST", f"/api/v1/statuses/{here['id']}/unreblog")
    soon(lambda: {"Like", "Announce"} <= {object_of(one)["type"] for one in peer.got("Undo", actor=ana.uri)})


def test_edits_and_deletions_follow(ana, fay, peer):
    mine = ana.publishes("first words")
    ana.calls("PUT", f"/api/v1/statuses/{mine['id']}", status="second words")
    update = soon(lambda: [one for one in peer.got("Update") if one["object"]["id"] == mine["uri"]])[-1]
    assert "second words" in str(update["object"]["content"])
    ana.calls("DELETE", f"/api/v1/statuses/{mine['id']}")
    soon(lambda: [one for one in peer.got("Delete") if object_of(one)["id"] == mine["uri"]])

    theirs = peer.note("fay", 30, "first")
    peer.publishes("fay", peer.activity("fay", "Create", theirs, 30, to=[PUBLIC]))
    here = from_fay(ana, theirs["id"])
    edited = peer.note("fay", 30, "second", updated="2026-01-02T00:00:00Z")
    peer.publishes("fay", peer.activity("fay", "Update", edited, 31, to=[PUBLIC]))
    soon(lambda: "second" in ana.calls("GET", f"/api/v1/statuses/{here['id']}")["content"])
    tombstone = {"id": theirs["id"], "type": "Tombstone"}
    peer.publishes("fay", peer.activity("fay", "Delete", tombstone, 32, to=[PUBLIC]))
    soon(lambda: all(one["uri"] != theirs["id"] for one in ana.home()))


def test_a_message_reaches_whom_it_names_and_nobody_else(ana, fay, peer):
    sent = ana.publishes(f"@{peer.handle('finn')} for you alone", visibility="direct")
    note = object_of(soon(lambda: [one for one in peer.got("Create") if one["object"]["id"] == sent["uri"]])[-1])
    assert note["to"] == peer.uri("finn") and "cc" not in note


def test_quotes_ask_for_consent_both_ways(ana, fay, peer):
    mine = ana.publishes("quote me")
    quote = peer.note("fay", 40, "look", quote=mine["uri"])
    request = {**peer.activity("fay", "QuoteRequest", mine["uri"], 40), "instrument": quote}
    peer.sends("fay", ana.uri, request)
    accept = soon(lambda: [one for one in peer.got("Accept", actor=ana.uri) if one.get("result")])[-1]
    stamp = peer.does("look", name="fay", address=accept["result"])
    assert stamp["type"] == "QuoteAuthorization"
    assert (stamp["interactingObject"], stamp["interactionTarget"]) == (quote["id"], mine["uri"])
    soon(lambda: ana.calls("GET", f"/api/v1/statuses/{mine['id']}")["quotes_count"] == 1)


def test_who_unfollows_is_heard(ana, fay, peer):
    ana.calls("POST", f"/api/v1/accounts/{fay['id']}/unfollow")
    soon(lambda: [one for one in peer.got("Undo", actor=ana.uri) if object_of(one)["type"] == "Follow"])
    bare = {"id": f"{peer.uri('fay')}#follows/1", "type": "Follow", "actor": peer.uri("fay"), "object": ana.uri}
    peer.sends("fay", ana.uri, peer.activity("fay", "Undo", bare, 50))
    soon(lambda: not ana.relation(fay)["followed_by"])
