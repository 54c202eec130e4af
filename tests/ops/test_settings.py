"""A wrong setting is refused at start with its place, what is wrong there and the remedy."""

import pytest

from rookery.model.members import RegistrationMode
from rookery.model.settings import Settings
from rookery.ops.settings import Given, SettingsRefused, load_settings


def load(tmp_path, text=None, environ=None, *, is_test=False, **options):
    given = {("server", key): (f"--{key}", value) for key, value in options.items()}
    config = None
    if text is not None:
        (tmp_path / "my.toml").write_text(text)
        config = str(tmp_path / "my.toml")
    given.setdefault(("server", "data"), ("--data", str(tmp_path)))
    return load_settings(Given(config, given, is_test), environ or {})


def complaints(tmp_path, *args, **options):
    with pytest.raises(SettingsRefused) as refused:
        load(tmp_path, *args, **options)
    return [(c.where.replace(f"{tmp_path}/", ""), str(c)) for c in refused.value.complaints]


def test_without_anything_the_defaults_hold(tmp_path):
    settings = load_settings(Given(options={}), {})
    assert settings == Settings()


def test_later_sources_win(tmp_path):
    text = '[server]\nport = 4000\nhost = "::1"\ndomain = "a.test"\n'
    settings = load(tmp_path, text, {"ROOKERY_SERVER_PORT": "4001", "ROOKERY_SERVER_HOST": "::"}, port="4002")
    assert (settings.server.port, settings.server.host, settings.server.domain) == (4002, "::", "a.test")


def test_the_data_folder_has_a_file_of_its_own(tmp_path):
    (tmp_path / "rookery.toml").write_text('[nest]\ntitle = "Own"\n')
    assert load(tmp_path).nest.title == "Own"


def test_a_file_can_be_named_by_the_environment(tmp_path):
    (tmp_path / "other.toml").write_text('[nest]\ntitle = "Other"\n')
    assert load(tmp_path, environ={"ROOKERY_CONFIG": str(tmp_path / "other.toml")}).nest.title == "Other"


def test_the_environment_writes_lists_with_commas_and_truth_in_words(tmp_path):
    settings = load(
        tmp_path, environ={"ROOKERY_NEST_LANGUAGES": "en, fr", "ROOKERY_NEST_CONFIRMS_EMAIL": "off", "HOME": "/"}
    )
    assert settings.nest.languages == ("en", "fr")
    assert settings.nest.confirms_email is False


