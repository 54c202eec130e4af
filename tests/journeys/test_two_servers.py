"""Two servers on one PostgreSQL: whatever happens at one is known at the other, within moments."""

import io
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from tests.journeys.server import PASSWORD, SCOPES, RunningServer
from tests.media.drawn_pictures import pillow_photo, saved
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from mastodon import Mastodon, MastodonNotFoundError, MastodonUnauthorizedError

SOON_S = 10


def at(server: RunningServer, token: str) -> Mastodon:
    """A person's app, on one of the servers."""
    return Mastodon(access_token=token, api_base_url=server.url, version_check_mode="none", ratelimit_method="throw")


def ears(server: RunningServer, token: str) -> ClientConnection:
    address = f"ws://localhost:{server.port}/api/v1/streaming?stream=user"
    return connect(address, additional_headers={"authorization": f"Bearer {token}"}, ping_interval=None)


def soon(question: Callable[[], Any]) -> Any:
    """Ask until the answer is yes; the two tell each other through the database."""
    deadline = time.monotonic() + SOON_S
    while not (answer := question()):
        assert time.monotonic() < deadline, "the other server was not told"
        time.sleep(0.01)
    return answer


def is_gone(app: Mastodon, post_id: str) -> bool:
    try:
        app.status(post_id)
    except MastodonNotFoundError:
        return True
    return False


@pytest.fixture(scope="module")
def servers(journey_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[RunningServer]]:
    folder = tmp_path_factory.mktemp("pair")
    media = {"ROOKERY_SERVER_MEDIA": str(folder / "media")}
    running = [RunningServer(folder / name, journey_database, **media) for name in ("a", "b")]
    yield running
    assert [server.stop() for server in running] == [0, 0]


@pytest.fixture(scope="module")
def people(servers: list[RunningServer]) -> tuple[Mastodon, Mastodon]:
    """Ana is at the first server and bea, who follows her, at the second."""
    ana, bea = (at(server, server.person(name)) for server, name in zip(servers, ("ana", "bea"), strict=True))
    bea.account_follow(ana.me().id)
    return ana, bea


def test_a_post_at_one_server_is_heard_read_and_announced_at_the_other(servers, people):
    ana, bea = people
    assert bea.timeline_home() == []  # and is kept in the second server's memory from here on
    with ears(servers[1], bea.access_token) as socket:
        made, heard, deadline = None, {}, time.monotonic() + SOON_S
        while {"update", "notification"} - set(heard) and time.monotonic() < deadline:
            made = made or ana.status_post("hello @bea")
            frame = json.loads(socket.recv(SOON_S))
            heard[frame["event"]] = json.loads(frame["payload"])
    assert heard["update"]["id"] == heard["notification"]["status"]["id"] == str(made.id)
    assert [post.id for post in bea.timeline_home()] == [made.id]
    [told] = bea.notifications(types=["mention"])
    assert told.status.id == made.id


def test_edits_likes_and_deletions_cross_over_too(people):
    ana, bea = people
    made = ana.status_post("first words")
    soon(lambda: made.id in [post.id for post in bea.timeline_home()])
    ana.status_update(made.id, "second words")
    soon(lambda: "second" in bea.status(made.id).content)
    bea.status_favourite(made.id)
    soon(lambda: ana.status(made.id).favourites_count == 1)
    ana.status_delete(made.id)
    soon(lambda: is_gone(bea, made.id))
    soon(lambda: made.id not in [post.id for post in bea.timeline_home()])


def test_everything_is_announced_once_although_two_servers_could(people):
    ana, bea = people
    made = {ana.status_post(f"number {number} for @bea").id for number in range(20)}

    def told() -> list[int]:
        return [one.status.id for one in bea.notifications(types=["mention"], limit=80)]

    soon(lambda: made <= set(told()))
    assert len(told()) == len(set(told()))


def test_a_token_revoked_at_one_server_dies_at_the_other_with_its_streams(servers):
    first, second = servers
    first.person("cleo")
    client_id, secret = Mastodon.create_app("Ivory", scopes=SCOPES.split(), api_base_url=first.url)
    keys = {"client_id": client_id, "client_secret": secret}
    asked = {**keys, "grant_type": "password", "username": "cleo@mail.test", "password": PASSWORD, "scope": SCOPES}
    token = requests.post(f"{first.url}/oauth/token", data=asked, timeout=SOON_S).json()["access_token"]
    there = at(second, token)
    assert there.me().username == "cleo"
    with ears(second, token) as socket:
        assert requests.post(f"{first.url}/oauth/revoke", data={**keys, "token": token}, timeout=SOON_S).ok
        with pytest.raises(ConnectionClosed):
            while True:
                socket.recv(SOON_S)
    with pytest.raises(MastodonUnauthorizedError):
        there.me()


def test_a_picture_uploaded_at_one_server_is_shown_by_the_other(servers, people):
    ana, bea = people
    upload = ana.media_post(io.BytesIO(saved(pillow_photo(), "JPEG")), "image/jpeg", description="a bird")
    made = ana.status_post("look", media_ids=[upload])
    [shown] = soon(lambda: not is_gone(bea, made.id) and bea.status(made.id).media_attachments)
    path = shown.url.partition("/media/")[2]
    answers = [requests.get(f"{server.url}/media/{path}", timeout=SOON_S) for server in servers]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content == answers[1].content
