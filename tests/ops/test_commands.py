"""The commands of operators and scripts, run as the real program on both engines."""

from argparse import Namespace

import pytest
from tests.media.drawn_pictures import pillow_photo, saved
from tests.ops.program import Program

from rookery.model.reports import Measure
from rookery.ops.commands.accounts import suspend_member
from rookery.storage.strikes import list_strikes

EMAIL = "ana@mail.test"


@pytest.fixture(params=["sqlite", "postgres"])
def program(request, tmp_path):
    if request.param == "sqlite":
        return Program(tmp_path / "nest")
    dsn = request.getfixturevalue("fresh_postgres_database")
    return Program(tmp_path / "nest", {"ROOKERY_SERVER_DATABASE": dsn})


def test_an_operator_creates_finds_suspends_and_deletes_a_member(program):
    made = program.run("account", "create", "ana", "--email", EMAIL, "--confirmed", "--json").values
    assert (made["name"], made["role"], made["state"]) == ("ana", "member", "active")
    assert len(made["password"]) >= 20
    [listed] = program.run("account", "list", "--json").values["accounts"]
    assert (listed["id"], listed["email"], listed["posts"]) == (made["id"], EMAIL, 0)
    assert program.run("account", "suspend", "@ana").code == 0
    assert program.run("account", "list", "--json").values["accounts"][0]["state"] == "suspended"
    assert program.run("account", "suspend", "ana", "--undo", "--json").values == {"name": "ana", "suspended": False}
    new = program.run("account", "reset-password", "ana", "--json").values["password"]
    assert new != made["password"]
    assert program.run("account", "delete", "ana").code == 0
    assert program.run("account", "list").text == "Nobody yet.\n"


def test_an_operator_lets_a_locked_out_member_in(program):
    program.run("account", "create", "ana", "--email", EMAIL, "--confirmed")
    assert program.run("account", "reset-2fa", "@ana", "--json").values == {"name": "ana", "was_on": False}
    assert "nothing was changed" in program.run("account", "reset-2fa", "ana").text
    unknown = program.run("account", "reset-2fa", "nobody")
    unknown = program.run("account", "reset-2fa", "nobody", "--json")
    assert unknown.code == 1
    assert "nobody here is called nobody" in unknown.error


def test_apps_and_tokens_can_be_chosen_by_a_script(program):
    program.run("account", "create", "ana", "--email", EMAIL, "--password", "a long secret", "--confirmed")
    app = program.run(
        "app", "create", "--client-id", "me", "--client-secret", "shh", "--scopes", "read write", "--json"
    )
    assert (app.values["client_id"], app.values["client_secret"]) == ("me", "shh")
    token = program.run("token", "create", "ana", "--scopes", "read", "--client-id", "me", "--token", "t0ken", "--json")
    assert token.values == {"account": "ana", "scopes": "read", "token": "t0ken"}
    again = program.run("token", "create", "ana", "--token", "t0ken", "--json")
    assert again.code == 1
    assert "in use already" in again.error


def test_a_world_can_be_seeded_and_entered(program):
    made = program.run("seed", "--people", "12", "--posts", "150", "--no-pictures", "--json").values
    assert (made["people"], made["posts"]) == (12, 150)
    assert made["token"]
    assert len(program.run("account", "list", "--json").values["accounts"]) == 12


def test_a_server_with_an_owner_is_not_filled_with_strangers_by_mistake(program):
    program.run("account", "create", "odile", "--email", "odile@mail.test", "--role", "owner")
    world = ("seed", "--people", "2", "--posts", "1", "--no-pictures", "--json")
    refused = program.run(*world)
    assert refused.code == 1
    assert "--anyway" in refused.error
    assert [one["name"] for one in program.run("account", "list", "--json").values["accounts"]] == ["odile"]
    assert program.run(*world, "--anyway").values["people"] == 2


def test_migrating_twice_is_harmless(program):
    assert program.run("migrate", "--json").values == program.run("migrate", "--json").values


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["account", "create", "ana", "--email", "x", "--password", "short"], ["e-mail", "; ", "8 characters"]),
        (["account", "create", "admin", "--email", EMAIL], ["kept for the server"]),
        (["app", "create", "--scopes", "red"], ["no scope red"]),
        (["app", "create", "--redirect-uri", "javascript:alert(1)"], ["forbidden"]),
        (["seed", "--people", "1"], ["at least 2 people"]),
        (["account", "list"], ["no server's data", "--data"]),
    ],
)
def test_what_is_refused_is_said_and_changes_nothing(tmp_path, arguments, words):
    program = Program(tmp_path / "nest")
    refused = program.run(*arguments, "--json")
    assert refused.code == 1
    assert refused.text == ""
    assert all(word in refused.error for word in words), refused.error