def test_test_mode_lets_anybody_join_at_once(tmp_path):
    settings = load(tmp_path, is_test=True)
    assert settings.is_test
    assert settings.nest.registrations is RegistrationMode.OPEN
    assert not settings.nest.confirms_email
    assert not settings.limits.rate_limits


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        ("[server]\n# hi\nprot = 1\n", "my.toml:3", ["[server] has no setting prot", "Did you mean port?"]),
        ("\n[sever]\nport = 1\n", "my.toml:2", ["[sever] is no table", "Did you mean server?"]),
        ("[other]\nport = 1\n", "my.toml:1", ["server, nest, limits, mail, cache"]),
        ("port = 1\n", "my.toml:1", ["port"]),
        ("server = 5\n", "my.toml:1", ["Write [server]"]),
        ('[server]\nport = "3000"\n', "my.toml:2", ["is '3000', not a whole number", "port = 5"]),
        ("[server]\nport = true\n", "my.toml:2", ["is true, not a whole number"]),
        ("[server]\nport = 70000\n", "my.toml:2", ["too large", "65535"]),
        ("[server]\nport = -1\n", "my.toml:2", ["too small", "0"]),
        ("[limits]\nrate_limits = 1\n", "my.toml:2", ["not true or false"]),
        ("[nest]\ntitle = 5\n", "my.toml:2", ["not a text"]),
        ('[nest]\nlanguages = "en"\n', "my.toml:2", ["not a list of texts", "[]"]),
        ('[nest]\nlanguages = [\n  "en",\n  5,\n]\n', "my.toml:2", ["not a list of texts"]),
        ('[nest]\nregistrations = "opne"\n', "my.toml:2", ["Did you mean open?", "approval"]),
        ("[nest]\nregistrations = 5\n", "my.toml:2", ["open, approval"]),
        ('[mail]\nsecurity = "ssl"\n', "my.toml:2", ["starttls, tls, none"]),
        ("[server]\nport = \n", "my.toml:2", ["is not TOML"]),
        ("[server]\nport = 1\nport = 2\n", "my.toml:3", ["is not TOML"]),
        ('[server]\ndomain = "https://Example.org/"\n', "my.toml:2", ["Did you mean example.org?"]),
        ('[server]\ndomain = "bücher.example"\n', "my.toml:2", ["Did you mean xn--bcher-kva.example?"]),
        ('[server]\ndomain = "two words"\n', "my.toml:2", ["Write it like example.org"]),
        ('[server]\nbase_url = "example.org"\n', "my.toml:2", ["like https://example.org"]),
        ('[server]\nbase_url = "https://example.org/sub"\n', "my.toml:2", ["not the address"]),
        ('[server]\nbase_url = "https://[::1"\n', "my.toml:2", ["not the address"]),
        ('[server]\ndatabase = "mysql://x"\n', "my.toml:2", ["mysql", "postgresql://"]),
        ('[server]\ntrusted_proxies = ["10.0.0.1/8", "10.0.0.0/8"]\n', "my.toml:2", ["10.0.0.1/8"]),
        ('[nest]\nlanguages = ["English"]\n', "my.toml:2", ["English", "fr"]),
        ('[nest]\ncontact_email = "me"\n', "my.toml:2", ["hello@example.org"]),
        ('[mail]\nhost = "m.org"\npassword = "p"\nsecurity = "none"\n', "my.toml:4", ["in clear", "tls"]),
        ('[nest]\ndescription = """\n[server]\nport = 5"""\ntitel = ""\n', "my.toml:5", ["title"]),
        ('server.prot = 5\n"nest".title = "x"\n', "my.toml:1", ["port"]),
        ("server = { prot = 5 }\n", "my.toml:1", ["port"]),
    ],
)
def test_a_wrong_line_is_named_with_its_remedy(tmp_path, text, where, words):
    found = complaints(tmp_path, text)
    assert [place for place, _ in found] == [where]
    assert all(word in found[0][1] for word in words), found


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"ROOKERY_SERVER_PROT": "1"}, ["ROOKERY_SERVER_PROT", "Did you mean ROOKERY_SERVER_PORT?"]),
        ({"ROOKERY_SERVER_PORT": "x"}, ["ROOKERY_SERVER_PORT", "Write digits only"]),
        ({"ROOKERY_LIMITS_RATE_LIMITS": "maybe"}, ["Write true or false"]),
        ({"ROOKERY_SERVER_DOMAIN": "a b"}, ["ROOKERY_SERVER_DOMAIN"]),
        ({"ROOKERY_CONFIG": "nowhere.toml"}, ["nowhere.toml", "no such file"]),
    ],
)
def test_a_wrong_variable_is_named_with_its_remedy(tmp_path, environ, words):
    [(_, text)] = complaints(tmp_path, environ=environ)
    assert all(word in text for word in words)


def test_variables_of_those_who_test_rookery_are_no_settings(tmp_path):
    load(tmp_path, environ={"ROOKERY_TEST_POSTGRES": "postgresql:///x"})


def test_a_wrong_option_is_named(tmp_path):
    [(where, _)] = complaints(tmp_path, port="many")
    assert where == "--port"


def test_everything_wrong_is_said_at_once(tmp_path):
    found = complaints(tmp_path, '[server]\nport = "x"\n[nest]\ntitel = "y"\n', {"ROOKERY_MAIL_PORT": "0"})
    assert [where for where, _ in found] == ["my.toml:2", "my.toml:4", "ROOKERY_MAIL_PORT"]


def test_test_mode_is_for_local_names_alone(tmp_path):
    [(where, text)] = complaints(tmp_path, domain="example.org", is_test=True)
    assert where == "--domain"
    assert ".test" in text
    assert load(tmp_path, domain="nest.test", is_test=True).is_test


def test_the_data_folders_own_file_cannot_move_it(tmp_path):
    (tmp_path / "rookery.toml").write_text('[server]\ndata = "elsewhere"\n')
    [(where, text)] = complaints(tmp_path)
    assert where == "rookery.toml:2"
    assert "--data" in text


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "rookery.toml").write_bytes(b"\xff\xfe")
    [(where, text)] = complaints(tmp_path)
    assert where == "rookery.toml"
    assert "UTF-8" in text


@pytest.mark.parametrize(
    ("lines", "is_right"),
    [
        ('url = "https://translate.example.org/api"', True),
        ('url = "http://127.0.0.1:5000"\nkey = "x"', True),
        ('url = "http://192.168.1.7:5000"\nkey = "x"', True),
        ('url = "http://translate:5000"', True),
        ('url = "http://translate.example.org"\nkey = "x"', False),
        ('url = "translate.example.org"', False),
        ('url = "https://me@translate.example.org"', False),
        ('url = "https://translate.example.org/?a=1"', False),
    ],
)
def test_a_translator_has_an_address_and_its_key_does_not_travel_in_clear(tmp_path, lines, is_right):
    text = f"[translation]\n{lines}\n"
    if is_right:
        assert load(tmp_path, text).translation.url
    else:
        [(where, _)] = complaints(tmp_path, text)
        assert where == "my.toml:2"
