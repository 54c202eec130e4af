"""Fedify, which others build their servers with, reads what this one writes: an independent judge of our documents.

It is installed by scripts/install-optional; without it, or without Node, these tests say so and skip.
"""

import json
import subprocess
from pathlib import Path

import pytest
import requests
from tests.journeys.server import RunningServer

HERE = Path(__file__).parent
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
WAIT_S = 60


class Judge:
    """Asks Fedify about addresses of a running server."""

    def __init__(self, node: str, server: RunningServer) -> None:
        self.node, self.server = node, server

    def understands(self, *questions: tuple[str, str]) -> list:
        """What it makes of each (what, path). what: finger, object or collection."""
        asked = json.dumps([(what, self.server.url + path) for what, path in questions])
        command = [self.node, str(HERE / "reads.mjs"), asked]
        done = subprocess.run(command, capture_output=True, text=True, timeout=WAIT_S, check=False)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def judge(node: str, server: RunningServer) -> Judge:
    return Judge(node, server)


@pytest.fixture(scope="module")
def people(server: RunningServer) -> dict[str, str]:
    return {name: server.person(name) for name in ("ana", "bea")}


def call(server: RunningServer, token: str, path: str, **fields: object) -> dict:
    reply = requests.post(server.url + path, json=fields, headers={"authorization": f"Bearer {token}"}, timeout=10)
    assert reply.status_code == 200, reply.text
    return reply.json()


def test_fedify_finds_a_person_and_the_server(judge, people):
    ana, server, nobody = judge.understands(("finger", "/@ana"), ("finger", ""), ("finger", "/@nobody"))
    links = {link["rel"]: link.get("href") for link in ana["links"]}
    assert (ana["subject"], links["self"]) == ("acct:ana@localhost", f"{judge.server.url}/@ana")
    assert "https://www.w3.org/ns/activitystreams#Service" in [link["rel"] for link in server["links"]]
    assert nobody is None


def test_fedify_reads_actors_with_both_their_keys(judge, people):
    ana, server, nobody = judge.understands(("object", "/@ana"), ("object", "/actor"), ("object", "/@nobody"))
    for actor, path, kind, name in ((ana, "/@ana", "Person", "ana"), (server, "/actor", "Application", "localhost")):
        uri = judge.server.url + path
        assert (actor["type"], actor["id"], actor["username"]) == (kind, uri, name)
        assert actor["keys"] == [{"id": f"{uri}#main-key", "owner": uri, "algorithm": "RSASSA-PKCS1-v1_5"}]
        assert actor["methods"] == [{"id": f"{uri}#ed25519", "controller": uri, "algorithm": "Ed25519"}]
        assert (actor["inbox"], actor["outbox"]) == (f"{uri}/inbox", f"{uri}/outbox")
        assert actor["shared"] == f"{judge.server.url}/inbox"
    assert nobody is None


def test_fedify_reads_posts_polls_and_what_they_answer(judge, people):
    server, ana, bea = judge.server, people["ana"], people["bea"]
    post = call(server, ana, "/api/v1/statuses", status="Look, @bea: #birds", spoiler_text="a bird", language="en")
    poll = call(server, ana, "/api/v1/statuses", status="Which?", poll={"options": ["elm", "oak"], "expires_in": 900})
    answer = call(server, bea, "/api/v1/statuses", status="@ana Where?", in_reply_to_id=post["id"])
    secret = call(server, ana, "/api/v1/statuses", status="for friends", visibility="private")
    paths = [one["uri"].removeprefix(server.url) for one in (post, poll, answer, secret)]
    note, question, reply, hidden = judge.understands(*(("object", path) for path in paths))
    assert (note["type"], note["id"], note["author"]) == ("Note", post["uri"], f"{server.url}/@ana")
    assert note["summary"] == "a bird" and "Look, " in note["content"]
    assert note["to"] == [PUBLIC] and f"{server.url}/@bea" in note["cc"]
    assert [kind for kind, _ in note["tags"]] == ["Mention", "Hashtag"]
    assert question["type"] == "Question" and reply["replyTo"] == post["uri"]
    assert hidden is None


def test_fedify_walks_through_every_list(judge, people):
    server, ana = judge.server, people["ana"]
    posts = [call(server, ana, "/api/v1/statuses", status=f"number {number}") for number in range(22)]
    call(server, ana, f"/api/v1/statuses/{posts[0]['id']}/pin")
    mine = requests.get(f"{server.url}/api/v1/accounts/lookup?acct=ana", timeout=10).json()
    call(server, people["bea"], f"/api/v1/accounts/{mine['id']}/follow")
    lists = [("collection", f"/@ana/{name}") for name in ("outbox", "followers", "featured")]
    outbox, followers, featured = judge.understands(*lists)
    made = [one["object"] for one in outbox["items"]]
    assert made[:22] == [post["uri"] for post in reversed(posts)]
    assert {one["type"] for one in outbox["items"]} == {"Create"} and len(made) <= outbox["total"]
    assert (followers["total"], [one["id"] for one in followers["items"]]) == (1, [f"{server.url}/@bea"])
    assert [one["id"] for one in featured["items"]] == [posts[0]["uri"]]
