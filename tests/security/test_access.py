"""Apps and passwords: what an address may lead to, what a new password ends."""

import pytest
from tests.nest import PASSWORD

from rookery.actions.credentials import (
    LinkExpired,
    change_email,
    change_password,
    confirm_email,
    request_confirmation,
)
from rookery.model.apps import AppRefused, check_redirect_uri


async def wants_address(nest, member, email: str) -> str:
    """Ask for another address; return the secret of its link."""
    await change_email(nest.app, nest.passwords, member.account_id, password=PASSWORD, email=email)
    return await nest.link()


async def new_password(nest, member) -> None:
    await change_password(
        nest.app, nest.passwords, member.account_id, current=PASSWORD, new="another horse", keep_session=None
    )


@pytest.mark.parametrize("row", [pytest.param(0, id="GHSA-f3q3-rmf7-9655"), pytest.param(1, id="mastodon#21325")])
async def test_who_once_knew_the_password_cannot_take_the_account_by_an_old_link(nest, row):
    ana = await nest.joins("ana")
    secret = await wants_address(nest, ana, "thief@evil.example")
    await new_password(nest, ana)
    with pytest.raises(LinkExpired):
        await confirm_email(nest.app, secret)


async def test_a_new_members_own_link_outlives_a_new_password(nest):
    ana = await nest.joins("ana", is_confirmed=False)
    await request_confirmation(nest.app, nest.passwords.limiter, ana.account_id)
    secret = await nest.link()
    await new_password(nest, ana)
    assert (await confirm_email(nest.app, secret)).state == "active"


@pytest.mark.parametrize(
    "uri",
    ["blob:https://evil.example", "file:///etc/passwd", "about:blank", "view-source:https://x", "filesystem:x"],
)
def test_no_answer_is_sent_to_an_address_that_is_no_app(uri):
    with pytest.raises(AppRefused):
        check_redirect_uri(uri)


def test_a_redirect_address_has_one_host_for_every_reader():
    with pytest.raises(AppRefused):
        check_redirect_uri("https://evil.example\\@ivory.example/")


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param("response_type=token", id="GEN-45"),
        pytest.param("response_type=code&scope=admin:write", id="scope"),
        pytest.param("response_type=code&code_challenge=x&code_challenge_method=plain", id="GEN-46"),
    ],
)
async def test_a_stranger_is_not_sent_to_whatever_address_somebody_registered(pages, wrong):
    browser = pages.browser()
    reply = await browser.call(
        "POST", "/api/v1/apps", form={"client_name": "Trap", "redirect_uris": "https://evil.example/"}
    )
    query = f"client_id={reply.json['client_id']}&redirect_uri=https://evil.example/&{wrong}"
    reply = await browser.call("GET", f"/oauth/authorize?{query}")
    assert reply.code == 303
    assert reply.headers["location"].startswith("/login?next=")
