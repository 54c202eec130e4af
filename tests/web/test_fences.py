"""What holds for every page: headers, cookies, weight, checked forms, complete catalogues."""

import ast
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from tests.web.browsing import Inventory

from rookery.web import static_files, words
from rookery.web.routing import CHECKED
from rookery.web.sentences import REFUSALS
from rookery.web.tables import ROUTES
from rookery.web.templates import FOLDER

SOURCE = FOLDER.parent
PUBLIC = ["/", "/about", "/@ana", "/tags/birds", "/search", "/nowhere"]
KEYWORDS = {"_": None, "gettext": None, "say": None, "ngettext": (1, 2)}
METHODS = [("templates/**.html", "jinja2"), ("**.py", "python")]
# Raised where no page can meet it: apps and operators alone do.
NOT_ON_PAGES = {
    "account %s: the code generator cannot be opened; sealing.key is missing or another",
    "scheduled post %d cannot be published; it is kept",
    "no such scheduled post; it may be published already",
    "The access token is invalid",
    "The access token was revoked",
    "This method is only available while the e-mail is awaiting confirmation",
    "a note has at most {0} characters",
    "languages are codes like en, fr or pt-BR, at most {0} of them",
    "that is not the name of a server",
    "the upload has no file; send one as `file`",
    "the post would notify people you did not choose: {0}",
    "a transaction either commits or raises",
    "this account has no member",
    "this account is gone",
    "no such account here",
    "no such post here",
    "account %s: the counter of a passkey fell; there may be a copy",
    "passkey refused for account %s: %s",
    "backed up without being eligible",
    "the archive is being packed",
    "Website must be a valid URL",
    "Client id is taken by another app",
    "Scopes doesn't match configured on the server.",
    "a focal point is two numbers between -1 and 1, like 0.2,-0.5",
    "pictures cannot be processed just now ({0}); try again in a minute",
    "videos and sounds are not taken here ({0}); send a picture instead",
    "nobody of this handle was found ({0}); write it like name@example.org",
    "you have moved away ({0}): write and follow there, or come back in the settings",
    "its operator chose so",
    "the picture has {0} {1}, this server takes at most {2}; make it smaller",
    "a member who is {0} cannot take the step {1}",
    "not an id: {0}",
    "{0} has {1} characters, the limit is {2}",
    "Missing required parameter: {0}.",
}
LOWER_FLOORS = [
    *(
        "model/accounts.py",
        "model/members.py",
        "model/moves.py",
        "model/imports.py",
        "actions/aliases.py",
        "actions/imports.py",
        "archives/imports.py",
        "model/posts.py",
        "model/media.py",
        "media/errors.py",
        "media/recording_errors.py",
    ),
    *("actions/posts.py", "actions/marks.py", "actions/follows.py", "actions/polls.py", "actions/pictures.py"),
    *("model/emoji.py", "actions/emoji.py", "actions/governing.py", "actions/invitations.py"),
    *("model/scheduled_posts.py", "actions/scheduled_posts.py"),
    *("model/trends.py", "actions/trends.py"),
    *("actions/members.py", "actions/credentials.py", "actions/sessions.py", "actions/passwords.py"),
    *("actions/factors.py", "actions/passkeys.py", "actions/proofs.py", "actions/challenges.py", "actions/work.py"),
    *("actions/departures.py", "actions/archives.py"),
]


