"""Reports and blocks from the command line, on both engines."""

import pytest
from tests.ops.program import Program


@pytest.fixture(params=["sqlite", "postgres"])
def program(request, tmp_path):
    if request.param == "sqlite":
        return Program(tmp_path / "nest")
    dsn = request.getfixturevalue("fresh_postgres_database")
    return Program(tmp_path / "nest", {"ROOKERY_SERVER_DATABASE": dsn})


def test_an_operator_keeps_servers_mail_and_networks_away(program):
    program.run("account", "create", "ana", "--email", "ana@mail.test", "--confirmed")
    assert program.run("report", "list").text == "No reports.\n"
    assert program.run("report", "show", "7").code == 1
    assert program.run("report", "resolve", "7").code == 1
    for kind, name in (("domain", "bad.example"), ("email", "junk.example"), ("ip", "192.0.2.0/24")):
        assert program.run("block", kind, "add", name).code == 0
        assert program.run("block", kind, "add", name).code == 1
        assert name in program.run("block", kind, "list").text
        assert program.run("block", kind, "remove", name).code == 0
        assert program.run("block", kind, "remove", name).code == 1
        assert name not in program.run("block", kind, "list").text
    assert program.run("block", "email", "add", "bob@mail.test").code == 0
    assert program.run("block", "email", "remove", "b.o.b@mail.test").code == 0
    assert program.run("block", "ip", "add", "nonsense").code == 1
