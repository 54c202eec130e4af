"""Apps, codes and tokens: who gets what for which proof."""

import base64
import contextlib
import hashlib

import anyio
import pytest

from rookery.actions.apps import AuthorizationForm, AuthorizationRefused, check_authorization, refuse_authorization
from rookery.actions.tokens import (
    give_app_token,
    give_member_token,
    give_token_for_password,
    list_authorized_apps,
    remove_app,
    revoke_token,
)
from rookery.model.apps import OUT_OF_BAND, AppDraft, AppRefused, OAuthRefused, check_app, check_redirect_uri
from rookery.model.callers import ALL_SCOPES
from rookery.model.ids import now_us

VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
HOME = "com.tapbots.Ivory.10217:/request_token"


async def test_ana_lets_an_app_in_and_it_acts_for_her(nest):
    ana, app = await nest.joins("ana"), await nest.has_app()
    token = await nest.exchanges(app, await nest.grants(ana, app, "read write:statuses"))
    caller = await nest.callers.identify_token(token.secret)
    assert (caller.account_id, caller.app_id, caller.token_id) == (ana.account_id, app.app.id, token.id)
    assert caller.granted == "read write:statuses"
    assert {"read", "read:lists", "write:statuses"} <= caller.scopes
    assert "write:lists" not in caller.scopes
    [line] = await list_authorized_apps(nest.app, ana.account_id)
    assert (line.app_name, line.token_id) == ("Ivory", token.id)


async def test_a_code_used_twice_ends_the_token_it_gave(nest):
    ana, app = await nest.joins("ana"), await nest.has_app()
    code = await nest.grants(ana, app)
    token = await nest.exchanges(app, code)
    await nest.callers.identify_token(token.secret)
    with pytest.raises(OAuthRefused) as refused:
        await nest.exchanges(app, code)
    assert refused.value.code == "invalid_grant"
    with pytest.raises(Exception, match="The access token was revoked"):
        await nest.callers.identify_token(token.secret)


async def test_of_five_who_exchange_one_code_at_once_nobody_keeps_a_token(nest):
    ana, app = await nest.joins("ana"), await nest.has_app()
    code = await nest.grants(ana, app)
    given = []

    async def exchange() -> None:
        with contextlib.suppress(OAuthRefused):
            given.append(await nest.exchanges(app, code))

    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(exchange)
    assert len(given) == 1
    assert await list_authorized_apps(nest.app, ana.account_id) == []


async def test_a_code_is_for_its_app_its_address_and_ten_minutes(nest):
    ana, app, thief = await nest.joins("ana"), await nest.has_app(uri=HOME), await nest.has_app(uri=HOME)
    code = await nest.grants(ana, app)
    with pytest.raises(OAuthRefused):
        await nest.exchanges(thief, code)
    with pytest.raises(OAuthRefused):
        await nest.exchanges(await nest.has_app(uri="https://other.example/cb"), code)
    async with nest.app.db.transaction() as tx:
        await tx.run("UPDATE grants SET expires_at = :past", past=now_us())
    with pytest.raises(OAuthRefused):
        await nest.exchanges(app, code)


@pytest.mark.parametrize("verifier", [None, "", "w" * 43, "v" * 42, CHALLENGE, "v" * 200, "ü" * 43])
async def test_a_code_with_a_challenge_needs_its_verifier(nest, verifier):
    ana, app = await nest.joins("ana"), await nest.has_app()
    code = await nest.grants(ana, app, code_challenge=CHALLENGE, code_challenge_method="S256")
    with pytest.raises(OAuthRefused):
        await nest.exchanges(app, code, verifier)
    assert (await nest.exchanges(app, code, VERIFIER)).account_id == ana.account_id


async def test_a_verifier_without_a_challenge_is_a_downgrade(nest):
    ana, app = await nest.joins("ana"), await nest.has_app()
    code = await nest.grants(ana, app)
    with pytest.raises(OAuthRefused):
        await nest.exchanges(app, code, VERIFIER)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": ""}, "invalid_request"),
        ({"scope": "admin:read"}, "invalid_scope"),
        ({"scope": "read nonsense"}, "invalid_scope"),
        ({"code_challenge": CHALLENGE}, "invalid_code_challenge_method"),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "plain"}, "invalid_code_challenge_method"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request"),
        ({"code_challenge_method": "S256"}, "invalid_request"),
    ],
)
async def test_a_bad_request_of_a_known_app_goes_back_with_the_error(nest, wrong, error):
    app = await nest.has_app(uri=HOME)
    good = {
        "response_type": "code",
        "client_id": app.app.client_id,
        "redirect_uri": HOME,
        "scope": "read",
        "state": "é&1",
    }
    request = await check_authorization(nest.app, AuthorizationForm(**good))
    assert refuse_authorization(request).startswith(f"{HOME}?error=access_denied")
    with pytest.raises(AuthorizationRefused) as refused:
        await check_authorization(nest.app, AuthorizationForm(**(good | wrong)))
    assert refused.value.code == error
    assert refused.value.location.startswith(f"{HOME}?error={error}&")
    assert refused.value.location.endswith("&state=%C3%A9%261")


