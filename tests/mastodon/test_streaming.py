"""Streams over real sockets: handshakes, subscriptions, refusals, ends; with clients that we did not write."""

import asyncio
import json
import socket as sockets
import threading

import pytest
from tests.listening import frame, listen, soon
from tests.measures import disable_member, suspend_account
from tests.world import PASSWORD, World
from websockets.exceptions import ConnectionClosed, InvalidStatus

from mastodon import Mastodon, StreamListener
from rookery.actions.credentials import change_password
from rookery.actions.governing import delete_member, set_password
from rookery.actions.sessions import sign_out_everywhere
from rookery.actions.tokens import give_app_token, remove_app, revoke_token
from rookery.mastodon import streaming
from rookery.model.audit import Governor
from rookery.model.members import Role
from rookery.timelines.topics import QUEUED

NEW_PASSWORD = "another correct horse"
CAUSES = {
    "the app gives its token back": lambda w, p: revoke_token(w.app, w.client, p.token),
    "its person removes the app": lambda w, p: remove_app(w.app, p.id, w.client.id),
    "the password is changed": lambda w, p: change_password(
        w.app, w.passwords, p.id, current=PASSWORD, new=NEW_PASSWORD, keep_session=None
    ),
    "an operator sets the password": lambda w, p: set_password(w.app, w.passwords, p.id, NEW_PASSWORD),
    "signed out everywhere": lambda w, p: sign_out_everywhere(w.app, p.id),
    "suspended": lambda w, p: suspend_account(w.app, p.id, by=Governor(None, Role.ADMIN)),
    "disabled": lambda w, p: disable_member(w.app, p.id, by=Governor(None, Role.ADMIN)),
    "deleted": lambda w, p: delete_member(w.app, p.id, by=Governor(None, Role.ADMIN)),
}
SSE = {
    "user": "read:statuses",
    "user/notification": "read:notifications",
    "public": "read:statuses",
    "public/local": "read:statuses",
    "public/remote": "read:statuses",
    "hashtag?tag=birds": "read:statuses",
    "hashtag/local?tag=birds": "read:statuses",
    "direct": "read:statuses",
}


async def ready(world: World, count: int = 1) -> None:
    """Wait until so many streams follow something: a handshake is answered before its subscription is made."""

    async def wait() -> None:
        while sum(bool(stream.names) for own in world.streams.by_account.values() for stream in own) < count:
            await asyncio.sleep(0.001)

    await soon(wait())


async def refusal(opening) -> int:
    with pytest.raises(InvalidStatus) as refused:
        await soon(opening)
    return refused.value.response.status_code


async def test_a_token_opens_a_socket_in_each_of_three_ways(world, served):
    ana = await world.person("ana")
    async with (
        served.socket(ana, "stream=user") as by_header,
        served.socket(None, f"stream=user&access_token={ana.token}") as by_address,
        served.socket(None, "stream=user", subprotocols=[ana.token]) as by_protocol,
    ):
        assert (by_header.subprotocol, by_address.subprotocol) == (None, None)
        assert by_protocol.subprotocol == ana.token
        await ready(world, 3)
        post = await ana.publishes("to myself")
        for opened in (by_header, by_address, by_protocol):
            found = await frame(opened)
            assert (found["stream"], found["event"]) == (["user"], "update")
            assert json.loads(found["payload"])["id"] == post["id"]
    await soon(emptied(world))


async def emptied(world: World) -> None:
    while world.streams.by_account:
        await asyncio.sleep(0.001)


async def test_what_is_no_token_of_a_person_opens_nothing(world, served):
    ana = await world.person("ana")
    assert await refusal(served.socket(None, "stream=user")) == 401
    assert await refusal(served.socket(None, "stream=user&access_token=wrong")) == 401
    assert await refusal(served.socket(None, "", subprotocols=["wrong"])) == 401
    given = await give_app_token(world.app, world.client, "read")
    assert await refusal(served.socket(None, f"access_token={given.secret}")) == 401
    await suspend_account(world.app, ana.id, by=Governor(None, Role.ADMIN))
    assert await refusal(served.socket(ana, "stream=user")) == 401


