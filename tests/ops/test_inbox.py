"""The journal of deliveries from the command line."""

import sqlite3

from tests.ops.program import Program

WHO = "https://far.example/users/bob"
ASIDE = (
    "INSERT INTO arrivals (id, received_at, host, by_uri, key_id, uri, doing, is_addressed, size_bytes, state, run_at,"
    " error, body) VALUES (?, 1, 'far.example', ?, '', '', 'Follow', 0, 2, 'set_aside', 1, 'it breaks a rule', ?)"
)


def test_an_operator_sees_what_could_not_be_handled_and_decides(tmp_path):
    program = Program(tmp_path / "nest")
    program.run("account", "create", "ana", "--email", "ana@mail.test", "--confirmed")
    assert "0 set aside, 0 waiting" in program.run("inbox", "list").text
    with sqlite3.connect(next((tmp_path / "nest").glob("*.db*"))) as db:
        db.executemany(ASIDE, [(number, WHO, b"{}") for number in (7, 8)])
    listed = program.run("inbox", "list").text
    assert "2 set aside" in listed and "it breaks a rule" in listed
    assert WHO in program.run("inbox", "show", "7").text
    assert program.run("inbox", "retry", "7").code == 0
    assert "1 set aside, 1 waiting from 1 servers." in program.run("inbox", "list").text
    assert program.run("inbox", "drop", "8").code == 0
    for what in ("show", "retry", "drop"):
        assert program.run("inbox", what, "8").code == 1
