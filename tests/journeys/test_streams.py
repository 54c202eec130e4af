"""Streams of a running server: ended from another process, and by a stop."""

import json
import time

import pytest
from tests.journeys.server import RunningServer
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from mastodon import Mastodon


def opened(server: RunningServer, token: str) -> ClientConnection:
    address = f"ws://localhost:{server.port}/api/v1/streaming?stream=user"
    return connect(address, additional_headers={"authorization": f"Bearer {token}"}, ping_interval=None)


def heard(socket: ClientConnection) -> str:
    return json.loads(socket.recv(timeout=5))["event"]


def published(server: RunningServer, token: str, socket: ClientConnection) -> None:
    """Publish until the stream hears it: its subscription is made right after its handshake."""
    app = Mastodon(access_token=token, api_base_url=server.url, version_check_mode="none")
    app.status_post("do you hear me")
    try:
        assert json.loads(socket.recv(timeout=1))["event"] == "update"
    except TimeoutError:
        app.status_post("do you hear me now")
        assert heard(socket) == "update"


def test_a_suspension_on_the_command_line_ends_streams_within_five_seconds(server):
    token = server.person("sue")
    with opened(server, token) as socket:
        published(server, token, socket)
        server.run("account", "suspend", "sue")
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=5)
        assert closed.value.rcvd.code == 4001


def test_a_stop_does_not_wait_for_streams(tmp_path):
    server = RunningServer(tmp_path / "data")
    token = server.person("ana")
    app = Mastodon(access_token=token, api_base_url=server.url, version_check_mode="none")
    lines = app.session.get(
        f"{server.url}/api/v1/streaming/user", headers={"authorization": f"Bearer {token}"}, stream=True, timeout=10
    )
    with opened(server, token) as socket, lines:
        published(server, token, socket)
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 5
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=1)
        assert closed.value.rcvd.code in (1001, 1012)
        assert b"event: update" in lines.content