async def test_one_socket_subscribes_and_unsubscribes(world, served):
    ana = await world.person("ana")
    async with served.socket(ana) as opened:
        for message in (
            {"type": "subscribe", "stream": "hashtag", "tag": "Birds"},
            {"type": "subscribe", "stream": "public:local"},
            {"type": "subscribe", "stream": "public:local"},
            {"type": "later", "stream": "public"},
            {"type": "subscribe", "stream": "nonsense"},
        ):
            await opened.send(json.dumps(message))
        assert await frame(opened) == {"error": "Unknown stream type", "status": 400}
        await ana.publishes("#birds")
        assert sorted([(await frame(opened))["stream"] for _ in range(2)]) == [["hashtag", "Birds"], ["public:local"]]
        await opened.send(json.dumps({"type": "unsubscribe", "stream": "hashtag", "tag": "Birds"}))
        await opened.send(json.dumps({"type": "unsubscribe", "stream": "hashtag"}))
        assert await frame(opened) == {"error": "Missing tag name parameter", "status": 400}
        post = await ana.publishes("#birds again")
        assert (await frame(opened))["stream"] == ["public:local"]
        await ana.calls("DELETE", f"/api/v1/statuses/{post['id']}")
        assert await frame(opened) == {"stream": ["public:local"], "event": "delete", "payload": post["id"]}


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ('{"type":"subscribe","stream":"local"}', {"error": "Unknown stream type", "status": 400}),
        ('{"type":"subscribe","stream":["hashtag"]}', {"error": "Missing tag name parameter", "status": 400}),
        ('{"type":"subscribe","stream":"list"}', {"error": "Missing list name parameter", "status": 400}),
        (
            '{"type":"subscribe","stream":"list","list":123}',
            {"error": "Not authorized to stream this list", "status": 401},
        ),
        ('{"type":"subscribe","stream":{"a":null}}', {"error": "Unknown stream type", "status": 400}),
        ('{"type":"subscribe"}', {"error": "Unknown stream type", "status": 400}),
    ],
)
async def test_a_refused_subscription_is_told_and_closes_nothing(world, served, message, error):
    ana = await world.person("ana")
    async with served.socket(ana) as opened:
        for nonsense in ("[]", "7", "null", '{"type":7}'):
            await opened.send(nonsense)
        await opened.send(message)
        assert await frame(opened) == error
        await opened.send("{not json")
        assert (await frame(opened))["status"] == 400
        await opened.send('{"type":"subscribe","stream":"user"}')
        await ready(world)
        await ana.publishes("still here")
        assert (await frame(opened))["event"] == "update"


async def test_a_stream_named_in_the_address_is_refused_in_a_frame_too(world, served):
    async with served.socket(await world.person("ana"), "stream=local") as opened:
        assert await frame(opened) == {"error": "Unknown stream type", "status": 400}


async def test_binary_and_huge_messages_close_the_socket(world, served):
    ana = await world.person("ana")
    for message, code in ((b"\x00", 1003), ("x" * 70_000, 1009)):
        async with served.socket(ana) as opened:
            await opened.send(message)
            with pytest.raises(ConnectionClosed) as closed:
                await soon(opened.recv())
            assert closed.value.rcvd.code == code


@pytest.mark.parametrize("scope", ["read", "read:statuses", "read:notifications", "write"])
async def test_scopes_open_their_streams_alone(world, served, scope):
    ana = await world.person("ana")
    token = await world.token(ana.id, scope)
    posts, notifications = scope in ("read", "read:statuses"), scope in ("read", "read:notifications")
    expected = {"user": posts, "public": posts, "hashtag": posts, "direct": posts, "user:notification": notifications}
    async with served.socket(None, f"access_token={token}") as opened:
        for name, may in expected.items():
            await opened.send(json.dumps({"type": "subscribe", "stream": name, "tag": "birds"}))
            if not may:
                refused = {"error": "Access token does not have the required scopes", "status": 401}
                assert await frame(opened) == refused
        if posts or notifications:
            await ready(world)
        [stream] = world.streams.by_account[ana.id]
        kinds = {topic.kind.value for topic in stream.names}
        assert ("notifications" in kinds) == notifications
        assert ("home" in kinds) == posts
    ana.client.token = token
    for path, needed in SSE.items():
        reply = await ana.client.call("HEAD", f"/api/v1/streaming/{path}")
        assert reply.code == (200 if scope in ("read", needed) else 403), path


async def test_events_come_as_lines(world, served):
    ana, bea = await world.people("ana", "bea")
    await bea.follows(ana)
    lines = await served.lines(bea, "user")
    assert "200 ok" in lines.head
    assert "content-type: text/event-stream" in lines.head
    assert "cache-control: private, no-store" in lines.head
    assert "x-accel-buffering: no" in lines.head
    assert "access-control-allow-origin: *" in lines.head
    assert b":)\n" in await lines.until(b":)\n")
    post = await ana.publishes("one\ntwo")
    text = (await lines.until(b"}\n\n")).decode()
    event, found = text[text.index("event") :].strip().split("\n")
    assert event == "event: update"
    assert json.loads(found.removeprefix("data: "))["id"] == post["id"]
    await ana.calls("DELETE", f"/api/v1/statuses/{post['id']}")
    assert f"event: delete\ndata: {post['id']}\n\n".encode() in await lines.until(b"\n\n")
    await lines.close()
    await soon(emptied(world))


async def test_a_quiet_stream_thumps(world, served, monkeypatch):
    monkeypatch.setattr(streaming, "THUMP_S", 0.01)
    lines = await served.lines(await world.person("ana"), "public?only_media=true")
    await lines.until(b":thump\n")
    await lines.close()


async def test_streams_by_address_alone_are_refused_in_words(world, served):
    ana = await world.person("ana")
    get = ana.client.get
    assert (await get("/api/v1/streaming/health")).body == b"OK"
    assert (await world.stranger.get("/api/v1/streaming/health")).body == b"OK"
    assert (await world.stranger.get("/api/v1/streaming/public")).code == 401
    assert (await get("/api/v1/streaming")).code == 404
    assert (await get("/api/v1/streaming/nonsense")).code == 404
    assert (await get("/api/v1/streaming/hashtag")).code == 400
    assert (await get("/api/v1/streaming/list?list=1")).code == 401
    assert not world.streams.by_account