@pytest.mark.parametrize("uri", ["", HOME + "/", HOME.upper(), "https://evil.example/"])
async def test_nobody_is_sent_to_an_address_that_was_not_registered(nest, uri):
    app = await nest.has_app(uri=HOME)
    form = AuthorizationForm("code", app.app.client_id, uri, "read")
    with pytest.raises(OAuthRefused) as refused:
        await check_authorization(nest.app, form)
    assert not isinstance(refused.value, AuthorizationRefused)


@pytest.mark.parametrize(
    "uri",
    [OUT_OF_BAND, HOME, "icecubesapp://", "https://elk.example/api/cb?x=1", "http://localhost:9/cb", "tusky-x://cb"],
)
def test_an_app_may_be_answered_at_its_own_address(uri):
    check_redirect_uri(uri)


@pytest.mark.parametrize(
    "uri",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "/relative",
        "elk.example",
        "https://",
        "https:///cb",
        "https://elk.example/#part",
        "https://elk.example/a b",
        "https://elk.example/\r\nx",
        "https://[::1",
        "x:" + "y" * 2000,
    ],
)
def test_an_app_may_not_be_answered_there(uri):
    with pytest.raises(AppRefused):
        check_redirect_uri(uri)


@pytest.mark.parametrize(
    "draft",
    [
        AppDraft(" ", (HOME,)),
        AppDraft("x" * 61, (HOME,)),
        AppDraft("Ivory", ()),
        AppDraft("Ivory", (HOME,) * 21),
        AppDraft("Ivory", (HOME,), ("read", "everything")),
        AppDraft("Ivory", (HOME,), website="javascript:alert(1)"),
    ],
)
def test_an_app_cannot_register_like_this(draft):
    with pytest.raises(AppRefused):
        check_app(draft, ALL_SCOPES)


async def test_an_apps_own_token_is_nobodys(nest):
    app = await nest.has_app("read write")
    token = await give_app_token(nest.app, app.app, "read:statuses")
    caller = await nest.callers.identify_token(token.secret)
    assert (caller.account_id, caller.app_id) == (None, app.app.id)
    assert caller.scopes == {"read:statuses"}
    with pytest.raises(OAuthRefused):
        await give_app_token(nest.app, app.app, "push")


async def test_an_app_ends_its_own_token_and_no_others(nest):
    ana, ivory, elk = await nest.joins("ana"), await nest.has_app(), await nest.has_app()
    token = await nest.uses_app(ana, ivory)
    for other in (elk.app, None):
        with pytest.raises(OAuthRefused) as refused:
            await revoke_token(nest.app, other, token.secret)
        assert refused.value.code == "unauthorized_client"
    await revoke_token(nest.app, ivory.app, "made up")
    await nest.callers.identify_token(token.secret)
    await revoke_token(nest.app, ivory.app, token.secret)
    with pytest.raises(Exception, match="revoked"):
        await nest.callers.identify_token(token.secret)
    own = await give_app_token(nest.app, ivory.app, "read")
    await nest.callers.identify_token(own.secret)
    await revoke_token(nest.app, ivory.app, own.secret)
    with pytest.raises(Exception, match="revoked"):
        await nest.callers.identify_token(own.secret)


async def test_removing_an_app_ends_its_tokens_and_codes_for_one_person(nest):
    ana, ben, app = await nest.joins("ana"), await nest.joins("ben"), await nest.has_app()
    other = await nest.uses_app(ana)
    tokens = [await nest.uses_app(ana, app) for _ in range(2)]
    bens, code = await nest.uses_app(ben, app), await nest.grants(ana, app)
    assert await remove_app(nest.app, ana.account_id, app.app.id) == 2
    for token in tokens:
        with pytest.raises(Exception, match="invalid"):
            await nest.callers.identify_token(token.secret)
    with pytest.raises(OAuthRefused):
        await nest.exchanges(app, code)
    await nest.callers.identify_token(bens.secret)
    await nest.callers.identify_token(other.secret)


async def test_a_password_buys_a_token_only_on_a_test_server(nest, make_nest):
    await nest.joins("ana")
    app = await nest.has_app()
    ask = {"name": "ana", "password": "correct horse", "raw_scopes": "read"}
    with pytest.raises(OAuthRefused) as refused:
        await give_token_for_password(nest.app, nest.passwords, app.app, **ask)
    assert refused.value.code == "unsupported_grant_type"
    test = make_nest(is_test=True)
    assert (await give_token_for_password(test.app, test.passwords, app.app, **ask)).scopes == ("read",)
    with pytest.raises(OAuthRefused) as refused:
        await give_token_for_password(test.app, test.passwords, app.app, **(ask | {"password": "wrong"}))
    assert refused.value.code == "invalid_grant"


async def test_an_operator_makes_a_token_with_a_chosen_secret(nest):
    ana, app = await nest.joins("ana"), await nest.has_app("read")
    token = await give_member_token(nest.app, ana.account_id, app_id=app.app.id, scopes=("read",), secret="known")
    assert token.secret == "known"
    assert (await nest.callers.identify_token("known")).account_id == ana.account_id
