"""Files that an operator brings to a member, and a server that is killed while it imports."""

import time

import pytest
from tests.ops.program import Program

FOLLOWS = "Account address,Show boosts,Notify on new posts,Languages\r\n"


@pytest.fixture(params=["sqlite", "postgres"])
def program(request, tmp_path):
    if request.param == "sqlite":
        return Program(tmp_path / "nest")
    dsn = request.getfixturevalue("fresh_postgres_database")
    return Program(tmp_path / "nest", {"ROOKERY_SERVER_DATABASE": dsn})


def exported(program, tmp_path, kind="follows") -> str:
    path = tmp_path / "out.csv"
    assert program.run("export", "ana", kind, "--to", str(path)).code == 0
    return path.read_bytes().decode()


def test_an_import_is_carried_out_by_the_server_also_by_one_that_was_killed(program, tmp_path):
    names = [f"bird{number}" for number in range(3)]
    for name in ("ana", *names):
        program.run("account", "create", name, "--email", f"{name}@mail.test", "--confirmed")
    path = tmp_path / "brought.csv"
    path.write_text(FOLLOWS + "".join(f"{name}@localhost,true,false,\r\n" for name in names) + '"broken\r\n')
    said = program.run("import", "ana", str(path), "--json").values
    assert (said["kind"], said["rows"], said["broken"], said["removals"]) == ("follows", 3, 1, 0)
    again = program.run("import", "ana", str(path), "--json")
    assert again.code == 1
    assert "being imported already" in again.error
    with program.up() as server:
        server.process.kill()
    with program.up():
        until = time.monotonic() + 30
        while (content := exported(program, tmp_path)).count("\r\n") < 4:
            assert time.monotonic() < until, content
    assert content == FOLLOWS + "".join(f"{name}@localhost,true,false,\r\n" for name in names)


def test_an_operator_is_told_what_is_wrong_with_a_file(program, tmp_path):
    program.run("account", "create", "ana", "--email", "ana@mail.test", "--confirmed")
    path = tmp_path / "brought.csv"
    path.write_text("bea@localhost\n")
    for arguments, said in (
        ((str(path),), "choose what it is"),
        ((str(tmp_path / "nothing.csv"),), "there is no file"),
    ):
        refused = program.run("import", "ana", *arguments, "--json")
        assert refused.code == 1
        assert said in refused.error
    assert program.run("import", "ana", str(path), "--kind", "blocks", "--overwrite").code == 0
    assert exported(program, tmp_path) == FOLLOWS
