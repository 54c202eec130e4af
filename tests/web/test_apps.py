"""The consent page: what an app asks, the answer, and what goes wrong."""

import base64
import hashlib
import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from rookery.actions.apps import register_app
from rookery.model.apps import OUT_OF_BAND, AppDraft

CALLBACK = "https://app.example/callback?x=1"
VERIFIER = "v" * 50
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


async def made_app(pages, redirect_uri=CALLBACK):
    draft = AppDraft("Magpie <b>", (redirect_uri,), ("read", "write", "follow"), "https://app.example")
    return await register_app(pages.world.app, draft)


def asking(made, **more):
    query = {
        "response_type": "code",
        "client_id": made.app.client_id,
        "redirect_uri": made.app.redirect_uris[0],
        "scope": "read write:statuses",
        "state": "s 1",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **more,
    }
    return "/oauth/authorize?" + urlencode({key: value for key, value in query.items() if value})


def hidden_fields(page):
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    fields.pop("back", None)
    return {key: value.replace("&amp;", "&") for key, value in fields.items()}


async def exchange(pages, made, code):
    return await pages.world.stranger.post(
        "/oauth/token",
        form={
            "grant_type": "authorization_code",
            "code": code,
            "client_id": made.app.client_id,
            "client_secret": made.client_secret,
            "redirect_uri": made.app.redirect_uris[0],
            "code_verifier": VERIFIER,
        },
    )


async def test_a_person_signs_in_says_yes_and_the_app_gets_a_token(pages):
    made = await made_app(pages)
    await pages.member("ana")
    browser = pages.browser()
    await browser.opens(asking(made))
    assert "Name or e-mail address" in browser.text()
    onward = re.search(r'name="next" value="([^"]+)"', browser.page)[1].replace("&amp;", "&")
    await browser.sends("/login", name="ana", password="correct horse battery", next=onward)
    for words in ("Let Magpie <b> in?", "@ana", "Read your home", "Change: posts", "https://app.example/callback"):
        assert words in browser.text()
    assert "form-action" not in browser.reply.headers["content-security-policy"]
    reply = await browser.sends("/oauth/authorize", answer="yes", **hidden_fields(browser.page))
    where = urlsplit(reply.headers["location"])
    assert (where.netloc, where.path) == ("app.example", "/callback")
    answer = parse_qs(where.query)
    assert (answer["x"], answer["state"]) == (["1"], ["s 1"])
    token = await exchange(pages, made, answer["code"][0])
    assert (token.code, token.json["scope"]) == (200, "read write:statuses")
    await browser.opens("/settings/apps")
    assert "Magpie <b>" in browser.text()
    await browser.sends("/settings/apps", app=made.app.id)
    assert "No app may act for you." in browser.text()
    pages.world.stranger.token = token.json["access_token"]
    assert (await pages.world.stranger.get("/api/v1/accounts/verify_credentials")).code == 401


async def test_a_no_is_carried_to_the_app(pages):
    made = await made_app(pages)
    ana = await pages.member("ana")
    await ana.opens(asking(made))
    reply = await ana.sends("/oauth/authorize", answer="no", **hidden_fields(ana.page))
    assert parse_qs(urlsplit(reply.headers["location"]).query)["error"] == ["access_denied"]


async def test_a_code_can_be_carried_by_hand(pages):
    made = await made_app(pages, OUT_OF_BAND)
    ana = await pages.member("ana")
    await ana.opens(asking(made))
    await ana.sends("/oauth/authorize", 200, answer="yes", **hidden_fields(ana.page))
    code = re.search(r'class="code" readonly value="([^"]+)"', ana.page)[1]
    assert (await exchange(pages, made, code)).code == 200


@pytest.mark.parametrize("wrong", [{"client_id": "nobody"}, {"redirect_uri": "https://evil.example/"}])
async def test_an_unknown_app_or_address_is_never_sent_anything(pages, wrong):
    made = await made_app(pages)
    ana = await pages.member("ana")
    reply = await ana.call("GET", asking(made, **wrong))
    assert reply.code == 400
    assert "location" not in reply.headers


async def test_a_bad_request_of_a_known_app_goes_back_to_it(pages):
    made = await made_app(pages)
    ana = await pages.member("ana")
    reply = await ana.call("GET", asking(made, scope="admin:write"))
    assert reply.code == 303
    assert "error=invalid_scope" in reply.headers["location"]


async def test_an_app_may_ask_for_a_fresh_sign_in(pages):
    made = await made_app(pages)
    ana = await pages.member("ana")
    await ana.opens(asking(made, force_login="true"))
    assert "Name or e-mail address" in ana.text()


async def test_the_answer_needs_the_form_of_this_session(pages):
    made = await made_app(pages)
    ana = await pages.member("ana")
    await ana.opens(asking(made))
    fields = hidden_fields(ana.page) | {"token": "0" * 40}
    reply = await ana.call("POST", "/oauth/authorize", form={**fields, "answer": "yes"})
    assert reply.code == 403