def refusal_texts(path: Path):
    """Yield the texts with which a module makes exceptions, what varies as {0}, {1}."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and (
            ast.unparse(node.func) == "super().__init__" or ast.unparse(node.func)[:1].isupper()
        ):
            for value in node.args:
                if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value.count(" ") > 2:
                    yield value.value
                elif isinstance(value, ast.JoinedStr):
                    yield varied(value)


def varied(text: ast.JoinedStr) -> str:
    pieces, number = [], 0
    for value in text.values:
        if isinstance(value, ast.Constant):
            digits = re.split(r"(\d+)", value.value)
            for place, piece in enumerate(digits):
                pieces.append(f"{{{number}}}" if place % 2 else piece)
                number += place % 2
        else:
            pieces.append(f"{{{number}}}")
            number += 1
    return "".join(pieces)


def messages():
    found = {
        row[2] if isinstance(row[2], str) else row[2][:2]
        for row in extract_from_dir(SOURCE, method_map=METHODS, keywords=KEYWORDS)
    }
    return found | set(REFUSALS)


def test_every_message_has_its_french():
    with (words.LOCALES / "fr" / "LC_MESSAGES" / "rookery.po").open("rb") as file:
        catalogue = {
            message.id if isinstance(message.id, str) else message.id[:2]: message
            for message in read_po(file)
            if message.id
        }
    assert sorted(map(str, messages() - catalogue.keys())) == []
    assert sorted(map(str, catalogue.keys() - messages())) == []
    for message in catalogue.values():
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(texts), message.id
        assert not message.fuzzy
        assert not any(re.search(r"[^\s\u202f\d][;!?»]", text) for text in texts), message.id
        gaps = re.compile(r"%\(\w+\)s|\{\d\}")
        assert set(gaps.findall(str(message.string))) <= set(gaps.findall(str(message.id))), message.id


def test_every_refusal_that_a_page_can_show_is_listed():
    texts = {text for name in LOWER_FLOORS for text in refusal_texts(SOURCE.parent / name)}
    assert sorted(texts - set(REFUSALS) - NOT_ON_PAGES) == []


def test_no_text_of_a_template_goes_round_the_catalogue():
    for path in sorted(FOLDER.glob("*.html")):
        bare = re.sub(r"\{\{.*?\}\}|\{%.*?%\}|<[^>]*>|[\w-]+=\"[^\"]*\"", " ", path.read_text(), flags=re.S)
        assert re.findall(r"[A-Za-z]{3,}", bare) == [], path.name


def test_every_form_is_checked_before_its_handler():
    for route in ROUTES:
        if route.key == "POST /mail/stop/{link}":  # mail programs send it; its path is signed (RFC 8058)
            continue
        assert route.method in ("GET", "POST"), route.key
        assert getattr(route.handler, CHECKED, False) is (route.method == "POST"), route.key


@pytest.mark.parametrize(
    ("seconds", "age"),
    [
        (59, "now"),
        (60, "1m"),
        (119, "1m"),
        (3599, "59m"),
        (3600, "1h"),
        (86_399, "23h"),
        (86_400, "1d"),
        (604_799, "6d"),
    ],
)
def test_an_age_counts_whole_units(seconds, age):
    now = datetime(2026, 5, 4, tzinfo=UTC)
    moment_us = int((now - timedelta(seconds=seconds)).timestamp()) * 1_000_000
    assert words.words_of("en").age(moment_us, now) == age


def test_a_refusal_reads_as_a_sentence_in_both_languages():
    raw = "the post has 5001 characters, this server allows 5000"
    assert words.words_of("en").sentence(raw) == "The post has 5001 characters, this server allows 5000."
    assert words.words_of("fr").sentence(raw) == "Le message a 5001 caractères, ce serveur en permet 5000."
    assert (
        words.words_of("fr")
        .sentence("'klingon' is not a language code; use one like en, fr or pt-BR")
        .startswith("'klingon' n’est pas")
    )
    assert words.words_of("fr").sentence("{nothing} 7 known") == "{nothing} 7 known."


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("fr-CA,fr;q=0.9,en;q=0.8", "fr"),
        ("de,en;q=0.5", "en"),
        ("de", "en"),
        ("en;q=0.1,fr;q=0.9", "fr"),
        ("fr;q=x", "en"),
    ],
)
def test_a_page_speaks_the_browsers_language(header, language):
    assert words.accepted_language(header) == language


async def test_public_pages_set_no_cookie_carry_no_script_and_stay_light(pages):
    ana = await pages.member("ana")
    path = await ana.posts("Forty nests #birds")
    for number in range(12):
        await ana.posts(f"And number {number}, with a sentence of ordinary length for ordinary people.")
    style = len(static_files.StaticFiles().files["rookery.css"].packed)
    for page in [*PUBLIC, path]:
        reply = await pages.browser().call("GET", page)
        assert "set-cookie" not in reply.headers, page
        assert not [tag for tag, _ in Inventory(reply.body.decode()).elements if tag in ("script", "style")], page
        assert not [attrs for _, attrs in Inventory(reply.body.decode()).elements if "style" in attrs], page
        assert len(reply.body) + style <= 20_000, page


async def test_every_route_answers_with_strict_headers(pages):
    ana = await pages.member("ana")
    stranger = pages.browser()
    for route in ROUTES:
        path = re.sub(r"\{\w+\}", "ana", route.path)
        for browser in (ana, stranger):
            reply = await browser.call(route.method, path)
            assert reply.code < 500, (route.key, reply)
            assert reply.headers["content-security-policy"].startswith("default-src 'none'"), route.key
            assert reply.headers["x-content-type-options"] == "nosniff", route.key
            assert reply.headers["referrer-policy"] == "same-origin"
            if route.path == "/logout":
                await ana.signs_in("ana")
    page = await stranger.opens("/")
    policy = page.headers["content-security-policy"]
    for rule in (
        "script-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    ):
        assert rule in policy
    assert "unsafe" not in policy


async def test_strangers_are_sent_to_sign_in_and_errors_are_pages_in_their_language(pages):
    stranger = pages.browser(language="fr")
    reply = await stranger.call("GET", "/settings/profile")
    assert (reply.code, reply.headers["location"]) == (303, "/login?next=%2Fsettings%2Fprofile")
    await stranger.opens("/nulle-part", 404)
    assert "Il n’y a rien à cette adresse." in stranger.text()
    assert '<html lang="fr"' in stranger.page
    reply = await stranger.call("POST", "/about")
    assert reply.code == 405


async def test_a_fault_is_a_calm_page_with_a_number(pages, monkeypatch):
    async def breaks(*_):
        raise RuntimeError("the branch broke")

    stranger = pages.browser()
    monkeypatch.setattr(pages.web.live, "catch_up", breaks)
    await stranger.opens("/", 500)
    assert "Something went wrong on our side." in stranger.text()
    assert re.search(r"[0-9a-f]{16}", stranger.text())
    assert "branch" not in stranger.page


async def test_pages_in_french_and_dates_too(pages):
    ana = await pages.member("ana", language="fr")
    assert "Que se passe-t-il autour de vous\u202f?" in ana.page
    path = await ana.posts("Quarante nids.")
    await ana.opens(path)
    assert re.search(r"\d+ \w+ \d{4}, \d\d:\d\d UTC", ana.text())
    await ana.opens("/settings/appearance?lang=en")
    assert "Appearance" in ana.text()


async def test_static_files_are_kept_for_a_year_by_their_version(pages):
    browser = pages.browser()
    page = (await browser.opens("/")).body.decode()
    style = re.search(r'href="(/static/rookery.css\?v=\w+)"', page)[1]
    reply = await browser.opens(style, headers={"accept-encoding": "gzip"})
    assert "immutable" in reply.headers["cache-control"]
    assert reply.headers["content-encoding"] == "gzip"
    assert len(reply.body) < 12_000
    assert (await browser.opens("/static/rookery.css")).headers["cache-control"] == "public, max-age=3600"
    await browser.opens("/static/..%2f..%2fface.py", 404)
    for name in ("avatar.png", "header.png"):
        assert (await browser.opens(f"/static/{name}")).headers["content-type"] == "image/png"
