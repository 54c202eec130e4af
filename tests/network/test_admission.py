"""Under overload strangers are turned away first and people who are here last; who waits takes nobody's place."""

import asyncio
import time

import pytest
from tests.client import Client
from tests.network.test_server import Face

from rookery.network.admission import CROWD, LEAST_SHARE, Admission, Lane, Overloaded, Patience, Priority
from rookery.network.limits import Limit, Limiter
from rookery.network.responses import json_response
from rookery.network.routes import RouteTable
from rookery.network.server import Server

ANA = {b"authorization": b"Bearer 1"}


def try_to_enter(lane: Lane) -> int:
    """How many of a hundred are let in."""
    passed = 0
    for _ in range(100):
        try:
            lane.glance()
        except Overloaded:
            continue
        passed += 1
    return passed


@pytest.mark.parametrize(
    ("method", "headers", "query", "priority"),
    [
        ("GET", {}, b"", Priority.STRANGER),
        ("HEAD", {b"cookie": b"theme=dark"}, b"", Priority.STRANGER),
        ("GET", ANA, b"", Priority.READ),
        ("GET", {}, b"access_token=abc", Priority.READ),
        ("GET", {b"cookie": b"theme=dark; __Host-session=abc"}, b"", Priority.READ),
        ("POST", ANA, b"", Priority.WRITE),
        ("DELETE", {b"cookie": b"session=abc"}, b"", Priority.WRITE),
        ("POST", {}, b"", Priority.ARRIVAL),
        ("POST", {b"signature": b"keyId=..."}, b"", Priority.DELIVERY),
    ],
)
def test_the_first_bytes_tell_the_lane(method, headers, query, priority):
    admission = Admission(session_cookie="session")
    assert admission.lane_of(method, headers, query) is admission.lanes[priority]


def test_without_a_cookies_name_no_cookie_makes_a_stranger_known():
    admission = Admission()
    assert admission.lane_of("GET", {b"cookie": b"session=abc"}, b"") is admission.lanes[Priority.STRANGER]


def looks(lane: Lane, late_s: float, times: int = 1) -> None:
    """The loop was late that often while a crowd asked."""
    for _ in range(times):
        lane.asked = CROWD
        lane.look(late_s)


def test_one_late_look_turns_nobody_away():
    lane = Lane(Patience(0.1, 10))
    looks(lane, 5)
    assert try_to_enter(lane) == 100


def test_a_loop_that_stays_late_lets_in_less_and_less_but_never_nobody():
    lane = Lane(Patience(0.1, 10))
    passed = []
    for _ in range(5):
        looks(lane, 0.2, 2)
        passed.append(try_to_enter(lane))
    assert passed == sorted(passed, reverse=True)
    assert passed[-1] < 20
    looks(lane, 9, 100)
    assert lane.share == LEAST_SHARE
    assert try_to_enter(lane) == 2


def test_a_few_are_not_turned_away_for_a_machine_that_others_keep_busy():
    lane = Lane(Patience(0.1, 10))
    for _ in range(20):
        for _ in range(CROWD - 1):
            lane.glance()
        lane.look(9)
    assert lane.share == 1.0


def test_a_loop_in_time_lets_everybody_in_again():
    lane = Lane(Patience(0.1, 10))
    looks(lane, 9, 20)
    looks(lane, 0.0, 30)
    assert try_to_enter(lane) == 100


def test_strangers_give_way_first_then_deliveries_then_arrivals_then_writes_then_reads():
    admission = Admission()
    order = [Priority.STRANGER, Priority.DELIVERY, Priority.ARRIVAL, Priority.WRITE, Priority.READ]
    for number, late_s in enumerate((0.15, 0.3, 0.5, 1.0, 2.0), 1):
        for lane in admission.lanes.values():
            looks(lane, late_s, 60)
        assert [one for one in order if try_to_enter(admission.lanes[one]) < 100] == order[:number]


def test_no_more_are_under_way_than_there_is_room_for():
    lane = Lane(Patience(0.1, 2))
    lane.enter()
    lane.enter()
    with pytest.raises(Overloaded) as refused:
        lane.enter()
    assert "try again in" in str(refused.value)
    lane.leave()
    lane.enter()


def test_those_turned_away_are_not_called_back_at_the_same_moment_nor_too_late():
    lane = Lane(Patience(0.1, 1))
    lane.enter()
    looks(lane, 9, 50)
    seconds = {lane.turn_away() for _ in range(200)}
    assert len(seconds) > 10
    assert 1 <= min(seconds) <= max(seconds) <= 30


async def test_the_loop_is_watched_from_start_to_stop():
    admission = Admission()
    await admission.start()
    time.sleep(0.25)  # the event loop itself is held: that is what is measured
    for _ in range(3):
        await asyncio.sleep(0)
    assert admission.late_s > 0.1
    await admission.stop()
    assert admission.timer is not None
    assert admission.timer.cancelled()


routes: RouteTable[Face] = RouteTable(Limit("wide", 100_000, 300))


@routes.route("GET", "/slow", who="anyone")
async def slow(face, request):
    await face.may_go.wait()
    return json_response({})


@routes.route("POST", "/body", who="anyone")
async def body(face, request):
    return json_response({"size": len(await request.body())})


@routes.route("GET", "/alive", who="anyone", is_vital=True)
async def alive(face, request):
    return json_response({})


class Busy:
    """A server with room for one of each priority, whose /slow answers when it is told."""

    def __init__(self):
        self.admission = Admission(patience=dict.fromkeys(Priority, Patience(0.1, 1)))
        self.server = Server(Limiter(is_off=True), admission=self.admission)
        self.face = Face()
        self.face.may_go = asyncio.Event()
        self.server.mount(routes.routes, self.face, prefixes=["/"])
        self.stranger, self.ana = Client(self.server), Client(self.server, token="1")


async def test_a_full_lane_answers_503_at_once_and_leaves_the_others_alone():
    busy = Busy()
    first = asyncio.create_task(busy.stranger.get("/slow"))
    await asyncio.sleep(0)
    refused = await busy.stranger.get("/slow")
    assert refused.code == 503
    assert 1 <= int(refused.headers["retry-after"]) <= 30
    assert "try again in" in refused.json["error"]
    assert (await busy.stranger.get("/nothing/here")).code == 503
    assert (await busy.stranger.get("/alive")).code == 200
    hers = asyncio.create_task(busy.ana.get("/slow"))
    await asyncio.sleep(0)
    busy.face.may_go.set()
    assert ((await first).code, (await hers).code) == (200, 200)
    assert (await busy.stranger.get("/slow")).code == 200


async def test_a_request_that_failed_gives_its_place_back():
    busy = Busy()
    for _ in range(3):
        assert (await busy.stranger.get("/nothing/here")).code == 404
    assert all(lane.under_way == 0 for lane in busy.admission.lanes.values())


async def test_who_waits_for_a_slow_body_takes_nobodys_place():
    busy, arrives = Busy(), asyncio.Event()
    answers = []

    async def receive():
        await arrives.wait()
        return {"type": "http.request", "body": b"ab", "more_body": False}

    async def send(message):
        answers.append(message)

    scope = {"type": "http", "method": "POST", "path": "/body", "query_string": b"", "headers": [], "extensions": {}}
    waiting = asyncio.create_task(busy.server(scope, receive, send))
    await asyncio.sleep(0.01)
    assert (await busy.stranger.call("POST", "/body", body=b"abc")).json == {"size": 3}
    arrives.set()
    await waiting
    assert answers[0]["status"] == 200
    assert busy.admission.lanes[Priority.ARRIVAL].under_way == 0