def test_unknown_people_names_and_apps_are_named(tmp_path):
    program = Program(tmp_path / "nest")
    program.run("account", "create", "ana", "--email", EMAIL, "--role", "owner", "--confirmed")
    for arguments, words in (
        (["account", "suspend", "bea"], "nobody here is called bea"),
        (["account", "delete", "bea@far.example"], "nobody here is called bea@far.example"),
        (["account", "delete", "ana"], "not left without its owner"),
        (["account", "create", "ANA", "--email", "b@mail.test"], "somebody has this name"),
        (["token", "create", "ana", "--client-id", "nope"], "no app has the client id nope"),
    ):
        refused = program.run(*arguments)
        assert refused.code == 1
        assert refused.complaint.startswith("rookery: ")
        assert words in refused.complaint


@pytest.mark.parametrize("arguments", [[], ["fly"], ["account", "create"], ["account", "create", "a", "--role", "x"]])
def test_wrong_usage_has_an_exit_code_of_its_own(tmp_path, arguments):
    assert Program(tmp_path).run(*arguments).code == 2


def test_settings_can_be_checked_without_starting(tmp_path):
    program = Program(tmp_path / "nest")
    good = program.run("config", "check", "--domain", "example.org", "--json")
    assert good.values["base_url"] == "https://example.org"
    assert not program.data.exists()
    program.environ["ROOKERY_SERVER_PROT"] = "1"
    assert "Did you mean ROOKERY_SERVER_PORT?" in program.run("config", "check", "--json").error


def test_the_reference_pages_can_be_written(tmp_path):
    program = Program(tmp_path / "nest")
    assert program.run("docs", "--write", str(tmp_path)).code == 0
    assert "`ROOKERY_SERVER_DOMAIN`" in (tmp_path / "settings.md").read_text()
    assert program.run("docs", "--write", str(tmp_path / "nowhere")).code == 1


def test_the_owner_invites_and_takes_an_invitation_back(tmp_path):
    program = Program(tmp_path / "nest", {"ROOKERY_NEST_REGISTRATIONS": "invitation"})
    program.run("account", "create", "ana", "--email", "ana2@mail.test", "--confirmed")
    assert "nobody owns this server yet" in program.run("invitation", "create").complaint
    program.run("account", "create", "ida", "--email", EMAIL, "--role", "owner", "--confirmed")
    made = program.run("invitation", "create", "--uses", "1", "--days", "7", "--json").values
    assert made["link"].endswith(f"/join?invitation={made['code']}")
    assert program.run("invitation", "withdraw", made["code"]).code == 0
    assert program.run("invitation", "list", "--json").values == {"invitations": []}


def test_who_does_not_wait_cannot_be_approved(program):
    program.run("account", "create", "ana", "--email", EMAIL, "--role", "owner", "--confirmed")
    refused = program.run("account", "approve", "nobody")
    assert (refused.code, "nobody here is called nobody" in refused.complaint) == (1, True)


def test_emoji_are_added_listed_and_removed_from_files(program, tmp_path):
    picture = tmp_path / "rook.png"
    picture.write_bytes(saved(pillow_photo(64, 64), "PNG"))
    made = program.run("emoji", "add", ":rook:", str(picture), "--category", "birds", "--json")
    assert made.values == {"shortcode": "rook", "category": "birds", "is_hidden": False, "moves": False}
    assert program.run("emoji", "list", "--json").values == {"emoji": [made.values]}
    assert program.run("emoji", "remove", "rook").text == ":rook: is removed.\n"
    assert program.run("emoji", "list").text == "No emoji yet.\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("add", "r", "x.png"), "an emoji's name has 2 to 60 letters"),
        (("add", "rook", "nowhere.png"), "nowhere.png is no file"),
        (("add", "rook", __file__), "this file is not a JPEG"),
        (("remove", "rook"), "there is no emoji :rook: here"),
    ],
)
def test_a_refused_emoji_says_why(program, arguments, words):
    program.run("registrations")  # begins the data
    refused = program.run("emoji", *arguments, "--json")
    assert refused.code == 1
    assert words in refused.error


def test_registrations_are_chosen_while_no_file_changes(program):
    assert program.run("registrations").text == "Registrations: closed (from the settings)\n"
    chosen = program.run("registrations", "invitation")
    assert chosen.text == "Registrations: invitation (chosen here; the settings say closed)\n"
    assert program.run("registrations", "--json").values["mode"] == "invitation"
    assert program.run("registrations", "settings", "--json").values == {
        "mode": "closed",
        "chosen": None,
        "settings": "closed",
    }


async def test_a_suspension_from_the_command_line_states_its_reasons(nest):
    ana = await nest.joins("ana")
    asked = Namespace(name="ana", undo=False, reason="Pills.")
    await suspend_member(nest.app, asked)
    [strike] = await list_strikes(nest.app.db.reader, ana.account_id)
    assert (strike.measure, strike.text, strike.by_id) == (Measure.SUSPEND, "Pills.", None)
    asked.undo = True
    await suspend_member(nest.app, asked)
    mails = await nest.settles()
    assert [mail.to for mail in mails] == [ana.email] * 2
    assert sum("Pills." in mail.body for mail in mails) == 1


def test_reasons_that_nobody_would_read_are_refused(program):
    program.run("account", "create", "ana", "--email", EMAIL, "--confirmed")
    refused = program.run("account", "suspend", "ana", "--reason", "x" * 3001)
    assert refused.code == 1 and "the limit is 3000" in refused.complaint
