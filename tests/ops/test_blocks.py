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


def test_an_operator_looks_at_a_list_before_it_counts(program, tmp_path):
    program.run("account", "create", "ana", "--email", "ana@mail.test", "--confirmed")
    program.run("block", "domain", "add", "old.example", "--severity", "silence")
    text = (
        "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n"
        "old.example,suspend,True,False,worse,False\nnew.example,silence,False,False,,False\n*.bad,suspend,,,,\n"
    )
    file = tmp_path / "list.csv"
    file.write_text(text)
    shown = program.run("block", "domain", "import", str(file))
    assert "changed  old.example  silence -> suspend" in shown.text and "new      new.example  silence" in shown.text
    assert "*.bad" in shown.text and "add --apply" in shown.text
    assert "new.example" not in program.run("block", "domain", "list").text
    assert program.run("block", "domain", "import", str(file), "--apply").code == 0
    exported = program.run("block", "domain", "export").text
    assert exported.splitlines()[0] == text.splitlines()[0]
    assert set(exported.splitlines()[1:]) == set(text.splitlines()[1:3])
    assert program.run("block", "domain", "import", str(tmp_path / "none")).code == 1


def test_an_operator_names_the_servers_that_are_welcome(program):
    program.run("account", "create", "ana", "--email", "ana@mail.test", "--confirmed")
    assert "federation.mode" in program.run("allow", "add", "friends.example").text
    assert program.run("allow", "list").text == "friends.example\n"
    assert program.run("allow", "remove", "friends.example").code == 0
    assert program.run("allow", "remove", "friends.example").code == 1
    assert program.run("allow", "add", "no domain").code == 1


def test_an_operator_gives_new_keys(program):
    program.run("account", "create", "ana", "--email", "ana@mail.test", "--confirmed")
    first = program.run("account", "rotate-keys", "ana", "--json").values
    assert program.run("account", "rotate-keys", "ana", "--json").values["ed25519"] != first["ed25519"]
    assert "localhost signs with new keys" in program.run("account", "rotate-keys", "--server").text
    for wrong in (["ana", "--server"], [], ["ben"]):
        assert program.run("account", "rotate-keys", *wrong).code == 1


def test_an_operator_asks_a_relay_and_leaves_it(program):
    program.run("account", "create", "ana", "--email", "ana@mail.test", "--confirmed")
    assert program.run("relay", "list").text == "No relays.\n"
    assert program.run("relay", "add", "https://relay.example/inbox").code == 0
    assert program.run("relay", "add", "https://relay.example/inbox").code == 1
    assert program.run("relay", "add", "https://other.example/actor", "--litepub").code == 0
    assert "pending   mastodon  https://relay.example/inbox" in program.run("relay", "list").text
    assert program.run("relay", "remove", "https://relay.example/inbox").code == 0
    assert program.run("relay", "remove", "https://relay.example/inbox").code == 1
    assert program.run("relay", "add", "relay.example").code == 1
