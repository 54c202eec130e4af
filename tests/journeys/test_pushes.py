"""A real server, a push service on this machine, and a kill in between."""

import json
import time
import urllib.request
from typing import Any

import pytest
from tests.journeys.server import RunningServer
from tests.pushing import Phone, PushService

PATIENCE_S = 30


def asks(server: RunningServer, token: str, path: str, body: dict[str, Any]) -> Any:
    request = urllib.request.Request(server.url + path, json.dumps(body).encode(), method="POST")
    request.add_header("authorization", f"Bearer {token}")
    request.add_header("content-type", "application/json")
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read())


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_a_mention_that_was_acknowledged_is_pushed_although_the_server_is_killed(tmp_path, request, engine):
    database = request.getfixturevalue("fresh_postgres_database") if engine == "postgres" else ""
    service, phone = PushService(), Phone()
    first = RunningServer(tmp_path / "data", database)
    ana, bea = first.person("ana"), first.person("bea")
    subscription = {"endpoint": service.url("/ana"), "keys": phone.keys, "standard": True}
    body = {"subscription": subscription, "data": {"alerts": {"mention": True}}}
    made = asks(first, ana, "/api/v1/push/subscription", body)
    asks(first, bea, "/api/v1/statuses", {"status": "@ana before the storm"})
    first.process.kill()
    first.process.wait(20)
    first.log.close()
    second = RunningServer(tmp_path / "data", database)
    deadline = time.monotonic() + PATIENCE_S
    while not service.received:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    told = phone.reads(service.received[0])
    assert (told["body"], told["access_token"]) == ("@ana before the storm", ana)
    assert made["server_key"] in service.received[0].headers["authorization"]
    assert second.stop() == 0
    service.close()