@pytest.mark.parametrize("cause", CAUSES)
async def test_whatever_ends_access_ends_its_streams_at_once(world, served, cause):
    ana, bea = await world.people("ana", "bea")
    await bea.follows(ana)
    lines = await served.lines(bea, "user")
    await lines.until(b":)\n")
    other = await listen(ana, "public")
    async with served.socket(bea, "stream=user") as opened:
        await ready(world, 3)
        await CAUSES[cause](world, bea)
        await ana.publishes("too late")
        with pytest.raises(ConnectionClosed) as closed:
            await soon(opened.recv())
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4001, "access was revoked")
    assert b"event:" not in await lines.rest()
    await soon(emptied_but(world, ana.id))
    await world.settle()
    assert [event for event, _ in other.heard()] == ["update"]
    assert await refusal(served.socket(bea, "stream=user")) == 401


async def emptied_but(world: World, account_id: int) -> None:
    while set(world.streams.by_account) != {account_id}:
        await asyncio.sleep(0.001)


async def test_another_app_of_the_same_person_goes_on(world, served):
    ana = await world.person("ana")
    spare = await world.token(ana.id)
    async with (
        served.socket(ana, "stream=user") as ended,
        served.socket(None, f"stream=user&access_token={spare}") as kept,
    ):
        await ready(world, 2)
        await revoke_token(world.app, world.client, ana.token)
        with pytest.raises(ConnectionClosed):
            await soon(ended.recv())
        ana.client.token = spare
        await ana.publishes("still there")
        assert (await frame(kept))["event"] == "update"


async def test_a_stop_lets_go_of_every_stream(world, served):
    ana = await world.person("ana")
    lines = await served.lines(ana, "user")
    await lines.until(b":)\n")
    async with served.socket(ana, "stream=user") as opened:
        await ready(world, 2)
        world.streams.end_all()
        with pytest.raises(ConnectionClosed) as closed:
            await soon(opened.recv())
        assert closed.value.rcvd.code == 1001
    await lines.rest()
    await soon(emptied(world))


def deaf_socket(address: str, request: str) -> sockets.socket:
    """A client that asks and never reads."""
    host, port = address.split(":")
    opened = sockets.socket()
    opened.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    opened.connect((host, int(port)))
    opened.sendall(request.encode())
    return opened


async def test_clients_that_do_not_read_are_cut(world, served):
    ana = await world.person("ana")
    head = f"Host: {served.address}\r\nAuthorization: Bearer {ana.token}\r\n"
    upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    deaf = [
        deaf_socket(served.address, f"GET /api/v1/streaming?stream=user HTTP/1.1\r\n{head}{upgrade}{key}\r\n"),
        deaf_socket(served.address, f"GET /api/v1/streaming/user HTTP/1.1\r\n{head}\r\n"),
    ]
    await ready(world, 2)
    streams = list(world.streams.by_account[ana.id])
    pieces = {"socket": "x" * 60_000, "lines": b"x" * 60_000}
    voices = {id(voice): name for name, voice in world.face.voices.items()}
    while any(stream.ending is None for stream in streams):
        for stream in streams:
            stream.put(pieces[voices[id(stream.voice)]])
            assert len(stream.items) <= QUEUED
        await asyncio.sleep(0)
    await soon(emptied(world))
    for opened in deaf:
        opened.close()


class Ears(StreamListener):
    def __init__(self) -> None:
        self.heard, self.news = [], threading.Semaphore(0)

    def on_update(self, status):
        self.heard.append(("update", status.content))
        self.news.release()

    def on_delete(self, status_id):
        self.heard.append(("delete", str(status_id)))
        self.news.release()

    def on_status_update(self, status):
        self.heard.append(("status.update", status.content))
        self.news.release()


async def test_mastodon_py_hears_its_persons_stream(world, served):
    ana = await world.person("ana")
    app = Mastodon(access_token=ana.token, api_base_url=served.url, version_check_mode="none")
    assert await asyncio.to_thread(app.stream_healthy)
    ears = Ears()
    handle = await asyncio.to_thread(app.stream_user, ears, run_async=True)
    await ready(world)
    post = await ana.publishes("hello app")
    assert await asyncio.to_thread(ears.news.acquire, timeout=5)
    await ana.calls("PUT", f"/api/v1/statuses/{post['id']}", json_body={"status": "hello again"})
    assert await asyncio.to_thread(ears.news.acquire, timeout=5)
    await ana.calls("DELETE", f"/api/v1/statuses/{post['id']}")
    assert await asyncio.to_thread(ears.news.acquire, timeout=5)
    assert ears.heard == [
        ("update", "<p>hello app</p>"),
        ("status.update", "<p>hello again</p>"),
        ("delete", post["id"]),
    ]
    handle.closed = True
    world.streams.end_all()
    await asyncio.to_thread(handle.join, 5)
