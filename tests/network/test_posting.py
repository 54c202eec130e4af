"""The way to a push service: what may be asked, what an answer tells, what is not followed."""

import socket
import threading

import pytest
from tests.pushing import PushService

from rookery.network.posting import NotReached, Poster, is_public, read_head, request_head


@pytest.fixture
def service():
    made = PushService()
    yield made
    made.close()


async def test_a_body_and_its_headers_arrive_whole(service):
    answer = await Poster(may_be_local=True).post(service.url("/a"), [("ttl", "60")], b"\x00body\xff")
    assert (answer.code, answer.retry_after_s) == (201, 0)
    [got] = service.received
    assert (got.path, got.body, got.headers["ttl"]) == ("/a", b"\x00body\xff", "60")


async def test_a_wish_to_wait_is_told_and_a_redirect_is_not_followed(service):
    service.codes = {"/busy": 429, "/moved": 302}
    assert (await Poster(may_be_local=True).post(service.url("/busy"), [], b"")).retry_after_s == 600
    assert (await Poster(may_be_local=True).post(service.url("/moved"), [], b"")).code == 302
    assert service.asked == ["/busy", "/moved"]


async def test_a_machine_of_ours_is_never_asked_by_a_server_for_real_people(service):
    with pytest.raises(NotReached):
        await Poster().post(service.url("/a"), [], b"")
    assert service.asked == []


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
        *("::1", "::", "fe80::1%eth0", "fd00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "224.0.0.1"),
    ],
)
def test_an_address_of_a_private_network_is_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["9.9.9.9", "2620:fe::fe"])
def test_an_address_of_the_internet_is_public(address):
    assert is_public(address)


async def test_nobody_there_is_not_reached():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(NotReached):
        await Poster(may_be_local=True).post(f"http://127.0.0.1:{port}/", [], b"")


@pytest.mark.parametrize("said", [b"SSH-2.0-x\r\n\r\n", b"", b"HTTP/1.1 2\r\n\r\n", b"x" * 40_000])
async def test_what_speaks_no_http_is_not_reached(said):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer():
            connection, _ = listener.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(said)

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(NotReached):
            await Poster(may_be_local=True).post(f"http://127.0.0.1:{listener.getsockname()[1]}/", [], b"x")
        thread.join(10)


def test_a_header_cannot_bring_another_one():
    with pytest.raises(ValueError, match="line end"):
        request_head("/", "x.example", [("ttl", "1\r\nx: y")], 0)


@pytest.mark.parametrize("wish", ["Wed, 21 Oct 2026 07:28:00 GMT", "-1", "99999999999"])
def test_a_wish_that_is_no_small_number_is_none(wish):
    assert read_head(f"HTTP/1.1 503 Busy\r\nRetry-After: {wish}\r\n\r\n".encode()).retry_after_s == 0
