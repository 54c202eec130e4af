"""A server from start to stop, as its operator sees it."""

import asyncio
import json
import os
import signal
import socket
import stat
import time
from urllib.parse import urlencode

import pytest
from tests.evilhost import EvilHost, page
from tests.ops.program import Program


@pytest.fixture
def program(tmp_path):
    return Program(tmp_path / "nest")


def test_a_fresh_server_answers_shows_its_owner_link_and_stops_when_asked(program):
    with program.up() as server:
        assert server.get("/health") == (200, "OK")
        code, said, complained = server.stops()
    assert code == 0
    assert f"{server.address}/claim/" in said
    assert all("still called 'localhost'" in line for line in complained.splitlines()), complained


def test_a_start_warns_of_a_local_name_and_of_mails_that_reach_nobody(program):
    assert program.run("registrations", "open").code == 0
    with program.up() as server:
        _, said, complained = server.stops()
    assert "Registrations: open, chosen here; the settings say closed." in said
    assert "the server is still called 'localhost'" in complained
    assert "people may join, and no mail server is set" in complained


def test_a_test_server_warns_of_nothing(program):
    with program.up("--test") as server:
        assert server.stops()[2] == ""


def test_control_c_stops_it_as_well(program):
    with program.up() as server:
        assert server.stops(signal.SIGINT)[0] == 0


def test_the_data_folder_is_its_owners_alone(program):
    with program.up() as server:
        assert stat.S_IMODE(program.data.stat().st_mode) == 0o700
        server.stops()


def test_the_owner_link_is_new_at_each_start_and_gone_once_somebody_owns_the_server(program):
    links = []
    for _ in range(2):
        with program.up() as server:
            links.append(server.stops()[1].partition("/claim/")[2].split()[0])
    assert links[0] != links[1]
    program.run("account", "create", "ana", "--email", "ana@mail.test", "--role", "owner", "--confirmed")
    with program.up() as server:
        assert "/claim/" not in server.stops()[1]


def test_a_second_server_on_the_same_data_is_refused_with_the_first_ones_address(program):
    with program.up() as server:
        second = program.run("up", "--port", server.address.rsplit(":", 1)[1])
        assert second.code == 1
        assert f"already running on {program.data} at {server.address}" in second.complaint
        assert "--data" in second.complaint
        assert server.get("/health")[0] == 200


def test_after_a_crash_the_next_server_starts(program):
    with program.up() as server:
        server.process.kill()
    with program.up() as server:
        assert server.get("/health")[0] == 200


def test_a_taken_port_is_said_in_a_sentence(program):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused = program.run("up", "--json", "--port", str(taken.getsockname()[1]))
    assert refused.code == 1
    assert "is taken by another program" in refused.error
    assert "--port" in refused.error


def test_an_address_that_this_machine_lacks_is_refused(program):
    assert "this machine has no address 203.0.113.7" in program.run("up", "--host", "203.0.113.7").complaint


def test_a_wrong_setting_stops_the_start_with_file_line_and_remedy(program):
    program.data.mkdir()
    (program.data / "rookery.toml").write_text("[server]\nprot = 4000\n")
    refused = program.run("up")
    assert refused.code == 1
    assert f"{program.data}/rookery.toml:2: [server] has no setting prot. Did you mean port?" in refused.complaint


def test_test_mode_is_refused_under_a_public_name(program):
    refused = program.run("up", "--test", "--domain", "example.org")
    assert refused.code == 1
    assert "--test opens the server to anybody" in refused.complaint


def test_test_mode_is_refused_on_the_data_of_a_public_name(program):
    assert program.run("migrate", "--domain", "example.org").code == 0
    assert "this data belongs to example.org" in program.run("up", "--test", "--port", "0").complaint


def test_the_name_of_a_server_stays(program):
    assert program.run("migrate", "--domain", "nest.test").code == 0
    assert "the name cannot change to other.test" in program.run("migrate", "--domain", "other.test").complaint
    with program.up() as server:
        assert server.address.startswith("http://nest.test:")


def test_a_file_in_the_folders_place_is_refused(program):
    program.data.write_text("")
    assert "is a file, not a folder" in program.run("up", "--port", "0").complaint


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.not_here("needs a user who is not root")
def test_a_folder_that_may_not_be_written_is_refused(program):
    program.data.mkdir(mode=0o500)
    assert "may not write" in program.run("up", "--port", "0").complaint


def test_a_database_file_that_is_none_is_refused(program):
    program.data.mkdir()
    (program.data / "rookery.db").write_bytes(b"no database at all" * 100)
    assert "is damaged or no database" in program.run("migrate").complaint


def test_what_a_command_does_reaches_the_running_server(program):
    with program.up("--test") as server:
        made = program.run("account", "create", "ana", "--email", "ana@mail.test", "--json").values
        assert made["state"] == "active"
        token = program.run("token", "create", "ana", "--json").values["token"]
        assert server.get("/api/v1/statuses", token, body=b"status=hello")[0] == 200
        assert program.run("account", "suspend", "ana").code == 0
        server.waits_for(401, "/api/v1/timelines/home", token)
        assert server.stops()[0] == 0


def test_unfinished_uploads_of_a_crash_are_cleared_away(program):
    spool = program.data / "spool"
    (spool / "box-left").mkdir(parents=True)
    (spool / "upload-left").write_bytes(b"x")
    with program.up() as server:
        assert list(spool.iterdir()) == []
        server.stops()


async def test_a_post_with_a_link_shows_its_card_soon(program):
    program.environ["ROOKERY_CARDS_FETCHES"] = "true"
    host = EvilHost()
    await host.start()
    host.paths["/merle"] = page("<title>Le merle</title>")
    try:
        title = await asyncio.to_thread(card_of, program, host.url("/merle"))
    finally:
        await host.stop()
    assert title == "Le merle"


def card_of(program: Program, link: str) -> str:
    """Publish a link on a real server; return the title of its card as soon as there is one."""
    with program.up("--test") as server:
        program.run("account", "create", "ana", "--email", "ana@mail.test", "--confirmed")
        program.run("token", "create", "ana", "--scopes", "read write", "--token", "t0ken")
        token = "t0ken"
        body = urlencode({"status": link}).encode()
        post = json.loads(server.get("/api/v1/statuses", token, body)[1])
        for _ in range(200):
            card = json.loads(server.get(f"/api/v1/statuses/{post['id']}", token)[1])["card"]
            if card:
                return card["title"]
            time.sleep(0.05)
    return "no card"
